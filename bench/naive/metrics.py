"""The naive metrics service: a fact per lead and a counter per segment, channel, team and campaign, moved by each message."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.dialects.postgresql import insert

from bench.naive.counters import counters
from bench.naive.handling import app, listen, once
from bench.naive.tables import Fact, Kpi
from contracts.leads.lead import LeadCaptured, LeadQualified, OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted
from metrics.domain.contributions import COUNTS, KpiDelta, contribution
from metrics.domain.facts import LeadFact
from metrics.use_cases.leads import learn

OfALead = Annotated[LeadCaptured | LeadQualified | OpportunityOpened, Field(discriminator="type")]
OfAPlace = Annotated[LeadRouted | LeadAssigned, Field(discriminator="type")]
PARTS = [column.name for column in Fact.__table__.columns]  # of a fact, as far as the events say it that are heard here

_one = insert(Kpi)
MORE = _one.on_conflict_do_update(
    index_elements=["by", "key"], set_={name: Kpi.__table__.c[name] + _one.excluded[name] for name in COUNTS}
)


@listen("naive.lead", "naive-metrics")
async def on_lead(event: OfALead) -> None:
    """Leads were captured and judged."""
    if not isinstance(event, OpportunityOpened):
        await count(event)


@listen("naive.territory", "naive-metrics-territory")
async def on_place(event: OfAPlace) -> None:
    """Leads were given to segments, teams and persons."""
    await count(event)


async def count(event: LeadCaptured | LeadQualified | LeadRouted | LeadAssigned) -> None:
    """The lead's fact learns what is said of it, and the numbers move by the difference that makes."""

    async def work(session: Any) -> None:
        # Two topics are heard side by side: whoever is first makes the row, and the other waits for it.
        await session.execute(insert(Fact).values(lead_id=event.lead_id).on_conflict_do_nothing())
        row = await session.get(Fact, event.lead_id, with_for_update=True)
        fact = LeadFact(**{part: getattr(row, part) for part in PARTS})
        before = contribution(fact)
        learn(fact, event, "")
        for part in PARTS:
            setattr(row, part, getattr(fact, part))
        moved = KpiDelta()
        moved.move(before, contribution(fact))
        if rows := counters(moved):
            await session.execute(MORE, rows)

    await once(event, work)


__all__ = ["app"]
