"""People: who they are to the organisation, whom tokens call so, and whether they are there at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chassis import Transaction
from chassis.access import NAME
from territory.domain.authority import AUDITOR, MANAGEMENT_ROLE, PEOPLE, Authority
from territory.domain.organisation import Person
from territory.domain.proposal import RETURN, SUBJECT, Proposal
from territory.domain.refusal import Absent, Against, Wrong
from territory.store import organisation as store
from territory.store import person as rows
from territory.store.access import known_of
from territory.store.organisation_tables import PERSON
from territory.use_cases.access import CORRECTION, SUSPENDED
from territory.use_cases.authority import Change, begin_change, unchanged
from territory.use_cases.calendar import place_faults
from territory.use_cases.organisation import MACHINE
from territory.use_cases.proposal import propose

RESERVED = frozenset({"operator", "anonymous", "unchecked"})


@dataclass(frozen=True)
class Profile:
    """What a person's colleagues may know. ``name`` is shown and stands in no event."""

    name: str | None
    zone: str | None
    calendar: str | None
    languages: tuple[str, ...]
    skills: tuple[str, ...]


async def put_person(name: str, profile: Profile, version: int | None, tx: Transaction) -> tuple[int, bool]:
    """The person is so from here on; their version, and whether they are new. A machine's name says that it is one."""
    change = await begin_change(tx)
    there = await rows.version_of(tx, name)
    change.needs(change.who.holds(PEOPLE), there is not None and name == change.who.principal)
    if faults := await place_faults(profile.zone, profile.calendar, tx):
        raise Wrong(*faults)
    fields: dict[str, Any] = {**vars(profile), "languages": list(profile.languages), "skills": list(profile.skills)}
    if there is None:
        kind = "machine" if name.startswith(MACHINE) else "person"
        if not (may_sign_in(name) or (kind == "machine" and NAME.fullmatch(name))):
            raise Wrong(("id", "is not of small letters, digits and . _ - alone, or is a word of the system"))
        await store.add(tx, PERSON, {"id": name, "kind": kind, **fields})
    else:
        unchanged(version, there)
        await store.change(tx, PERSON, name, fields)
    await change.record("person", name, None, fields)
    return (there or 0) + 1, there is None


def may_sign_in(name: str) -> bool:
    """Whether an id can stand for a person wherever principals stand, and is no word of the system."""
    return bool(NAME.fullmatch(name)) and ":" not in name and name not in RESERVED


async def propose_subject(name: str, issuer: str, subject: str, tx: Transaction) -> Proposal:
    """Tokens shall call this person so."""
    change = await begin_change(tx)
    change.needs(change.who.holds(PEOPLE))
    await _known(name, change)
    if (owner := await rows.owner_of(tx, issuer, subject)) is not None:
        raise Against("It is bound already." if owner == name else "It is somebody else's.")
    return await propose(
        SUBJECT, name, await _where(name, change), {"issuer": issuer, "subject": subject}, None, change
    )


async def bind_subject(name: str, issuer: str, subject: str, change: Change) -> None:
    """Tokens call this person so: it was proposed and confirmed."""
    if not await rows.bind(change.tx, issuer, subject, name):
        raise Against("It is somebody's already.")
    await change.record("subject", name, None, {"issuer": issuer, "subject": subject})
    await change.says([name], CORRECTION)


async def unbind_subject(name: str, issuer: str, subject: str, tx: Transaction) -> None:
    """Tokens call nobody so from here on."""
    change = await begin_change(tx)
    change.needs(change.who.holds(PEOPLE), name == change.who.principal)
    if not await rows.unbind(tx, issuer, subject, name):
        raise Absent("No such subject")
    await change.record("subject", name, {"issuer": issuer, "subject": subject}, None)
    await change.says([name], CORRECTION)


async def suspend(name: str, tx: Transaction) -> None:
    """They see nothing and take nothing from here on, and keep their leads."""
    change = await begin_change(tx)
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE))
    person = await _known(name, change)
    if not person.suspended:
        await store.change(tx, PERSON, name, {"suspended": True})
        await change.record("suspended", name, False, True)
        await change.says([name], SUSPENDED)


async def propose_return(name: str, tx: Transaction) -> Proposal:
    """They shall see again what they saw."""
    change = await begin_change(tx)
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE))
    if not (await _known(name, change)).suspended:
        raise Against("The person is not suspended.")
    return await propose(RETURN, name, await _where(name, change), {}, None, change)


async def come_back(name: str, change: Change) -> None:
    """They see again what they saw: it was proposed and confirmed."""
    await _known(name, change)
    await store.change(change.tx, PERSON, name, {"suspended": False})
    await change.record("suspended", name, True, False)
    await change.says([name], SUSPENDED)


async def _known(name: str, change: Change) -> Person:
    person = await store.one(change.tx, PERSON, name, Person)
    if person is None:
        raise Absent("No such person")
    if person.left_at is not None and person.left_at <= change.tx.now:
        raise Against("The person has left the company.")
    return person


async def _where(name: str, change: Change) -> str | None:
    """A unit whose rows the person sees, now or later: whoever is inside it confirms that they do."""
    known = (await known_of(change.tx, [name])).get(name)
    units = [one.unit for one in known.memberships if one.interval.ends > change.tx.now] if known else []
    return min(units, key=lambda unit: len(change.structure.path(unit)), default=None)


def may_know(who: Authority, name: str, units: Iterable[str]) -> bool:
    """Whether somebody may read a person's name: themselves, administrators, and those who see a unit of theirs."""
    return name == who.principal or who.holds_any(PEOPLE, AUDITOR) or not who.sees.isdisjoint(units)
