"""The promises in force, as every process knows them."""

from collections.abc import Mapping

from chassis import Transaction
from leads.domain.policy import POLICY_1, Policy


async def in_force(tx: Transaction) -> Policy:
    """What customers are promised now."""
    return POLICY_1


async def all_of(tx: Transaction) -> Mapping[int, Policy]:
    """Every version that something may be due by."""
    return {POLICY_1.version: POLICY_1}
