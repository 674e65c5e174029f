"""Leads are decided about: where each belongs, who takes it, what is on record of that and what others hear."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from chassis import Transaction
from chassis.transaction import Moved
from contracts.event import Event
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadTransferred, LeadUnassigned, LeadUnroutable
from territory.domain.deciding import Ask, Deciding, Goes, always, ledger
from territory.domain.decision import Cause, Decision
from territory.domain.market import MarketVersion
from territory.domain.routing import Routed, Unroutable
from territory.store import customer, load, market, member, rotation
from territory.store import routing as store
from territory.use_cases.member import take_in_market

TOLD_AS = {Cause.TRANSFERRED: "transfer", Cause.HANDOVER: "handover"}


def _always(_: Decision) -> bool:
    return True


async def decide(
    asks: Sequence[Ask],
    tx: Transaction,
    is_worth: Callable[[Decision], bool] = _always,
    successors: Mapping[str, int] | None = None,
    goes: Goes = always,
) -> list[Decision]:
    """Each of these leads, one of a kind, gets its decision, in this order, but for those that do not go where they belong: these are
    left out. What is not worth it is neither on record nor told: the lead stands as it stood.

    Raises Moved where another transaction has given one of their customers to a team meanwhile."""
    if not asks:
        return []
    now = await market.in_force(tx)
    organisation = now.organisation if now.taken_in == now.market.version else None
    if organisation is None:
        await take_in_market(now.market, tx)
    deciding = await _knowing(asks, now.market, tx)
    known = set(deciding.customers)
    placed = deciding.place(asks, goes)
    if not placed:
        return []
    due = {one.route.team for one in placed if one.is_due and isinstance(one.route, Routed)}
    days: dict[str, date] = {}
    if due:
        heirs = {ledger(one.ask, one.route.team) for one in placed if one.is_due and isinstance(one.route, Routed)}
        await _enter(deciding, due, heirs, organisation, tx)
        if successors:
            _only(deciding, successors)
        capped = [place for staff in deciding.staff.values() for place in staff.roster.capped]
        deciding.loads, days = await load.hold(tx, capped)
    decisions = list(deciding.give(placed))
    if due:
        await rotation.save_rotations(tx, deciding.standings, deciding.rosters.values(), organisation or 0)
        await load.save(tx, deciding.loads, days)
    made = [one for one in decisions if one.turn_number is not None or is_worth(one)]
    await store.save_decisions(tx, made)
    if deciding.allotted and not await customer.save(tx, list(deciding.allotted.values()), known):
        raise Moved("a customer of these leads has got a team meanwhile")
    for decision in made:
        for event in to_events(decision):
            tx.emit(event)
    return decisions


async def _knowing(asks: Sequence[Ask], active: MarketVersion, tx: Transaction) -> Deciding:
    deciding = Deciding(active, tx.now)
    if parties := Counter(ask.party_id for ask in asks if ask.party_id is not None):
        # Of two leads of a customer each is another than the one decided about, in one batch as in two.
        alone = [ask.lead_id for ask in asks if ask.party_id and parties[ask.party_id] == 1]
        deciding.customers = await customer.of_parties(tx, parties, alone)
        people = {one.person for one in deciding.customers.values() if one.person is not None}
        deciding.substitutes = await customer.substitutes(tx, people)
    return deciding


def _only(deciding: Deciding, successors: Mapping[str, int]) -> None:
    """Nobody but these gets them, by these weights."""
    for team, staff in deciding.staff.items():
        named = [one for one in staff.presence.places if one.person in successors]
        presence = replace(staff.presence, places=[replace(one, weight=successors[one.person]) for one in named])
        deciding.staff[team] = replace(staff, presence=presence)


async def _enter(
    deciding: Deciding, due: set[str], ledgers: set[str], organisation: int | None, tx: Transaction
) -> None:
    wanted = due | ledgers
    standings = await rotation.lock_rotations(tx, wanted)
    if missing := wanted - standings.keys():
        await rotation.begin_rotations(tx, missing)
        standings |= await rotation.lock_rotations(tx, missing)
    deciding.standings = standings
    deciding.staff = await member.staff_at(tx, organisation, due, tx.now)


def to_events(decision: Decision) -> Iterator[Event]:
    """What others hear of the decision."""
    at, where, turn, order = decision.decided_at, decision.route, decision.turn, decision.order
    of: dict[str, Any] = {
        "lead_id": decision.lead_id,
        "ruleset": where.ruleset,
        "revision": decision.number,
        "cause": decision.cause,
    }
    if isinstance(where, Unroutable):
        code, excluded = decision.code, decision.excluded.teams
        yield LeadUnroutable(reason=where.reason, decided_at=at, code=code, excluded=excluded, **of)
        return
    if decision.cause in TOLD_AS:
        yield _transferred(decision, where.team)
        return
    assert decision.pipeline is not None
    of |= {"segment": where.segment, "team": where.team}
    by = {"transfer_id": order.transfer_id, "by": order.by, "on_behalf_of": order.on_behalf_of}
    yield LeadRouted(
        pipeline=decision.pipeline,
        rule=where.rule,
        routed_at=at,
        party_id=decision.party_id,
        customer=decision.customer,
        would_rule=decision.would_rule,
        excluded=decision.excluded.teams,
        **by,
        **of,
    )
    if turn and turn.assignee:
        yield LeadAssigned(
            person=turn.assignee,
            assigned_at=at,
            attempt=decision.attempt,
            turn=decision.turn_number,
            not_to=decision.excluded.people,
            **by,
            **of,
        )
    elif turn:
        yield LeadUnassigned(
            reason=turn.reason,
            decided_at=at,
            code=decision.code,
            wakes_at=decision.wakes_at,
            excluded=decision.excluded.teams,
            **of,
        )


def _transferred(decision: Decision, team: str) -> LeadTransferred:
    order = decision.order
    assert order.transfer_id is not None
    return LeadTransferred(
        lead_id=decision.lead_id,
        transfer_id=order.transfer_id,
        order=order.place,
        from_team=order.from_team,
        from_person=order.from_person,
        to_team=team,
        to_person=decision.assignee,
        cause=TOLD_AS[decision.cause],
        undo_of=order.undo_of,
        revision=decision.number,
        by=order.by,
        on_behalf_of=order.on_behalf_of,
        decided_at=decision.decided_at,
    )
