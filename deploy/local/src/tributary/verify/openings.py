"""Who looked at whom a lead is about, as leads' database has it, and whether somebody could look without that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

_LOOKS = """
select opening::text, lead_id::text, team, person, on_behalf_of, purpose, grant_kind, reference::text, at from opened
"""
# The doors have their keys of one function. What else they could do to keys, or to what is written of looks, is named.
_WAYS = """
select relname || ': ' || word from unnest(array['person', 'intake_key', 'opened']) as relname,
    unnest(array['select', 'insert', 'update']) as word
where has_any_column_privilege(regexp_replace(current_user, '_[^_]+$', '_door'), relname, word) and (relname, word) <> ('opened', 'select')
order by 1
"""


class Look(NamedTuple):
    """One look at one lead."""

    team: str
    person: str
    on_behalf_of: str
    purpose: str
    grant_kind: str
    reference: str | None
    at: datetime


class Looked(NamedTuple):
    """Somebody was told to have looked at whom the lead is about."""

    opening: str
    look: Look


def _looked(b: Mapping[str, Any]) -> Looked:
    words = (b["team"], b["person"], b.get("on_behalf_of", ""), b["purpose"], b["grant_kind"], b.get("reference"))
    return Looked(b["opening"], Look(*words, at=datetime.fromisoformat(b["opened_at"])))


TOLD: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {"leads.audit.contact_opened.v1": _looked}


@dataclass
class OpeningTables:
    """Every look, by its opening and its lead, and the ``ways`` past the function that writes them down."""

    looks: dict[tuple[str, str], Look] = field(default_factory=dict)
    ways: list[str] = field(default_factory=list)


async def read_openings(connection: Any) -> OpeningTables:
    """Everything of it, of one moment; as the watching role, whose name the doors' role's is made of."""
    looks = {(opening, lead_id): Look(*look) for opening, lead_id, *look in await connection.fetch(_LOOKS)}
    return OpeningTables(looks, [row[0] for row in await connection.fetch(_WAYS)])
