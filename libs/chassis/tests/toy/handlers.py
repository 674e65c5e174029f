"""What the toy hears. A campaign's name decides what becomes of it."""

from collections.abc import Sequence

from chassis import Router, Transaction
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from contracts.campaigns.spend import SPEND, SpendReported
from contracts.event import Event, Stream
from contracts.leads.lead import LEAD, LeadDiscarded
from contracts.territory.structure import STRUCTURE, TeamDefined
from toy.facts import posted

_NOTE = "insert into note (topic, key, what) select * from unnest($1::text[], $2::text[], $3::text[])"
_SPENT = "insert into spent select distinct s from unnest($1::text[]) s on conflict do nothing returning spend_id"


async def note(tx: Transaction, rows: Sequence[tuple[Event, str, str]]) -> None:
    """Keeps what was heard, one row each time: an effect that shows whether it was had twice."""
    if rows:
        columns = zip(*((tx.metadata(event).topic, key, what) for event, key, what in rows), strict=True)
        await tx.conn.execute(_NOTE, *columns)


async def on_campaigns_campaign(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """Notes the campaign and says a posting. Fails on request, after having said and noted as much as it could."""
    for event in events:
        tx.emit(posted(event.campaign, event.version), caused_by=event)
        if event.name.startswith("fails at once"):
            raise ValueError(event.name)
        if event.name.startswith("breaks"):
            raise KeyError(event.name)
        if event.name.startswith("is no number"):
            await tx.conn.fetchval("select $1::text::int", event.name)
    await note(tx, [(event, event.campaign, event.name) for event in events])
    for event in events:
        if event.name.startswith("fails"):
            raise ValueError(f"{event.name} can't be noted")
        if event.name.startswith("says too much"):
            tx.emit(posted(event.campaign, event.version, item="x" * 1_000_000))
        if event.name == "cuts" and tx.process_cache.pop("cuts", False):
            await tx.conn.execute("select pg_terminate_backend(pg_backend_pid())")


async def on_leads_lead(events: Sequence[LeadDiscarded], tx: Transaction) -> None:
    """Notes the lead."""
    await note(tx, [(event, str(event.lead_id), event.reason) for event in events])


async def on_campaigns_spend(events: Sequence[SpendReported], tx: Transaction) -> None:
    """Notes each spend id once, whatever came how often."""
    new = {r["spend_id"] for r in await tx.conn.fetch(_SPENT, [event.spend_id for event in events])}
    once = {event.spend_id: event for event in events if event.spend_id in new}
    await note(tx, [(event, spend_id, "spent") for spend_id, event in once.items()])


async def on_territory_structure(events: Sequence[TeamDefined], tx: Transaction) -> None:
    """Notes each state of a team."""
    await note(tx, [(event, event.id, f"version {event.version}") for event in events])


def subscription(group: str, *streams: Stream) -> Router:
    """A router that hears these streams, whatever their topics are called."""
    router = Router(group)
    for stream in streams:
        handlers = {
            CAMPAIGN.key: on_campaigns_spend if not stream.sequenced else on_campaigns_campaign,
            LEAD.key: on_leads_lead,
            STRUCTURE.key: on_territory_structure,
        }
        router.on(stream)(handlers[stream.key])
    return router


ROUTER = subscription("toy", CAMPAIGN, LEAD, SPEND, STRUCTURE)
