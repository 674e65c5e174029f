"""What is known of people as far as it decides what they see, and the versions under which that was said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_json

from chassis import Transaction
from territory.domain.access import Known
from territory.domain.organisation import Absence, BreakGlass, Membership, Person, RoleGrant, Substitution
from territory.store.organisation import of_people
from territory.store.organisation_tables import ABSENCE, MEMBERSHIP, PERSON, ROLE_GRANT, SUBSTITUTION

_GLASS = """
select id, unit, asker, from_at, until_at from break_glass where asker = any($1::text[]) and granter is not null
"""
_SUBJECTS = """
select issuer, subject, person from subject where person = any($1::text[]) and (until_at is null or until_at > $2)
order by issuer, subject
"""
_EVERYBODY = "select id from person order by id"
_REACHING = """
select distinct person from membership where unit = any($1::text[]) and (until_at is null or until_at > $2) order by person
"""
_STANDING_IN = """
select distinct substitute from substitution where absent = any($1::text[]) and (until_at is null or until_at > $2)
order by substitute
"""
_SAID = """
update person p set access = s.access from json_to_recordset($1::json) as s(id text, access bigint) where p.id = s.id
"""


async def known_of(tx: Transaction, people: Iterable[str]) -> dict[str, Known]:
    """What is known of each of these people; nothing of one who is not there."""
    asked = sorted(set(people))
    persons = await of_people(tx, PERSON, Person, "id", asked)
    substitutions = _by("substitute", await of_people(tx, SUBSTITUTION, Substitution, "substitute", asked))
    stood_for = {one.absent for found in substitutions.values() for one in found}
    both = {*asked, *stood_for}
    memberships = _by("person", await of_people(tx, MEMBERSHIP, Membership, "person", both))
    absences = _by("person", await of_people(tx, ABSENCE, Absence, "person", both))
    roles = _by("person", await of_people(tx, ROLE_GRANT, RoleGrant, "person", asked))
    glass = _by("asker", [BreakGlass(**row) for row in await tx.conn.fetch(_GLASS, asked)])
    return {
        person.id: Known(
            person,
            memberships[person.id],
            roles[person.id],
            absences[person.id],
            substitutions[person.id],
            glass[person.id],
            {one.absent: memberships[one.absent] for one in substitutions[person.id]},
            {one.absent: absences[one.absent] for one in substitutions[person.id]},
        )
        for person in persons
    }


async def subjects_of(tx: Transaction, people: Iterable[str]) -> Mapping[str, list[tuple[str, str]]]:
    """Whom tokens call by these names: issuer and subject."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in await tx.conn.fetch(_SUBJECTS, sorted(people), tx.now):
        found[row["person"]].append((row["issuer"], row["subject"]))
    return found


async def everybody(tx: Transaction) -> list[str]:
    """Everybody who was ever there."""
    return [row["id"] for row in await tx.conn.fetch(_EVERYBODY)]


async def reaching(tx: Transaction, units: Iterable[str]) -> list[str]:
    """Those who belong to any of these units, now or later."""
    return [row["person"] for row in await tx.conn.fetch(_REACHING, sorted(units), tx.now)]


async def standing_in(tx: Transaction, people: Iterable[str]) -> list[str]:
    """Those who stand in for any of these people, now or later."""
    return [row["substitute"] for row in await tx.conn.fetch(_STANDING_IN, sorted(people), tx.now)]


async def said(tx: Transaction, versions: Mapping[str, int]) -> None:
    """What each of these people sees has been said under this version."""
    rows = [{"id": person, "access": version} for person, version in versions.items()]
    await tx.conn.execute(_SAID, to_json(rows).decode())


def _by(name: str, rows: Iterable[Any]) -> "defaultdict[str, list[Any]]":
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
