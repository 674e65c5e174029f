"""Keys: one per person, and the rotating ones that seal submissions on their way in. All are wrapped by the master key.

A person's id is a keyed hash of their e-mail address or phone number, so the same person is found again without anything
readable being kept. Destroying the wrapped key makes the person unreadable everywhere.
"""

import base64
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, blind_index, derive, new_key, open_bytes, seal_bytes

_INTAKE = "intake keys"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
AT_MOST_LATER = 1000  # keys that a restored database follows: days between its backup and now


@dataclass(frozen=True)
class Ring:
    """The purposes of the master key, each with a key of its own."""

    persons: bytes
    intake: bytes
    pepper: bytes
    cursors: bytes

    @classmethod
    def of(cls, tx: Transaction) -> "Ring":
        """Derived once per process."""
        ring = tx.process_cache.get(cls)
        if ring is None:
            master = tx.settings.master_key_bytes()
            ring = tx.process_cache[cls] = cls(
                *(derive(master, purpose) for purpose in ("persons", "intake", "pepper", "cursors"))
            )
        return ring


class Person(NamedTuple):
    """Under which key somebody's data are sealed, and by which id others know them: drawn at random, it tells nothing of them."""

    key: bytes
    party_id: UUID


def person_id(tx: Transaction, reach: str) -> UUID:
    """The person who is known again by this, as a keyed hash of it."""
    return UUID(bytes=blind_index(Ring.of(tx).pepper, reach))


def seal_cursor(tx: Transaction, kept: bytes) -> str:
    """What a list was asked for, which may be a name, as it goes to the caller and back."""
    return base64.urlsafe_b64encode(seal_bytes(Ring.of(tx).cursors, kept)).decode().rstrip("=")


def open_cursor(tx: Transaction, given: str) -> bytes:
    """The way back. Raises CannotOpen."""
    try:
        box = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError as error:
        raise CannotOpen("this is no cursor") from error
    return open_bytes(Ring.of(tx).cursors, box)


# One round trip: whoever is known keeps their key, whoever is not gets the one made here. Somebody who was forgotten and
# comes again is known anew, under another key. Whoever was made by somebody else at the same moment is in neither part.
_KEYS_OF = """
with asked as (
    select * from unnest($1::uuid[], $2::bytea[]) as a(person_id, wrapped_key)
), known as (
    select p.person_id, p.wrapped_key, p.party_id from person p join asked using (person_id) where p.wrapped_key is not null
), made as (
    insert into person (person_id, wrapped_key, known_since, party_id)
    select person_id, wrapped_key, $3, gen_random_uuid() from asked where person_id not in (select person_id from known)
    on conflict (person_id) do update
        set wrapped_key = excluded.wrapped_key, known_since = excluded.known_since, party_id = excluded.party_id
        where person.wrapped_key is null
    returning person_id, wrapped_key, party_id
)
select * from known union all select * from made
"""


# Who was known before parties had ids gets one when he comes again.
_NAME = """
update person set party_id = coalesce(party_id, gen_random_uuid()) where person_id = any($1) returning person_id, party_id
"""


async def person_keys(tx: Transaction, person_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """These persons, made where there were none. Two that make the same at once end with the first one's."""
    wrapping = Ring.of(tx).persons
    made = {i: new_key() for i in sorted(set(person_ids))}
    ciphertexts = {i: seal_bytes(wrapping, key, i.bytes) for i, key in made.items()}
    rows = await tx.conn.fetch(_KEYS_OF, list(ciphertexts), list(ciphertexts.values()), tx.now)
    found = {
        r["person_id"]: made[r["person_id"]]
        if r["wrapped_key"] == ciphertexts[r["person_id"]]
        else open_bytes(wrapping, r["wrapped_key"], r["person_id"].bytes)
        for r in rows
    }
    parties: dict[UUID, UUID] = {r["person_id"]: r["party_id"] for r in rows if r["party_id"]}
    if others := [i for i in made if i not in found]:
        found |= await known_person_keys(tx, others)
    if unnamed := sorted(found.keys() - parties.keys()):
        parties |= dict(map(tuple, await tx.conn.fetch(_NAME, unnamed)))
    return {i: Person(key, parties[i]) for i, key in found.items()}


async def known_person_keys(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The keys of those of these persons who are known and were not forgotten; none is made."""
    ids = list(ids)
    rows = await tx.conn.fetch("select person_id, wrapped_key from person where person_id = any($1)", ids)
    wrapping = Ring.of(tx).persons
    return {
        r["person_id"]: open_bytes(wrapping, r["wrapped_key"], r["person_id"].bytes) for r in rows if r["wrapped_key"]
    }


async def intake_keys(tx: Transaction, names: Iterable[str]) -> Mapping[str, bytes]:
    """The intake keys of these names that still exist, or that follow from one that does."""
    known: dict[str, bytes] = tx.process_cache.setdefault(_INTAKE, {})
    missing = [n for n in set(names) if n not in known]
    if missing:
        rows = await tx.conn.fetch("select name, wrapped_key from intake_key")
        stored = {r["name"]: open_bytes(Ring.of(tx).intake, r["wrapped_key"], r["name"].encode()) for r in rows}
        found = {name: stored.get(name) or _followed(name, stored) for name in missing}
        known |= {name: key for name, key in found.items() if key}
    return known


async def current_intake_key(tx: Transaction, lasts: timedelta) -> tuple[str, bytes]:
    """The newest intake key, followed by another when it is older than it may last.

    The next key is made of the last one, and no way leads back. So a database that is restored from a backup makes the same
    keys again as the lost one did, and opens what was sealed meanwhile; and what a destroyed key has sealed stays closed.
    """
    row = await tx.conn.fetchrow(
        "select name, wrapped_key, made_at > $1 as lasts from intake_key order by made_at desc limit 1", tx.now - lasts
    )
    if row is not None:
        name, key = row["name"], open_bytes(Ring.of(tx).intake, row["wrapped_key"], row["name"].encode())
        if row["lasts"]:
            return name, key
        name, key = _next(name, key)
    else:
        name, key = f"intake-{secrets.token_hex(4)}-1", new_key()
    await tx.conn.execute(
        "insert into intake_key (name, wrapped_key, made_at) values ($1, $2, $3) on conflict do nothing",
        name,
        seal_bytes(Ring.of(tx).intake, key, name.encode()),
        tx.now,
    )
    return name, key


def _next(name: str, key: bytes) -> tuple[str, bytes]:
    """The key after this one; two doors that make it at once make the same."""
    chain, number = _placed(name)
    following = f"{chain}-{number + 1}"
    return following, derive(key, following)


def _placed(name: str) -> tuple[str, int]:
    """The chain that a key belongs to and its place in it; a name that is not of this form begins a chain."""
    chain, _, number = name.rpartition("-")
    return (chain, int(number)) if _NUMBER.fullmatch(number) else (name, 0)


def _followed(name: str, stored: Mapping[str, bytes]) -> bytes | None:
    """The key of this name if it comes after one that is stored; nothing for a name that is older or not one of ours."""
    chain, number = _placed(name)
    places = {place: key for n, key in stored.items() for c, place in (_placed(n),) if c == chain}
    last = max(places, default=number)
    if not last < number <= last + AT_MOST_LATER:
        return None
    at, key = f"{chain}-{last}" if last else chain, places[last]
    while at != name:
        at, key = _next(at, key)
    return key


async def destroy_intake_keys(tx: Transaction, made_before: datetime) -> None:
    """What they sealed can't be read by anybody from now on. The newest stays: the next one is made of it."""
    await tx.conn.execute(
        "delete from intake_key where made_at < $1 and made_at < (select max(made_at) from intake_key)", made_before
    )
    tx.process_cache.pop(_INTAKE, None)  # also what another replica has destroyed
