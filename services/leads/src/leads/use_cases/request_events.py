"""What is owed to customers, in the words of its stream."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.leads.request import (
    RequestAnswered,
    RequestBreached,
    RequestCancelled,
    RequestChecked,
    RequestCorrected,
    RequestDueSoon,
    RequestEscalated,
    RequestOffered,
    RequestReceived,
    RequestReopened,
)
from leads.domain.policy import DUE, SOON, Promise
from leads.domain.request import Delay, Due, Evidence, Settled, Turn, delay, holder_at
from leads.store.request import Kept
from values.working_time import WorkingTime

Steps = RequestDueSoon | RequestBreached | RequestEscalated
Whom = Mapping[tuple[str, str], Sequence[str]]


def of(kept: Kept) -> dict[str, Any]:
    """Which request it is and whose."""
    one = kept.request
    return {
        "request_id": f"{kept.lead_id}/{one.n}",
        "lead_id": kept.lead_id,
        "n": one.n,
        "kind": one.kind,
        "team": kept.team or None,
        "responder": kept.responder,
    }


def received(kept: Kept) -> RequestReceived:
    """A customer is owed an answer."""
    one = kept.request
    assert one.due_at is not None
    return RequestReceived(
        **of(kept),
        asked_at=one.asked_at,
        starts_at=one.starts_at,
        due_at=one.due_at,
        policy=one.policy,
        calendar=one.calendar,
        calendar_version=one.calendar_version,
    )


def step(
    kept: Kept, due: Due, promise: Promise, turned: Sequence[Turn], hours: WorkingTime, whom: Whom, now: datetime
) -> Steps:
    """A time has come."""
    one = kept.request
    times = {**of(kept), "due_at": one.due_at, "step_at": due.at, "fired_at": now}
    if due.step == SOON:
        return RequestDueSoon(**times)
    if due.step == DUE:
        until = delay(turned, one.starts_at, due.at, hours)
        holder = holder_at(turned, due.at)
        return RequestBreached(**times, holder=holder, system_s=until.system_s, human_s=until.human_s)
    does = promise.steps[due.step - DUE - 1]
    to = tuple(whom.get((kept.team, does.to), ())) if does.to else ()
    return RequestEscalated(**times, step=due.step - DUE, does=does.does, level=does.to, to=to)


def answer(kept: Kept, settled: Settled, waited: Delay) -> RequestAnswered | RequestCorrected:
    """The customer has an answer, or had it at another time than was known."""
    one, by = kept.request, settled.by
    assert one.answered_at is not None
    assert by is not None
    said = {
        **of(kept),
        "answered_at": one.answered_at,
        "due_at": one.due_at,
        "late": one.late,
        "met": one.met,
        "activity_id": one.activity_id,
        **waited._asdict(),
        **_by(by),
    }
    if settled.changed == "corrected":
        return RequestCorrected(**said, withdraws=settled.withdraws)
    return RequestAnswered(**said)


def _by(one: Evidence) -> dict[str, Any]:
    names = ("recorded_at", "by", "on_behalf_of", "evidence", "result")
    return {name: getattr(one, name) for name in names}


def reopened(kept: Kept, now: datetime) -> RequestReopened:
    """What counted as the answer counts no more."""
    return RequestReopened(**of(kept), due_at=kept.request.due_at, reopened_at=now)


def cancelled(kept: Kept, code: str, by: str | None, now: datetime) -> RequestCancelled:
    """No answer is owed any more."""
    return RequestCancelled(**of(kept), code=code, by=by, cancelled_at=now)


def offered(kept: Kept, by: str | None, now: datetime) -> RequestOffered:
    """Somebody is to answer."""
    return RequestOffered(**of(kept), offered_at=now, due_at=kept.request.due_at, by=by)


def checked(kept: Kept, codes: Sequence[str], by: str, now: datetime) -> RequestChecked:
    """A supervisor has looked."""
    return RequestChecked(**of(kept), met=bool(kept.request.met), codes=tuple(codes), by=by, checked_at=now)
