"""What a customer is owed an answer to, from when it was asked to when it was answered; the first response to a lead is number 0.

What was told depends on what happened alone, not on the order in which it became known: a step is told when its time came before the
answer did, once, and taken back when it turns out that the answer came before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from uuid import UUID

from leads.domain.policy import DUE, SOON
from values.working_time import WorkingTime

State = Literal["open", "answered", "cancelled"]
Standing = Literal["counts", "waits", "refused", "voided"]
NOTED_LATE = timedelta(days=3)
_TOLD_BY_US = ("phone", "sales")
BELIEVED = timedelta(hours=24)  # what somebody types later than this counts when a supervisor says so


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``times`` are when it is due soon, due, and when each step comes; none as long as no team has the lead. ``step`` is
    how many of them are over and done with. ``responder`` is None where the lead's person is to answer."""

    n: int
    kind: str
    asked_at: datetime
    starts_at: datetime
    state: State = "open"
    responder: str | None = None
    times: tuple[datetime, ...] = ()
    step: int = 0
    promise: int = 0
    policy: int = 0
    calendar: str | None = None
    calendar_version: int | None = None
    answered_at: datetime | None = None
    activity_id: UUID | None = None
    met: bool | None = None
    document: str | None = None
    key: UUID | None = None

    @property
    def due_at(self) -> datetime | None:
        """By when it is to be answered."""
        return self.times[DUE] if self.times else None

    @property
    def next_at(self) -> datetime | None:
        """When the clock looks at it again; None when it does not."""
        return self.times[self.step] if self.state == "open" and self.step < len(self.times) else None

    @property
    def late(self) -> bool:
        """Whether it was answered after its time."""
        return self.answered_at is not None and self.due_at is not None and self.answered_at > self.due_at


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that may be the answer. ``evidence``: machine for what a system has seen, person for what somebody says."""

    activity_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    evidence: str
    standing: Standing
    by: str | None = None
    on_behalf_of: str | None = None
    result: str | None = None


class Due(NamedTuple):
    """A time that has come: which of the request's, and when it was."""

    step: int
    at: datetime


Changed = Literal["answered", "corrected", "reopened"]


class Settled(NamedTuple):
    """What is to be told after evidence was looked at: times that came before the answer, what became of the answer, and the steps
    that were told and were not so."""

    told: tuple[Due, ...] = ()
    changed: Changed | None = None
    withdraws: tuple[str, ...] = ()
    by: Evidence | None = None


def began(source: str, occurred_at: datetime, received_at: datetime) -> datetime | None:
    """When a customer began to wait for the first response: when a form came in; of a call or a visit when it was, as far as whoever
    noted it may say. None for a row of a list: nobody waits."""
    if source == "import":
        return None
    if source in _TOLD_BY_US:
        return min(max(occurred_at, received_at - NOTED_LATE), received_at)
    return received_at


def fire(request: Request, now: datetime) -> tuple[Request, tuple[Due, ...]]:
    """All times that have come, in order. That it is due soon is left out where it is due already."""
    if request.state != "open":
        return request, ()
    return _fired(request, [at <= now for at in request.times], now)


def settle(request: Request, evidence: Iterable[Evidence], now: datetime) -> tuple[Request, Settled]:
    """The request as all evidence has it: the earliest that counts is the answer. What was before the request is none."""
    if request.state == "cancelled":
        return request, Settled()
    counting = [e for e in evidence if e.standing == "counts" and e.occurred_at >= request.starts_at]
    best = min(counting, key=lambda e: (e.occurred_at, e.recorded_at, e.activity_id), default=None)
    if best is None:
        if request.answered_at is None:
            return request, Settled()
        after = replace(request, state="open", answered_at=None, activity_id=None, met=None)
        return after, Settled(changed="reopened")
    at = best.occurred_at
    if (request.answered_at, request.activity_id) == (at, best.activity_id):
        return request, Settled()
    before = [one < at for one in request.times]
    after, told = _fired(request, [came and one <= now for came, one in zip(before, request.times, strict=True)], now)
    untrue = [step for step in range(DUE, after.step) if not before[step]]
    if untrue:
        after = replace(after, step=untrue[0])
    again = request.answered_at is not None or untrue
    after = replace(after, state="answered", answered_at=at, activity_id=best.activity_id)
    after = replace(after, met=not after.late if after.n else None)
    return after, Settled(told, "corrected" if again else "answered", tuple(map(name_of, untrue)), best)


def _fired(request: Request, came: Sequence[bool], now: datetime) -> tuple[Request, tuple[Due, ...]]:
    step = request.step
    while step < len(came) and came[step]:
        step += 1
    told = [Due(n, request.times[n]) for n in range(request.step, step)]
    if told and told[0].step == SOON and request.times[DUE] <= now:
        del told[0]
    return replace(request, step=step), tuple(told)


def name_of(step: int) -> str:
    """What a step is called where it is taken back."""
    return "breached" if step == DUE else f"escalated:{step - DUE}"


def standing_of(evidence: str, occurred_at: datetime, recorded_at: datetime) -> Standing:
    """Whether it counts at once. A machine is believed always, a person for a day."""
    believed = evidence == "machine" or recorded_at - occurred_at <= BELIEVED
    return "counts" if believed else "waits"


class Delay(NamedTuple):
    """How long a customer waited, in seconds: while nobody had the lead, and while somebody had it; in working time, and by the clock
    on the wall."""

    system_s: int
    human_s: int
    system_wall_s: int
    human_wall_s: int


Turn = tuple[datetime, str | None]


def turns(entries: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """From when on who had the lead, read off its timeline, in order of time."""
    found: list[Turn] = []
    for entry in entries:
        if entry["what"] in ("assigned", "transferred"):
            found.append((entry["at"], entry.get("assignee")))
        elif entry["what"] in ("waits", "returned") or entry.get("released"):
            found.append((entry["at"], None))
    return sorted(found, key=lambda turn: turn[0])


def holder_at(turned: Sequence[Turn], at: datetime) -> str | None:
    """Who had it then."""
    return next((person for since, person in reversed(turned) if since <= at), None)


def delay(turned: Sequence[Turn], starts_at: datetime, until: datetime, hours: WorkingTime) -> Delay:
    """Whose delay it was: the one who has it second does not answer for the first."""
    until = max(starts_at, until)
    marks = [starts_at, *(at for at, _ in turned if starts_at < at < until), until]
    worked = {True: timedelta(), False: timedelta()}
    wall = {True: timedelta(), False: timedelta()}
    for since, to in pairwise(marks):
        human = holder_at(turned, since) is not None
        worked[human] += hours.worked(since, to)
        wall[human] += to - since
    return Delay(*(int(one.total_seconds()) for one in (worked[False], worked[True], wall[False], wall[True])))
