"""The organisation as a whole: who changes it holds it, and every change is on record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import ARRAY, Select, Table, Text, any_, insert, literal, select, update

from chassis import Transaction
from chassis.query import fetch, insert_all
from territory.domain.organisation import KINDS, RANKS, Kind, Rank, Structure, Unit

_HOLD = "select version, structure, market from organisation for update"
_LOOK = "select version, structure, market from organisation"
_COUNT = "update organisation set version = version + 1, structure = structure + $1"
_TAKEN_IN = "update organisation set market = $1"
_UNITS = "select id, kind, parent, name, from_at, zone, calendar, settings, until_at, version from unit"
_VOCABULARY = "select name, items from vocabulary"
_RECORD = """
insert into organisation_change (changed_at, by, second, what, item, before, after) values ($1, $2, $3, $4, $5, $6, $7)
"""
_RECORD_ALL = """
insert into organisation_change (changed_at, by, what, item, before, after)
select $1, $2, $3, r.item, r.before::jsonb, r.after::jsonb from unnest($4::text[], $5::text[], $6::text[])
    with ordinality as r(item, before, after, n) order by r.n
"""
T = TypeVar("T")


@dataclass
class Organisation:
    """What the organisation's one row says."""

    version: int
    structure: int
    market: int


async def hold(tx: Transaction) -> Organisation:
    """The organisation, for one who is about to change it: others who want to wait until this transaction ends."""
    return _organisation(await tx.conn.fetchrow(_HOLD))


async def look(tx: Transaction) -> Organisation:
    """The organisation as it stands, for one who changes nothing."""
    return _organisation(await tx.conn.fetchrow(_LOOK))


async def structure_of(tx: Transaction, version: int, fresh: bool = False) -> Structure:
    """Units, kinds and ranks, by the version of the structure; the last is kept in the process. ``fresh`` ones have been
    changed by this transaction and are not kept, as it may come to nothing."""
    kept: Structure | None = tx.process_cache.get("structure")
    if not fresh and kept is not None and kept.version == version:
        return kept
    units = [Unit(**row) for row in await tx.conn.fetch(_UNITS)]
    words = {row["name"]: row["items"] for row in await tx.conn.fetch(_VOCABULARY)}
    kinds = [Kind(**item) for item in words["unit_kind"]] if "unit_kind" in words else KINDS
    ranks = [Rank(**item) for item in words["rank"]] if "rank" in words else RANKS
    made = Structure.of(version, units, kinds, ranks)
    if not fresh:
        tx.process_cache["structure"] = made
    return made


async def count(tx: Transaction, structure: bool = False) -> None:
    """The organisation has changed, and with it perhaps its structure."""
    await tx.conn.execute(_COUNT, int(structure))


async def taken_in(tx: Transaction, market: int) -> None:
    """The organisation knows the members of this market version."""
    await tx.conn.execute(_TAKEN_IN, market)


async def record(
    tx: Transaction, what: str, item: str, before: Any = None, after: Any = None, second: str | None = None
) -> None:
    """One change for ever: by whoever acts, and by whose confirmation."""
    await tx.conn.execute(_RECORD, tx.now, tx.actor.principal, second, what, item, _json(before), _json(after))


async def record_all(tx: Transaction, what: str, changes: Sequence[tuple[str, Any, Any]]) -> None:
    """Many changes of one kind, in this order: of which thing, before and after."""
    if changes:
        items, before, after = zip(*changes, strict=True)
        values = items, tuple(map(_json, before)), tuple(map(_json, after))
        await tx.conn.execute(_RECORD_ALL, tx.now, tx.actor.principal, what, *values)


def _json(one: Any) -> str | None:
    return None if one is None else to_json(one, fallback=vars).decode()


async def add(tx: Transaction, table: Table, row: Mapping[str, Any]) -> None:
    """A new row."""
    await fetch(tx.conn, insert(table).values(**row))


async def add_all(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """New rows; a column that they don't name is null."""
    if rows:
        await tx.conn.execute(insert_all(table), to_json(rows).decode())


async def change(tx: Transaction, table: Table, key: Any, fields: Mapping[str, Any]) -> None:
    """These fields of a row are others from here on, and its version is the next."""
    [column] = table.primary_key.columns
    await fetch(tx.conn, update(table).where(column == key).values(**fields, version=table.c.version + 1))


async def one(tx: Transaction, table: Table, key: Any, kind: type[T]) -> T | None:
    """The row of this key as what it is in the domain."""
    [column] = table.primary_key.columns
    rows = await fetch(tx.conn, _as(table, kind).where(column == key))
    return kind(**rows[0]) if rows else None


async def of_people(tx: Transaction, table: Table, kind: type[T], column: str, people: Iterable[str]) -> list[T]:
    """The rows that name any of these people in this column, in the order of their beginning."""
    asked = _as(table, kind).where(table.c[column] == any_(literal(sorted(people), ARRAY(Text))))
    return [kind(**row) for row in await fetch(tx.conn, asked)]


def _organisation(row: Any) -> Organisation:
    return Organisation(*row)


def _as(table: Table, kind: type[Any]) -> "Select[Any]":
    return select(*[table.c[name] for name in kind.__dataclass_fields__])
