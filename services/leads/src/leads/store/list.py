"""Lists of leads: each team's by its index, merged. The statements name the teams; the row policies are the net under them."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    any_,
    bindparam,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis import Transaction
from chassis.query import fetch
from chassis.tables import ACCESS_GRANT
from leads.domain.list import After, Filters
from leads.domain.search import looked_for
from leads.store.search import keys_of
from leads.store.search_tables import SEARCH_WORD
from leads.store.tables import LEAD_PLACE

_EQUAL = ("place", "state", "campaign", "source", "product", "grade", "country", "segment", "channel")
SHOWN = (
    *("lead_id", "state", "place", "team", "assignee", "grade", "disposition", "segment", "pipeline", "waits"),
    *("source", "channel", "campaign", "product", "country", "value_minor", "currency", "captured_at", "due_at"),
)
# Who sees many teams needs a page of all of them, and each gives one: a short time back first, then a longer one, so that no more
# is read of each than a few times what is shown. How many leads a day there are nobody has to know.
WINDOWS = (timedelta(hours=1), timedelta(hours=16), timedelta(days=10))
FEW = 6  # teams; of fewer a page each is soon read
_SOME = f"""
select distinct team from access_grant where person = access_me() and begins_at <= now() and ends_at > now() limit {FEW}
"""  # noqa: S608 - a number
P, G = LEAD_PLACE.c, ACCESS_GRANT.c


def teams_of_who_acts(only: list[str] | None = None) -> Select[Any]:
    """The teams whose rows exist now for who acts, of these where some are named."""
    running = select(G.team).where(G.person == func.access_me(), G.begins_at <= func.now(), G.ends_at > func.now())
    if only is not None:
        running = running.where(G.team == any_(bindparam("teams", only, type_=ARRAY(Text))))
    return running.distinct()


def in_teams(column: Any, only: list[str] | None = None) -> ColumnElement[bool]:
    """The row is of a team whose rows exist for who acts: asked once, and not for each row."""
    its: ColumnElement[bool] = column == any_(func.array(teams_of_who_acts(only).scalar_subquery(), type_=ARRAY(Text)))
    return its


async def page(
    tx: Transaction, filters: Filters, after: After | None, most: int, teams: list[str] | None
) -> list[asyncpg.Record]:
    """At most so many rows, in their order, behind this one."""
    if filters.q is not None:
        return await fetch(tx.conn, found(filters, keys_of(tx, looked_for(filters.q)), after, most, teams))
    if filters.sort == "-captured_at" and teams is None and await _sees_many(tx):
        newest = min(at for at in (after.at if after else None, filters.captured_to, tx.now) if at)
        for window in WINDOWS:
            since = newest - window
            if filters.captured_from and filters.captured_from >= since:
                break
            rows = await fetch(tx.conn, statement(filters, after, most, teams, since))
            if len(rows) == most:
                return rows
    return await fetch(tx.conn, statement(filters, after, most, teams))


async def _sees_many(tx: Transaction) -> bool:
    return len(await tx.conn.fetch(_SOME)) == FEW


def found(filters: Filters, keys: list[int], after: After | None, most: int, teams: list[str] | None) -> Select[Any]:
    """Those that have all of these words, however few: the words lead to the places."""
    by = P.due_at if filters.sort == "due_at" else P.captured_at
    its = select(*(P[name] for name in SHOWN)).where(
        in_teams(P.team, teams), by.is_not(None), *_asked(filters), *_behind(filters, by, after)
    )
    for n, key in enumerate(keys):
        word = SEARCH_WORD.alias(f"w{n}")
        its = its.join(
            word, (word.c.lead_id == P.lead_id) & (word.c.key == bindparam(f"key_{n}", key, type_=BigInteger))
        )
    return its.order_by(*_order(filters, by, P.lead_id)).limit(most)


def statement(
    filters: Filters, after: After | None, most: int, teams: list[str] | None, since: datetime | None = None
) -> Select[Any]:
    """Of each team that is meant the next rows by its own index, which has all that this asks for where no filter is given, and of
    all these the next; only those are read whole."""
    mine = teams_of_who_acts(teams).cte("mine")
    by = P.due_at if filters.sort == "due_at" else P.captured_at
    its = select(P.lead_id, by.label("at")).where(
        P.team == mine.c.team, by.is_not(None), *_asked(filters), *_behind(filters, by, after)
    )
    if since is not None:
        its = its.where(P.captured_at >= bindparam("since", since))
    rows = its.order_by(*_order(filters, by, P.lead_id)).limit(most).lateral("rows")
    next_ones = (
        select(rows.c.lead_id)
        .select_from(mine.join(rows, true()))
        .order_by(*_order(filters, rows.c["at"], rows.c.lead_id))
        .limit(most)
        .subquery("next_ones")
    )
    whole = LEAD_PLACE.alias("whole")
    at = whole.c.due_at if filters.sort == "due_at" else whole.c.captured_at
    return (
        select(*(whole.c[name] for name in SHOWN))
        .select_from(next_ones.join(whole, whole.c.lead_id == next_ones.c.lead_id))
        .order_by(*_order(filters, at, whole.c.lead_id))
    )


def _asked(filters: Filters) -> list[ColumnElement[bool]]:
    asked = [P[name] == value for name in _EQUAL if (value := getattr(filters, name)) is not None]
    if filters.person is not None:
        asked.append(P.assignee == filters.person)
    if filters.captured_from is not None:
        asked.append(P.captured_at >= filters.captured_from)
    if filters.captured_to is not None:
        asked.append(P.captured_at < filters.captured_to)
    return asked


def _behind(filters: Filters, by: Any, after: After | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    place, last = tuple_(by, P.lead_id), tuple_(bindparam("at", after.at), bindparam("lead_id", after.lead_id))
    return [place > last if filters.sort == "due_at" else place < last]


def _order(filters: Filters, by: Any, lead_id: Any) -> tuple[Any, Any]:
    return (by, lead_id) if filters.sort == "due_at" else (by.desc(), lead_id.desc())
