"""Reading the pipelines of a market file: stages in order, and beside them what a sale needs to enter some of them."""

import re
from collections.abc import Mapping

from territory.domain.file_grammar import VALUES_AT_MOST, Grammar, whole
from territory.domain.market import Pipeline, Stage

DOCUMENTS_AT_MOST = 20
FIELDS = ("amount", "likelihood", "expected_close")
WON = "won"
_KIND = re.compile(r"[a-z][a-z_]{0,39}")


class PipelineReading(Grammar):
    """The part of a market file that says how a sale goes on."""

    def pipeline(self, entry: object, at: str) -> Pipeline:
        """A sales line's pipeline. At most one of its stages is where a sale ends that is won, and it is the last."""
        fields = self.fields(entry, at, {"id", "name", "stages"}, {"stage_rules"})
        names = self.entries(fields, "stages", self.word, VALUES_AT_MOST, at)
        if "stages" in fields and not names:
            self.fault(f"{at}.stages", "names no stage")
        self.unique(f"{at}.stages[{{}}]", names)
        rules = {} if fields.get("stage_rules") is None else fields["stage_rules"]
        if not isinstance(rules, Mapping):
            self.fault(f"{at}.stage_rules", "is not a mapping of stages")
            rules = {}
        for name in rules:
            if name not in names:
                self.fault(f"{at}.stage_rules", "names a stage that the pipeline does not have")
        stages = tuple(self.stage(name, rules.get(name), f"{at}.stage_rules.{name}") for name in names)
        for place, stage in enumerate(stages[:-1]):
            if stage.won:
                self.fault(f"{at}.stages[{place}]", "is where a sale ends that is won, and others come after it")
        return Pipeline(self.text(fields, at, "id"), self.text(fields, at, "name"), stages)

    def stage(self, name: str, entry: object, at: str) -> Stage:
        """A stage with its rules, if it has any; one that is called won is where a sale ends."""
        if entry is None:
            return Stage(name, won=name == WON)
        fields = self.fields(entry, at, set(), {"won", "answered", "documents", "fields", "target_days", "likelihood"})
        flags = {flag: fields.get(flag, flag == "won" and name == WON) for flag in ("won", "answered")}
        for flag, value in flags.items():
            if not isinstance(value, bool):
                self.fault(f"{at}.{flag}", "is not true or false")
        documents = self.entries(fields, "documents", self.word, DOCUMENTS_AT_MOST, at)
        for place, kind in enumerate(documents):
            if kind and not _KIND.fullmatch(kind):
                self.fault(f"{at}.documents[{place}]", "is not a code of small letters and underscores")
        asked = self.entries(fields, "fields", self.word, len(FIELDS), at)
        for place, field in enumerate(asked):
            if field and field not in FIELDS:
                self.fault(f"{at}.fields[{place}]", f"is none of {', '.join(FIELDS)}")
        return Stage(
            name,
            flags["won"] is True,
            flags["answered"] is True,
            documents,
            asked,
            self.number(fields.get("target_days"), f"{at}.target_days", 1, 3650),
            self.number(fields.get("likelihood"), f"{at}.likelihood", 0, 100),
        )

    def number(self, value: object, at: str, least: int, most: int) -> int | None:
        """A whole number within bounds, or none."""
        if value is None or (whole(value) and least <= value <= most):
            return value
        self.fault(at, f"is not a whole number from {least} to {most}")
        return None
