"""The life of a lead, from capture to outcome.

Every step is a plain function: the lead before and what happened, to the lead after and an entry for its timeline, or none
when nothing changed. A step stands a missing predecessor: events of other services may overtake, be parked or come again,
so a lead's state is read off what is known of it, not off the order in which it became known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from leads.domain.money import Money

State = Literal["captured", "qualified", "opened", "assigned", "won", "lost", "discarded", "merged"]
Result = Literal["won", "lost", "reopened"]
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
    """How the lead ended, as somebody reported it, or that it was reopened. A sealed note can't be compared, only that there is one."""

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


Decision = tuple[int, datetime]  # which decision of territory's it is, and when it was made


@dataclass(frozen=True, slots=True)
class Later:
    """What is known of a lead only once its life has gone on after the first verdict and the first decision; most have none of it.

    ``verdict`` numbers the verdicts, and ``judge`` gave the one that stands, if a person did. ``decision`` is the highest decision of
    territory's that was heard of, ``routed`` and ``assigned`` are those that stand; an assignment up to ``released`` counts no more.
    ``merged_into`` is the lead that is worked for both, ``joined`` are those that this one is worked for, and ``responders`` who had to
    answer what was open of it then, by numbers of requests. ``forgotten`` says that its contact was kept long enough and is there no
    more. ``returned`` says by team who gave it back, ``told`` how often it was said that nobody took it since it waits, ``since``.
    """

    verdict: int = 1
    judge: str | None = None
    code: str | None = None
    revisit_on: date | None = None
    revisited: bool = False
    decision: int = 1
    routed: int = 1
    assigned: int = 1
    released: Decision | None = None
    attempts: int = 0
    returned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: datetime | None = None
    told: int = 0
    asked: bool = False  # the customer, by whom a lead is judged: it is due later for that, once
    keep_until: datetime | None = None
    forgotten: bool = False
    transfer: str | None = None
    merged_into: UUID | None = None
    responders: Mapping[str, str | None] = field(default_factory=dict)
    joined: tuple[UUID, ...] = ()


NONE_YET = Later()


class Lead(NamedTuple):
    """What is known of one lead. Empty at first: any event may be the first that is heard of it. ``due_at`` is when somebody is to have
    taken it, as long as nobody has, and ``next_at`` when the clock looks at it again."""

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
    due_at: datetime | None = None
    next_at: datetime | None = None
    starts_at: datetime | None = None  # when the customer began to wait; none for a lead that came with a list
    outcomes: tuple[Outcome, ...] = ()  # the first and its corrections; the last one stands
    later: Later | None = None

    @property
    def known(self) -> bool:
        """Whether the lead itself was captured, or only something about it was heard so far."""
        return self.captured_at is not None

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that stands; none of a lead that is open, also again."""
        return self.outcomes[-1] if self.outcomes and self.outcomes[-1].result != "reopened" else None

    @property
    def revision(self) -> int:
        """1 for a first outcome, one more with each correction and each time it is reopened, 0 while it never ended."""
        return len(self.outcomes)

    @property
    def life(self) -> Later:
        """What came later, also where nothing did."""
        return self.later or NONE_YET

    def lived(self, **changes: Any) -> "Lead":
        """The same with this changed of what came later."""
        later = replace(self.life, **changes)
        return self._replace(later=later if later != NONE_YET else None)

    @property
    def state(self) -> State:
        """How far the lead has come: one that is merged goes no way of its own, an outcome ends it, a discarded lead goes nowhere, an
        assignee follows a team."""
        if self.later and self.later.merged_into:
            return "merged"
        if (ended := self.outcome) is not None:
            return "won" if ended.result == "won" else "lost"
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
    return lead._replace(captured_at=at), entry("captured", at, source=source, **detail)


def submitted_again(lead: Lead, at: datetime, first: str, content: str) -> Transition:
    """The same lead was submitted again. The first submission stands; that another said something else is written down.
    Both are given as digests.
    """
    if content == first or lead.differing >= DIFFERING_AT_MOST:
        return lead, None
    after = lead._replace(differing=lead.differing + 1)
    return after, entry("submitted again", at, content="another; the first stands")


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
    card judges again; no card overrules a person.
    """
    if lead.scorecard is not None and (lead.scorecard >= scorecard or lead.life.judge):
        return lead, None
    after = lead._replace(qualified_at=at, grade=grade, disposition=disposition, scorecard=scorecard)
    verdict: Entry = {"grade": grade, "score": score, "disposition": disposition, "scorecard": scorecard}
    return after, entry("qualified", at, **verdict, reasons=dict(reasons or {}))


def discarded(lead: Lead, at: datetime, reason: str, kept_for: timedelta, **detail: Any) -> Transition:
    """The lead is set aside, for a reason; the first reason stands until it is restored. Its contact is ``kept_for`` so long."""
    if lead.discarded_at:
        return lead, None
    after = lead._replace(discarded_at=at, discard_reason=reason).lived(keep_until=at + kept_for)
    return after, entry("discarded", at, reason=reason, **detail)


def opened(lead: Lead, at: datetime, segment: str, team: str, pipeline: str, revision: int = 1) -> Transition:
    """The lead stands in a team's pipeline. A later decision moves it, an older one heard again does not; of the first decision, which
    a history that came back from a backup may make again, the later time counts.

    With another team the assignee goes whom the former one gave the lead to: until the new team gives it to somebody it
    is nobody's. So he does with a later decision, which says itself whose the lead is.
    """
    life = lead.life
    if lead.opened_at and (
        (revision, at) < (life.routed, lead.opened_at)
        or (revision == life.routed and (lead.segment, lead.team, lead.pipeline) == (segment, team, pipeline))
    ):
        return lead, None
    overtaken = lead.assigned_at is not None and life.assigned > revision
    after = lead._replace(opened_at=at, segment=segment, team=lead.team if overtaken else team, pipeline=pipeline)
    released: Entry = {}
    if lead.assigned_at and not overtaken:
        elsewhere = lead.team != team and lead.assigned_at < at
        if life.assigned < revision or elsewhere:
            after = after._replace(assigned_at=None, assignee=None)
            released = {"released": lead.assignee}
    if revision > life.decision:
        after = after._replace(waits=None)
    if revision > 1:
        after = after.lived(routed=revision, decision=max(revision, life.decision))
    return after, entry("opened", at, segment=segment, team=team, pipeline=pipeline, **released)


def assigned(lead: Lead, at: datetime, team: str, assignee: str, revision: int = 1) -> Transition:
    """The lead is somebody's of the team. A later assignment moves it, an older one heard again does not; nor does one by a team that
    the lead has left since, or one that was given back. A team that is first heard of here has the lead until its routing is heard.
    """
    life, this = lead.life, (revision, at)
    if revision < life.decision or (life.released and this <= life.released):
        return lead, None
    if lead.opened_at and lead.team != team and this < (life.routed, lead.opened_at):
        return lead, None
    same = revision == life.assigned and lead.assignee == assignee and (lead.team == team or lead.assigned_at == at)
    if lead.assigned_at and (this < (life.assigned, lead.assigned_at) or same):
        return lead, None
    by = lead.team if lead.opened_at and revision <= life.routed else team
    after = lead._replace(assigned_at=at, assignee=assignee, team=by, waits=None)
    if revision > 1:
        after = after.lived(assigned=revision, decision=revision)
    return after, entry("assigned", at, team=team, assignee=assignee)


def left_open(lead: Lead, at: datetime, reason: str, revision: int = 1) -> Transition:
    """Nobody could be given the lead: it waits, and this is why. A later decision takes it from whom an earlier one gave it to."""
    life = lead.life
    if revision < life.decision:
        return lead, None
    if lead.assigned_at and life.assigned >= revision:
        return lead, None
    if lead.waits == reason and revision == life.decision and not lead.assigned_at:
        return lead, None
    after = lead._replace(assigned_at=None, assignee=None, waits=reason)
    if revision > 1:
        after = after.lived(decision=revision)
    return after, entry("waits", at, reason=reason)


def transferred(
    lead: Lead, at: datetime, team: str, assignee: str | None, revision: int, transfer: str, cause: str, by: str | None
) -> Transition:
    """An order gave the lead to another team or person; all else of it stays as it is. An older order than the newest decision changes
    nothing."""
    if revision < lead.life.decision or (revision == lead.life.decision and lead.life.transfer == transfer):
        return lead, None
    after = lead._replace(
        team=team,
        assignee=assignee,
        assigned_at=at if assignee else None,
        waits=None if assignee else "transferred",
    ).lived(routed=revision, assigned=revision, decision=revision, transfer=transfer)
    detail: Entry = {"team": team, "transfer": transfer, "cause": cause} | ({"by": by} if by else {})
    if assignee:
        detail["assignee"] = assignee
    if lead.assignee and lead.assignee != assignee:
        detail["released"] = lead.assignee
    return after, entry("transferred", at, **detail)


def closed(lead: Lead, outcome: Outcome) -> Transition:
    """The lead was won or lost. The first outcome stands; a different one corrects it; the same again changes nothing.

    An outcome once corrected does not come back by being heard a second time.
    """
    current = lead.outcomes[-1] if lead.outcomes else None
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
    return after, entry(outcome.result, outcome.at, **detail)


def reopened(lead: Lead, at: datetime, code: str, by: str) -> Transition:
    """A lead that was won or lost is worked again, where it was before."""
    if lead.outcome is None:
        return lead, None
    again = lead._replace(outcomes=(*lead.outcomes, Outcome("reopened", at, reason=code, by=by)))
    return again, entry("reopened", at, revision=again.revision, code=code, by=by)


def restored(lead: Lead, at: datetime, code: str, by: str) -> Transition:
    """A lead that was set aside is not: a qualifier looks at it. No later card overrules that."""
    if not lead.discarded_at:
        return lead, None
    after = lead._replace(discarded_at=None, discard_reason=None, disposition="needs_qualifier")
    after = after.lived(judge=by, revisit_on=None, revisited=False, keep_until=None)
    return after, entry("restored", at, code=code, by=by)


def forgotten(lead: Lead, at: datetime) -> Transition:
    """It was set aside and its contact was kept long enough: nobody knows any more whom it was about. What was typed goes too."""
    said = tuple(replace(one, note=Note("")) if one.note else one for one in lead.outcomes)
    after = lead._replace(outcomes=said, next_at=None).lived(forgotten=True)
    return after, entry("forgotten", at, cause="retention")


def _heard(lead: Lead, outcome: Outcome, current: Outcome) -> bool:
    """Whether this very report was heard before. Without a name of its own it is told by its moment: two of one moment, as
    records that know only the day have them, are two."""
    if outcome.report is not None and any(one.report == outcome.report for one in lead.outcomes):
        return True
    return outcome.at < current.at and outcome in lead.outcomes


def entry(what: str, at: datetime, **detail: Any) -> Entry:
    """One line of a timeline; what is not known is left out."""
    return {"what": what, "at": at, **detail}
