"""Proposals, and whether anybody is inside a unit who could confirm one."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import select

from chassis import Transaction
from chassis.query import fetch
from territory.domain.organisation import MANAGEMENT, Structure
from territory.domain.proposal import OPEN, Proposal
from territory.store import organisation
from territory.store.organisation_tables import PROPOSAL

_DECIDED = "update proposal set state = $2, decided_by = $3, decided_at = $4 where id = $1"
_INSIDE = """
select exists (
    select from membership m join person p on p.id = m.person
    where p.kind = 'person' and not p.suspended and (p.left_at is null or p.left_at > $1) and m.person <> all($2::text[])
        and m.from_at <= $1 and (m.until_at is null or m.until_at > $1)
        and (m.unit = any($3::text[]) or (m.unit = any($4::text[]) and m.rank = any($5::text[])))
)
"""


async def add(tx: Transaction, proposal: Proposal) -> None:
    """A new one. Its terms are kept as text that JSON has."""
    row: dict[str, Any] = {**vars(proposal), "terms": _plain(proposal.terms)}
    await organisation.add(tx, PROPOSAL, row)


async def decided(tx: Transaction, proposal: Proposal) -> None:
    """What has become of it, for ever."""
    await tx.conn.execute(_DECIDED, proposal.id, proposal.state, proposal.decided_by, proposal.decided_at)


async def anybody_inside(tx: Transaction, structure: Structure, unit: str, but: set[str]) -> bool:
    """Whether a leader of the unit, or of one above it, or a member of the management is there, apart from these people."""
    managing = [one.id for one in structure.units.values() if one.kind == MANAGEMENT]
    leading = [rank.id for rank in structure.ranks.values() if rank.leads]
    found: bool = await tx.conn.fetchval(_INSIDE, tx.now, sorted(but), managing, list(structure.path(unit)), leading)
    return found


async def listed(tx: Transaction, only_open: bool, most: int) -> Sequence[Proposal]:
    """The newest first."""
    asked = select(PROPOSAL).order_by(PROPOSAL.c.proposed_at.desc(), PROPOSAL.c.id).limit(most)
    if only_open:
        asked = asked.where(PROPOSAL.c.state == OPEN, PROPOSAL.c.lapses_at > tx.now)
    return [Proposal(**row) for row in await fetch(tx.conn, asked)]


def _plain(terms: Any) -> Any:
    return from_json(to_json(terms))
