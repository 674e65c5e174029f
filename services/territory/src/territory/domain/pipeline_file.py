"""Reading the pipelines of a market file: stages in order, by their names alone or with what a sale needs to enter them."""

import re

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
        fields = self.fields(entry, at, {"id", "name", "stages"})
        stages = self.entries(fields, "stages", self.stage, VALUES_AT_MOST, at)
        if "stages" in fields and not stages:
            self.fault(f"{at}.stages", "names no stage")
        self.unique(f"{at}.stages[{{}}]", [stage.name for stage in stages])
        for place, stage in enumerate(stages[:-1]):
            if stage.won:
                self.fault(f"{at}.stages[{place}]", "is where a sale ends that is won, and others come after it")
        return Pipeline(self.text(fields, at, "id"), self.text(fields, at, "name"), stages)

    def stage(self, entry: object, at: str) -> Stage:
        """A name alone has no rules; one that is called won is where a sale ends."""
        if isinstance(entry, str):
            name = self.word(entry, at)
            return Stage(name, won=name == WON)
        rules = {"won", "answered", "documents", "fields", "target_days", "likelihood"}
        fields = self.fields(entry, at, {"name"}, rules)
        name = self.text(fields, at, "name")
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
        days, likely = fields.get("target_days"), fields.get("likelihood")
        return Stage(
            name,
            flags["won"] is True,
            flags["answered"] is True,
            documents,
            asked,
            self.number(days, f"{at}.target_days", 1, 3650),
            self.number(likely, f"{at}.likelihood", 0, 100),
        )

    def number(self, value: object, at: str, least: int, most: int) -> int | None:
        """A whole number within bounds, or none."""
        if value is None or (whole(value) and least <= value <= most):
            return value
        self.fault(at, f"is not a whole number from {least} to {most}")
        return None
