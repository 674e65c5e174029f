"""Substitutions and absences, by those whom they name."""

from collections.abc import Iterable
from datetime import datetime

from chassis import Transaction
from territory.domain.organisation import Absence, Substitution

_COLUMNS = "id, absent, substitute, unit, from_at, until_at, ends_with_absence, version"
_OF_PEOPLE = f"""
select {_COLUMNS} from substitution
where (absent = any($1::text[]) or substitute = any($1::text[])) and (until_at is null or until_at > $2) order by from_at, id
"""  # noqa: S608
_OF_MEMBER = f"""
select {_COLUMNS} from substitution
where unit = $2 and (absent = $1 or substitute = $1) and (until_at is null or until_at > $3) order by from_at, id
"""  # noqa: S608
_OF_UNITS = f"""
select {_COLUMNS} from substitution
where (unit = any($1::text[]) or absent = $2 or substitute = $2) and (until_at is null or until_at > $3) order by from_at, id
"""  # noqa: S608
_ABSENCES = """
select id, person, from_at, until_at, kind, source, version from absence where person = $1 order by from_at desc, id limit $2
"""


async def of_people(tx: Transaction, people: Iterable[str]) -> list[Substitution]:
    """Those that are not over in which any of these people has a part."""
    return [Substitution(**row) for row in await tx.conn.fetch(_OF_PEOPLE, sorted(people), tx.now)]


async def of_member(tx: Transaction, person: str, unit: str, at: datetime) -> list[Substitution]:
    """Those of a person in a unit that would go on behind this moment."""
    return [Substitution(**row) for row in await tx.conn.fetch(_OF_MEMBER, person, unit, at)]


async def of_units(tx: Transaction, units: Iterable[str], person: str) -> list[Substitution]:
    """Those that are not over in these units, and in which this person has a part."""
    return [Substitution(**row) for row in await tx.conn.fetch(_OF_UNITS, sorted(units), person, tx.now)]


async def absences_of(tx: Transaction, person: str, most: int) -> list[Absence]:
    """A person's absences, the latest first."""
    return [Absence(**row) for row in await tx.conn.fetch(_ABSENCES, person, most)]
