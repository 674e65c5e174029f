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
_STANDS = "select captured_at from search_position"
_SETTLED = """
select least(now() - interval '1 second', coalesce(min(xact_start), 'infinity') - $1::interval) as settled,
    (select max(captured_at) from lead) as newest
from pg_stat_activity
where datname = current_database() and usename = current_user and pid <> pg_backend_pid() and xact_start is not null
"""
_NEXT = """
select lead_id, person_id, personal, captured_at from lead where captured_at > $1 and captured_at <= $2
order by captured_at fetch first $3 rows with ties
"""
_PUT = """
insert into search_word (key, lead_id)
select * from unnest($1::bigint[], $2::uuid[]) as w(key, lead_id) order by key, lead_id
"""
_DROP = """
delete from search_word where (key, lead_id) in (select * from unnest($1::bigint[], $2::uuid[]))
"""
_MOVE = """
insert into search_position (captured_at) values ($1) on conflict (one) do update set captured_at = excluded.captured_at
"""


@dataclass(frozen=True)
class Unfound:
    """A lead that no search finds yet, sealed."""

    lead_id: UUID
    person_id: UUID
    ciphertext: bytes


@dataclass(frozen=True)
class Standing:
    """Leads captured up to ``done`` can be found, those up to ``settled`` are all there; ``newest`` is the last capture."""

    done: datetime | None
    settled: datetime
    newest: datetime | None


def keys_of(tx: Transaction, words: Iterable[str]) -> list[int]:
    """Their keyed hashes, in their order."""
    secret = tx.process_cache.get(_keyed)
    if secret is None:
        secret = tx.process_cache[_keyed] = derive(Ring.of(tx).pepper, "words")
    return [_keyed(secret, word) for word in words]


def _keyed(secret: bytes, word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), key=secret, digest_size=8).digest(), signed=True)


async def standing(tx: Transaction) -> Standing:
    """How far leads can be found."""
    row = await tx.conn.fetchrow(_SETTLED, CLOCKS_DIFFER)
    assert row is not None
    return Standing(await tx.conn.fetchval(_STANDS), row["settled"], row["newest"])


async def following(tx: Transaction, stands: Standing, most: int) -> tuple[list[Unfound], datetime | None]:
    """The next leads, whole deliveries of them, and when the last of them was captured."""
    since = stands.done or datetime.min.replace(tzinfo=stands.settled.tzinfo)
    rows = await tx.conn.fetch(_NEXT, since, stands.settled, most)
    return [Unfound(row["lead_id"], row["person_id"], row["personal"]) for row in rows], (
        rows[-1]["captured_at"] if rows else None
    )


async def put(tx: Transaction, found_by: Mapping[UUID, Iterable[str]], until: datetime) -> None:
    """From now on these leads are found by these words, and all up to this moment can be found."""
    if pairs := _pairs(tx, found_by):
        await tx.conn.execute(_PUT, *pairs)
    await tx.conn.execute(_MOVE, until)


async def drop(tx: Transaction, found_by: Mapping[UUID, Iterable[str]]) -> None:
    """These leads are found by these words no more."""
    if pairs := _pairs(tx, found_by):
        await tx.conn.execute(_DROP, *pairs)


def _pairs(tx: Transaction, found_by: Mapping[UUID, Iterable[str]]) -> list[list[int] | list[UUID]]:
    pairs = [(key, lead_id) for lead_id, words in found_by.items() for key in keys_of(tx, words)]
    return [[key for key, _ in pairs], [lead_id for _, lead_id in pairs]] if pairs else []
