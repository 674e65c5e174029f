"""What somebody did about a lead goes on record, and is told; what was recorded by mistake is voided."""

import contextlib
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.sealing import CannotOpen, open_bytes, seal_bytes
from contracts.leads.activity import ActivityRecorded, ActivityVoided
from leads.domain.activity import Did, check_void, on_behalf_of
from leads.domain.opening import READ, RECORD
from leads.store import activity as activities
from leads.store.activity import Activity, Standing
from leads.use_cases import request
from leads.use_cases.opening import keys_of
from leads.use_cases.request import Done


class NoSuchLead(Exception):
    """It does not exist for who acts."""


class NoSuchActivity(Exception):
    """The lead has none of this id."""


class Forgotten(Exception):
    """The key of whom the lead is about is gone, or not for who acts: no text can be sealed."""


class UsedBefore(Exception):
    """Another body was sent under the same key."""


class VoidedBefore(Exception):
    """It was voided for another reason."""


@dataclass(frozen=True)
class Shown:
    """An activity as it is on record, and what was said or written, as far as who acts may read it."""

    row: asyncpg.Record
    text: str | None


async def record(
    lead_id: UUID,
    activity_id: UUID,
    did: Did,
    text: str | None,
    sent: str,
    tx: Transaction,
    answers: tuple[int, ...] = (),
) -> Shown:
    """Puts it on record once, however often it is ``sent``, which is the whole of the caller's words. ``answers`` are the numbers of
    the lead's requests that it answers.

    Raises NoSuchLead, MayNotRecord, Forgotten, UsedBefore, and TooMany where the text would need one key too many.
    """
    there = await _there(lead_id, tx)
    for_whom = on_behalf_of(there.rights, there.holder)
    key = (await keys_of([lead_id], RECORD, tx)).get(lead_id) if text else None
    if text and key is None:
        raise Forgotten
    content = hmac.new(key or b"", sent.encode(), hashlib.sha256).hexdigest()[:32]
    box = seal_bytes(key, text.encode(), activity_id.bytes) if text and key else None
    author = tx.actor.principal
    one = Activity(activity_id, lead_id, did, author, for_whom, there.team, content, box)
    fresh = await activities.put(tx, one)
    row = await activities.one(tx, lead_id, activity_id)
    if row is None or row["content"] != content:
        raise UsedBefore
    if fresh:
        tx.emit(_recorded(one, there, answers, tx))
        await request.respond([_done(one, answers, tx)], tx)
    return Shown(row, text)


async def void(lead_id: UUID, activity_id: UUID, code: str, tx: Transaction) -> Shown:
    """It counts no more from now on; its row and its text stay. Voided again for the same reason changes nothing.

    Raises NoSuchLead, NoSuchActivity, MayNotVoid and VoidedBefore.
    """
    there = await _there(lead_id, tx)
    row = await activities.one(tx, lead_id, activity_id)
    if row is None:
        raise NoSuchActivity
    check_void(row["author"], row["recorded_at"], tx.actor.principal, there.rights, tx.now)
    if await activities.void(tx, lead_id, activity_id, code):
        by = tx.actor.principal
        tx.emit(ActivityVoided(activity_id=activity_id, lead_id=lead_id, code=code, by=by, voided_at=tx.now))
        await request.stand(lead_id, activity_id, "voided", tx)
    voided = await activities.one(tx, lead_id, activity_id)
    assert voided is not None
    if voided["void_code"] != code:
        raise VoidedBefore
    return Shown(voided, None)


async def page(
    lead_id: UUID, last: tuple[datetime, UUID] | None, most: int, opens: bool, tx: Transaction
) -> tuple[list[Shown], bool]:
    """A lead's activities, the newest first, and whether there are more.

    Raises NoSuchLead, and TooMany where texts would need one look too many.
    """
    await _there(lead_id, tx)
    rows = await activities.page(tx, lead_id, last, most + 1)
    texts = await texts_of(lead_id, rows[:most], opens, tx)
    return [Shown(row, texts.get(row["activity_id"])) for row in rows[:most]], len(rows) > most


async def texts_of(lead_id: UUID, rows: Sequence[Any], opens: bool, tx: Transaction) -> dict[UUID, str]:
    """What was said or written, in one look with the purpose ``read``; there is no look where there is nothing to read. What was
    sealed for somebody who was forgotten and has come again stays closed."""
    sealed = {row["activity_id"]: row["box"] for row in rows if row["box"]} if opens else {}
    key = (await keys_of([lead_id], READ, tx)).get(lead_id) if sealed else None
    found = {}
    if key is not None:
        for activity_id, box in sealed.items():
            with contextlib.suppress(CannotOpen):
                found[activity_id] = open_bytes(key, box, activity_id.bytes).decode()
    return found


async def _there(lead_id: UUID, tx: Transaction) -> Standing:
    there = await activities.standing(tx, lead_id)
    if there is None:
        raise NoSuchLead
    return there


def _recorded(one: Activity, there: Standing, answers: tuple[int, ...], tx: Transaction) -> ActivityRecorded:
    return ActivityRecorded(
        activity_id=one.activity_id,
        lead_id=one.lead_id,
        kind=one.did.kind,
        direction=one.did.direction,
        reached=one.did.reached,
        occurred_at=one.did.occurred_at,
        recorded_at=tx.now,
        author=one.author,
        on_behalf_of=one.on_behalf_of,
        team=one.team,
        seconds=one.did.seconds,
        result=one.did.result,
        campaign=there.campaign,
        answers=answers,
    )


def _done(one: Activity, answers: tuple[int, ...], tx: Transaction) -> Done:
    did = one.did
    what = (did.kind, did.direction, did.reached, did.occurred_at, tx.now)
    return Done(one.lead_id, one.activity_id, *what, "person", one.author, one.on_behalf_of, did.result, answers)
