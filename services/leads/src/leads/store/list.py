"""Lists of leads: each team's by its index, merged. The statements name the teams; the row policies are the net under them."""

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
P, G = LEAD_PLACE.c, ACCESS_GRANT.c


def teams_of_who_acts(only: list[str] | None = None) -> Select[Any]:
    """The teams whose rows exist now for who acts, of these where some are named."""
    running = select(G.team).where(G.person == func.access_me(), G.begins_at <= func.now(), G.ends_at > func.now())
    if only is not None:
        running = running.where(G.team == any_(bindparam("teams", only, type_=ARRAY(Text))))
    return running.distinct()


async def page(
    tx: Transaction, filters: Filters, after: After | None, most: int, teams: list[str] | None
) -> list[asyncpg.Record]:
    """At most so many rows, in their order, behind this one."""
    if filters.q is not None:
        return await fetch(tx.conn, found(filters, keys_of(tx, looked_for(filters.q)), after, most, teams))
    return await fetch(tx.conn, statement(filters, after, most, teams))


def found(filters: Filters, keys: list[int], after: After | None, most: int, teams: list[str] | None) -> Select[Any]:
    """Those that have all of these words, however few: the words lead to the places."""
    by = P.due_at if filters.sort == "due_at" else P.captured_at
    its = select(*(P[name] for name in SHOWN)).where(
        P.team.in_(teams_of_who_acts(teams)), by.is_not(None), *_asked(filters), *_behind(filters, by, after)
    )
    for n, key in enumerate(keys):
        word = SEARCH_WORD.alias(f"w{n}")
        its = its.join(
            word, (word.c.lead_id == P.lead_id) & (word.c.key == bindparam(f"key_{n}", key, type_=BigInteger))
        )
    return its.order_by(*_order(filters, by, P.lead_id)).limit(most)


def statement(filters: Filters, after: After | None, most: int, teams: list[str] | None) -> Select[Any]:
    """Of each team that is meant the next rows by its own index, and of all these the next."""
    mine = teams_of_who_acts(teams).cte("mine")
    by = P.due_at if filters.sort == "due_at" else P.captured_at
    its = select(*(P[name] for name in SHOWN)).where(
        P.team == mine.c.team, by.is_not(None), *_asked(filters), *_behind(filters, by, after)
    )
    rows = its.order_by(*_order(filters, by, P.lead_id)).limit(most).lateral("rows")
    at = rows.c.due_at if filters.sort == "due_at" else rows.c.captured_at
    return (
        select(*(rows.c[name] for name in SHOWN))
        .select_from(mine.join(rows, true()))
        .order_by(*_order(filters, at, rows.c.lead_id))
        .limit(most)
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
