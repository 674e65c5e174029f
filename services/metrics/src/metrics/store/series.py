"""Leads counted by the time at which they came.

Read from the facts and kept nowhere: what nobody asks for costs the counting of leads nothing. The facts lie on disk in about the
order in which leads came, so that a few kilobytes of index (``lead_fact_came``) lead to those of some days; a question costs as
many rows as leads came since its first period, of all teams.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from chassis import Transaction
from chassis.query import fetch
from metrics.domain.catalogue import DIMENSIONS, UNPLACED, By
from metrics.domain.series import Counted, Period
from metrics.store.facts import key_of
from metrics.store.tables import LEAD_FACT

_LEAD = LEAD_FACT.c
_TIMES = ARRAY(DateTime(timezone=True))

# The same as the catalogue says of one lead; a test holds the two together.
COUNTS: dict[str, ColumnElement[bool]] = {
    "leads": true(),
    "qualified": _LEAD.qualified_at.is_not(None),
    "valid": or_(_LEAD.valid, func.coalesce(_LEAD.outcome == "won", False)),
    "routed": _LEAD.segment.is_not(None),
    "assigned": and_(
        _LEAD.assignee.is_not(None),
        _LEAD.assigned_at.is_not(None),
        or_(_LEAD.routed_at.is_(None), _LEAD.assigned_at >= _LEAD.routed_at),
    ),
    "won": _LEAD.outcome == "won",
    "lost": _LEAD.outcome == "lost",
}


async def leads_by_period(
    tx: Transaction, by: Collection[By], periods: Sequence[Period], teams: Collection[str]
) -> list[Counted]:
    """How many leads of these teams came in each of the periods, which follow each other and may have gaps between them, and what has become of them, for each key of these dimensions:
    all in one look, so that dimensions have the same leads."""
    wanted = [dimension for dimension in DIMENSIONS if dimension.name in by]
    # Each period's begin and end: what came in one is behind an odd number of them, what came between two behind an even one.
    edges = [edge for period in periods for edge in period]
    came = (
        select(
            func.width_bucket(_LEAD.captured_at, literal(edges, _TIMES)).label("period"),
            case((_LEAD.outcome == "won", _LEAD.currency)).label("currency"),
            func.coalesce(_LEAD.amount, 0).label("amount"),
            *(key_of(dimension).label(dimension.name) for dimension in wanted),
            *(condition.label(f"is_{name}") for name, condition in COUNTS.items()),
        )
        .where(
            _LEAD.captured_at >= edges[0],
            _LEAD.captured_at < edges[-1],
            func.coalesce(_LEAD.team, UNPLACED) == any_(literal(list(teams), ARRAY(Text))),
        )
        .subquery("came")
    )
    counts = [func.count().filter(came.c[f"is_{name}"]) for name in COUNTS]
    keys = [came.c[dimension.name] for dimension in wanted]
    # One pass: each row of the answer has the key of one dimension, and none of the others.
    sets = func.grouping_sets(*(tuple_(key, came.c.period, came.c.currency) for key in keys))
    look = (
        select(came.c.period, came.c.currency, func.sum(came.c.amount), *keys, *counts)
        .where(came.c.period % 2 == 1)
        .group_by(sets)
    )
    found = []
    for period, currency, amount, *rest in await fetch(tx.conn, look):
        name, key = next((d.name, k) for d, k in zip(wanted, rest, strict=False) if k is not None)
        measures = {counted: n for counted, n in zip(COUNTS, rest[len(wanted) :], strict=True) if n}
        won = {"won_amount": {currency: int(amount)}} if currency and amount else {}
        found.append(Counted(name, key, period // 2, measures | won))
    return found
