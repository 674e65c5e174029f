"""What is known so far of one lead, one campaign and one budget line.

Every part of a fact is filled by the events that speak of it and keeps the newest thing said; of two things said for the
same instant the greater one stands. So neither the order in which events come nor how often they come makes a difference.
Facts are changed in place: one batch touches each of them a few times, and copies would be most of its cost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Outcome = Literal["won", "lost"]


@dataclass(slots=True)
class LeadFact:
    """One lead. A part that nobody has spoken of yet is None; ``revision`` is 0 until the lead is closed."""

    lead_id: UUID
    captured_at: datetime | None = None
    channel: str | None = None
    campaign: str | None = None
    qualified_at: datetime | None = None
    valid: bool = False
    discarded_at: datetime | None = None
    placed_at: datetime | None = None
    segment: str | None = None
    team: str | None = None
    assigned_at: datetime | None = None
    person: str | None = None
    revision: int = 0
    outcome: Outcome | None = None
    amount: int | None = None
    currency: str | None = None

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

    def placed(self, at: datetime, segment: str | None, team: str | None) -> None:
        """It belongs to this segment and team, or, with neither, no rule claimed it."""
        if self.placed_at is None or (at, segment or "", team or "") > (
            self.placed_at,
            self.segment or "",
            self.team or "",
        ):
            self.placed_at, self.segment, self.team = at, segment, team

    def assigned(self, at: datetime, person: str | None) -> None:
        """It was given to this person, or, without one, waits in its team's queue."""
        if self.assigned_at is None or (at, person or "") > (self.assigned_at, self.person or ""):
            self.assigned_at, self.person = at, person

    def closed(self, revision: int, outcome: Outcome, amount: int | None, currency: str | None) -> None:
        """It was won or lost; a higher revision corrects a lower one."""
        if revision > self.revision or (
            revision == self.revision
            and (outcome, amount or 0, currency or "") > (self.outcome or "", self.amount or 0, self.currency or "")
        ):
            self.revision, self.outcome, self.amount, self.currency = revision, outcome, amount, currency


@dataclass(slots=True)
class CampaignFact:
    """Where the money of one campaign counts. ``version`` is 0 while nobody has told of its plan."""

    campaign: str
    version: int = 0
    channel: str | None = None
    segment: str | None = None

    def planned(self, version: int, channel: str | None, segment: str | None) -> None:
        """The campaign's plan says this; a higher version replaces a lower one."""
        if (version, channel or "", segment or "") > (self.version, self.channel or "", self.segment or ""):
            self.version, self.channel, self.segment = version, channel, segment


@dataclass(slots=True)
class LineFact:
    """What one budget line has cost in one currency, as of its latest posting."""

    campaign: str
    line: str
    currency: str
    posting: int = 0
    incurred: int = 0

    def posted(self, posting: int, incurred: int) -> None:
        """The line stands so after this posting; a higher number replaces a lower one."""
        if (posting, incurred) > (self.posting, self.incurred):
            self.posting, self.incurred = posting, incurred
