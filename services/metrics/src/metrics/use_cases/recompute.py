"""The numbers made anew from the facts: to check the live ones, or to put them right."""

from collections.abc import Mapping

from chassis import Transaction
from metrics.domain.contributions import Contributions, KpiDelta, contribution, spending
from metrics.domain.facts import CampaignFact
from metrics.store import facts as store
from metrics.store import kpis
from metrics.use_cases.names import rename_all


async def recomputed(tx: Transaction) -> KpiDelta:
    """The sum of the contributions of all facts."""
    total = KpiDelta()
    async for fact in store.every_lead(tx):
        total.move(None, contribution(fact))
    campaigns = {fact.campaign: fact for fact in await store.every_campaign(tx)}
    for line in await store.every_line(tx):
        total.spend(spending(campaigns.get(line.campaign) or CampaignFact(line.campaign)), line.currency, line.incurred)
    return total


async def check(tx: Transaction) -> Mapping[tuple[str, ...], tuple[int, int]]:
    """Where the live numbers, of each team or of all, are not what the facts make: the live value and the right one. Empty when
    all is well."""
    await store.take_turn(tx)
    return _apart(await kpis.parts_held(tx), await kpis.whole_held(tx), await recomputed(tx))


async def rebuild(tx: Transaction) -> Mapping[tuple[str, ...], tuple[int, int]]:
    """Puts every number right by its difference, so that readers hear of what changed and of nothing else.

    Names that count under ``(other)`` and have a row by now, because they were declared since, go there.
    """
    await store.take_turn(tx)
    await rename_all(tx)
    parts, whole, right = await kpis.parts_held(tx), await kpis.whole_held(tx), await recomputed(tx)
    amiss, of_all = right.less(parts), right.over_teams().less(whole)
    for key in amiss.over_teams().rows:
        of_all.rows.setdefault(key, {})
    await kpis.merge_parts(tx, amiss)
    await kpis.merge_whole(tx, of_all)
    return _apart(parts, whole, right)


def _apart(parts: KpiDelta, whole: KpiDelta, right: KpiDelta) -> dict[tuple[str, ...], tuple[int, int]]:
    return apart(parts.as_mapping() | whole.as_mapping(), right.as_mapping() | right.over_teams().as_mapping())


def apart(live: Contributions, right: Contributions) -> dict[tuple[str, ...], tuple[int, int]]:
    """Every number on which the two differ."""
    return {
        key: (live.get(key, 0), right.get(key, 0))
        for key in sorted({*live, *right})
        if live.get(key, 0) != right.get(key, 0)
    }
