"""Reading a market file: every fault is named by the path of its field, so that one upload shows all that is to mend."""

import re
from collections.abc import Mapping
from typing import Any

from territory.domain.criteria import (
    AMOUNT,
    AREA,
    ATTRIBUTES,
    OWN,
    Criterion,
    Number,
    OneOf,
    Prefix,
    Range,
    Scalar,
    text,
)
from territory.domain.file_grammar import VALUES_AT_MOST, sayable, shown, unsayable, whole
from territory.domain.market import Market, MarketRefused, Segment, Team
from territory.domain.organisation import UNPLACED
from territory.domain.pipeline_file import PipelineReading
from territory.domain.rotation import WEIGHT_AT_MOST, Member
from territory.domain.routing import FALLBACK, Fallback, Rule
from values.postcodes import has_districts

RULES_AT_MOST = 20_000
MEMBERS_AT_MOST = 500
ATTRIBUTES_AT_MOST = 64
MARKET = "market"

# A decimal number that a file writes with zeros at its end reaches us as text, so that it stays what it is where texts are asked.
_WRITTEN = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{0,14}0")
_COUNTRY = re.compile(r"[A-Z]{2}")


def read_market(document: object) -> Market:
    """The market that a file describes; refused with every fault named."""
    return _Reading().market(document)


class _Reading(PipelineReading):
    """One pass over a file. What is wrong is noted and replaced by something harmless, so that reading can go on."""

    def __init__(self) -> None:
        super().__init__()
        self.criteria: dict[Criterion, Criterion] = {}

    def market(self, document: object) -> Market:
        top = self.fields(document, "", {"segments", "teams"}, {"pipelines", "rules", "fallback"})
        segments = self.entries(top, "segments", self.segment)
        pipelines = self.entries(top, "pipelines", self.pipeline)
        self.known = {
            "segment": {segment.id for segment in segments},
            "pipeline": {pipeline.id for pipeline in pipelines},
        }
        teams = self.entries(top, "teams", self.team)
        self.known["team"] = {team.id for team in teams}
        rules = self.entries(top, "rules", self.rule, RULES_AT_MOST)
        fallback = self.fallback(top["fallback"]) if top.get("fallback") is not None else None
        for path, ids in (
            ("segments[{}].id", [segment.id for segment in segments]),
            ("pipelines[{}].id", [pipeline.id for pipeline in pipelines]),
            ("teams[{}].id", [team.id for team in teams]),
            ("rules[{}].name", [rule.name for rule in rules]),
        ):
            self.unique(path, ids)
        self.apart(segments, teams)
        self.attributes_fit(rules)
        if self.faults:
            raise MarketRefused(self.faults)
        return Market(segments, pipelines, {team.id: team for team in teams}, rules, fallback)

    def segment(self, entry: object, at: str) -> Segment:
        fields = self.fields(entry, at, {"id", "name"})
        return Segment(self.text(fields, at, "id"), self.text(fields, at, "name"))

    def team(self, entry: object, at: str) -> Team:
        fields = self.fields(entry, at, {"id", "name", "pipeline"}, {"country", "members"})
        country = fields.get("country")
        if country is not None and not (isinstance(country, str) and _COUNTRY.fullmatch(country)):
            self.fault(f"{at}.country", "is not a country code of two capital letters")
            country = None
        members = self.entries(fields, "members", self.member, MEMBERS_AT_MOST, at)
        self.unique(f"{at}.members[{{}}].person", [member.id for member in members])
        pipeline = self.reference(fields, at, "pipeline")
        return Team(self.text(fields, at, "id"), self.text(fields, at, "name"), pipeline, country, members)

    def member(self, entry: object, at: str) -> Member:
        fields = self.fields(entry, at, {"person"}, {"weight", "available"})
        weight = fields.get("weight", 1)
        if not whole(weight) or not 0 <= weight <= WEIGHT_AT_MOST:
            self.fault(f"{at}.weight", f"is not a whole number from 0 to {WEIGHT_AT_MOST}")
            weight = 1
        available = fields.get("available", True)
        if not isinstance(available, bool):
            self.fault(f"{at}.available", "is not true or false")
        return Member(self.text(fields, at, "person"), weight, available is True)

    def rule(self, entry: object, at: str) -> Rule:
        fields = self.fields(entry, at, {"name", "segment", "team", "when"}, {"priority", "overrides_customer"})
        priority = fields.get("priority", 0)
        if not whole(priority) or abs(priority) > 10**9:
            self.fault(f"{at}.priority", "is not a whole number")
            priority = 0
        overrides = fields.get("overrides_customer", False)
        if not isinstance(overrides, bool):
            self.fault(f"{at}.overrides_customer", "is not true or false")
        name = self.text(fields, at, "name")
        if name == FALLBACK:
            self.fault(f"{at}.name", f"may not be {FALLBACK}: decisions use that word for the catch-all")
        when = self.when(fields["when"], f"{at}.when") if "when" in fields else {}
        segment, team = self.reference(fields, at, "segment"), self.reference(fields, at, "team")
        return Rule(name, segment, team, when, priority, overrides is True)

    def fallback(self, entry: object) -> Fallback:
        fields = self.fields(entry, "fallback", {"segment", "team"})
        return Fallback(self.reference(fields, "fallback", "segment"), self.reference(fields, "fallback", "team"))

    def when(self, asked: object, at: str) -> dict[str, Criterion]:
        if not isinstance(asked, Mapping) or not asked:
            self.fault(at, "names no attribute to ask for; the fallback is the catch-all")
            return {}
        when: dict[str, Criterion] = {}
        for written, what in asked.items():
            name = _attribute(written)
            if name is None:
                self.fault(f"{at}.{shown(written)}", f"is not an attribute of a lead; your own are {OWN}<name>")
            elif name in when:
                self.fault(f"{at}.{shown(written)}", "is there already, written in another way")
            else:
                when[name] = self.criterion(what, f"{at}.{written}", name)
        area, countries = when.get(AREA), when.get("country")
        if isinstance(area, Prefix):
            named = countries.values if isinstance(countries, OneOf) else ()
            districts = not named or any(has_districts(country.upper()) for country in named)
            when[AREA] = Prefix(area.prefixes, "numbers" if districts else "letters")
        return {name: self.criteria.setdefault(criterion, criterion) for name, criterion in when.items()}

    def criterion(self, asked: object, at: str, name: str) -> Criterion:
        if not isinstance(asked, Mapping):
            return self.one_of(asked, at, name)
        match sorted(map(str, asked)):
            case ["one_of"]:
                return self.one_of(asked["one_of"], f"{at}.one_of", name)
            case ["prefix"]:
                return Prefix(tuple(dict.fromkeys(map(text, self.alternatives(asked["prefix"], f"{at}.prefix")))))
            case ["max"] | ["min"] | ["max", "min"]:
                return self.range(asked, at)
        self.fault(at, "is none of: a list of values, {prefix}, {min, max}")
        return OneOf(())

    def one_of(self, asked: object, at: str, name: str) -> OneOf:
        """Numbers are compared as numbers where leads say numbers; the area of a postcode is digits, and none."""
        texts: dict[str, None] = {}
        numbers: dict[Number, None] = {}
        for value in self.alternatives(asked, at):
            said_as_number = name == AMOUNT or name.startswith(OWN)
            if isinstance(value, str | bool) or not said_as_number:
                texts[text(value)] = None
            if said_as_number and isinstance(value, str) and _WRITTEN.fullmatch(value):
                numbers[float(value)] = None
            elif said_as_number and not isinstance(value, str | bool):
                numbers[value] = None
        return OneOf(tuple(texts), tuple(numbers))

    def alternatives(self, asked: object, at: str) -> list[Scalar]:
        values = asked if isinstance(asked, list) else [asked]
        if not 1 <= len(values) <= VALUES_AT_MOST:
            self.fault(at, f"does not hold 1 to {VALUES_AT_MOST} values")
            return [""]
        kept: list[Scalar] = []
        for place, value in enumerate(values):
            path = f"{at}[{place}]" if isinstance(asked, list) else at
            if isinstance(value, str) and not (sayable(value) and text(value)):
                self.fault(path, unsayable())
            elif not isinstance(value, str | bool) and not _number(value):
                self.fault(path, "is not a text, a number, true or false")
            else:
                kept.append(value)
        return kept or [""]

    def range(self, asked: Mapping[Any, Any], at: str) -> Range:
        ends: dict[str, Number | None] = {"min": None, "max": None}
        for end in ends:
            value = asked.get(end)
            if end not in asked:
                continue
            if isinstance(value, str) and _WRITTEN.fullmatch(value):
                value = float(value)
            if not _number(value):
                self.fault(f"{at}.{end}", "is not a number")
            else:
                ends[end] = value
        low, high = ends["min"], ends["max"]
        if low is not None and high is not None and low > high:
            self.fault(f"{at}.min", "is above max")
        return Range(low, high)

    def apart(self, segments: tuple[Segment, ...], teams: tuple[Team, ...]) -> None:
        """The newest state of each thing is kept by its id alone, so no two things may share one."""
        ids = {segment.id for segment in segments}
        for place, segment in enumerate(segments):
            if segment.id == MARKET:
                self.fault(f"segments[{place}].id", f"may not be {MARKET}: that is the market's own id")
        for place, team in enumerate(teams):
            if team.id == MARKET:
                self.fault(f"teams[{place}].id", f"may not be {MARKET}: that is the market's own id")
            elif team.id == UNPLACED:
                self.fault(f"teams[{place}].id", "may not be the word for what no team has")
            elif team.id and team.id in ids:
                self.fault(f"teams[{place}].id", "is the id of a segment")

    def attributes_fit(self, rules: tuple[Rule, ...]) -> None:
        asked = {name for rule in rules for name in rule.when}
        if len(asked) > ATTRIBUTES_AT_MOST:
            self.fault("rules", f"ask for {len(asked)} attributes; at most {ATTRIBUTES_AT_MOST} are possible")


def _attribute(written: object) -> str | None:
    """An attribute by the name that rules and leads use; of a company's own ones the spelling does not matter."""
    if not isinstance(written, str) or written in ATTRIBUTES:
        return written if isinstance(written, str) else None
    own = written[len(OWN) :]
    return OWN + text(own) if written.startswith(OWN) and sayable(own) and text(own) else None


def _number(value: object) -> bool:
    """A NaN is not within any bounds, so it is no number here either."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -(10**15) <= value <= 10**15
