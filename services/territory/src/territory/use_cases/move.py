"""Moves and leaves, at once or planned: one transaction ends what ends and begins what begins, and the clock does the rest."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis import Transaction
from contracts.territory.member import MemberJoined, MemberLeft, MemberMoved, RoleRevoked
from territory.domain.access import Known
from territory.domain.authority import MANAGEMENT_ROLE, PEOPLE
from territory.domain.move import ORDERED, PROPOSED, QUEUE, TAKE_ALONG, WITHDRAWN, Move, ending, faults_of
from territory.domain.organisation import LOWEST, Membership, Person
from territory.domain.proposal import JOIN, MOVE, Proposal
from territory.domain.refusal import Absent, Against, NotYours, Wrong
from territory.store import move as rows
from territory.store import organisation as store
from territory.store.access import known_of
from territory.store.organisation_tables import MEMBERSHIP, PERSON, ROLE_GRANT
from territory.use_cases.access import LEFT, MOVED
from territory.use_cases.authority import Change, begin_change
from territory.use_cases.membership import check, leave_unit
from territory.use_cases.proposal import propose


async def order_move(wanted: Move, tx: Transaction) -> tuple[Move, Proposal | None]:
    """They leave at once, or when it says; or the move waits for somebody inside the unit that they go to."""
    change = await begin_change(tx)
    where = wanted.from_unit or wanted.to_unit
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=where))
    if wanted.book == TAKE_ALONG and not change.who.holds(MANAGEMENT_ROLE, where):
        raise NotYours("To take leads along is a transfer: it needs the organisation's management.")
    known = (await known_of(tx, [wanted.person])).get(wanted.person)
    if known is None:
        raise Wrong(("person", "no such person"))
    if known.person.left_at is not None:
        raise Against("The person has left the company.")
    if faults := faults_of(wanted, known.memberships, change.structure, tx.now):
        raise Wrong(*faults)
    wanted = replace(wanted, ordered_by=change.who.principal, state=PROPOSED if wanted.to_unit else ORDERED)
    if wanted.to_unit is None:
        return await _leave(wanted, known, change), None
    await check(_begun(wanted, known), change)
    if (there := await rows.one(tx, wanted.id)) is None:
        await rows.add(tx, wanted)
        await change.record("move", wanted.person, None, wanted)
    proposal = await propose(MOVE, wanted.person, wanted.to_unit, {"move": str(wanted.id)}, wanted.id, change)
    return there or wanted, proposal


async def carry_out_move(which: UUID, change: Change) -> None:
    """The move holds: it was proposed and confirmed. One that should have been by now is now."""
    move = await rows.one(change.tx, which)
    if move is None or move.state != PROPOSED:
        raise Against("The move is not waiting any more.")
    move = replace(move, at=max(move.at, change.tx.now), state=ORDERED)
    known = (await known_of(change.tx, [move.person]))[move.person]
    if faults := faults_of(move, known.memberships, change.structure, change.tx.now):
        raise Wrong(*faults)
    begun = _begun(move, known)
    await check(begun, change)
    ended = await _end(move, known, "moved", change)
    move = replace(move, ended=ended, begun=begun.id)
    await store.add(change.tx, MEMBERSHIP, vars(begun))
    await rows.save(change.tx, move)
    await change.record("move", move.person, None, move)
    assert move.from_unit is not None
    assert move.to_unit is not None
    change.tx.emit(
        MemberMoved(
            person=move.person,
            unit=move.from_unit,
            to_unit=move.to_unit,
            rank=begun.rank,
            book=move.book,
            at=move.at,
            by=change.by,
        )
    )
    change.tx.emit(MemberJoined(person=move.person, unit=move.to_unit, rank=begun.rank, at=move.at, by=change.by))
    await change.says([move.person], MOVED)


async def withdraw_move(which: UUID, tx: Transaction) -> Move:
    """A move that is planned is taken back: what would have ended goes on as it would have, what would have begun never was."""
    change = await begin_change(tx)
    move = await rows.one(tx, which)
    if move is None:
        raise Absent("No such move")
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=move.from_unit))
    if (state := move.state_at(tx.now)) not in ("planned", PROPOSED):
        raise Against(f"The move is {state}.")
    for name, until in move.ended.items():
        until_at = datetime.fromisoformat(until) if until else None
        await store.change(tx, MEMBERSHIP, UUID(name), {"until_at": until_at})
    if move.begun:
        await store.change(tx, MEMBERSHIP, move.begun, {"until_at": move.at})
    if move.from_unit is None:
        await store.change(tx, PERSON, move.person, {"left_at": None})
    taken_back = replace(move, state=WITHDRAWN)
    await rows.save(tx, taken_back)
    await change.record("move", move.person, move, taken_back)
    await change.says([move.person], MOVED)
    return taken_back


async def send_all(unit: str, to: str, change: Change) -> None:
    """The people of a unit that closes are out of it at once; that they belong to another is proposed, each by itself."""
    for name in await rows.members(change.tx, unit):
        known = (await known_of(change.tx, [name]))[name]
        move = Move(uuid7(), name, unit, None, None, change.tx.now, QUEUE, ORDERED, change.who.principal, {})
        rank = max((m.rank for m in ending(move, known.memberships)), key=change.structure.order)
        await _leave(move, known, change)
        if name != change.who.principal:
            joins = Membership(uuid7(), name, to, rank, change.tx.now)
            await propose(JOIN, name, to, vars(joins), joins.id, change)


async def _leave(move: Move, known: Known, change: Change) -> Move:
    ended = await _end(move, known, "left", change)
    move = replace(move, ended=ended)
    await rows.add(change.tx, move)
    await change.record("move", move.person, None, move)
    if move.from_unit is None:
        await _leave_company(known.person, move, known, change)
    unit_left = MemberLeft(person=move.person, unit=move.from_unit, book=move.book, at=move.at, by=change.by)
    change.tx.emit(unit_left)
    await change.says([move.person], LEFT)
    return move


async def _leave_company(person: Person, move: Move, known: Known, change: Change) -> None:
    """They see and may do nothing from then on: by the clock, whatever else is on record."""
    await store.change(change.tx, PERSON, person.id, {"left_at": move.at})
    for role in known.roles:
        if move.at < role.interval.ends and move.at <= change.tx.now:
            await store.change(change.tx, ROLE_GRANT, role.id, {"until_at": max(move.at, role.from_at)})
            gone = RoleRevoked(person=person.id, role=role.role, unit=role.unit, at=move.at, by=change.by)
            change.tx.emit(gone)


async def _end(move: Move, known: Known, why: str, change: Change) -> dict[str, str | None]:
    ended: dict[str, str | None] = {}
    for one in ending(move, known.memberships):
        ended[str(one.id)] = one.until_at.isoformat() if one.until_at else None
        until = max(move.at, one.from_at)
        await store.change(change.tx, MEMBERSHIP, one.id, {"until_at": until})
        await change.record("membership", move.person, one, replace(one, until_at=until))
        await leave_unit(one, until, why, change)
    return ended


def _begun(move: Move, known: Known) -> Membership:
    """The membership that the move begins: with the share of the one it ends, and its rank unless another is named."""
    assert move.to_unit is not None
    before = next(iter(ending(move, known.memberships)), None)
    rank = move.rank or (before.rank if before else LOWEST)
    begun = Membership(uuid7(), move.person, move.to_unit, rank, move.at)
    if before is None:
        return begun
    return replace(
        begun,
        takes_leads=before.takes_leads,
        weight=before.weight,
        open_max=before.open_max,
        day_max=before.day_max,
    )
