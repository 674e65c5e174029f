"""What a market file says of teams and people becomes part of the organisation: what it names anew or otherwise than before."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from uuid_utils.compat import uuid7

from chassis import Transaction
from contracts.territory.member import AbsenceChanged, MemberJoined, MemberLeft
from territory.domain.market import NO_MARKET, MarketVersion
from territory.domain.member import Entry, FileChange, Listed, changed, in_order
from territory.domain.organisation import COMPANY, LOWEST, MANAGEMENT, Absence, Membership, Structure, Unit
from territory.domain.proposal import JOIN
from territory.store import access, market, member
from territory.store import organisation as store
from territory.store import person as rows
from territory.store.organisation_tables import ABSENCE, MEMBERSHIP, UNIT
from territory.use_cases.access import JOINED, say_access
from territory.use_cases.authority import Change, authority_of
from territory.use_cases.organisation import unit_defined, with_company
from territory.use_cases.person import may_sign_in
from territory.use_cases.proposal import propose

SALES, FILE, AWAY = "sales", "file", "away"


async def take_in_market(active: MarketVersion, tx: Transaction) -> None:
    """The organisation knows the teams and people of this market: what neither it nor the one before changes stays as it was
    made at the doors, and nothing is deleted. It happens once for each version.
    """
    organisation = await store.hold(tx)
    if organisation.market == active.version:
        return
    before = await market.market_of(tx, organisation.market) or NO_MARKET
    await store.taken_in(tx, active.version)
    change = changed(Listed.of(before.market.teams), Listed.of(active.market.teams))
    if change:
        structure = await with_company(await store.structure_of(tx, organisation.structure), tx)
        await _apply(change, Listed.of(active.market.teams), structure, tx)


async def _apply(change: FileChange, listed: Listed, structure: Structure, tx: Transaction) -> None:
    structure, appeared = await _units(change, structure, tx)
    await make_people({person for _, person in change.joined}, tx)
    running = await member.running(tx, listed.names)
    touched = {person for _, person in change.gone}
    by_hand = Change(tx, structure, await authority_of(tx, structure)) if tx.actor.kind == "person" else None
    joins = [_membership(*one, tx.now) for one in in_order(change.joined) if one[:2] not in running]
    await _join(joins, by_hand, tx)
    touched |= {one.person for one in joins}
    edited = [one for one in in_order(change.edited) if one[:2] in running]
    await member.edit(tx, [(running[one[:2]][0], one[2]) for one in edited])
    await store.record_all(tx, "membership", [(who, None, {"unit": team, **vars(to)}) for team, who, to in edited])
    # What was made at a door ends there.
    gone = [(team, person) for team, person in sorted(change.gone) if running.get((team, person), ("", ""))[1] == FILE]
    await member.end(tx, [running[one][0] for one in gone])
    await store.record_all(tx, "membership", [(one, {"unit": team}, {"until_at": tx.now}) for team, one in gone])
    for team, person in gone:
        tx.emit(MemberLeft(person=person, unit=team, at=tx.now))
    await _absences(change, tx)
    touched |= {*change.now_away, *change.now_back}
    if appeared:
        touched |= {*await access.reaching(tx, _above(appeared, structure))}
    await say_access(touched, structure, JOINED, (), tx)


async def make_people(people: set[str], tx: Transaction) -> None:
    """Who is new is on record, and the service's own issuer calls them by their id, as far as an id can stand in a token. A file
    binds nobody who is there already."""
    made, issuer = await rows.make_all(tx, people - await rows.present(tx, people), "person"), tx.settings.issuer
    await store.record_all(tx, "person", [(one, None, {"kind": "person"}) for one in made])
    bound = await rows.bind_all(tx, issuer, [one for one in made if may_sign_in(one)])
    await store.record_all(tx, "subject", [(one, None, {"issuer": issuer, "subject": one}) for one in bound])


async def _units(change: FileChange, structure: Structure, tx: Transaction) -> tuple[Structure, list[str]]:
    """A unit for each team that has none, below the company; and another name where the file has another."""
    parent = COMPANY if COMPANY in structure.units else next(iter(sorted(structure.units)))
    made, records, units = [], [], dict(structure.units)
    for team, name in sorted(change.new_names.items()):
        before = units.get(team)
        if before is None:
            units[team] = unit = Unit(team, SALES, parent, name, tx.now)
            made.append(unit)
        elif before.name != name:
            units[team] = unit = Unit(**{**vars(before), "name": name, "version": before.version + 1})
            await store.change(tx, UNIT, team, {"name": name})
        else:
            continue
        records.append((team, before, unit))
        tx.emit(unit_defined(unit, structure, tx))
    await store.add_all(tx, UNIT, [vars(unit) for unit in made])
    await store.record_all(tx, "unit", records)
    if units == structure.units:
        return structure, []
    await store.count(tx, structure=True)
    kinds, ranks = structure.kinds.values(), structure.ranks.values()
    return Structure.of(structure.version + 1, units.values(), kinds, ranks), [unit.id for unit in made]


def _above(units: Iterable[str], structure: Structure) -> set[str]:
    """Where those belong who see these units: above them, or in the management."""
    above = {one for unit in units for one in structure.path(unit)}
    return above | {unit.id for unit in structure.units.values() if unit.kind == MANAGEMENT}


def _membership(team: str, person: str, entry: Entry, at: datetime) -> Membership:
    return Membership(
        uuid7(), person, team, LOWEST, at, takes_leads=entry.takes_leads, weight=entry.weight, source=FILE
    )


async def _join(joins: Sequence[Membership], by_hand: Change | None, tx: Transaction) -> None:
    """A file that a machine puts, from where the company keeps it, holds at once. Where somebody puts it by hand a new member is
    a gain of access as at any door: proposed, and confirmed by whoever is inside."""
    if by_hand is not None:
        for one in joins:
            await propose(JOIN, one.person, one.unit, vars(one), one.id, by_hand)
        return
    await store.add_all(tx, MEMBERSHIP, [vars(one) for one in joins])
    await store.record_all(tx, "membership", [(one.person, None, one) for one in joins])
    for one in joins:
        tx.emit(MemberJoined(person=one.person, unit=one.unit, rank=one.rank, at=tx.now))


async def _absences(change: FileChange, tx: Transaction) -> None:
    away = await member.away_by_file(tx, change.now_away)
    begun = [Absence(uuid7(), one, tx.now, None, AWAY, FILE) for one in sorted(change.now_away - away)]
    await store.add_all(tx, ABSENCE, [vars(one) for one in begun])
    await store.record_all(tx, "absence", [(one.person, None, one) for one in begun])
    for one in begun:
        tx.emit(AbsenceChanged(person=one.person, absence=one.id, kind=AWAY, from_at=tx.now))
    back = await member.back_by_file(tx, change.now_back)
    await store.record_all(tx, "absence", [(one[1], {"id": one[0]}, {"until_at": tx.now}) for one in back])
    for absence, person, kind, from_at in back:
        tx.emit(
            AbsenceChanged(person=person, absence=absence, kind=kind, from_at=from_at, until_at=max(from_at, tx.now))
        )
