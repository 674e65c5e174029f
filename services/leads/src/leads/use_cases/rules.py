"""The rules in force, as every process knows them."""

from chassis import Transaction
from leads.domain.response import RESPONSE_1, Response


async def response(tx: Transaction) -> Response:
    """How long a lead may wait where nobody has it."""
    return RESPONSE_1
