"""Somebody moves from one unit to another, out of a unit, or out of the company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from territory.domain.organisation import Membership, Structure

HANDOVER, TAKE_ALONG, QUEUE = "handover", "take_along", "queue"
BOOKS = (HANDOVER, TAKE_ALONG, QUEUE)
PROPOSED, ORDERED, WITHDRAWN = "proposed", "ordered", "withdrawn"
Faults = list[tuple[str, str]]


@dataclass(frozen=True)
class Move:
    """An order. Without ``to_unit`` they leave ``from_unit``; without either, the company. ``book`` says what becomes of their
    leads there. ``ended`` has the memberships that it ends, with the ends that they had, and ``begun`` the one it begins."""

    id: UUID
    person: str
    from_unit: str | None
    to_unit: str | None
    rank: str | None
    at: datetime
    book: str
    state: str
    ordered_by: str
    ended: Mapping[str, str | None]
    begun: UUID | None = None
    successors: Sequence[Sequence[Any]] = ()
    """Who gets the leads of a handover, each with a weight; without any, the members of the unit."""
    handed_at: datetime | None = None

    def state_at(self, at: datetime) -> str:
        """proposed, planned, done or withdrawn: what is ordered is done by the clock."""
        if self.state != ORDERED:
            return self.state
        return "planned" if at < self.at else "done"


def faults_of(move: Move, theirs: Sequence[Membership], structure: Structure, now: datetime) -> Faults:
    """What is wrong with it, by field."""
    found: Faults = []
    if move.at < now:
        found.append(("at", "lies in the past"))
    if move.book not in BOOKS:
        found.append(("book", f"is none of: {', '.join(BOOKS)}"))
    if move.from_unit is not None and not ending(move, theirs):
        found.append(("from_unit", "is no unit that the person belongs to then"))
    if move.to_unit is None:
        return found
    if move.from_unit is None:
        found.append(("from_unit", "is missing"))
    if move.to_unit not in structure.units or structure.units[move.to_unit].state(now) == "closed":
        found.append(("to_unit", "is no unit that is open"))
    if move.to_unit == move.from_unit:
        found.append(("to_unit", "is the unit that they come from"))
    if move.rank is not None and move.rank not in structure.ranks:
        found.append(("rank", "no such rank"))
    return found


def ending(move: Move, theirs: Sequence[Membership]) -> list[Membership]:
    """The memberships that the move ends: those in the unit, or all, that go on behind its moment."""
    units = (move.from_unit,) if move.from_unit is not None else {one.unit for one in theirs}
    return [one for one in theirs if one.unit in units and one.interval.ends > move.at]
