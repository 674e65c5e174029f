"""Queues that move: leads that wait are looked at again when what they wait for may have come, the oldest first."""

from chassis import Transaction
from territory.domain.decision import Cause, Decision
from territory.store import case as store
from territory.store import market, rotation
from territory.use_cases.deciding import decide
from territory.use_cases.routing import ask_again

AT_A_TIME = 200
SWEPT_AT_A_TIME = 125  # four times a second


async def hand_out(tx: Transaction) -> None:
    """The team that is due longest: up to 200 of its leads get a turn each, in the order in which they wait, as far as somebody can
    take them. Those that nobody can take wait on, and nothing is told of them."""
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
        if len(cases) == AT_A_TIME and not left:
            await rotation.wake(tx, [team])  # there may be more, and somebody to take them


async def sweep(tx: Transaction) -> None:
    """Leads that no rule has placed are asked of the rules in force, a few at a time; who has a person or a team by a rule is left
    alone. Each is looked at once by a version of the market, whatever stops and starts meanwhile."""
    now = (await market.in_force(tx)).market
    cases = await store.unplaced(tx, now.version, SWEPT_AT_A_TIME)
    if not cases:
        return
    was = {case.lead_id: (case.team, case.rule) for case in cases}
    asks = await ask_again(cases, Cause.SWEPT, tx, keeps_team=False)
    decisions = await decide(asks, tx, is_worth=lambda one: (one.team, one.rule) != was[one.lead_id])
    same = [one.lead_id for one in decisions if (one.team, one.rule) == was[one.lead_id]]
    await store.looked(tx, same, now.version)
    await market.count_swept(tx, now.version, len(decisions) - len(same))


async def asleep(tx: Transaction) -> int:
    """How many leads wait for a turn of a team that nothing will look at again."""
    return await rotation.asleep(tx)


def _is_given(decision: Decision) -> bool:
    """Whether somebody has the lead by it, or it waits for something that only its leaders can change."""
    return decision.assignee is not None
