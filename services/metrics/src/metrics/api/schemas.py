"""How KPI rows look from outside, the same in an answer and in a stream."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter, create_model

from metrics.domain.catalogue import NUMBERS, Amount, By, Count, Number
from metrics.domain.facts import LeadFact, Outcome
from metrics.domain.kpi import Kpi
from metrics.domain.league import Grain, Row, total
from metrics.domain.series import OF_LEADS, Period, Series
from metrics.store.kpis import Standing

Money = Mapping[str, int]


def _field(number: Number) -> Any:
    """A number of the catalogue as a field of a row."""
    if isinstance(number, Count):
        return Annotated[int, Field(description=number.means)], ...
    if isinstance(number, Amount):
        return Annotated[Money, Field(description=f"{number.means}; minor units per ISO 4217 currency")], ...
    of_money = any(isinstance(other, Amount) and other.name == number.part for other in NUMBERS)
    how = f"{number.part} / {number.whole}{' per currency, rounded down' if of_money else ''}"
    means = f"{number.means}; {how}, null while {number.whole} is 0"
    return Annotated[Money | None if of_money else float | None, Field(description=means)], ...


KpiRow = create_model(
    "KpiRow",
    __doc__="One key of one dimension. Of two states of a row the one with the higher version is the newer.",
    key=(str, ...),
    version=(int, ...),
    **{number.name: _field(number) for number in NUMBERS},
)
_ROWS = TypeAdapter(list[KpiRow])


class KpiTable(BaseModel):
    """KPI rows of one dimension by key, and what they hold: everything up to ``offset``, which grows with each change of any
    number, and per topic the events up to that time.

    ``next`` asks for the rows behind these, as ``after``, and is null on the last page. In a stream it is null unless another
    piece of the same dimension's snapshot follows.
    """

    by: By
    offset: int
    as_of: dict[str, datetime]
    rows: list[KpiRow]
    next: str | None = None


KpiValues = create_model(
    "KpiValues",
    __doc__="What became of the leads of one key that came in one period.",
    **{number.name: _field(number) for number in NUMBERS if number.name in OF_LEADS},
)


class SeriesPeriod(BaseModel):
    """From ``starts_at`` until before ``ends_at``; the last one ends when it was asked for."""

    starts_at: datetime
    ends_at: datetime


class SeriesRow(BaseModel):
    """One key's numbers by period, in the periods' order; null where no lead came."""

    key: str
    values: list[KpiValues | None]  # type: ignore[valid-type]


class SeriesTable(BaseModel):
    """The rows of one dimension; keys without a lead in any of the periods have none."""

    by: By
    rows: list[SeriesRow]


class KpiSeries(BaseModel):
    """Numbers by period: the oldest first. Days are those of ``zone``; ``as_of`` is, per topic, the time of the newest event in them."""

    zone: str
    as_of: dict[str, datetime]
    periods: list[SeriesPeriod]
    tables: list[SeriesTable]


def kpi_series(
    zone: str,
    as_of: dict[str, datetime],
    periods: Sequence[Period],
    by: Sequence[By],
    tables: Mapping[By, Sequence[Series]],
) -> KpiSeries:
    """Numbers by period as they are shown."""
    return KpiSeries(
        zone=zone,
        as_of=as_of,
        periods=[SeriesPeriod(starts_at=one.starts_at, ends_at=one.ends_at) for one in periods],
        tables=[
            SeriesTable.model_construct(by=one, rows=[_series_row(row) for row in tables.get(one, ())]) for one in by
        ],
    )


def _series_row(row: Series) -> SeriesRow:
    values = [None if one is None else KpiValues.model_construct(**one) for one in row.values]
    return SeriesRow.model_construct(key=row.key, values=values)


class LeadBehind(BaseModel):
    """One lead that a number counts, without personal data."""

    lead_id: UUID
    captured_at: datetime | None
    channel: str | None
    campaign: str | None
    segment: str | None
    team: str | None
    qualified: bool
    valid: bool
    discarded: bool
    assigned: bool
    outcome: Outcome | None
    amount: int | None
    currency: str | None


class LeadsBehind(BaseModel):
    """A page of leads, by falling id; ``before`` asks for the next page and is null on the last."""

    leads: list[LeadBehind]
    before: UUID | None


class LeagueRow(BaseModel):
    """A team in a closed period: ``leads`` that were captured and how many of them were ``valid``, and leads that were ``won`` or
    ``lost`` in it, for how much. What is null is
    withheld."""

    team: str
    leads: int | None
    valid: int | None
    won: int | None
    lost: int | None
    won_amount: Money | None
    withheld: Literal["small group"] | None


class LeagueTotal(BaseModel):
    """The sums over the numbers that are shown, and of nothing else."""

    leads: int
    valid: int
    won: int
    lost: int
    won_amount: Money


class League(BaseModel):
    """One closed period, first and last day included; ``before`` is a day of the one before it, if there is one."""

    grain: Grain
    starts_on: date
    ends_on: date
    rows: list[LeagueRow]
    total: LeagueTotal
    before: date | None


def league(grain: Grain, period: Sequence[date], rows: Sequence[Row], before: date | None) -> League:
    """A closed period as it is shown."""
    shown = [_league_row(row) for row in rows]
    starts_on, ends_on = period
    return League(
        grain=grain, starts_on=starts_on, ends_on=ends_on, rows=shown, total=LeagueTotal(**total(rows)), before=before
    )


def _league_row(row: Row) -> LeagueRow:
    counts: Mapping[str, int] = row.counts or {}
    return LeagueRow(
        team=row.team,
        leads=counts.get("leads"),
        valid=counts.get("valid"),
        won=counts.get("won"),
        lost=counts.get("lost"),
        won_amount=row.money,
        withheld="small group" if row.counts is None or row.money is None else None,
    )


def row(kpi: Kpi) -> KpiRow:
    """A KPI row as it is shown."""
    numbers: dict[str, Any] = kpi.numbers()
    return KpiRow.model_construct(key=kpi.key, version=kpi.version, **numbers)


def rows_json(kpis: Iterable[Kpi], numbers: Collection[str] = ()) -> str:
    """Rows as JSON, without the brackets of their list: with these numbers, or with all."""
    only = {"__all__": {"key", "version", *numbers}} if numbers else None
    return _ROWS.dump_json([row(kpi) for kpi in kpis], include=only).decode()[1:-1]


def around(by: By, standing: Standing, following: str | None = None) -> tuple[str, str]:
    """What stands before the rows of a table in JSON, and behind them."""
    table = KpiTable.model_construct(
        by=by, offset=standing.offset, as_of=standing.as_of, rows=[], next=following
    ).model_dump_json()
    head, _, tail = table.partition("[]")
    return f"{head}[", f"]{tail}"


def table_json(
    by: By, standing: Standing, kpis: Iterable[Kpi], following: str | None = None, numbers: Collection[str] = ()
) -> str:
    """Rows of a dimension as a ``KpiTable`` in JSON."""
    head, tail = around(by, standing, following)
    return f"{head}{rows_json(kpis, numbers)}{tail}"


def lead(fact: LeadFact) -> LeadBehind:
    """A fact as it is shown."""
    return LeadBehind(
        lead_id=fact.lead_id,
        captured_at=fact.captured_at,
        channel=fact.channel,
        campaign=fact.campaign,
        segment=fact.segment,
        team=fact.team,
        qualified=fact.qualified_at is not None,
        valid=fact.counts_as_valid,
        discarded=fact.discarded_at is not None,
        assigned=fact.is_assigned,
        outcome=fact.outcome,
        amount=fact.amount,
        currency=fact.currency,
    )
