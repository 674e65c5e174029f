"""Moves, ordered and done."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from chassis import Transaction
from chassis.query import fetch
from territory.domain.move import Move
from territory.store.organisation_tables import MOVE

_MEMBERS = """
select distinct person from membership where unit = $1 and (until_at is null or until_at > $2) order by person
"""


async def add(tx: Transaction, move: Move) -> None:
    """A new one."""
    await fetch(tx.conn, insert(MOVE).values(**_row(move)))


async def save(tx: Transaction, move: Move) -> None:
    """What has become of it."""
    await fetch(tx.conn, update(MOVE).where(MOVE.c.id == move.id).values(**_row(move)))


async def one(tx: Transaction, which: UUID) -> Move | None:
    """The move of this id."""
    rows = await fetch(tx.conn, select(MOVE).where(MOVE.c.id == which))
    return Move(**rows[0]) if rows else None


async def listed(tx: Transaction, person: str | None, most: int) -> Sequence[Move]:
    """The latest first, of all or of one person."""
    asked = select(MOVE).order_by(MOVE.c.at.desc(), MOVE.c.id).limit(most)
    return [
        Move(**row) for row in await fetch(tx.conn, asked if person is None else asked.where(MOVE.c.person == person))
    ]


async def members(tx: Transaction, unit: str) -> list[str]:
    """Who belongs to a unit now or later."""
    return [row["person"] for row in await tx.conn.fetch(_MEMBERS, unit, tx.now)]


def _row(move: Move) -> dict[str, Any]:
    return {**vars(move), "ended": dict(move.ended), "successors": [list(one) for one in move.successors]}
