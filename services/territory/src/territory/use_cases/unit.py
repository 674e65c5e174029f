"""Units are made, changed and closed; kinds and ranks are words of the company."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis import Transaction
from territory.domain.authority import MANAGEMENT_ROLE, PEOPLE
from territory.domain.organisation import MANAGEMENT, Structure, Unit
from territory.domain.refusal import Absent, Against, NotYours, Wrong
from territory.domain.unit import faults_of
from territory.domain.vocabulary import read_words
from territory.store import access, unit
from territory.store import organisation as store
from territory.store.organisation_tables import UNIT
from territory.use_cases.access import STRUCTURE
from territory.use_cases.authority import Change, begin_change, unchanged
from territory.use_cases.calendar import place_faults
from territory.use_cases.move import send_all
from territory.use_cases.organisation import unit_defined

EDITED = ("kind", "parent", "name", "zone", "calendar", "settings")


async def put_unit(wanted: Unit, version: int | None, tx: Transaction) -> tuple[Structure, bool]:
    """The unit is so from here on; the structure with it, and whether it is new. Nobody moves a unit under one that he leads himself: he would see more."""
    change = await begin_change(tx)
    before = change.structure.units.get(wanted.id)
    allowed_at = wanted.parent if before is None else wanted.id
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=allowed_at))
    if before is not None:
        unchanged(version, before.version)
        if before.state(tx.now) == "closed":
            raise Against("The unit is closed.")
        wanted = replace(wanted, from_at=before.from_at, version=before.version + 1)
    if faults := [*faults_of(wanted, change.structure, tx.now), *await place_faults(wanted.zone, wanted.calendar, tx)]:
        raise Wrong(*faults)
    moved = before is not None and before.parent != wanted.parent
    if moved and wanted.parent and change.who.leads(wanted.parent) and not change.who.leads(wanted.id):
        raise NotYours("You would see more by it: somebody else does it.")
    await save_unit(wanted, before, change)
    return change.structure, before is None


async def save_unit(wanted: Unit, before: Unit | None, change: Change) -> None:
    """The unit, which has no faults, is so from here on."""
    tx, moved = change.tx, before is not None and before.parent != wanted.parent
    reached = set(change.structure.path(wanted.id))
    if before is None:
        await store.add(tx, UNIT, vars(wanted))
    else:
        await store.change(tx, UNIT, wanted.id, {name: getattr(wanted, name) for name in EDITED})
    await store.count(tx, structure=True)
    await change.record("unit", wanted.id, before, wanted)
    change.structure = _with(change.structure, wanted)
    tx.emit(unit_defined(wanted, change.structure, tx))
    if before is None or moved or before.settings != wanted.settings or before.kind != wanted.kind:
        reached |= set(change.structure.path(wanted.id)) | _managing(change.structure)
        await change.says(await access.reaching(tx, reached), STRUCTURE)


async def close_unit(name: str, to: str | None, version: int | None, tx: Transaction) -> Structure:
    """The unit takes nothing more. What is left in it goes to another: the units below at once; its people are out of it at once
    and proposed there. Without another unit it closes only when nothing is left in it and no lead ever went to it.
    """
    change = await begin_change(tx)
    before = change.structure.units.get(name)
    if before is None:
        raise Absent("No such unit")
    change.needs(change.who.holds(MANAGEMENT_ROLE, name))
    unchanged(version, before.version)
    _may_close(before, to, change.structure, tx)
    left = await unit.left_in(tx, name, tx.now)
    if left["rules"] or (to is None and any(left.values())):
        words = ", ".join(f"{count} {what}" for what, count in left.items() if count)
        raise Against(f"Left in the unit: {words}. Say where units, members and leads go; rules go by a market file.")
    closed = replace(before, until_at=tx.now, version=before.version + 1)
    await _put(closed, {"until_at": tx.now}, change)
    if to is not None:
        if change.who.leads(to) and not change.who.leads(name):
            raise NotYours("You would see more by it: somebody else does it.")
        for child in change.structure.children.get(name, ()):
            below = change.structure.units[child]
            await _put(replace(below, parent=to, version=below.version + 1), {"parent": to}, change)
        await send_all(name, to, change)
        await change.record("closed", name, None, {"to": to})
    reached = {*change.structure.path(name), *(change.structure.path(to) if to else ())}
    await change.says(await access.reaching(tx, reached | _managing(change.structure)), STRUCTURE)
    return change.structure


def _may_close(before: Unit, to: str | None, structure: Structure, tx: Transaction) -> None:
    if before.state(tx.now) == "closed":
        raise Against("The unit is closed.")
    if before.parent is None:
        raise Against("The unit above all stays.")
    if to is not None and (
        to not in structure.units
        or before.id in structure.path(to)
        or structure.units[to].state(tx.now) == "closed"
        or structure.is_team(to) != structure.is_team(before.id)
    ):
        raise Wrong(("to", "is no other unit of such a kind that is open and lies not below this one"))


async def _put(wanted: Unit, fields: Mapping[str, Any], change: Change) -> None:
    await store.change(change.tx, UNIT, wanted.id, fields)
    await store.count(change.tx, structure=True)
    await change.record("unit", wanted.id, change.structure.units[wanted.id], wanted)
    change.structure = _with(change.structure, wanted)
    change.tx.emit(unit_defined(wanted, change.structure, change.tx))


async def put_words(name: str, items: Sequence[Mapping[str, Any]], version: int | None, tx: Transaction) -> int:
    """Kinds of units, ranks or kinds of absences are these from here on; returns their version. What a rank or kind opens can't
    be changed, and none that is used can go, as long as anybody is of it: whoever could would decide alone who sees what.
    """
    change = await begin_change(tx)
    change.needs(change.who.holds(PEOPLE))
    stands, before = await unit.words(tx, name)
    unchanged(version, stands)
    now = read_words(name, items)
    if wrong := await _used_otherwise(name, before, now, tx):
        raise Against(f"In use, and not to be changed or taken away: {', '.join(wrong)}.")
    await unit.save_words(tx, name, now, stands + 1)
    await store.count(tx, structure=True)
    await change.record("vocabulary", name, before, now)
    return stands + 1


async def _used_otherwise(
    name: str, before: list[Mapping[str, Any]], now: list[Mapping[str, Any]], tx: Transaction
) -> list[str]:
    opens = {"unit_kind": "works_leads", "rank": "leads"}.get(name, "id")
    kept = {item["id"]: item.get(opens) for item in now}
    changed = [item["id"] for item in before if kept.get(item["id"], "gone") != item.get(opens)]
    if name == "unit_kind" and MANAGEMENT not in kept:
        return [MANAGEMENT]
    return sorted(await unit.used(tx, name, changed))


def _with(structure: Structure, unit: Unit) -> Structure:
    units = {**structure.units, unit.id: unit}
    return Structure.of(structure.version + 1, units.values(), structure.kinds.values(), structure.ranks.values())


def _managing(structure: Structure) -> set[str]:
    return {unit.id for unit in structure.units.values() if unit.kind == MANAGEMENT}
