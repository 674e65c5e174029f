"""What a customer is owed an answer to: its clock begins, and only a recorded response stops it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import Transaction
from leads.domain import request as life
from leads.domain.activity import on_behalf_of
from leads.domain.lead import Lead
from leads.domain.policy import FIRST_RESPONSE, IMPORTED, Of, Policy, stops
from leads.domain.request import Evidence, Request
from leads.store import activity as activities
from leads.store import calendar as calendars
from leads.store import request as requests
from leads.store.activity import Standing
from leads.store.calendar import Clock
from leads.store.request import Kept
from leads.use_cases import policies
from leads.use_cases import request_events as to_events
from leads.use_cases.clock import Told, tell

NONE_OF_IT: Mapping[UUID, Request] = {}


@dataclass(frozen=True)
class Done:
    """Something that was done about a lead and may be the answer. ``answers`` are the numbers of requests that it answers."""

    lead_id: UUID
    activity_id: UUID
    kind: str
    direction: str
    reached: bool | None
    occurred_at: datetime
    recorded_at: datetime
    evidence: str
    by: str | None
    on_behalf_of: str | None = None
    result: str | None = None
    answers: tuple[int, ...] = ()


async def first_responses(leads: Mapping[UUID, Lead], tx: Transaction) -> Mapping[UUID, Request]:
    """The clocks of first responses to these leads, which a team has now: what is due is worked out from what the process knows."""
    if not leads:
        return NONE_OF_IT
    policy = await policies.in_force(tx)
    clocks = await calendars.of_teams(tx, {lead.team for lead in leads.values() if lead.team})
    spoken = await requests.languages(tx, leads) if policy.by_language else {}
    made: dict[_First, Request] = {}  # leads that came at once are promised the same
    first = {}
    for i, lead in leads.items():
        asked = _First.of(lead, spoken.get(i), tx.now)
        if asked not in made:
            made[asked] = asked.timed(policy, clocks[asked.team])
        first[i] = made[asked]
    return first


class _First(NamedTuple):
    """All on which it depends by when the first response to a lead is due."""

    starts_at: datetime
    team: str
    kind: str
    pipeline: str | None
    grade: str | None
    language: str | None

    @classmethod
    def of(cls, lead: Lead, language: str | None, now: datetime) -> "_First":
        starts_at = lead.starts_at or lead.captured_at or now
        if lead.life.verdict > 1 and lead.qualified_at:
            starts_at = max(starts_at, lead.qualified_at)  # nobody owed an answer to what a qualifier looked at
        kind = FIRST_RESPONSE if lead.starts_at else IMPORTED
        return cls(starts_at, lead.team or "", kind, lead.pipeline, lead.grade, language)

    def timed(self, policy: Policy, clock: Clock) -> Request:
        of = Of(self.kind, self.pipeline, self.grade, self.language)
        return timed(Request(0, FIRST_RESPONSE, self.starts_at, self.starts_at), of, policy, clock)


def timed(request: Request, of: Of, policy: Policy, clock: Clock, by: datetime | None = None) -> Request:
    """The request with its times; agreed may be an earlier one ``by`` which it is due."""
    place, promise = policy.promise(of)
    return replace(
        request,
        times=promise.times(clock.hours, request.starts_at, by),
        promise=place,
        policy=policy.version,
        calendar=clock.calendar,
        calendar_version=clock.version,
    )


async def begin(first: Mapping[UUID, Request], opened: Collection[UUID], tx: Transaction) -> None:
    """First responses are owed from now on, and what else is asked of leads that a team has now is due too."""
    await requests.put(tx, list(first.items()))
    if waiting := await requests.without_time(tx, opened) if opened else set():
        await give_times(waiting, tx)


async def asked(wishes: Mapping[UUID, tuple[Sequence[str], datetime]], tx: Transaction) -> None:
    """What came with a submission is owed too, from when it came; by when is known when a team has the lead."""
    if not wishes:
        return
    policy = await policies.in_force(tx)
    made = [
        (lead_id, Request(n, policy.kind(kind), at, at))
        for lead_id, (kinds, at) in wishes.items()
        for n, kind in enumerate(kinds, 1)
    ]
    await requests.put(tx, made)


async def give_times(lead_ids: Collection[UUID], tx: Transaction) -> None:
    """What is asked of these leads and is due at no time yet, is due in their teams' time; it is told."""
    kept = [k for k in await requests.load(tx, lead_ids) if not k.request.times and k.team]
    policy = await policies.in_force(tx)
    clocks = await calendars.of_teams(tx, {k.team for k in kept})
    spoken = await requests.languages(tx, {k.lead_id for k in kept}) if policy.by_language else {}
    after = []
    for one in kept:
        of = Of(one.request.kind, one.line, one.grade, spoken.get(one.lead_id))
        after.append(replace(one, request=timed(one.request, of, policy, clocks[one.team])))
        tx.emit(to_events.received(after[-1]))
    await requests.save(tx, [(one.lead_id, one.request) for one in after])


async def respond(done: Sequence[Done], tx: Transaction) -> None:
    """The one way in which an answer is given. What counts is the earliest that happened, whenever it became known."""
    kept = await requests.load(tx, {one.lead_id for one in done})
    known = await policies.of_versions(tx, {k.request.policy for k in kept})
    rows = [
        (one.lead_id, k.request.n, _evidence(one))
        for one in done
        for k in kept
        if k.lead_id == one.lead_id and _answers(one, k.request, known)
    ]
    await requests.keep(tx, rows)
    touched = {(lead_id, n) for lead_id, n, _ in rows}
    await settle([k for k in kept if (k.lead_id, k.request.n) in touched], tx)


def _answers(done: Done, request: Request, known: Mapping[int, Policy]) -> bool:
    if request.state == "cancelled" or not request.times:
        return False
    if request.n:
        return request.n in done.answers
    promise = known[request.policy].promises[request.promise]
    return stops(promise.stops, done.kind, done.direction, done.reached)


def _evidence(done: Done) -> Evidence:
    standing = life.standing_of(done.evidence, done.occurred_at, done.recorded_at)
    return Evidence(
        done.activity_id,
        done.occurred_at,
        done.recorded_at,
        done.evidence,
        standing,
        done.by,
        done.on_behalf_of,
        done.result,
    )


async def stand(lead_id: UUID, activity_id: UUID, standing: life.Standing, tx: Transaction) -> None:
    """An activity was voided, or a supervisor has said whether it counts: what it answered is looked at again."""
    kept = await requests.load(tx, [lead_id])
    await requests.stand(tx, lead_id, activity_id, standing)
    await settle(kept, tx)


async def settle(kept: Sequence[Kept], tx: Transaction) -> None:
    """Looks at all evidence of these requests, and tells what has changed."""
    if not kept:
        return
    evidence = await requests.evidence(tx, {k.lead_id for k in kept})
    changed: list[tuple[Kept, life.Settled]] = []
    for one in kept:
        after, settled = life.settle(one.request, evidence.get((one.lead_id, one.request.n), ()), tx.now)
        if after != one.request:
            changed.append((replace(one, request=after), settled))
    await requests.save(tx, [(one.lead_id, one.request) for one, _ in changed])
    told = await tell([Told(one, settled.told) for one, settled in changed], tx.now, tx)
    for one, settled in changed:
        if settled.changed == "reopened":
            tx.emit(to_events.reopened(one, tx.now))
        elif settled.changed:
            hours, turned = told.hours(one), told.turns(one)
            assert one.request.answered_at is not None
            waited = life.delay(turned, one.request.starts_at, one.request.answered_at, hours)
            tx.emit(to_events.answer(one, settled, waited))


async def cancel(lead_ids: Collection[UUID], code: str, by: str | None, tx: Transaction) -> None:
    """Nothing is owed any more to whom these leads are about: they have ended."""
    if not lead_ids:
        return
    kept = [k for k in await requests.load(tx, lead_ids) if k.request.state == "open"]
    ended = [replace(k, request=replace(k.request, state="cancelled")) for k in kept]
    await requests.save(tx, [(k.lead_id, k.request) for k in ended])
    for one in ended:
        tx.emit(to_events.cancelled(one, code, by, tx.now))


class NoSuchLead(Exception):
    """It does not exist for who acts, or nobody may be asked about it yet."""


class NoSuchRequest(Exception):
    """The lead has none of this number."""


class NotOpen(Exception):
    """It was answered or cancelled."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NotLeading(Exception):
    """Only who leads the lead's team may."""


class NeedsDocument(Exception):
    """Its kind is answered by sending something: what was sent has to be named."""


async def ask(lead_id: UUID, wish: Request, by: datetime | None, tx: Transaction) -> Kept:
    """Something more is asked of a lead that a team has; asked again under the same key it is the same.

    Raises NoSuchLead and MayNotRecord.
    """
    there = await _standing(lead_id, tx)
    await requests.alone(tx, lead_id)
    kept = await requests.load(tx, [lead_id])
    if wish.key and (same := next((k for k in kept if k.request.key == wish.key), None)):
        return same
    policy = await policies.in_force(tx)
    clock = (await calendars.of_teams(tx, [there.team]))[there.team]
    n = max((k.request.n for k in kept), default=0) + 1
    wish = replace(wish, n=n, kind=policy.kind(wish.kind))
    await requests.put(tx, [(lead_id, timed(wish, Of(wish.kind, there.pipeline, there.grade), policy, clock, by))])
    one = await one_of(lead_id, n, tx)
    tx.emit(to_events.received(one))
    if one.request.responder:
        tx.emit(to_events.offered(one, tx.actor.principal, tx.now))
    return one


async def offer(one: Kept, responder: str | None, tx: Transaction) -> Kept:
    """Somebody is named who is to answer, or nobody: then the lead's person is. Its time stays. Raises NotOpen."""
    _open(one)
    after = replace(one, request=replace(one.request, responder=responder))
    if after != one:
        await requests.save(tx, [(one.lead_id, after.request)])
        tx.emit(to_events.offered(after, tx.actor.principal, tx.now))
    return after


async def send(one: Kept, document: str | None, tx: Transaction) -> None:
    """Before it is answered: what was sent, where its kind asks for that. Raises NotOpen and NeedsDocument."""
    _open(one)
    policy = (await policies.of_versions(tx, {one.request.policy}))[one.request.policy]
    if policy.kinds.get(one.request.kind) and not document:
        raise NeedsDocument
    if document:
        await requests.save(tx, [(one.lead_id, replace(one.request, document=document))])


async def withdraw(one: Kept, code: str, tx: Transaction) -> Kept:
    """Nobody waits for it any more. Raises NotOpen; the first response can't be withdrawn."""
    _open(one)
    if one.request.n == 0:
        raise NotOpen("owed to every lead")
    after = replace(one, request=replace(one.request, state="cancelled"))
    await requests.save(tx, [(one.lead_id, after.request)])
    tx.emit(to_events.cancelled(after, code, tx.actor.principal, tx.now))
    return after


async def check(one: Kept, met: bool, codes: Sequence[str], tx: Transaction) -> Kept:
    """Who leads the team has looked whether the answer met what was asked. Raises NotLeading and NotOpen."""
    await _leads(one.lead_id, tx)
    if one.request.state != "answered":
        raise NotOpen(one.request.state)
    after = replace(one, request=replace(one.request, met=met))
    await requests.save(tx, [(one.lead_id, after.request)])
    tx.emit(to_events.checked(after, codes, tx.actor.principal, tx.now))
    return after


async def believe(one: Kept, activity_id: UUID, counts: bool, tx: Transaction) -> Kept:
    """Who leads the team has said whether what was typed late is the answer. Raises NotLeading."""
    await _leads(one.lead_id, tx)
    await stand(one.lead_id, activity_id, "counts" if counts else "refused", tx)
    return await one_of(one.lead_id, one.request.n, tx)


async def one_of(lead_id: UUID, n: int, tx: Transaction) -> Kept:
    """A request of a lead, locked for who may write. Raises NoSuchLead and NoSuchRequest."""
    found = next((k for k in await requests.load(tx, [lead_id]) if k.request.n == n), None)
    if found is None:
        await _standing(lead_id, tx)
        raise NoSuchRequest
    return found


async def of_lead(lead_id: UUID, tx: Transaction) -> list[Kept]:
    """What is owed to whom a lead is about. Raises NoSuchLead."""
    if await activities.standing(tx, lead_id) is None:
        raise NoSuchLead
    return await requests.of_lead(tx, lead_id)


async def _standing(lead_id: UUID, tx: Transaction) -> Standing:
    there = await activities.standing(tx, lead_id)
    if there is None:
        raise NoSuchLead
    on_behalf_of(there.rights, there.holder)  # whoever may record here may
    return there


async def _leads(lead_id: UUID, tx: Transaction) -> None:
    if not any(right.kind == "supervisor" and right.records for right in (await _standing(lead_id, tx)).rights):
        raise NotLeading


def _open(one: Kept) -> None:
    if one.request.state != "open":
        raise NotOpen(one.request.state)
