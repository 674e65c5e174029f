"""What campaigns cost, counted for the campaign and for the channel and segment it is planned for."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from chassis import Transaction
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted
from metrics.domain.contributions import KpiDelta, spending
from metrics.domain.facts import CampaignFact, LineFact
from metrics.domain.names import LONGEST
from metrics.store import facts as store
from metrics.store import kpis
from metrics.use_cases.leads import note_as_of
from metrics.use_cases.names import name_campaigns

E = TypeVar("E", LedgerPosted, CampaignPlanned)


async def count_spend(events: Sequence[LedgerPosted], tx: Transaction) -> None:
    """Every budget line learns its latest standing, and the numbers move by the difference in what was incurred."""
    await store.take_turn(tx)
    kept = _kept(events, lambda event: event.posting, tx)
    names = {event.campaign for event in kept}
    campaigns = await store.load_campaigns(tx, names)
    lines = await store.load_lines(tx, names)
    new = {name: CampaignFact(name) for name in sorted(names - campaigns.keys())}
    await name_campaigns(new.values(), tx)
    campaigns |= new
    touched: dict[tuple[str, str, str], LineFact] = {}
    delta = KpiDelta()
    for event in kept:
        key = (event.campaign, event.line, event.currency)
        line = touched[key] = lines.setdefault(key, LineFact(*key))
        was = line.incurred
        line.posted(event.posting, event.incurred, tx.metadata(event).source)
        delta.spend(spending(campaigns[event.campaign]), event.currency, line.incurred - was)
    await store.save_campaigns(tx, new.values())
    await store.save_lines(tx, touched.values())
    await kpis.merge(tx, delta)
    await note_as_of(events, tx)


async def place_campaigns(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """A campaign whose plan names another channel, segment or team takes what it has cost along."""
    await store.take_turn(tx)
    kept = _kept(events, lambda event: event.version, tx)
    names = {event.campaign for event in kept}
    campaigns = {name: CampaignFact(name) for name in sorted(names)} | await store.load_campaigns(tx, names)
    lines = list((await store.load_lines(tx, names)).values())
    delta = KpiDelta()
    for line in lines:
        delta.spend(spending(campaigns[line.campaign]), line.currency, -line.incurred)
    for event in kept:
        history = tx.metadata(event).source
        campaigns[event.campaign].planned(event.version, event.channel, event.segment, history, event.team)
    await name_campaigns(campaigns.values(), tx)
    for line in lines:
        delta.spend(spending(campaigns[line.campaign]), line.currency, line.incurred)
    await store.save_campaigns(tx, campaigns.values())
    await kpis.merge(tx, delta)
    await note_as_of(events, tx)


def _kept(events: Sequence[E], number: Callable[[E], int], tx: Transaction) -> list[E]:
    """Those of which the database can hold what they say; the others are set aside, and their sender is to blame."""
    kept = []
    for event in events:
        texts = [text for text in vars(event).values() if isinstance(text, str)]
        if not 0 < number(event) < 2**63:
            tx.park(event, "its number is none that can be kept")
        elif any("\0" in text for text in texts):
            tx.park(event, "a text holds a NUL character")
        elif any(len(getattr(event, name, "")) > LONGEST for name in ("campaign", "line", "team")):
            tx.park(event, "a name is longer than any row has")
        else:
            kept.append(event)
    return kept
