"""The organisation as territory's database has it: enough to work out again who may see what."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from territory.domain.access import Known
from territory.domain.organisation import (
    KINDS,
    RANKS,
    Absence,
    BreakGlass,
    Kind,
    Membership,
    Person,
    Rank,
    RoleGrant,
    Structure,
    Substitution,
    Unit,
)

_UNITS = "select id, kind, parent, name, from_at, zone, calendar, settings::text, until_at, version from unit"
_WORDS = "select name, items::text from vocabulary"
_PEOPLE = "select id, kind, suspended, left_at, access from person"
_GLASS = "select id, unit, asker, from_at, until_at from break_glass where granter is not null"
_TABLES: tuple[tuple[str, type[Any]], ...] = (
    ("membership", Membership),
    ("role_grant", RoleGrant),
    ("absence", Absence),
    ("substitution", Substitution),
)
_BEFORE = datetime.min.replace(tzinfo=UTC)


@dataclass
class OrganisationTables:
    """The structure, and what is known of each person, as of ``read_at``."""

    structure: Structure = field(default_factory=lambda: Structure.of(0, (), KINDS, RANKS))
    people: dict[str, Known] = field(default_factory=dict)
    read_at: datetime = _BEFORE


async def read_organisation(connection: Any) -> OrganisationTables:
    """Everything of it, of one moment."""
    words = {name: from_json(items) for name, items in await connection.fetch(_WORDS)}
    kinds = [Kind(**item) for item in words["unit_kind"]] if "unit_kind" in words else KINDS
    ranks = [Rank(**item) for item in words["rank"]] if "rank" in words else RANKS
    units = [Unit(**{**row, "settings": from_json(row["settings"])}) for row in await connection.fetch(_UNITS)]
    rows: dict[str, defaultdict[str, list[Any]]] = {}
    for table, kind in _TABLES:
        names = ", ".join(kind.__dataclass_fields__)
        found = rows[table] = defaultdict(list)
        for row in await connection.fetch(f"select {names} from {table} order by from_at, id"):
            found[row["substitute"] if table == "substitution" else row["person"]].append(kind(**row))
    glass: defaultdict[str, list[BreakGlass]] = defaultdict(list)
    for row in await connection.fetch(_GLASS):
        glass[row["asker"]].append(BreakGlass(**row))
    memberships, absences, stands_in = rows["membership"], rows["absence"], rows["substitution"]
    people = {
        row["id"]: Known(
            Person(**row),
            memberships[row["id"]],
            rows["role_grant"][row["id"]],
            absences[row["id"]],
            stands_in[row["id"]],
            glass[row["id"]],
            {one.absent: memberships[one.absent] for one in stands_in[row["id"]]},
            {one.absent: absences[one.absent] for one in stands_in[row["id"]]},
        )
        for row in await connection.fetch(_PEOPLE)
    }
    now = await connection.fetchval("select now()")
    return OrganisationTables(Structure.of(0, units, kinds, ranks), people, now)
