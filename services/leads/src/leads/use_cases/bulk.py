"""Somebody does one thing to many leads: each for itself by the same rules as alone, all in one transaction, statement by statement for
all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import Transaction
from leads.domain import verdict as hands
from leads.domain.bulk import AT_ONCE, Deed, Job, Row
from leads.domain.lead import Lead
from leads.domain.place import NOBODYS, place_of
from leads.domain.verdict import Hand, MayNot, NotSo
from leads.store import bulk as store
from leads.store import hand as hand_store
from leads.store.hand import Claim
from leads.use_cases import hand
from leads.use_cases.hand import NoSuchLead, Seen, Taken, take_all
from leads.use_cases.verdict import CLAIMED_FOR, Claimed, give_back_all, judge_all

KEPT = timedelta(days=30)
_DOOR = {"qualify": "qualification"}
Answer = Mapping[str, Any]
Done = Mapping[UUID, int | Claim]  # the number of a timeline's last entry, or by whom it is looked at now
ToAnswer = Callable[[Row, int | Claim | Exception], Answer]
ToDeed = Callable[[Mapping[str, Any]], Deed]


class NoSuchJob(Exception):
    """It is not there for who asks."""


class Over(Exception):
    """It is done, or cancelled."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class UsedBefore(Exception):
    """Something else was asked for under this key."""


async def do(deed: Deed, rows: Sequence[Row], qualifies: bool, to_answer: ToAnswer, tx: Transaction) -> list[Row]:
    """Does it to each of these, ``AT_ONCE`` at most, and says what became of each, in their order. Who may not is on record."""
    seen = {row.lead_id: Seen(row.seen) for row in rows}
    taken, refused = await take_all(seen, _check(deed), qualifies, tx)
    if deed.verdict is not None or deed.step == "claim":
        refused |= await _claimed_by_others(taken, deed, tx)
    free = [taken[lead_id] for lead_id in sorted(taken) if lead_id not in refused]
    done = await _done(deed, free, tx) if free else {}
    if deed.step == "claim":  # somebody else was a moment faster
        refused |= await _claimed_by_others({one.lead_id: one for one in free if one.lead_id not in done}, deed, tx)
    for lead_id, why in refused.items():
        if lacks := hand.NOT_THERE if isinstance(why, NoSuchLead) else why.right if isinstance(why, MayNot) else None:
            await hand.refuse(lead_id, _DOOR.get(deed.step, deed.step), lacks, tx)
    return [replace(row, answer=to_answer(row, {**done, **refused}[row.lead_id])) for row in rows]


def _check(deed: Deed) -> Callable[[Lead, Hand], None]:
    if deed.verdict is not None:
        verdict = deed.verdict
        return lambda lead, who: hands.check_judge(lead, verdict, who)
    return hands.check_return if deed.step == "return" else _check_claim


def _check_claim(lead: Lead, who: Hand) -> None:
    if not who.qualifies:
        raise MayNot(hand.QUALIFY)
    if place_of(lead) not in NOBODYS:
        raise NotSo(place_of(lead))


async def _claimed_by_others(taken: Mapping[UUID, Taken], deed: Deed, tx: Transaction) -> dict[UUID, Exception]:
    claims = await hand_store.claims(tx, list(taken)) if taken else {}
    return {
        lead_id: Claimed(claim)
        for lead_id, claim in claims.items()
        if claim.person != tx.actor.principal and (deed.step == "claim" or not taken[lead_id].hand.leads)
    }


async def _done(deed: Deed, free: Sequence[Taken], tx: Transaction) -> Done:
    if deed.step == "claim":
        return await hand_store.claim_all(tx, [one.lead_id for one in free], tx.now + CLAIMED_FOR)
    if deed.verdict is not None:
        await judge_all(free, deed.verdict, deed.value, tx)
    else:
        assert deed.code is not None
        await give_back_all(free, deed.code, tx)
    return await hand_store.lock_all(tx, [one.lead_id for one in free])


async def asked_before(job_id: UUID, tx: Transaction) -> Job | None:
    """What was asked for under this key; whoever asks for it at this moment is waited for."""
    await store.alone(tx, job_id)
    return await store.one(tx, job_id)


async def ask(job: Job, rows: Sequence[Row], tx: Transaction) -> Job:
    """It is done from now on, in the name of who asks; asked for again under the same key it is the same. Raises UsedBefore."""
    if await store.put(tx, job, rows):
        return job
    there = await store.one(tx, job.job_id)
    if there is None or there.digest != job.digest:
        raise UsedBefore
    return there


async def go_on(
    job_id: UUID, qualifies: bool, to_deed: ToDeed, to_answer: ToAnswer, tx: Transaction, most: int = AT_ONCE
) -> bool:
    """Does the next part of a job, in the name of who asked for it and by the rights that he has now. A part, its answers and how far
    the job is commit together: whatever dies, each lead's turn comes once. False where nothing of it is left, or another is at it."""
    job = await store.take(tx, job_id)
    if job is None:
        return False
    rows = await do(to_deed(job.said), await store.following(tx, job, most), qualifies, to_answer, tx)
    await store.answer(tx, job, rows)
    await store.save(tx, job.after([row.answer or {} for row in rows], tx.now))
    return True


async def give_up(job_id: UUID, answer: Answer, tx: Transaction) -> None:
    """The next lead of a job can't be done for a reason that is ours: that is its answer, and the others go on."""
    job = await store.take(tx, job_id)
    if job is None:
        return
    rows = [replace(row, answer={"lead_id": str(row.lead_id), **answer}) for row in await store.following(tx, job, 1)]
    await store.answer(tx, job, rows)
    await store.save(tx, job.after([row.answer or {} for row in rows], tx.now))


async def cancel(job_id: UUID, tx: Transaction) -> Job:
    """What is done stays done; the rest is left. Raises NoSuchJob and Over."""
    await store.wait_for(tx, job_id)
    job = await store.one(tx, job_id)
    if job is None:
        raise NoSuchJob
    if job.state in ("done", "cancelled"):
        raise Over(job.state)
    after = job.cancelled(tx.now)
    await store.save(tx, after)
    return after


async def forget_old(tx: Transaction) -> None:
    """Jobs that were over a month ago are gone."""
    await store.forget(tx, tx.now - KEPT)
