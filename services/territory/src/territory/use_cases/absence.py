"""Who is away, from when until when. Who is away gets no leads in turn; what they see stays."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Transaction
from contracts.territory.member import AbsenceChanged
from territory.domain.authority import PEOPLE
from territory.domain.organisation import Absence, Person
from territory.domain.refusal import Absent, Against, Wrong
from territory.store import organisation as store
from territory.store import person as people
from territory.store import unit
from territory.store.organisation_tables import ABSENCE, PERSON
from territory.use_cases import access
from territory.use_cases.authority import Change, begin_change, unchanged


async def report_absence(wanted: Absence, tx: Transaction) -> tuple[Absence, bool]:
    """They are away in this interval; whether that is new. Reported by themselves, by who leads them, or by who administers
    people."""
    change = await begin_change(tx)
    await _allowed(wanted.person, change)
    if there := await store.one(tx, ABSENCE, wanted.id, Absence):
        if there.person != wanted.person:
            raise Against("Something else has this id.")
        return there, False
    await _check(wanted, change)
    await store.add(tx, ABSENCE, vars(wanted))
    await _tell(None, wanted, change)
    return wanted, True


async def change_absence(which: UUID, fields: Mapping[str, Any], version: int | None, tx: Transaction) -> Absence:
    """Another interval or kind."""
    change = await begin_change(tx)
    before = await store.one(tx, ABSENCE, which, Absence)
    if before is None:
        raise Absent("No such absence")
    await _allowed(before.person, change)
    unchanged(version, before.version)
    wanted = replace(before, **fields)
    await _check(wanted, change)
    await store.change(tx, ABSENCE, which, fields)
    await _tell(before, wanted, change)
    return replace(wanted, version=before.version + 1)


async def end_absence(which: UUID, tx: Transaction) -> None:
    """They are back; one that has not begun never was."""
    change = await begin_change(tx)
    before = await store.one(tx, ABSENCE, which, Absence)
    if before is None:
        raise Absent("No such absence")
    await _allowed(before.person, change)
    if not before.interval.ends > tx.now:
        raise Against("The absence is over.")
    until: datetime = max(tx.now, before.from_at)
    await store.change(tx, ABSENCE, which, {"until_at": until})
    await _tell(before, replace(before, until_at=until), change)


async def _allowed(person: str, change: Change) -> None:
    """Absent for who may not know of the person at all."""
    if await store.one(change.tx, PERSON, person, Person) is None:
        raise Absent("No such person")
    units = (await people.units_of(change.tx, [person])).get(person, [])
    who = change.who
    change.needs(person == who.principal, who.holds(PEOPLE), *(who.leads(one) for one in units))


async def _check(wanted: Absence, change: Change) -> None:
    _, kinds = await unit.words(change.tx, "absence_kind")
    faults = [] if wanted.kind in {kind["id"] for kind in kinds} else [("kind", "no such kind of absence")]
    if wanted.until_at is not None and wanted.until_at <= wanted.from_at:
        faults.append(("until_at", "lies not behind from_at"))
    if faults:
        raise Wrong(*faults)


async def _tell(before: Absence | None, now: Absence, change: Change) -> None:
    await change.record("absence", now.person, before, now)
    change.tx.emit(
        AbsenceChanged(
            person=now.person,
            absence=now.id,
            kind=now.kind,
            from_at=now.from_at,
            until_at=now.until_at,
            by=change.by,
        )
    )
    await change.says([now.person], access.SUBSTITUTION)
