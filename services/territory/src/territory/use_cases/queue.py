"""Queues that move: leads that wait are looked at again when what they wait for may have come, the oldest first."""

from dataclasses import replace
from datetime import timedelta

from chassis import Transaction
from territory.domain.deciding import Ask
from territory.domain.decision import Cause, Decision
from territory.domain.routing import Routed, Unroutable
from territory.store import case as store
from territory.store import market, rotation
from territory.use_cases.deciding import decide
from territory.use_cases.routing import ask_again

AT_A_TIME = 200
SWEPT_AT_A_TIME = 125  # four times a second


async def hand_out(tx: Transaction) -> None:
    """The team that is due longest: up to 200 of its leads get a turn each, in the order in which they wait, as far as somebody can
    take them. Those that nobody can take wait on, and nothing is told of them."""
    # Before any team is held, as in a delivery: in the other order this and a change of the market could wait for each other.
    now = await market.in_force(tx)
    for team in await rotation.due(tx, 1):
        standing = (await rotation.lock_rotations(tx, [team]))[team]
        cases = await store.waiting(tx, team, AT_A_TIME)
        standing.wakes_at = None
        await rotation.save_rotations(tx, {team: standing}, (), now.organisation)
        decisions = await decide(await ask_again(cases, Cause.WOKEN, tx), tx, is_worth=_is_given)
        left = {one.lead_id: one.code for one in decisions if not _is_given(one) and one.code}
        await store.wait_for(
            tx, [(case.lead_id, code) for case in cases if (code := left.get(case.lead_id)) != case.code and code]
        )
        there_may_be_more = len(cases) == AT_A_TIME and not left  # and somebody to take them
        if there_may_be_more or (
            len(cases) < AT_A_TIME and await store.are_passed_over(tx, team, [case.lead_id for case in cases])
        ):
            await rotation.wake(tx, [team])


async def sweep(tx: Transaction) -> None:
    """Leads that wait for rules, or for somebody of their team, are asked of the rules in force, a few at a time, each once by a
    version of the market, whatever stops and starts meanwhile. One that belongs elsewhere goes there and waits behind those that
    wait there already, in the order in which these leads have waited so far. The others stand as they stood, and so does whatever
    somebody has, or has ordered to its team."""
    now = (await market.in_force(tx)).market
    cases = await store.unasked(tx, now.version, SWEPT_AT_A_TIME)
    if not cases:
        return
    teams, by_order = now.market.teams, await store.ordered(tx, cases)
    stand = {case.lead_id: case for case in cases}

    def goes(ask: Ask, where: Routed | Unroutable) -> bool:
        case = stand[ask.lead_id]
        return case.leaves(where, teams) and not (case.lead_id in by_order and case.team in teams)

    asks = await ask_again(cases, Cause.SWEPT, tx, keeps_team=False)
    # Moments of their own: of one moment they would wait in the order of their ids.
    decisions = await decide(
        [replace(ask, is_new=True, since=tx.now + timedelta(microseconds=place)) for place, ask in enumerate(asks)],
        tx,
        goes=goes,
    )
    gone = {one.lead_id for one in decisions}
    await store.looked(tx, [lead for lead in stand if lead not in gone], now.version)
    await market.count_swept(tx, now.version, sum(one.team is not None for one in decisions))


async def asleep(tx: Transaction) -> int:
    """How many leads wait for a turn of a team that nothing will look at again."""
    return await rotation.asleep(tx)


def _is_given(decision: Decision) -> bool:
    """Whether somebody has the lead by it, or it waits for something that only its leaders can change."""
    return decision.assignee is not None
