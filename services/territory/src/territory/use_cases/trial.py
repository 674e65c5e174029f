"""A lead that there is not is decided about, to see what would become of it: nothing of that is kept, told or booked."""

import asyncio
from uuid import UUID

from chassis import Transaction
from territory.domain.deciding import Ask, Deciding, Standing
from territory.domain.decision import Cause
from territory.domain.market import MarketVersion
from territory.domain.refusal import Absent
from territory.domain.routing import Routed
from territory.domain.trial import Trial, Tried
from territory.store import customer, load, market, member, rotation

NO_LEAD = UUID(int=0)


async def try_decision(trial: Trial, tx: Transaction) -> Tried:
    """With turns, loads and customers as they stand now, and memberships, absences and working time as they will be then. Of customers
    and loads only those count that one sees."""
    active = await _market(trial.ruleset, tx)
    deciding = Deciding(active, trial.at)
    if trial.party_id is not None:
        deciding.customers = await customer.of_parties(tx, [trial.party_id], [])
        people = {one.person for one in deciding.customers.values() if one.person is not None}
        deciding.substitutes = await customer.substitutes(tx, people)
    ask = Ask(NO_LEAD, Cause.NEW, trial.disposition, trial.attributes, party_id=trial.party_id)
    [placed] = deciding.place([ask])
    if placed.is_due and isinstance(placed.route, Routed):
        if placed.route.team not in tx.actor.teams:
            return Tried(deciding.decision(placed), active, True)
        await _enter(deciding, placed.route.team, tx)
    [decision] = deciding.give([placed])
    return Tried(decision, active, False)


async def _market(version: int | None, tx: Transaction) -> MarketVersion:
    """The one in force, compiled already; of another the index is made for this once, so that no lead waits for its own to be made
    again."""
    active = await market.active_market(tx)
    if version is None or version == active.version:
        return active
    found = await market.market_of(tx, version)
    if found is None:
        raise Absent("No such rule set")
    apart = found.numbered(version)
    await asyncio.to_thread(apart.ruleset.compile)
    return apart


async def _enter(deciding: Deciding, team: str, tx: Transaction) -> None:
    deciding.staff = await member.staff_at(tx, None, [team], deciding.moment)
    deciding.standings = {team: Standing(0, {})} | await rotation.look_at_rotations(tx, [team])
    deciding.loads = await load.look(tx, deciding.staff[team].roster.capped, deciding.moment)
