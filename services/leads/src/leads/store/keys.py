"""Keys: one per person, and the rotating ones that seal submissions on their way in. All are wrapped by the master key.

A person's id is a keyed hash of their e-mail address or phone number, so the same person is found again without anything
readable being kept. Destroying the wrapped key makes the person unreadable everywhere.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import Transaction
from chassis.sealing import blind_index, derive, new_key, open_bytes, seal_bytes

_INTAKE = "intake keys"


@dataclass(frozen=True)
class Ring:
    """The purposes of the master key, each with a key of its own."""

    persons: bytes
    intake: bytes
    pepper: bytes

    @classmethod
    def of(cls, tx: Transaction) -> "Ring":
        """Derived once per process."""
        ring = tx.memo.get(cls)
        if ring is None:
            master = tx.settings.master_key_bytes()
            ring = tx.memo[cls] = cls(derive(master, "persons"), derive(master, "intake"), derive(master, "pepper"))
        return ring


def person_id(tx: Transaction, email: str | None, phone: str | None, otherwise: UUID) -> UUID:
    """The person behind an e-mail address, else a phone number; a lead without either is a person of its own."""
    reach = f"email:{email.strip().lower()}" if email else f"phone:{phone}" if phone else f"lead:{otherwise}"
    return UUID(bytes=blind_index(Ring.of(tx).pepper, reach))


async def person_keys(tx: Transaction, person_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The keys of these persons, made where there were none. Two that make the same at once end with the first one's."""
    ids = sorted(set(person_ids))
    found = await _person_keys(tx, ids)
    missing = [i for i in ids if i not in found]
    if missing:
        wrapping = Ring.of(tx).persons
        made = {i: new_key() for i in missing}
        stored = await tx.conn.fetch(
            "insert into person (person_id, wrapped_key, known_since) select unnest($1::uuid[]), unnest($2::bytea[]), $3 "
            # Somebody who was forgotten and comes again is known anew, under another key.
            "on conflict (person_id) do update set wrapped_key = excluded.wrapped_key, known_since = excluded.known_since "
            "where person.wrapped_key is null returning person_id",
            missing,
            [seal_bytes(wrapping, made[i], i.bytes) for i in missing],
            tx.now,
        )
        mine = {r["person_id"] for r in stored}
        found |= {i: made[i] for i in mine}
        if len(mine) < len(missing):
            found |= await _person_keys(tx, [i for i in missing if i not in mine])
    return found


async def _person_keys(tx: Transaction, ids: list[UUID]) -> dict[UUID, bytes]:
    rows = await tx.conn.fetch("select person_id, wrapped_key from person where person_id = any($1)", ids)
    wrapping = Ring.of(tx).persons
    return {
        r["person_id"]: open_bytes(wrapping, r["wrapped_key"], r["person_id"].bytes) for r in rows if r["wrapped_key"]
    }


async def intake_keys(tx: Transaction, names: Iterable[str]) -> Mapping[str, bytes]:
    """The intake keys of these names that still exist."""
    known: dict[str, bytes] = tx.memo.setdefault(_INTAKE, {})
    missing = [n for n in set(names) if n not in known]
    if missing:
        rows = await tx.conn.fetch("select name, wrapped_key from intake_key where name = any($1)", missing)
        known |= {r["name"]: open_bytes(Ring.of(tx).intake, r["wrapped_key"], r["name"].encode()) for r in rows}
    return known


async def current_intake_key(tx: Transaction, lasts: timedelta) -> tuple[str, bytes]:
    """The newest intake key, made anew when it is older than it may last."""
    row = await tx.conn.fetchrow(
        "select name, wrapped_key from intake_key where made_at > $1 order by made_at desc limit 1", tx.now - lasts
    )
    if row is not None:
        return row["name"], open_bytes(Ring.of(tx).intake, row["wrapped_key"], row["name"].encode())
    name, key = f"intake-{tx.now:%Y%m%d}-{secrets.token_hex(4)}", new_key()
    await tx.conn.execute(
        "insert into intake_key (name, wrapped_key, made_at) values ($1, $2, $3)",
        name,
        seal_bytes(Ring.of(tx).intake, key, name.encode()),
        tx.now,
    )
    return name, key


async def destroy_intake_keys(tx: Transaction, older_than: timedelta) -> None:
    """What they sealed can't be read by anybody from now on."""
    gone: list[Any] = await tx.conn.fetch(
        "delete from intake_key where made_at < $1 returning name", tx.now - older_than
    )
    for row in gone:
        tx.memo.get(_INTAKE, {}).pop(row["name"], None)
