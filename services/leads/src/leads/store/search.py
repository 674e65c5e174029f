"""Leads by the keyed hashes of what they are looked for by."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis import Transaction
from chassis.sealing import derive
from leads.store.keys import Ring

# Whatever was captured before the oldest transaction under way began is there or never comes. A capture's time is that of the
# process that began its transaction: so much may its clock differ from the database's.
CLOCKS_DIFFER = timedelta(seconds=5)
LAST = UUID(int=2**128 - 1)  # no lead of a moment comes after it
_STANDS = "select captured_at, lead_id from search_position"
_SETTLED = """
select least(now() - interval '1 second', coalesce(min(xact_start), 'infinity') - $1::interval) as settled,
    (select max(captured_at) from lead) as newest
from pg_stat_activity
where datname = current_database() and usename = current_user and pid <> pg_backend_pid() and xact_start is not null
"""
_WAITING = "select count(*) from (select from lead where captured_at > $1 and captured_at <= $2 limit $3) as waiting"
_NEXT = """
select lead_id, person_id, personal, captured_at from lead
where captured_at >= $1 and captured_at <= $2 and (captured_at > $1 or lead_id > $4)
order by captured_at, lead_id limit $3
"""
_PUT = """
insert into search_word (key, lead_id)
select * from unnest($1::bigint[], $2::uuid[]) as w(key, lead_id) order by key, lead_id
"""
_DROP = """
delete from search_word where (key, lead_id) in (select * from unnest($1::bigint[], $2::uuid[]))
"""
_MOVE = """
insert into search_position (captured_at, lead_id) values ($1, $2)
on conflict (one) do update set captured_at = excluded.captured_at, lead_id = excluded.lead_id
"""


@dataclass(frozen=True)
class Unfound:
    """A lead that no search finds yet, sealed."""

    lead_id: UUID
    person_id: UUID
    ciphertext: bytes
    captured_at: datetime


@dataclass(frozen=True)
class Standing:
    """Leads captured before ``done`` can be found, and of those of that moment the ones up to ``last``; those up to ``settled``
    are all there; ``newest`` is the last capture."""

    done: datetime | None
    last: UUID | None
    settled: datetime
    newest: datetime | None


def keys_of(tx: Transaction, words: Iterable[str]) -> list[int]:
    """Their keyed hashes, in their order."""
    empty = tx.process_cache.get(_keyed)
    if empty is None:
        secret = derive(Ring.of(tx).pepper, "words")
        empty = tx.process_cache[_keyed] = hashlib.blake2b(key=secret, digest_size=8)
    return [_keyed(empty, word) for word in words]


def _keyed(empty: "hashlib.blake2b", word: str) -> int:
    hashing = empty.copy()  # what is under the key is taken in once
    hashing.update(word.encode())
    return int.from_bytes(hashing.digest(), signed=True)


async def standing(tx: Transaction) -> Standing:
    """How far leads can be found."""
    row, stands = await tx.conn.fetchrow(_SETTLED, CLOCKS_DIFFER), await tx.conn.fetchrow(_STANDS)
    assert row is not None
    done, last = (stands["captured_at"], stands["lead_id"]) if stands else (None, None)
    return Standing(done, last, row["settled"], row["newest"])


async def more_than(tx: Transaction, stands: Standing, few: int) -> bool:
    """Whether more leads than these few wait to be found, besides those of the delivery that was begun."""
    waiting: int = await tx.conn.fetchval(_WAITING, _since(stands), stands.settled, few + 1)
    return waiting > few


async def following(tx: Transaction, stands: Standing, most: int) -> list[Unfound]:
    """The next leads, in the order in which they came."""
    rows = await tx.conn.fetch(_NEXT, _since(stands), stands.settled, most, stands.last or LAST)
    return [Unfound(*row) for row in rows]


def _since(stands: Standing) -> datetime:
    return stands.done or datetime.min.replace(tzinfo=stands.settled.tzinfo)


async def put(tx: Transaction, found_by: Mapping[UUID, Iterable[str]], last: Unfound) -> None:
    """From now on these leads are found by these words, and all up to this one can be found."""
    if pairs := _pairs(tx, found_by):
        await tx.conn.execute(_PUT, *pairs)
    await tx.conn.execute(_MOVE, last.captured_at, last.lead_id)


async def drop(tx: Transaction, found_by: Mapping[UUID, Iterable[str]]) -> None:
    """These leads are found by these words no more."""
    if pairs := _pairs(tx, found_by):
        await tx.conn.execute(_DROP, *pairs)


def _pairs(tx: Transaction, found_by: Mapping[UUID, Iterable[str]]) -> list[list[int] | list[UUID]]:
    pairs = [(key, lead_id) for lead_id, words in found_by.items() for key in keys_of(tx, words)]
    return [[key for key, _ in pairs], [lead_id for _, lead_id in pairs]] if pairs else []
