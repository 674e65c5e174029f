"""Leads go to another team or person by an order: who may ask for it, who approves, and what each item becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from territory.domain.authority import MANAGEMENT_ROLE, Authority

LIST, BOOK, UNDO = "list", "book", "undo"
ASKED, REHEARSED, APPROVED, RUNNING, COMPLETED, REFUSED, LAPSED = (
    "asked",
    "rehearsed",
    "approved",
    "running",
    "completed",
    "refused",
    "lapsed",
)
WAITING, DONE, SKIPPED, APPLIED = "waiting", "done", "skipped", "applied"
LAPSES_AFTER = timedelta(days=7)
UNDONE_WITHIN = timedelta(days=90)
ROTATION = "rotation"
QUEUE = "queue"
BOOK_LEDGER = "book:"
"""Before a team's name: the rotation by which inherited leads are shared out, so that nobody's new leads pay for them."""


@dataclass(frozen=True)
class Transfer:
    """An order. ``to_person`` is a person, ``rotation`` for whoever's turn it is, or ``queue``; ``person`` whose book it is;
    ``items`` how many leads it is about, once that is counted."""

    id: UUID
    kind: str
    cause: str
    from_team: str
    person: str | None
    leads: Sequence[UUID]
    to_team: str
    to_person: str
    successors: Sequence[Sequence[Any]]
    with_customer: bool
    code: str
    state: str
    asked_by: str
    asked_at: datetime
    lapses_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    undo_of: UUID | None = None
    items: int | None = None

    def state_at(self, at: datetime) -> str:
        """What nobody has approved in time has lapsed."""
        return LAPSED if self.state == ASKED and at >= self.lapses_at else self.state

    @property
    def can_be_undone(self) -> bool:
        """Whether it is done, and was no undoing itself."""
        return self.state == COMPLETED and self.kind != UNDO


@dataclass(frozen=True)
class Item:
    """A lead of a transfer. ``number`` is the decision that stood when it was counted, ``made`` the one by which it went."""

    transfer_id: UUID
    lead_id: UUID
    place: int
    from_team: str
    from_person: str | None
    to_person: str | None
    number: int
    made: int | None
    state: str
    why: str | None = None


def may_ask(who: Authority, from_team: str) -> bool:
    """Who leads the team that gives, or manages the organisation over it."""
    return who.leads(from_team) or who.holds(MANAGEMENT_ROLE, from_team)


def needs_nobody_else(who: Authority, from_team: str, to_team: str) -> bool:
    """Whether whoever asks may approve it himself: within the team, or over both."""
    manages = who.holds(MANAGEMENT_ROLE, from_team) and who.holds(MANAGEMENT_ROLE, to_team)
    return from_team == to_team or manages


def may_approve(who: Authority, transfer: Transfer) -> bool:
    """Who leads the team that receives, or manages both; nobody what they asked for themselves."""
    manages = who.holds(MANAGEMENT_ROLE, transfer.from_team) and who.holds(MANAGEMENT_ROLE, transfer.to_team)
    return who.principal != transfer.asked_by and (who.leads(transfer.to_team) or manages)


def may_see(who: Authority, transfer: Transfer) -> bool:
    """Who leads or manages one of the two teams, and who asked."""
    teams = (transfer.from_team, transfer.to_team)
    return who.principal == transfer.asked_by or any(
        who.is_inside(team) or who.holds(MANAGEMENT_ROLE, team) for team in teams
    )
