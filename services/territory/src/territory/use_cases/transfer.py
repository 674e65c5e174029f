"""Leads go to another team or person by an order: asked, approved, counted, carried out a chunk at a time, and undone."""

from dataclasses import replace
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis import Transaction
from territory.domain.case import Case
from territory.domain.deciding import RESTS, TRANSFERRED, Ask
from territory.domain.decision import Cause, Order
from territory.domain.move import HANDOVER, TAKE_ALONG, Move
from territory.domain.refusal import Absent, Against, NotYours, Wrong
from territory.domain.routing import Routed
from territory.domain.transfer import (
    APPROVED,
    ASKED,
    BOOK,
    COMPLETED,
    DONE,
    LAPSES_AFTER,
    QUEUE,
    REFUSED,
    REHEARSED,
    ROTATION,
    RUNNING,
    SKIPPED,
    UNDO,
    UNDONE_WITHIN,
    Item,
    Transfer,
    may_approve,
    may_ask,
    may_see,
    needs_nobody_else,
)
from territory.store import case as cases
from territory.store import move as moves
from territory.store import rotation
from territory.store import transfer as store
from territory.use_cases.authority import look
from territory.use_cases.deciding import decide
from territory.use_cases.routing import ask_again, free

AT_A_TIME = 500
TO = {HANDOVER: ROTATION, "queue": QUEUE}


async def ask_transfer(wanted: Transfer, rehearse: bool, tx: Transaction) -> Transfer:
    """It waits for whoever leads the team that receives, unless whoever asks may decide that too. A rehearsal is counted, and nothing
    comes of it."""
    if there := await store.one(tx, wanted.id):
        if (there.asked_by, there.from_team, there.to_team) != (tx.actor.principal, wanted.from_team, wanted.to_team):
            raise Against("Something else has this id.")
        return there
    structure, who = await look(tx)
    faults = [
        (field, "is no team that is open")
        for field, unit in (("from_team", wanted.from_team), ("to_team", wanted.to_team))
        if not structure.is_team(unit) or structure.units[unit].state(tx.now) == "closed"
    ]
    if faults:
        raise Wrong(*faults)
    if not may_ask(who, wanted.from_team):
        raise NotYours("Who leads the team that gives, or manages the organisation, asks for a transfer.")
    at_once = needs_nobody_else(who, wanted.from_team, wanted.to_team)
    state = REHEARSED if rehearse else APPROVED if at_once else ASKED
    made = replace(wanted, state=state, asked_by=who.principal, asked_at=tx.now, lapses_at=tx.now + LAPSES_AFTER)
    await store.add(tx, made)
    return made


async def answer_transfer(which: UUID, approves: bool, tx: Transaction) -> Transfer:
    """Approved or refused by a second person."""
    _, who = await look(tx)
    found = await store.one(tx, which, hold=True)
    if found is None or not may_see(who, found):
        raise Absent("No such transfer")
    if (state := found.state_at(tx.now)) != ASKED:
        raise Against(f"The transfer is {state}.")
    if found.asked_by == who.principal and approves:
        raise Against("What one has asked for, another approves.")
    if not may_approve(who, found) and not (found.asked_by == who.principal and not approves):
        raise NotYours("Who leads the team that receives approves it.")
    state = APPROVED if approves else REFUSED
    await store.decided(tx, which, state, who.principal)
    return replace(found, state=state, decided_by=who.principal, decided_at=tx.now)


async def undo_transfer(which: UUID, tx: Transaction) -> Transfer:
    """Its leads go back to whom they came from, where they still are where it put them."""
    _, who = await look(tx)
    found = await store.one(tx, which, hold=True)
    if found is None or not may_see(who, found):
        raise Absent("No such transfer")
    if not may_ask(who, found.from_team) and not may_ask(who, found.to_team):
        raise NotYours("Who may ask for a transfer of these teams undoes one.")
    if not found.can_be_undone or tx.now - found.asked_at > UNDONE_WITHIN:
        raise Against(f"The transfer is {found.state}, or was too long ago.")
    made = replace(
        found,
        id=uuid7(),
        kind=UNDO,
        from_team=found.to_team,
        to_team=found.from_team,
        to_person=ROTATION,
        state=APPROVED,
        asked_by=who.principal,
        asked_at=tx.now,
        lapses_at=tx.now + LAPSES_AFTER,
        undo_of=found.id,
        items=None,
    )
    await store.add(tx, made)
    return made


async def carry_out(tx: Transaction) -> None:
    """The oldest transfer goes on by a chunk: first it is counted, then its items are carried out in their order, each once."""
    transfer = await store.next_one(tx)
    if transfer is None:
        return
    if transfer.items is None:
        await store.count(tx, transfer)
        return
    items = await store.waiting(tx, transfer.id, AT_A_TIME)
    if items:
        await _carry(transfer, items, tx)
        await store.becomes(tx, transfer.id, RUNNING)
    else:
        await store.becomes(tx, transfer.id, COMPLETED)


async def _carry(transfer: Transfer, items: list[Item], tx: Transaction) -> None:
    held = await cases.hold(tx, sorted(item.lead_id for item in items))
    moved = {item.lead_id for item in items if not _stands(item, held.get(item.lead_id))}
    await store.done(tx, transfer.id, [(lead, SKIPPED, None, "moved") for lead in moved])
    goes = [item for item in items if item.lead_id not in moved]
    there = await rotation.members_now(tx, transfer.to_team)
    by_person: dict[str | None, list[UUID]] = {}
    for item in goes:
        party = held[item.lead_id].party_id
        if party is not None:
            named = item.to_person if item.to_person in there else None
            by_person.setdefault(named, []).append(party)
    if transfer.with_customer:
        for person, parties in by_person.items():
            await store.take_customers(tx, sorted(set(parties)), transfer.from_team, transfer.to_team, person)
    asks = await ask_again([held[item.lead_id] for item in goes], Cause(transfer.cause), tx, keeps_place=False)
    asked = [_ask(transfer, item, held[item.lead_id], ask, there) for item, ask in zip(goes, asks, strict=True)]
    weights = {str(name): int(weight) for name, weight in transfer.successors}
    made = await decide(asked, tx, successors=weights)
    await store.done(tx, transfer.id, [(one.lead_id, DONE, one.number, None) for one in made])
    await free(tx, [item.from_person for item in goes])


def _stands(item: Item, case: Case | None) -> bool:
    return case is not None and (case.number, case.team) == (item.number, item.from_team)


def _ask(transfer: Transfer, item: Item, case: Case, ask: Ask, there: set[str]) -> Ask:
    """What is asked for an item: segment, rule and pipeline stay; only the team and the person are others."""
    assert ask.kept is not None
    assert isinstance(ask.kept.route, Routed)
    kept = replace(ask.kept, route=replace(ask.kept.route, team=transfer.to_team))
    order = Order(
        transfer.decided_by or transfer.asked_by,
        None,
        transfer.id,
        item.place,
        item.from_team,
        item.from_person,
        transfer.undo_of,
    )
    same_team = transfer.to_team == transfer.from_team
    ask = replace(ask, kept=kept, order=order, attempt=1, not_to=case.not_to if same_team else ())
    if not case.is_open:
        return replace(ask, by_order=RESTS)
    if item.to_person in there:
        return replace(ask, person=item.to_person, why=TRANSFERRED)
    return replace(ask, by_order=QUEUE if item.to_person == QUEUE else ROTATION)


async def hand_over(tx: Transaction) -> None:
    """Of each move whose moment has come the leads go where it says: those of the unit that is left, or of all."""
    for which in await store.moves_to_hand_over(tx, 10):
        move = await moves.one(tx, which)
        assert move is not None
        teams = [move.from_unit] if move.from_unit else await store.teams_with_leads_of(tx, move.person)
        for team in teams:
            await store.add(tx, _handover(move, team, tx))
        await store.handed(tx, which)


def _handover(move: Move, team: str, tx: Transaction) -> Transfer:
    along = move.book == TAKE_ALONG and move.to_unit is not None
    return Transfer(
        id=uuid7(),
        kind=BOOK,
        cause=Cause.TRANSFERRED if along else Cause.HANDOVER,
        from_team=team,
        person=move.person,
        leads=(),
        to_team=move.to_unit if along and move.to_unit else team,
        to_person=move.person if along else TO.get(move.book, ROTATION),
        successors=() if along else move.successors,
        with_customer=True,
        code="moved",
        state=APPROVED,
        asked_by=move.ordered_by,
        asked_at=tx.now,
        lapses_at=tx.now + LAPSES_AFTER,
    )
