"""Looks behind the glass: asked, granted, over."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update

from chassis import Transaction
from chassis.query import fetch
from territory.domain.break_glass import Glass
from territory.store.organisation_tables import BREAK_GLASS


async def add(tx: Transaction, glass: Glass) -> None:
    """A new one."""
    await fetch(tx.conn, insert(BREAK_GLASS).values(**vars(glass)))


async def save(tx: Transaction, glass: Glass) -> None:
    """What has become of it."""
    fields = {name: getattr(glass, name) for name in ("granter", "from_at", "until_at", "lapses_at")}
    await fetch(tx.conn, update(BREAK_GLASS).where(BREAK_GLASS.c.id == glass.id).values(**fields))


async def one(tx: Transaction, which: UUID) -> Glass | None:
    """The one of this id."""
    rows = await fetch(tx.conn, select(BREAK_GLASS).where(BREAK_GLASS.c.id == which))
    return Glass(**rows[0]) if rows else None


async def listed(tx: Transaction, most: int) -> Sequence[Glass]:
    """The newest first."""
    asked = select(BREAK_GLASS).order_by(BREAK_GLASS.c.asked_at.desc(), BREAK_GLASS.c.id).limit(most)
    return [Glass(**row) for row in await fetch(tx.conn, asked)]
