"""The life of a lead, from capture to outcome.

Every step is a plain function: the lead before and what happened, to the lead after and an entry for its timeline, or none
when nothing changed. A step stands a missing predecessor: events of other services may overtake, be parked or come again,
so a lead's state is read off what is known of it, not off the order in which it became known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from leads.domain.money import Money

State = Literal["captured", "qualified", "opened", "assigned", "won", "lost", "discarded"]
Result = Literal["won", "lost"]
Entry = dict[str, Any]
Transition = tuple["Lead", Entry | None]

DIFFERING_AT_MOST = 20  # entries about other content: whoever repeats himself does not fill the timeline


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody typed, sealed under the intake key of this name, or under the person's own key when it names none."""

    box: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the lead ended, as somebody reported it. A sealed note can't be compared, only that there is one."""

    result: Result
    at: datetime
    amount: Money | None = None
    reason: str | None = None
    note: Note | None = field(default=None, compare=False)
    report: str | None = field(default=None, compare=False)
    by: str = field(default="", compare=False)  # who reported it, where that was somebody in particular

    def says_the_same(self, other: "Outcome") -> bool:
        """Two reports agree when result, amount, reason and having a note do, whenever they were made."""
        return self._said() == other._said()

    def _said(self) -> tuple[object, ...]:
        return self.result, self.amount, self.reason, self.note is None


class Lead(NamedTuple):
    """What is known of one lead. Empty at first: any event may be the first that is heard of it."""

    captured_at: datetime | None = None
    qualified_at: datetime | None = None
    grade: str | None = None
    disposition: str | None = None
    scorecard: int | None = None
    discarded_at: datetime | None = None
    discard_reason: str | None = None
    opened_at: datetime | None = None
    segment: str | None = None
    team: str | None = None
    pipeline: str | None = None
    assigned_at: datetime | None = None
    assignee: str | None = None
    waits: str | None = None  # why it has no team, or no assignee, as long as it has none
    differing: int = 0  # entries that say it was submitted again with other content
    outcomes: tuple[Outcome, ...] = ()  # the first and its corrections; the last one stands

    @property
    def known(self) -> bool:
        """Whether the lead itself was captured, or only something about it was heard so far."""
        return self.captured_at is not None

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that stands."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def revision(self) -> int:
        """1 for a first outcome, one more with each correction, 0 while open."""
        return len(self.outcomes)

    @property
    def state(self) -> State:
        """How far the lead has come: an outcome ends it, a discarded lead goes nowhere, an assignee follows a team."""
        if self.outcomes:
            return self.outcomes[-1].result
        if self.discarded_at:
            return "discarded"
        if self.assigned_at:
            return "assigned"
        if self.opened_at:
            return "opened"
        return "qualified" if self.qualified_at else "captured"

    @property
    def decided(self) -> bool:
        """Whether no more comes by itself: with a team, only a lead that may buy soon is still due an assignee."""
        if self.waits:
            return True
        if self.state == "opened":
            return self.disposition != "near_term"
        return self.state not in ("captured", "qualified")


def captured(lead: Lead, at: datetime, source: str, flags: tuple[str, ...] = ()) -> Transition:
    """The lead is on record; captured again, it is the same lead."""
    if lead.captured_at:
        return lead, None
    detail = {"flags": list(flags)} if flags else {}
    return lead._replace(captured_at=at), _entry("captured", at, source=source, **detail)


def submitted_again(lead: Lead, at: datetime, first: str, content: str) -> Transition:
    """The same lead was submitted again. The first submission stands; that another said something else is written down.
    Both are given as digests.
    """
    if content == first or lead.differing >= DIFFERING_AT_MOST:
        return lead, None
    after = lead._replace(differing=lead.differing + 1)
    return after, _entry("submitted again", at, content="another; the first stands")


def qualified(
    lead: Lead,
    at: datetime,
    grade: str,
    disposition: str,
    scorecard: int,
    score: int,
    reasons: Mapping[str, int] | None = None,
) -> Transition:
    """The scorecard judged the lead, for these reasons: its terms that counted, and their points. A verdict stands until a newer
    card judges again.
    """
    if lead.scorecard is not None and lead.scorecard >= scorecard:
        return lead, None
    after = lead._replace(qualified_at=at, grade=grade, disposition=disposition, scorecard=scorecard)
    verdict: Entry = {"grade": grade, "score": score, "disposition": disposition, "scorecard": scorecard}
    return after, _entry("qualified", at, **verdict, reasons=dict(reasons or {}))


def discarded(lead: Lead, at: datetime, reason: str) -> Transition:
    """The lead is set aside, for a reason; the first reason stands."""
    if lead.discarded_at:
        return lead, None
    return lead._replace(discarded_at=at, discard_reason=reason), _entry("discarded", at, reason=reason)


def opened(lead: Lead, at: datetime, segment: str, team: str, pipeline: str) -> Transition:
    """The lead stands in a team's pipeline. A later routing moves it, an older one heard again does not.

    With another team the assignee goes whom the former one gave the lead to: until the new team gives it to somebody it
    is nobody's.
    """
    if lead.opened_at and (
        at < lead.opened_at or (lead.segment, lead.team, lead.pipeline) == (segment, team, pipeline)
    ):
        return lead, None
    after = lead._replace(opened_at=at, segment=segment, team=team, pipeline=pipeline)
    released: Entry = {}
    if lead.assigned_at and lead.team != team and lead.assigned_at < at:
        after = after._replace(assigned_at=None, assignee=None)
        released = {"released": lead.assignee}
    return after, _entry("opened", at, segment=segment, team=team, pipeline=pipeline, **released)


def assigned(lead: Lead, at: datetime, team: str, assignee: str) -> Transition:
    """The lead is somebody's of the team. A later assignment moves it, an older one heard again does not; nor does one by a team that
    the lead has left since. A team that is first heard of here has the lead until its routing is heard.
    """
    if lead.opened_at and lead.team != team and at < lead.opened_at:
        return lead, None
    same = lead.assignee == assignee and (lead.team == team or lead.assigned_at == at)
    if lead.assigned_at and (at < lead.assigned_at or same):
        return lead, None
    by = lead.team if lead.opened_at else team
    after = lead._replace(assigned_at=at, assignee=assignee, team=by, waits=None)
    return after, _entry("assigned", at, team=team, assignee=assignee)


def left_open(lead: Lead, at: datetime, reason: str) -> Transition:
    """Nobody could be given the lead: it waits, and this is why."""
    if lead.assigned_at or lead.waits == reason:
        return lead, None
    return lead._replace(waits=reason), _entry("waits", at, reason=reason)


def closed(lead: Lead, outcome: Outcome) -> Transition:
    """The lead was won or lost. The first outcome stands; a different one corrects it; the same again changes nothing.

    An outcome once corrected does not come back by being heard a second time.
    """
    current = lead.outcome
    if current and (outcome.says_the_same(current) or _heard(lead, outcome, current)):
        return lead, None
    after = lead._replace(outcomes=(*lead.outcomes, outcome))
    detail: Entry = {"revision": after.revision}
    if outcome.amount:
        detail["amount"] = {"minor": outcome.amount.minor, "currency": outcome.amount.currency}
    if outcome.reason:
        detail["reason"] = outcome.reason
    if outcome.note:
        detail["note"] = "sealed" if outcome.note.box else "not readable any more"
    if outcome.by:
        detail["by"] = outcome.by
    return after, _entry(outcome.result, outcome.at, **detail)


def _heard(lead: Lead, outcome: Outcome, current: Outcome) -> bool:
    """Whether this very report was heard before. Without a name of its own it is told by its moment: two of one moment, as
    records that know only the day have them, are two."""
    if outcome.report is not None and any(one.report == outcome.report for one in lead.outcomes):
        return True
    return outcome.at < current.at and outcome in lead.outcomes


def _entry(what: str, at: datetime, **detail: Any) -> Entry:
    return {"what": what, "at": at, **detail}
