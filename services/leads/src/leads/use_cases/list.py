"""A page of leads for who acts: which there are, and by what names."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.sealing import CannotOpen
from leads.domain.list import After, Filters, WrongCursor, continued, cursor
from leads.domain.opening import LIST
from leads.domain.personal import Personal
from leads.store import list as lists
from leads.store import unit as units
from leads.store.keys import open_cursor, seal_cursor
from leads.use_cases.opening import open_contacts


@dataclass(frozen=True)
class Page:
    """Rows in their order, the names of those that who acts may open, and the cursor of the next page."""

    rows: Sequence[asyncpg.Record]
    names: dict[UUID, Personal]
    after: str | None


async def list_leads(asked: Filters, kept: str | None, most: int, named: bool, tx: Transaction) -> Page:
    """At most so many. Names are opened in one look with the purpose ``list``.

    Raises WrongCursor, and TooMany before any name is opened.
    """
    filters, last = behind(asked, kept, tx)
    rows = await lists.page(tx, filters, last, most + 1, await teams_of(filters.team, filters.unit, tx))
    shown = rows[:most]
    after = None
    if len(rows) > most:
        at = shown[-1]["due_at" if filters.sort == "due_at" else "captured_at"]
        after = seal_cursor(tx, cursor(filters, After(at, shown[-1]["lead_id"])))
    return Page(shown, await names_of(shown, tx) if named else {}, after)


async def which(asked: Filters, most: int, tx: Transaction) -> list[UUID]:
    """The ids of the first so many leads of such a list."""
    rows = await lists.page(tx, asked, None, most, await teams_of(asked.team, asked.unit, tx))
    return [row["lead_id"] for row in rows]


async def names_of(rows: Sequence[asyncpg.Record], tx: Transaction) -> dict[UUID, Personal]:
    """Who these leads are about, as far as who acts may open that."""
    if not rows:
        return {}
    return (await open_contacts([row["lead_id"] for row in rows], LIST, tx)).shown


async def teams_of(team: str | None, unit: str | None, tx: Transaction) -> list[str] | None:
    """The teams that are meant by a team, or by a unit and all below it; None for all of who acts."""
    if unit is None:
        return None if team is None else [team]
    below = await units.below(tx, unit)
    return [one for one in below if team is None or one == team]


def behind(asked: Filters, kept: str | None, tx: Transaction) -> tuple[Filters, After | None]:
    """What the list is asked for, and behind which row. Raises WrongCursor."""
    if kept is None:
        return asked, None
    try:
        return continued(asked, open_cursor(tx, kept))
    except CannotOpen:
        raise WrongCursor from None


def bookmark(of: str, at: datetime, key: str, tx: Transaction) -> str:
    """A cursor of the list that is called ``of``: when its last row happened, and the row's own key."""
    return seal_cursor(tx, json.dumps([of, at.isoformat(), key]).encode())


def from_bookmark(of: str, given: str | None, tx: Transaction) -> tuple[datetime, str] | None:
    """The way back. Raises WrongCursor for one of another list."""
    if given is None:
        return None
    try:
        named, at, key = json.loads(open_cursor(tx, given))
    except (CannotOpen, ValueError):
        raise WrongCursor from None
    if named != of:
        raise WrongCursor
    return datetime.fromisoformat(at), key
