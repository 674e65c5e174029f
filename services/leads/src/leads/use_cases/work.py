"""What somebody has to do next, what waits in his teams' queues, and how leads stand in numbers."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from leads.domain.work import Line, summed
from leads.store import work
from leads.use_cases.list import Page, bookmark, from_bookmark, names_of, teams_of


async def work_list(person: str, after: str | None, most: int, named: bool, tx: Transaction) -> Page:
    """Somebody's open leads, and those in which an answer is theirs to give: what is breached, then what is due soon, then by grade, due time and age. What is urgent is judged
    once, when the first page is asked for.

    Raises WrongCursor and TooMany.
    """
    of = f"work of {person}"
    now, last = tx.now, None
    if kept := from_bookmark(of, after, tx):
        captured_at, rest = kept
        since, priority, due_at, lead_id = json.loads(rest)
        now = datetime.fromisoformat(since)
        last = (-priority, _time(due_at), captured_at, UUID(lead_id))
    rows = await work.work_of(tx, person, now, last, most + 1)
    shown = rows[:most]
    cursor = None
    if len(rows) > most:
        end = shown[-1]
        cursor = _bookmark(of, end, [now.isoformat(), end["priority"], _text(end["due_at"]), str(end["lead_id"])], tx)
    return Page(shown, await names_of(shown, tx) if named else {}, cursor)


async def queue(place: str, team: str | None, after: str | None, most: int, named: bool, tx: Transaction) -> Page:
    """What waits at a place, in one team or in all of who acts: what is due first, then the oldest.

    Raises WrongCursor and TooMany.
    """
    of = f"{place} of {team or 'all'}"
    last = None
    if kept := from_bookmark(of, after, tx):
        due_at, lead_id = json.loads(kept[1])
        last = (_time(due_at), kept[0], UUID(lead_id))
    rows = await work.queue_of(tx, place, await teams_of(team, None, tx), last, most + 1)
    shown = rows[:most]
    cursor = None
    if len(rows) > most:
        cursor = _bookmark(of, shown[-1], [_text(shown[-1]["due_at"]), str(shown[-1]["lead_id"])], tx)
    return Page(shown, await names_of(shown, tx) if named else {}, cursor)


async def summary(by: str, since: datetime, until: datetime, tx: Transaction) -> Mapping[str, Line]:
    """How the leads of the teams of who acts stand that were captured in this time."""
    rows = await work.counted(tx, by, since, until)
    parents = await work.parents(tx) if by == "unit" else None
    return summed((tuple(row) for row in rows), parents)


def _bookmark(of: str, end: asyncpg.Record, key: Sequence[Any], tx: Transaction) -> str:
    return bookmark(of, end["captured_at"], json.dumps(key), tx)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
