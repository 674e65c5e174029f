"""What campaigns cost, counted for the campaign and for the channel and segment it is planned for."""

from collections.abc import Sequence

from chassis import Transaction
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted
from metrics.domain.contributions import Differences, spending
from metrics.domain.facts import LineFact
from metrics.store import facts as store
from metrics.store import kpis
from metrics.use_cases.leads import note_heard


async def count_spend(events: Sequence[LedgerPosted], tx: Transaction) -> None:
    """Every budget line learns its latest standing, and the numbers move by the difference in what was incurred."""
    await store.take_turn(tx)
    names = {event.campaign for event in events}
    campaigns = await store.load_campaigns(tx, names)
    lines = await store.load_lines(tx, names)
    touched: dict[tuple[str, str, str], LineFact] = {}
    differences = Differences()
    for event in events:
        key = (event.campaign, event.line, event.currency)
        line = touched[key] = lines.setdefault(key, LineFact(*key))
        was = line.incurred
        line.posted(event.posting, event.incurred)
        differences.spend(spending(line, campaigns[event.campaign]), event.currency, line.incurred - was)
    await store.save_lines(tx, touched.values())
    await kpis.merge(tx, differences)
    await note_heard(events, tx)


async def place_campaigns(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """A campaign whose plan names another channel or segment takes what it has cost along."""
    await store.take_turn(tx)
    names = {event.campaign for event in events}
    campaigns = await store.load_campaigns(tx, names)
    lines = list((await store.load_lines(tx, names)).values())
    differences = Differences()
    for line in lines:
        differences.spend(spending(line, campaigns[line.campaign]), line.currency, -line.incurred)
    for event in events:
        campaigns[event.campaign].planned(event.version, event.channel, event.segment)
    for line in lines:
        differences.spend(spending(line, campaigns[line.campaign]), line.currency, line.incurred)
    await store.save_campaigns(tx, campaigns.values())
    await kpis.merge(tx, differences)
    await note_heard(events, tx)
