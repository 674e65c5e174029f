"""Lists of leads: each team's by its index, merged. The statements name the teams; the row policies are the net under them."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import (
    CTE,
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
P = LEAD_PLACE.c


def teams_of_who_acts(tx: Transaction, only: list[str] | None = None) -> list[str]:
    """The teams whose rows exist now for who acts, of these where some are named."""
    return [team for team in tx.actor.teams if only is None or team in only]


def each(teams: list[str]) -> CTE:
    """These teams, a row each."""
    return select(func.unnest(bindparam("teams", teams, type_=ARRAY(Text))).label("team")).cte("mine")


def in_teams(column: Any, teams: list[str]) -> ColumnElement[bool]:
    """The row is of one of these teams."""
    its: ColumnElement[bool] = column == any_(bindparam("teams", teams, type_=ARRAY(Text)))
    return its


async def page(
    tx: Transaction, filters: Filters, after: After | None, most: int, only: list[str] | None
) -> list[asyncpg.Record]:
    """At most so many rows, in their order, behind this one."""
    if not (teams := teams_of_who_acts(tx, only)):
        return []
    if filters.q is not None:
        return await fetch(tx.conn, found(filters, keys_of(tx, looked_for(filters.q)), after, most, teams))
    if filters.sort == "-captured_at" and len(teams) >= FEW:
        newest = min(at for at in (after.at if after else None, filters.captured_to, tx.now) if at)
        for window in WINDOWS:
            since = newest - window
            if filters.captured_from and filters.captured_from >= since:
                break
            rows = await fetch(tx.conn, statement(filters, after, most, teams, since))
            if len(rows) == most:
                return rows
    return await fetch(tx.conn, statement(filters, after, most, teams))


def found(filters: Filters, keys: list[int], after: After | None, most: int, teams: list[str]) -> Select[Any]:
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
    filters: Filters, after: After | None, most: int, teams: list[str], since: datetime | None = None
) -> Select[Any]:
    """Of each team that is meant the next rows by its own index, which has all that this asks for where no filter is given, and of
    all these the next; only those are read whole."""
    mine = each(teams)
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
