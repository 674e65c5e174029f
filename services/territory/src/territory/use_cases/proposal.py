"""Gains of access: proposed by one, confirmed by another."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from territory.domain.proposal import LAPSES_AFTER, Proposal
from territory.domain.refusal import Against, Wrong
from territory.store import organisation as store
from territory.store import proposal as rows
from territory.store.organisation_tables import PROPOSAL
from territory.use_cases.authority import Change


async def propose(
    what: str, person: str, unit: str | None, terms: Mapping[str, Any], name: UUID | None, change: Change
) -> Proposal:
    """It waits for a second person from here on; asked again under the same name, it is the one that waits already."""
    tx = change.tx
    if person == change.who.principal:
        raise Wrong(("person", "is yourself: somebody else proposes it"))
    made = Proposal(name or uuid7(), what, person, unit, terms, change.who.principal, tx.now, tx.now + LAPSES_AFTER)
    if there := await store.one(tx, PROPOSAL, made.id, Proposal):
        if (there.what, there.person, there.proposed_by) != (made.what, made.person, made.proposed_by):
            raise Against("Something else has this id.")
        return there
    await rows.add(tx, made)
    await change.record("proposal", person, None, made)
    return made
