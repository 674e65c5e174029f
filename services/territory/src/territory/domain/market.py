"""The market file: segments, pipelines, teams and rules, read whole, checked whole, and never half in force."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from territory.domain.rotation import Member
from territory.domain.routing import Fallback, Rule, RuleSet


@dataclass(frozen=True)
class Segment:
    """A part of the market that is counted and budgeted for."""

    id: str
    name: str


@dataclass(frozen=True)
class Stage:
    """A stage of a sale: what has to be there before a sale enters it, how long it should stay, and how likely it is won then.

    ``documents`` are kinds of documents; ``fields`` is what has to be known; a sale that is won ends in the stage that is ``won``.
    """

    name: str
    won: bool = False
    answered: bool = False
    documents: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    target_days: int | None = None
    likelihood: int | None = None


@dataclass(frozen=True)
class Pipeline:
    """The stages a sale goes through."""

    id: str
    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Team:
    """A sales team: its pipeline, and the people who take its leads in turn."""

    id: str
    name: str
    pipeline: str
    country: str | None = None
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Market:
    """One market file."""

    segments: tuple[Segment, ...]
    pipelines: tuple[Pipeline, ...]
    teams: Mapping[str, Team]
    rules: tuple[Rule, ...]
    fallback: Fallback | None


@dataclass(frozen=True)
class MarketVersion:
    """A market that was put, and the rule set that decides by it, under one version; 0 is "no market has been loaded"."""

    version: int
    market: Market
    ruleset: RuleSet

    @classmethod
    def of(cls, version: int, market: Market) -> "MarketVersion":
        """The market with its rules in the order in which they win, not compiled yet."""
        return cls(version, market, RuleSet(version, market.rules, market.fallback))

    def numbered(self, version: int) -> "MarketVersion":
        """The same market under another version: the one that it gets once it is in force."""
        return replace(self, version=version, ruleset=self.ruleset.numbered(version))


NO_MARKET = MarketVersion.of(0, Market((), (), {}, (), None))


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field of the file. ``field`` is its path, like ``rules[3].team``."""

    field: str
    reason: str


class MarketRefused(Exception):
    """The market file cannot take effect; every fault found is named."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("The market file is not valid.")
        self.faults = tuple(faults)


def fingerprint(document: Any) -> str:
    """Tells two files apart by what they say, not by how they are laid out."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
