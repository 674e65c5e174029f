"""The naive leads service."""

from typing import Any

from bench.naive.handling import app, listen, once, say
from bench.naive.said import Assigned, Lead, Qualified
from bench.naive.tables import LeadRow


@listen("naive.intake", "naive-leads")
async def on_submitted(lead: Lead) -> None:
    """Puts the lead on record."""

    async def work(session: Any) -> None:
        session.add(LeadRow(id=lead.id, data=lead.model_dump(mode="json"), state="qualified"))
        told = Qualified(
            id=lead.id,
            country=lead.country,
            postcode=lead.postcode,
            product=lead.product,
            industry=lead.industry,
            channel=lead.channel,
        )
        say(session, "naive.lead", str(lead.id), told)

    await once(f"submitted:{lead.id}", work)


@listen("naive.assigned", "naive-leads-assigned")
async def on_assigned(event: Assigned) -> None:
    """Notes whose the lead is."""

    async def work(session: Any) -> None:
        row = await session.get(LeadRow, event.id)
        if row is not None:
            row.state, row.team, row.person = "assigned", event.team, event.person

    await once(f"assigned:{event.id}", work)


__all__ = ["app"]
