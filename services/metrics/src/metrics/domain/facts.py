"""What is known so far of one lead, one campaign and one budget line.

Every part of a fact is filled by the events that speak of it and keeps the newest thing said; of two things said for the
same instant the greater one stands. So neither the order in which events come nor how often they come makes a difference.

Numbers that a service counts (a revision, a version, a posting) say what is newer within one *history* of its database. One
that came back from a backup begins another history and counts on from there, so the first word of a history other than that
of the standing replaces it, whatever its number: a topic brings the histories of one key in their order. What is handled
again by hand comes without a history and is compared by its number.

A channel, a campaign or a segment counts under a name that is not always as the fact has it (``names.py``): ``..._key`` is
that name, and None where it is the same.
Facts are changed in place: one batch touches each of them a few times, and copies would be most of its cost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Outcome = Literal["won", "lost"]


class CannotCount(Exception):
    """What an event says can't be kept; the sentence says why, in words that hold no input."""


def _newer(number: tuple[object, ...], history: str | None, held: tuple[object, ...], of: str | None) -> bool:
    return number > held if not history or not of or history == of else True


@dataclass(slots=True)
class LeadFact:
    """One lead. A part that nobody has spoken of yet is None; ``revision`` is 0 until the lead is closed, in ``history``."""

    lead_id: UUID
    captured_at: datetime | None = None
    channel: str | None = None
    campaign: str | None = None
    qualified_at: datetime | None = None
    valid: bool = False
    discarded_at: datetime | None = None
    routed_at: datetime | None = None
    segment: str | None = None
    team: str | None = None
    assigned_at: datetime | None = None
    person: str | None = None
    revision: int = 0
    outcome: Outcome | None = None
    amount: int | None = None
    currency: str | None = None
    history: str | None = None
    segment_key: str | None = None
    channel_key: str | None = None
    campaign_key: str | None = None

    @property
    def counts_as_valid(self) -> bool:
        """A lead that was won was a valid one, whatever the scorecard said of it: so won leads are a part of the valid ones."""
        return self.valid or self.outcome == "won"

    def captured(self, at: datetime, channel: str, campaign: str | None) -> None:
        """The lead is on record, and came by this channel and campaign."""
        if self.captured_at is None or (at, channel, campaign or "") > (
            self.captured_at,
            self.channel or "",
            self.campaign or "",
        ):
            self.captured_at, self.channel, self.campaign = at, channel, campaign

    def qualified(self, at: datetime, valid: bool) -> None:
        """The scorecard judged it; a valid lead is genuine and worth a salesperson's time, now or later."""
        if self.qualified_at is None or (at, valid) > (self.qualified_at, self.valid):
            self.qualified_at, self.valid = at, valid

    def discarded(self, at: datetime) -> None:
        """It was set aside."""
        if self.discarded_at is None or at > self.discarded_at:
            self.discarded_at = at

    def routed(self, at: datetime, segment: str | None, team: str | None) -> None:
        """It belongs to this segment and team, or, with neither, no rule claimed it."""
        if self.routed_at is None or (at, segment or "", team or "") > (
            self.routed_at,
            self.segment or "",
            self.team or "",
        ):
            self.routed_at, self.segment, self.team = at, segment, team

    def assigned(self, at: datetime, person: str | None) -> None:
        """It was given to this person, or, without one, waits in its team's queue."""
        if self.assigned_at is None or (at, person or "") > (self.assigned_at, self.person or ""):
            self.assigned_at, self.person = at, person

    def closed(
        self, revision: int, outcome: Outcome, amount: int | None, currency: str | None, history: str | None = None
    ) -> None:
        """It was won or lost; a higher revision corrects a lower one of its history."""
        said = (revision, outcome, amount or 0, currency or "")
        held = (self.revision, self.outcome or "", self.amount or 0, self.currency or "")
        if _newer(said, history, held, self.history):
            self.revision, self.outcome, self.amount, self.currency = revision, outcome, amount, currency
            self.history = history or self.history


@dataclass(slots=True)
class CampaignFact:
    """Where the money of one campaign counts. ``version`` is 0 while nobody has told of its plan."""

    campaign: str
    version: int = 0
    channel: str | None = None
    segment: str | None = None
    history: str | None = None
    segment_key: str | None = None
    channel_key: str | None = None
    campaign_key: str | None = None

    def planned(self, version: int, channel: str | None, segment: str | None, history: str | None = None) -> None:
        """The campaign's plan says this; a higher version replaces a lower one of its history."""
        held = (self.version, self.channel or "", self.segment or "")
        if _newer((version, channel or "", segment or ""), history, held, self.history):
            self.version, self.channel, self.segment = version, channel, segment
            self.history = history or self.history


@dataclass(slots=True)
class LineFact:
    """What one budget line has cost in one currency, as of its latest posting."""

    campaign: str
    line: str
    currency: str
    posting: int = 0
    incurred: int = 0
    history: str | None = None

    def posted(self, posting: int, incurred: int, history: str | None = None) -> None:
        """The line stands so after this posting; a higher number replaces a lower one of its history."""
        if _newer((posting, incurred), history, (self.posting, self.incurred), self.history):
            self.posting, self.incurred, self.history = posting, incurred, history or self.history
