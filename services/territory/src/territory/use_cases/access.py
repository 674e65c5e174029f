"""What somebody may see and do is worked out anew and said, whole, whenever something has changed of which it depends."""

from collections.abc import Iterable

from chassis import Transaction
from chassis.access import NAME
from contracts.event import Event
from contracts.territory import access as said
from territory.domain.access import SUBSTITUTE, Known, grants_of, roles_of
from territory.domain.organisation import Structure
from territory.store import access as store

JOINED, MOVED, LEFT, ROLE, SUSPENDED, SUBSTITUTION, BREAK_GLASS, STRUCTURE, CORRECTION = (
    "joined", "moved", "left", "role", "suspended", "substitution", "break_glass", "structure", "correction",
)  # fmt: skip


async def say_access(
    people: Iterable[str], structure: Structure, cause: str, by: tuple[str, ...], tx: Transaction
) -> None:
    """Says what these people, and those who stand in for them, may see and do from now on. Somebody whose id can stand in no
    token is in the organisation and sees nothing: of them nothing is said.
    """
    asked = {*people, *await store.standing_in(tx, people := sorted(set(people)))}
    known = {name: one for name, one in (await store.known_of(tx, asked)).items() if NAME.fullmatch(name)}
    subjects = await store.subjects_of(tx, known)
    # A clock, so that a database that came back from a backup can't hold back what it says from then on; and it never falls.
    now = int(tx.now.timestamp() * 1_000_000)
    versions = {name: max(one.person.access + 1, now) for name, one in known.items()}
    for name, one in sorted(known.items()):
        tx.emit(to_event(one, subjects.get(name, ()), structure, versions[name], cause, by, tx))
    await store.said(tx, versions)


def to_event(
    known: Known,
    subjects: Iterable[tuple[str, str]],
    structure: Structure,
    version: int,
    cause: str,
    by: tuple[str, ...],
    tx: Transaction,
) -> Event:
    """The whole of it, but for what is over; or that nothing is left. Who stood in for whom is told also when it is over: who asks later
    who acted for a holder asks others than territory."""
    person = known.person
    all_grants = grants_of(known, structure)
    grants = [grant for grant in all_grants if grant.interval.ends > tx.now]
    roles = [role for role in roles_of(known) if role.interval.ends > tx.now]
    if not grants and not roles:
        return said.AccessRevoked(person=person.id, version=version, cause=cause, by=by, revoked_at=tx.now)
    grants += [grant for grant in all_grants if grant.kind == SUBSTITUTE and grant.interval.ends <= tx.now]
    return said.AccessGranted(
        person=person.id,
        kind="machine" if person.kind == "machine" else "person",
        subjects=tuple(said.Subject(issuer=issuer, subject=subject) for issuer, subject in subjects),
        roles=tuple(
            said.RoleHeld(role=role.role, unit=role.unit, begins_at=role.from_at, ends_at=role.until_at)
            for role in roles
        ),
        grants=tuple(
            said.Grant(
                team=grant.team,
                kind=grant.kind,
                records=grant.records,
                opens=grant.opens,
                on_behalf_of=grant.on_behalf_of or None,
                begins_at=grant.interval.begins,
                ends_at=grant.interval.until,
                reference=grant.reference,
            )
            for grant in grants
        ),
        version=version,
        cause=cause,
        by=by,
        granted_at=tx.now,
    )
