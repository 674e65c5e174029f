"""Every channel, campaign and segment gets the name that it counts under."""

from collections.abc import Collection, Iterable
from itertools import islice
from typing import cast

from chassis import Transaction
from metrics.domain.catalogue import By
from metrics.domain.facts import CampaignFact, LeadFact
from metrics.domain.names import OTHER, form
from metrics.settings import MetricsSettings
from metrics.store import facts as facts_of
from metrics.store import names as store
from values.text import visible

ADDED = "the transaction that added a name last"
REMEMBERED = 20_000  # names per dimension; they come from memory as long as they are few


async def name_captured(facts: Iterable[LeadFact], tx: Transaction) -> None:
    """The channel and the campaign that these leads count under: what a form says is anybody's word."""
    facts = list(facts)
    channels = await names_of(tx, "channel", {f.channel for f in facts if f.channel}, declared=False)
    campaigns = await names_of(tx, "campaign", {f.campaign for f in facts if f.campaign}, declared=False)
    for fact in facts:
        fact.channel_key = _apart(fact.channel, channels)
        fact.campaign_key = _apart(fact.campaign, campaigns)


async def name_placed(facts: Iterable[LeadFact], tx: Transaction) -> None:
    """The segment that these leads count under: the market's segments are the operator's."""
    facts = list(facts)
    segments = await names_of(tx, "segment", {f.segment for f in facts if f.segment}, declared=True)
    for fact in facts:
        fact.segment_key = _apart(fact.segment, segments)


async def name_campaigns(facts: Iterable[CampaignFact], tx: Transaction) -> None:
    """The names of these campaigns. What a plan says was declared by the operator; a campaign that only spend has named was not."""
    facts = list(facts)
    own = {
        **await names_of(tx, "campaign", {f.campaign for f in facts if not f.version}, declared=False),
        **await names_of(tx, "campaign", {f.campaign for f in facts if f.version}, declared=True),
    }
    channels = await names_of(tx, "channel", {f.channel for f in facts if f.channel}, declared=True)
    segments = await names_of(tx, "segment", {f.segment for f in facts if f.segment}, declared=True)
    for fact in facts:
        fact.campaign_key = _apart(fact.campaign, own)
        fact.channel_key = _apart(fact.channel, channels)
        fact.segment_key = _apart(fact.segment, segments)


async def rename_all(tx: Transaction) -> None:
    """Every name of every fact as if it were heard now."""
    dimensions: tuple[By, ...] = ("segment", "channel", "campaign")
    for by in dimensions:
        written = await facts_of.names_written(tx, by)
        names = await names_of(tx, by, written, declared=by == "segment")
        await facts_of.rename(tx, by, {name: _apart(name, names) for name in written})
    campaigns = await facts_of.every_campaign(tx)
    await name_campaigns(campaigns, tx)
    await facts_of.save_campaigns(tx, campaigns)


def _apart(written: str | None, names: dict[str, str]) -> str | None:
    """The name where it is not the one that is written."""
    name = names.get(written) if written else None
    return name if name != written else None


async def names_of(tx: Transaction, by: By, written: Collection[str], declared: bool) -> dict[str, str]:
    """The name that each of these counts under. One that is new gets a row if it is declared, or while there is room."""
    process_cache: dict[str, str] = tx.process_cache.setdefault(("names that have a row", by, declared), {})
    found = {name: process_cache[name] for name in written if name in process_cache}
    if len(found) < len(written):
        strange = sorted(name for name in written if name not in found)
        found.update(await _look_up(tx, by, strange, declared, process_cache))
    return found


async def _look_up(
    tx: Transaction, by: By, strange: Collection[str], declared: bool, process_cache: dict[str, str]
) -> dict[str, str]:
    forms = {written: normal for written in strange if (normal := form(written)) is not None}
    known = await store.known(tx, by, set(forms.values()))
    new: dict[str, str] = {}
    for written, normal in forms.items():
        if normal not in known or declared > known[normal].declared:
            new.setdefault(normal, visible(written))
    if new and not declared:
        room = cast(MetricsSettings, tx.settings).kpi_names - await store.free(tx, by)
        new = dict(islice(new.items(), max(room, 0)))
    if new:
        await store.add(tx, by, new, declared)
        tx.process_cache[ADDED] = tx.now
    names = new | {normal: row.name for normal, row in known.items()}
    # Only what other transactions have committed is remembered: this one may still be rolled back.
    if tx.process_cache.get(ADDED) != tx.now:
        if len(process_cache) > REMEMBERED:
            process_cache.clear()
        process_cache.update({written: known[normal].name for written, normal in forms.items() if normal in known})
    return {written: names.get(forms.get(written, ""), OTHER) for written in strange}


async def row_called(tx: Transaction, by: By, name: str) -> str:
    """The name of the row that is meant, in whatever spelling."""
    normal = form(name)
    known = await store.known(tx, by, [normal]) if normal else {}
    return next((row.name for row in known.values()), name)
