"""The clock of what is owed to customers: what was promised for a time is told when the time has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis import Transaction
from leads.domain import request as life
from leads.domain.policy import DUE
from leads.domain.request import Due, Turn
from leads.store import calendar as calendars
from leads.store import request as requests
from leads.store.calendar import Clock, Named
from leads.store.request import Kept
from leads.use_cases import policies
from leads.use_cases import request_events as to_events
from values.working_time import WorkingTime

AT_ONCE = 1000
TURNS = 5


@dataclass(frozen=True)
class Told:
    """A request of which times have come."""

    kept: Kept
    due: Sequence[Due]


@dataclass(frozen=True)
class Fired:
    """What a turn of the clock did: how many times it told, how long after it had come the latest of them was, and how many are late
    still. ``unanswered`` are leads whose policy takes them from their person now."""

    steps: int
    lateness: timedelta
    late: int
    unanswered: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Around:
    """What is known of requests beside their rows: who had their leads when, and when people work."""

    timelines: Mapping[UUID, Sequence[Turn]]
    clocks: Mapping[Named, Clock]

    def turns(self, kept: Kept) -> Sequence[Turn]:
        """Who was to answer, and from when on."""
        named = kept.request.responder
        return [(kept.request.starts_at, named)] if named else self.timelines.get(kept.lead_id, ())

    def hours(self, kept: Kept) -> WorkingTime:
        """The working time by which it is due."""
        return self.clocks[kept.request.calendar, kept.request.calendar_version].hours


async def fire(tx: Transaction) -> Fired:
    """Tells all times that have come, as many as one turn takes. A row's step moves in the transaction in which it is told: once,
    whatever dies."""
    steps, lateness, more, turns = 0, timedelta(), True, 0
    unanswered: set[UUID] = set()
    while more and turns < TURNS:
        kept, now = await requests.due(tx, AT_ONCE)
        more, turns = len(kept) == AT_ONCE, turns + 1
        fired: list[Told] = []
        for one in kept:
            after, due = life.fire(one.request, now)
            fired.append(Told(replace(one, request=after), due))
        await requests.save(tx, [(one.kept.lead_id, one.kept.request) for one in fired])
        await tell(fired, now, tx)
        unanswered |= await _taken_back(fired, tx)
        times = [due.at for one in fired for due in one.due]
        steps, lateness = steps + len(times), max(lateness, now - min(times, default=now))
    return Fired(steps, lateness, await requests.overdue(tx) if more else 0, frozenset(unanswered))


async def _taken_back(fired: Sequence[Told], tx: Transaction) -> set[UUID]:
    """Leads of which a step that has come says so. What somebody else was named to answer is no fault of the lead's person."""
    escalated = [one for one in fired if any(due.step > DUE for due in one.due) and not one.kept.request.responder]
    if not escalated:
        return set()
    known = await policies.of_versions(tx, {one.kept.request.policy for one in escalated})
    found = set()
    for one in escalated:
        steps = known[one.kept.request.policy].promises[one.kept.request.promise].steps
        if any(due.step > DUE and steps[due.step - DUE - 1].does == "take_back" for due in one.due):
            found.add(one.kept.lead_id)
    return found


async def tell(told: Sequence[Told], now: datetime, tx: Transaction) -> Around:
    """Says each step that has come, and returns what had to be known for that."""
    if not told:
        return Around({}, {})
    known = await policies.of_versions(tx, {t.kept.request.policy for t in told})
    clocks = await calendars.versions(tx, {(t.kept.request.calendar, t.kept.request.calendar_version) for t in told})
    lines = await requests.timelines(tx, {t.kept.lead_id for t in told})
    around = Around({lead_id: life.turns(entries) for lead_id, entries in lines.items()}, clocks)
    escalating = {t.kept.team for t in told if any(due.step > DUE for due in t.due)}
    whom = await requests.whom(tx, escalating) if escalating else {}
    for one in told:
        kept = one.kept
        promise = known[kept.request.policy].promises[kept.request.promise]
        for due in one.due:
            tx.emit(to_events.step(kept, due, promise, around.turns(kept), around.hours(kept), whom, now))
    return around
