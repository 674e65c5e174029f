"""The stages of a sales line's pipeline, and what has to be there before a sale enters one.

A sale that goes forward needs what its new stage asks for and what each stage asks for that it passes over; one that goes back
needs a reason.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from leads.domain.lead import Entry
from leads.domain.money import Money
from values.working_time import WorkingTime

Direction = Literal["forward", "back"]
MOVED = "stage"  # what such an entry of a timeline is called


@dataclass(frozen=True)
class Stage:
    """A stage, and its entry rules: the first response was given, documents of these kinds are there, these things are known.
    ``target_days`` is how long a sale should stay at most, ``likelihood`` how likely it is won from here, in percent."""

    name: str
    kind: Literal["open", "won"] = "open"
    answered: bool = False
    documents: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    target_days: int | None = None
    likelihood: int | None = None


@dataclass(frozen=True)
class Pipeline:
    """A sales line's stages in their order, as of a version."""

    pipeline: str
    name: str
    version: int
    stages: tuple[Stage, ...]

    @property
    def first(self) -> str:
        """Where a sale begins."""
        return self.stages[0].name

    def place(self, name: str | None) -> int:
        """A stage's place in the order; -1 for one that the pipeline has no more. A sale that never moved is in the first."""
        if name is None:
            return 0
        return next((n for n, stage in enumerate(self.stages) if stage.name == name), -1)


# Of a line that was never told: a sale is open or won, and no stage asks for anything.
PLAIN = (Stage("qualified"), Stage("won", "won"))


def plain(pipeline: str) -> Pipeline:
    """A pipeline that nobody has described yet."""
    return Pipeline(pipeline, pipeline, 0, PLAIN)


@dataclass(frozen=True)
class Sale:
    """How a sale stands. ``stage`` is None as long as it never moved; ``since`` is when it entered the stage."""

    pipeline: str
    stage: str | None
    since: datetime
    amount: Money | None = None
    likelihood: int | None = None
    expected_close: date | None = None
    answered: bool = False
    documents: frozenset[str] = frozenset()

    def known(self, field: str) -> bool:
        """Whether this is known of it."""
        return getattr(self, field, None) is not None


class NoSuchStage(Exception):
    """The pipeline has none of this name that a sale could be moved to."""


class SameStage(Exception):
    """It is there already."""


class NeedsCode(Exception):
    """Going back needs a reason."""


class Missing(Exception):
    """What a stage asks for is not there: ``what`` names it, like answered, document:offer, field:amount."""

    def __init__(self, what: Sequence[str]) -> None:
        super().__init__(", ".join(what))
        self.what = tuple(what)


def missing(pipeline: Pipeline, sale: Sale, place: int) -> list[str]:
    """What is not there of what is asked for on the way to this stage, in the order in which it is asked."""
    found: dict[str, None] = {}
    for stage in pipeline.stages[pipeline.place(sale.stage) + 1 : place + 1]:
        if stage.answered and not sale.answered:
            found["answered"] = None
        found |= dict.fromkeys(f"document:{kind}" for kind in stage.documents if kind not in sale.documents)
        found |= dict.fromkeys(f"field:{field}" for field in stage.fields if not sale.known(field))
    return list(found)


def moves(pipeline: Pipeline, sale: Sale, to: str, code: str | None) -> Direction:
    """Which way it goes. Raises NoSuchStage, SameStage, NeedsCode and Missing."""
    place, here = pipeline.place(to), pipeline.place(sale.stage)
    if place < 0 or pipeline.stages[place].kind != "open":
        raise NoSuchStage
    if place == here:
        raise SameStage
    if place < here:
        if code is None:
            raise NeedsCode
        return "back"
    if lacks := missing(pipeline, sale, place):
        raise Missing(lacks)
    return "forward"


def check_won(pipeline: Pipeline, sale: Sale) -> None:
    """A sale is won when all is there that the stages to come ask for. Raises Missing."""
    if lacks := missing(pipeline, sale, len(pipeline.stages) - 1):
        raise Missing(lacks)


def documents_missing(pipeline: Pipeline, there: Collection[str]) -> list[str]:
    """The kinds of documents that a won sale of this pipeline has to have and does not."""
    asked = dict.fromkeys(kind for stage in pipeline.stages for kind in stage.documents)
    return [kind for kind in asked if kind not in there]


class Spell(NamedTuple):
    """A stay in a stage, in seconds by the clock on the wall and in the team's working time. ``until`` is None while it lasts."""

    stage: str
    since: datetime
    until: datetime | None
    wall_s: int
    working_s: int
    target_days: int | None
    over: bool


def spells(
    pipeline: Pipeline, opened_at: datetime, entries: Sequence[Entry], until: datetime, ended: bool, hours: WorkingTime
) -> list[Spell]:
    """How long a sale stayed in each stage, read off its timeline; the last stay lasts until it ended, or until now."""
    marks = [(opened_at, pipeline.first)]
    for entry in entries:
        if entry["what"] == MOVED:
            if len(marks) == 1:
                marks[0] = (opened_at, entry["from"])
            marks.append((entry["at"], entry["to"]))
    made = []
    for (since, name), (to, _) in pairwise([*marks, (max(until, marks[-1][0]), "")]):
        place = pipeline.place(name)
        target = pipeline.stages[place].target_days if place >= 0 else None
        last = since == marks[-1][0] and name == marks[-1][1]
        over = target is not None and to > hours.days_after(since, target)
        stay = int((to - since).total_seconds()), int(hours.worked(since, to).total_seconds())
        made.append(Spell(name, since, None if last and not ended else to, *stay, target, over))
    return made
