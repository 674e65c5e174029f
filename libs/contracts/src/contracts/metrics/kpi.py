"""metrics.kpi: the current value of every KPI."""

from typing import Literal

from pydantic import Field

from contracts.event import Currency, Event, Instant, Stream, Total


class KpiChanged(Event):
    """The KPI row of one key of one dimension, whole. ``version`` only grows; a reader keeps the highest.

    ``won`` leads are a part of the ``valid`` ones, so ``conversion`` is never above 1. ``key`` is a name as it was written first,
    ``(other)`` for all names that nobody declared beyond the first, ``(none)`` where nothing is named. ``period`` is the time in
    which it was counted, ``all`` for all of it. ``others`` are measures that came later than these fields, by name;
    what is zero may be left out.
    """

    type: Literal["metrics.kpi.changed.v1"] = "metrics.kpi.changed.v1"
    id: str
    by: Literal["segment", "channel", "team", "campaign"]
    key: str
    version: int
    leads: int
    qualified: int
    valid: int
    routed: int
    assigned: int
    won: int
    lost: int
    conversion: float | None = None
    won_amount: dict[Currency, Total] = Field(default_factory=dict)
    spend: dict[Currency, Total] = Field(default_factory=dict)
    cost_per_lead: dict[Currency, Total] | None = None
    as_of: Instant
    period: str = "all"
    others: dict[str, int | dict[Currency, Total]] = Field(default_factory=dict)


KPI = Stream(
    "metrics.kpi",
    key="id",
    events=(KpiChanged,),
    about="The current value of every KPI row, newest per key.",
    compacted=True,
    partitions=1,
)
