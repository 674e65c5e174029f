"""The organisation's beginning: its first two administrators, and the reading machine of a stack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from uuid_utils.compat import uuid7

from chassis import Transaction
from contracts.territory.member import MemberJoined, RoleGranted
from contracts.territory.structure import UnitDefined
from territory.domain.organisation import COMPANY, LOWEST, MANAGEMENT, Structure, Unit
from territory.store import access, person
from territory.store import organisation as store
from territory.store.organisation_tables import MEMBERSHIP, ROLE_GRANT, UNIT
from territory.use_cases.access import CORRECTION, JOINED, ROLE, say_access

FIRST_ROLES = ("organisation_management", "people_administrator")
MACHINE = "machine:"


class Refused(Exception):
    """The organisation can't be begun so; the message says why."""


@dataclass(frozen=True)
class First:
    """Somebody who is there from the beginning, and how their tokens call them."""

    person: str
    subject: str


async def begin_organisation(
    administrators: Sequence[First], machines: Sequence[str], issuer: str, tx: Transaction
) -> list[str]:
    """Two administrators and the machines that read everything. Returns what was made, in sentences; nothing where all of it is
    there. Raises Refused when a role was granted before, to others: from then on the organisation is changed at its doors.
    """
    organisation = await store.hold(tx)
    names = {first.person for first in administrators}
    there = await person.administrators(tx)
    wanted = {*names, *(MACHINE + client for client in machines)}
    if there:
        if names <= there and wanted - names <= await person.present(tx, wanted - names):
            return []
        raise Refused("The organisation has administrators: they change it at its doors.")
    if len(names) < 2 and names:
        raise Refused("Two administrators are needed: what one does, another confirms.")
    structure = await with_company(await store.structure_of(tx, organisation.structure), tx)
    for first in administrators:
        await make_person(first.person, "person", [(issuer, first.subject)], tx)
        for role in FIRST_ROLES:
            row = {"id": uuid7(), "person": first.person, "role": role, "from_at": tx.now}
            await store.add(tx, ROLE_GRANT, row | {"granted_by": tx.actor.principal})
            await store.record(tx, "role", first.person, None, row)
            tx.emit(RoleGranted(person=first.person, role=role, at=tx.now))
    for client in machines:
        await _make_machine(client, issuer, tx)
    await say_access(names, structure, ROLE, (), tx)
    await say_access(wanted - names, structure, JOINED, (), tx)
    return [f"{name} is in the organisation now" for name in sorted(wanted)]


async def say_everybody(tx: Transaction) -> int:
    """What everybody may see is said anew, after a database came back from a backup: what was said since then and is gone here
    must not stand elsewhere. Returns of how many."""
    structure = await store.structure_of(tx, (await store.hold(tx)).structure)
    people = await access.everybody(tx)
    await say_access(people, structure, CORRECTION, (), tx)
    return len(people)


async def with_company(structure: Structure, tx: Transaction) -> Structure:
    """The structure, with a unit of its own for the company where there is none at all."""
    if structure.units:
        await store.count(tx)
        return structure
    company = Unit(COMPANY, MANAGEMENT, None, "Company", tx.now)
    await store.add(tx, UNIT, vars(company))
    await store.record(tx, "unit", COMPANY, None, company)
    await store.count(tx, structure=True)
    made = Structure.of(structure.version + 1, [company], structure.kinds.values(), structure.ranks.values())
    tx.emit(unit_defined(company, made, tx))
    return made


async def make_person(name: str, kind: str, subjects: Iterable[tuple[str, str]], tx: Transaction) -> bool:
    """Somebody new, and whom tokens call so. Who is there already is left as they are, and is not new."""
    if is_new := await person.make(tx, name, kind):
        await store.record(tx, "person", name, None, {"kind": kind})
    for issuer, subject in subjects:
        if await person.bind(tx, issuer, subject, name):
            await store.record(tx, "subject", name, None, {"issuer": issuer, "subject": subject})
    return is_new


async def _make_machine(client: str, issuer: str, tx: Transaction) -> None:
    """A machine that reads: it belongs to the management, and so to every team, and records and opens nothing."""
    name = MACHINE + client
    if not await make_person(name, "machine", [(issuer, client)], tx):
        return
    row = {
        "id": uuid7(),
        "person": name,
        "unit": COMPANY,
        "rank": LOWEST,
        "from_at": tx.now,
        "takes_leads": False,
        "weight": 0,
        "source": "bootstrap",
    }
    await store.add(tx, MEMBERSHIP, row)
    await store.record(tx, "membership", name, None, row)
    tx.emit(MemberJoined(person=name, unit=COMPANY, rank=LOWEST, at=tx.now))


def unit_defined(unit: Unit, structure: Structure, tx: Transaction) -> UnitDefined:
    """What others hear of a unit."""
    return UnitDefined(
        id=f"unit:{unit.id}",
        unit=unit.id,
        kind=unit.kind,
        parent=unit.parent,
        team=unit.kind in structure.kinds and structure.kinds[unit.kind].works_leads,
        name=unit.name,
        zone=unit.zone,
        calendar=unit.calendar,
        from_at=unit.from_at,
        until_at=unit.until_at,
        version=unit.version,
        defined_at=tx.now,
    )
