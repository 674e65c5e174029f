"""KPI rows that changed are said on metrics.kpi, each at most once per turn, whole.

What is said are the sums over all teams, as it always was: nobody's scope ends at the bus, so what is on it is for who runs the
company's own reporting, and no row of a team is.
"""

from datetime import datetime

from chassis import Transaction
from contracts.metrics.kpi import KpiChanged
from metrics.domain.catalogue import DIMENSIONS, NUMBERS, measures
from metrics.domain.kpi import Kpi
from metrics.store import kpis

SAID = "kpi versions said in the last turn"
ALL_BY = [dimension.name for dimension in DIMENSIONS]
NAMED = frozenset(number.name for number in NUMBERS) & frozenset(KpiChanged.model_fields)
OTHERS = frozenset(measure.name for measure in measures()) - NAMED  # what this version of the event has no field for


async def publish_kpis(tx: Transaction) -> None:
    """Says every row that changed since the last turn.

    A turn reads from the oldest transaction that was still running at the turn before, so it reads some rows again; what
    this very process said in that turn, and knows to be committed by the turn's number, it does not say twice.
    A floor from the future was remembered by another database cluster, whose transactions were counted further: after such
    a restore every row counts as changed.
    """
    turn, floor, horizon = await kpis.last_publication(tx)
    if floor > horizon:
        await kpis.touch(tx)
        floor = 0
    rows = (await kpis.read(tx, ALL_BY, floor)).rows
    said_in, said = tx.process_cache.get(SAID, (0, {}))
    fresh = [row for row in rows if said_in != turn or said.get((row.by, row.key)) != row.version]
    if fresh:
        as_of = max((await kpis.as_of(tx)).values(), default=tx.now)
        for row in fresh:
            tx.emit(_to_event(row, as_of))
    if fresh or (rows and horizon > floor):
        await kpis.note_publication(tx, turn + 1, horizon)
        tx.process_cache[SAID] = (turn + 1, {(row.by, row.key): row.version for row in rows})


def _to_event(row: Kpi, as_of: datetime) -> KpiChanged:
    numbers = row.numbers()
    return KpiChanged(
        id=f"{row.by}:{row.key}",
        by=row.by,
        key=row.key,
        period=row.period,
        version=row.version,
        others={name: numbers[name] for name in OTHERS if numbers[name]},
        as_of=as_of,
        **{name: numbers[name] for name in NAMED},
    )
