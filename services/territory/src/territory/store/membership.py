"""Memberships and roles of one person."""

from collections.abc import Sequence

from chassis import Transaction
from territory.domain.organisation import Membership, RoleGrant
from territory.store.organisation import of_people
from territory.store.organisation_tables import MEMBERSHIP, ROLE_GRANT


async def memberships_of(tx: Transaction, person: str) -> Sequence[Membership]:
    """All there were, in the order of their beginning."""
    return sorted(await of_people(tx, MEMBERSHIP, Membership, "person", [person]), key=lambda one: one.from_at)


async def roles_of(tx: Transaction, person: str) -> Sequence[RoleGrant]:
    """All there were, in the order of their beginning."""
    return sorted(await of_people(tx, ROLE_GRANT, RoleGrant, "person", [person]), key=lambda one: one.from_at)
