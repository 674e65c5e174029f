"""What is known so far of one lead, one campaign and one budget line.

Every part of a fact is filled by the events that speak of it and keeps the newest thing said; of two things said for the
same instant the greater one stands. So neither the order in which events come nor how often they come makes a difference.

Numbers that a service counts (a revision, a version, a posting) say what is newer within one *history* of its database. One
that came back from a backup begins another history and counts on from there, so the first word of a history other than that
of the standing replaces it, whatever its number: a topic brings the histories of one key in their order. What is handled
again by hand comes without a history and is compared by its number.

The columns ``..._at`` hold the time of the saying that stands. Every other time at which a step was told, because it came before
or was corrected since, is in ``steps``, and so is every time of a step that has no column: a number that is wanted later can be
made of what is known already.

A channel, a campaign or a segment counts under a name that is not always as the fact has it (``names.py``): ``..._key`` is
that name, and None where it is the same.
Facts are changed in place: one batch touches each of them a few times, and copies would be most of its cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from metrics.domain import requests
from metrics.domain.requests import Owed, Requests

Outcome = Literal["won", "lost"]
WORTH_A_CALL = ("near_term", "nurture")  # dispositions: worth a salesperson's time, now or later
MOST_TIMES = 1000  # of one step of one lead; of more, the first ones are known


def is_valid(genuine: bool, disposition: str) -> bool:
    """Whether the scorecard calls a lead valid: it is genuine, and worth a salesperson's time, now or later."""
    return genuine and disposition in WORTH_A_CALL


class CannotCount(Exception):
    """What an event says can't be kept; the sentence says why, in words that hold no input."""


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _newer(number: tuple[object, ...], history: str | None, held: tuple[object, ...], of: str | None) -> bool:
    return number > held if not history or not of or history == of else True


@dataclass(slots=True)
class LeadFact:
    """One lead. A part that nobody has spoken of yet is None; ``revision`` is 0 until the lead is closed, in ``history``.
    ``moved_at`` is when an order gave it to a team last."""

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
    assignee: str | None = None
    revision: int = 0
    outcome: Outcome | None = None
    amount: int | None = None
    currency: str | None = None
    closed_at: datetime | None = None
    history: str | None = None
    segment_key: str | None = None
    channel_key: str | None = None
    campaign_key: str | None = None
    steps: Mapping[str, Sequence[str]] | None = None
    moved_at: datetime | None = None
    requests: Requests | None = None

    @property
    def owed(self) -> Owed:
        """What its customer was promised and got, in sums."""
        return requests.owed(self.requests or {})

    @property
    def is_assigned(self) -> bool:
        """Whether a salesperson has it: a later decision that names nobody takes it from whom an earlier one gave it to."""
        if self.assignee is None or self.assigned_at is None:
            return False
        return self.routed_at is None or self.assigned_at >= self.routed_at

    @property
    def counts_as_valid(self) -> bool:
        """A lead that was won was a valid one, whatever the scorecard said of it: so won leads are a part of the valid ones."""
        return self.valid or self.outcome == "won"

    def times(self, step: str) -> int:
        """How often this step was told, each time once."""
        stands = getattr(self, f"{step}_at", None) is not None
        return stands + len(self.steps.get(step, ()) if self.steps else ())

    def stepped(self, step: str, at: datetime) -> None:
        """The lead made this step then, and no column says so: of two times the later one has the column."""
        time, steps = _written(at), self.steps or {}
        if time not in steps.get(step, ()):
            self.steps = {**steps, step: sorted([*steps.get(step, ()), time])[:MOST_TIMES]}

    def captured(self, at: datetime, channel: str, campaign: str | None) -> None:
        """The lead is on record, and came by this channel and campaign."""
        held = self.captured_at
        if held is None or (at, channel, campaign or "") > (held, self.channel or "", self.campaign or ""):
            self.captured_at, self.channel, self.campaign = at, channel, campaign
        if held is not None and held != at:
            self.stepped("captured", min(at, held))

    def qualified(self, at: datetime, valid: bool) -> None:
        """The scorecard judged it."""
        held = self.qualified_at
        if held is None or (at, valid) > (held, self.valid):
            self.qualified_at, self.valid = at, valid
        if held is not None and held != at:
            self.stepped("qualified", min(at, held))

    def discarded(self, at: datetime) -> None:
        """It was set aside."""
        held = self.discarded_at
        if self.steps and self._is_restored_after(at):
            self.stepped("discarded", at)
            return
        if held is None or at > held:
            self.discarded_at = at
            self._stands("discarded", at)
        if held is not None and held != at:
            self.stepped("discarded", min(at, held))

    def restored(self, at: datetime) -> None:
        """It was set aside before, and is no longer."""
        self.stepped("restored", at)
        held = self.discarded_at
        if held is not None and held <= at:
            self.discarded_at = None
            self.stepped("discarded", held)

    def _is_restored_after(self, at: datetime) -> bool:
        restored = (self.steps or {}).get("restored")
        return bool(restored and restored[-1] >= _written(at))

    def routed(self, at: datetime, segment: str | None, team: str | None) -> None:
        """It belongs to this segment and team, or, with neither, no rule claimed it."""
        held, moved = self.routed_at, self.moved_at
        by_order = moved is not None and (held is None or moved >= held)
        was = "" if by_order else self.team or ""
        if held is None or (at, segment or "", "" if by_order else team or "") > (held, self.segment or "", was):
            self.routed_at, self.segment = at, segment
            if moved is None or at > moved:
                self.team = team
        if held is not None and held != at:
            self.stepped("routed", min(at, held))

    def moved(self, at: datetime, team: str, assignee: str | None) -> None:
        """An order gave it to this team, and to this salesperson there or to nobody; it stays in its segment."""
        held, routed = self.moved_at, self.routed_at
        by_order = held is not None and (routed is None or held >= routed)
        if held is None or at > held or (at == held and by_order and team > (self.team or "")):
            self.moved_at = at
            if routed is None or at >= routed:
                self.team = team
        if held is not None and held != at:
            self.stepped("moved", min(at, held))
        self.assigned(at, assignee)

    def assigned(self, at: datetime, assignee: str | None) -> None:
        """It was given to this salesperson, or, without one, waits in its team's queue."""
        held = self.assigned_at
        if held is None or (at, assignee or "") > (held, self.assignee or ""):
            self.assigned_at, self.assignee = at, assignee
        if held is not None and held != at:
            self.stepped("assigned", min(at, held))

    def closed(
        self,
        at: datetime,
        revision: int,
        outcome: Outcome,
        amount: int | None = None,
        currency: str | None = None,
        history: str | None = None,
    ) -> None:
        """It was won or lost; a higher revision corrects a lower one of its history, whatever its time."""
        said = (revision, outcome, amount or 0, currency or "", at)
        held = (self.revision, self.outcome or "", self.amount or 0, self.currency or "", self.closed_at or at)
        stood = self.closed_at
        if _newer(said, history, held, self.history):
            self.revision, self.outcome, self.amount, self.currency = revision, outcome, amount, currency
            self.closed_at, self.history = at, history or self.history
        elif self.closed_at is None:
            self.stepped("closed", at)  # it has been reopened since
        if self.closed_at is not None:
            self._others_than("closed", stood, at)

    def reopened(self, at: datetime, revision: int, history: str | None = None) -> None:
        """Its outcome stands no longer; it is worked again."""
        held = (self.revision, self.outcome or "", self.amount or 0, self.currency or "", self.closed_at or at)
        if _newer((revision, "", 0, "", at), history, held, self.history):
            if self.closed_at is not None:
                self.stepped("closed", self.closed_at)
            self.revision, self.outcome, self.amount, self.currency = revision, None, None, None
            self.closed_at, self.history = None, history or self.history
        self.stepped("reopened", at)

    def told(self, n: int, what: str, *words: object) -> None:
        """This was said of a request of the lead, as ``requests.py`` has it."""
        self.requests = requests.told(self.requests or {}, n, what, words)

    def _others_than(self, step: str, stood: datetime | None, at: datetime) -> None:
        """Of two times of a step the one that has the column is not kept beside it; again perhaps, because a history began anew."""
        stands: datetime = getattr(self, f"{step}_at")
        if stood is not None and stood != at:
            self.stepped(step, stood if stands == at else at)
        self._stands(step, stands)

    def _stands(self, step: str, at: datetime) -> None:
        """This time has the column and is not kept beside it."""
        if not self.steps or step not in self.steps:
            return
        left = {**self.steps, step: [other for other in self.steps[step] if other != _written(at)]}
        self.steps = {name: times for name, times in left.items() if times} or None


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
    owning_team: str | None = None

    def planned(
        self,
        version: int,
        channel: str | None,
        segment: str | None,
        history: str | None = None,
        team: str | None = None,
    ) -> None:
        """The campaign's plan says this, and which team owns it; a higher version replaces a lower one of its history."""
        held = (self.version, self.channel or "", self.segment or "", self.owning_team or "")
        if _newer((version, channel or "", segment or "", team or ""), history, held, self.history):
            self.version, self.channel, self.segment, self.owning_team = version, channel, segment, team
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
