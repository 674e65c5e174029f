"""Calendars: every version for ever."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis import Transaction
from territory.domain.calendar import Calendar

_ADD = """
insert into calendar (id, version, zone, week, exceptions, published_at, by) values ($1, $2, $3, $4, $5, $6, $7)
"""
_NEWEST = "select version, zone, week, exceptions from calendar where id = $1 order by version desc limit 1"
_ALL = "select distinct on (id) id, version, zone from calendar order by id, version desc"


async def add(tx: Transaction, name: str, version: int, calendar: Calendar) -> None:
    """The next version."""
    exceptions = {day.isoformat(): hours for day, hours in calendar.exceptions.items()}
    week = json.dumps(dict(calendar.week))
    await tx.conn.execute(_ADD, name, version, calendar.zone, week, json.dumps(exceptions), tx.now, tx.actor.principal)


async def newest(tx: Transaction, name: str) -> tuple[int, Calendar] | None:
    """The version in force, and what it says."""
    row = await tx.conn.fetchrow(_NEWEST, name)
    if row is None:
        return None
    week = {day: _spans(hours) for day, hours in row["week"].items()}
    exceptions = {date.fromisoformat(day): _spans(hours) for day, hours in row["exceptions"].items()}
    return row["version"], Calendar(row["zone"], week, exceptions)


async def listed(tx: Transaction) -> list[dict[str, Any]]:
    """Every calendar with its newest version and zone."""
    return [dict(row) for row in await tx.conn.fetch(_ALL)]


def _spans(hours: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((opens, closes) for opens, closes in hours)
