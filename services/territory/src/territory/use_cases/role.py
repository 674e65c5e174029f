"""Roles: what somebody may do. No role makes a row exist. Nobody grants anything to himself; some roles need two to grant."""

from uuid import UUID

from chassis import Transaction
from contracts.territory.member import RoleGranted, RoleRevoked
from territory.domain.authority import BY_TWO, MANAGEMENT_ROLE, PEOPLE, ROLES
from territory.domain.organisation import Person, RoleGrant
from territory.domain.proposal import ROLE, Proposal
from territory.domain.refusal import Absent, Against, Wrong
from territory.store import organisation as store
from territory.store.organisation_tables import PERSON, ROLE_GRANT
from territory.use_cases import access
from territory.use_cases.authority import Change, begin_change
from territory.use_cases.proposal import propose


async def ask_for_role(wanted: RoleGrant, tx: Transaction) -> Proposal | None:
    """The role is granted at once, or asked for where it needs a second person. Asked again under the same id, it is granted
    once. Of a kind that needs two only another administrator confirms it."""
    change = await begin_change(tx)
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=wanted.unit))
    person = await store.one(tx, PERSON, wanted.person, Person)
    faults = [] if wanted.role in ROLES else [("role", "no such role")]
    if wanted.person == change.who.principal:
        faults.append(("person", "is yourself: nobody grants a role to himself"))
    if person is None or person.left_at is not None:
        faults.append(("person", "no such person, or has left"))
    if wanted.unit is not None and wanted.unit not in change.structure.units:
        faults.append(("unit", "no such unit"))
    if wanted.until_at is not None and wanted.until_at <= wanted.from_at:
        faults.append(("until_at", "lies not behind from_at"))
    if faults:
        raise Wrong(*faults)
    if wanted.role in BY_TWO:
        terms = {name: getattr(wanted, name) for name in ("role", "unit", "from_at", "until_at")}
        return await propose(ROLE, wanted.person, None, terms, wanted.id, change)
    if there := await store.one(tx, ROLE_GRANT, wanted.id, RoleGrant):
        if (there.person, there.role, there.unit) != (wanted.person, wanted.role, wanted.unit):
            raise Against("Something else has this id.")
    else:
        await grant_role(wanted, change)
    return None


async def grant_role(wanted: RoleGrant, change: Change) -> None:
    """The role holds."""
    row = {**vars(wanted), "granted_by": change.by[0], "second": change.by[1] if change.second else None}
    await store.add(change.tx, ROLE_GRANT, row)
    await change.record("role", wanted.person, None, wanted)
    change.tx.emit(
        RoleGranted(
            person=wanted.person,
            role=wanted.role,
            unit=wanted.unit,
            at=wanted.from_at,
            until_at=wanted.until_at,
            by=change.by,
        )
    )
    await change.says([wanted.person], access.ROLE)


async def revoke_role(which: UUID, tx: Transaction) -> None:
    """The role ends now, by one, who may be whoever holds it."""
    change = await begin_change(tx)
    before = await store.one(tx, ROLE_GRANT, which, RoleGrant)
    if before is None:
        raise Absent("No such role is held")
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=before.unit), before.person == change.who.principal)
    if not before.interval.ends > tx.now:
        raise Against("The role has ended.")
    until = max(before.from_at, tx.now)
    await store.change(tx, ROLE_GRANT, which, {"until_at": until})
    await change.record("role", before.person, before, {"until_at": until})
    tx.emit(RoleRevoked(person=before.person, role=before.role, unit=before.unit, at=until, by=change.by))
    await change.says([before.person], access.ROLE)
