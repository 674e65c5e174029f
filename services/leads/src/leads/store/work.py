"""What somebody has to do, what waits in queues, and counts: each within the teams of who acts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    DateTime,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)

from chassis import Transaction
from chassis.query import fetch
from leads.domain.work import BREACHED, DUE_SOON, GRADE_A, NORMAL, SOON
from leads.store.list import SHOWN, each, in_teams, teams_of_who_acts
from leads.store.request_tables import REQUEST
from leads.store.tables import LEAD_PLACE

P = LEAD_PLACE.c
_LISTED = tuple(P[name] for name in SHOWN if name != "due_at")
_NEVER = cast(literal_column("'infinity'"), DateTime(timezone=True))
_COUNT = "select key, place, currency, count, minor from count_leads($1, $2, $3, $4)"
SOME = 20  # teams: of more the plan is made for these and this time, by an index or in one pass, whichever is less
_AS_ASKED = "set local plan_cache_mode = force_custom_plan"


async def work_of(
    tx: Transaction, person: str, now: datetime, last: Sequence[Any] | None, most: int
) -> list[asyncpg.Record]:
    """Somebody's open leads, the most urgent first, as of a moment, behind this one."""
    return await fetch(tx.conn, work_statement(person, now, last, most, teams_of_who_acts(tx)))


def work_statement(person: str, now: datetime, last: Sequence[Any] | None, most: int, teams: list[str]) -> Select[Any]:
    """Priority, due time, time of capture and id of a row are its place in the list. One's own lead is due when the first answer is
    that its customer is owed; another's, or one that is worked as one's own, when the first is that is one's to give."""
    at: ColumnElement[datetime] = bindparam("now", now, type_=DateTime(timezone=True))
    owed = select(func.min(REQUEST.c.due_at)).where(REQUEST.c.lead_id == P.lead_id, REQUEST.c.state == "open")
    first = func.least(P.due_at, owed.scalar_subquery()).label("due_at")
    # The literal is what the partial index is made of.
    held = select(*_LISTED, first).where(
        P.assignee == person,
        literal_column("place") == literal_column("'person'"),
        P.captured_at.is_not(None),
        in_teams(P.team, teams),
    )
    both: CompoundSelect[Any] = union_all(held, _owing(person, teams))
    mine = both.cte("mine").prefix_with("materialized")  # else the first due time is looked up again for each use
    urgent: ColumnElement[int] = case(
        (mine.c.due_at <= at, BREACHED),
        (mine.c.due_at <= at + SOON, DUE_SOON),
        (mine.c.grade == "A", GRADE_A),
        else_=NORMAL,
    )
    rows = select(*mine.c, urgent.label("priority")).subquery("rows")
    c = rows.c
    order = (-c.priority, func.coalesce(c.due_at, _NEVER), c.captured_at, c.lead_id)
    asked = select(*c).order_by(*order).limit(most)
    return asked if last is None else asked.where(tuple_(*order) > tuple_(*_bound(last)))


def _owing(person: str, teams: list[str]) -> Select[Any]:
    """Leads that are not somebody's own, in which an answer is theirs to give: they were named for it, or the lead is worked as one of
    theirs."""
    worked = select(P.lead_id).where(P.answers == person)
    named = select(REQUEST.c.lead_id).where(
        REQUEST.c.responder == person, literal_column("request.state") == literal_column("'open'")
    )
    some = union(worked, named).subquery("some")
    lead = LEAD_PLACE.alias("their")
    theirs = func.coalesce(REQUEST.c.responder, lead.c.answers, lead.c.assignee) == person
    owed = select(func.min(REQUEST.c.due_at)).where(
        REQUEST.c.lead_id == lead.c.lead_id, REQUEST.c.state == "open", theirs
    )
    rows = (
        select(*(lead.c[column.name] for column in _LISTED), owed.scalar_subquery().label("due_at"))
        .select_from(some.join(lead, lead.c.lead_id == some.c.lead_id))
        .where(
            in_teams(lead.c.team, teams),
            or_(lead.c.assignee.is_distinct_from(person), lead.c.place != "person"),
        )
        .subquery("owing")
    )
    return select(*rows.c).where(rows.c.due_at.is_not(None))


async def queue_of(
    tx: Transaction, place: str, only: list[str] | None, last: tuple[Any, ...] | None, most: int
) -> list[asyncpg.Record]:
    """What waits at this place in each of these teams, what is due first."""
    return await fetch(tx.conn, queue_statement(place, teams_of_who_acts(tx, only), last, most))


def queue_statement(place: str, teams: list[str], last: Sequence[Any] | None, most: int) -> Select[Any]:
    """Each team's next rows by its own index, merged."""
    mine = each(teams)
    its = select(*(P[name] for name in SHOWN)).where(
        P.team == mine.c.team, literal_column("place") == literal_column(f"'{place}'"), P.captured_at.is_not(None)
    )
    if last is not None:
        its = its.where(tuple_(*_waiting(P)) > tuple_(*_bound(last)))
    rows = its.order_by(P.due_at, P.captured_at, P.lead_id).limit(most).lateral("rows")
    return select(*rows.c).select_from(mine.join(rows, true())).order_by(*_waiting(rows.c)).limit(most)


def _waiting(columns: Any) -> tuple[Any, ...]:
    return func.coalesce(columns.due_at, _NEVER), columns.captured_at, columns.lead_id


def _bound(last: Sequence[Any]) -> list[Any]:
    made = []
    for n, value in enumerate(last):
        never = isinstance(value, datetime) or value is None
        made.append(
            _NEVER
            if value is None
            else bindparam(f"last_{n}", value, type_=DateTime(timezone=True))
            if never
            else value
        )
    return made


async def counted(tx: Transaction, by: str, since: datetime, until: datetime) -> list[asyncpg.Record]:
    """How many leads that were captured in this time stand where; the sums are of those that are open. Key, place, currency, count and
    sum of each."""
    teams = teams_of_who_acts(tx)
    if len(teams) > SOME:
        await tx.conn.execute(_AS_ASKED)
    return list(await tx.conn.fetch(_COUNT, "team" if by == "unit" else by, teams, since, until))


async def parents(tx: Transaction) -> dict[str, str | None]:
    """What each unit is below of."""
    return {row["unit"]: row["parent"] for row in await tx.conn.fetch("select unit, parent from unit")}
