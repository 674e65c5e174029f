"""A browser's EventSource can send no Authorization header: it brings a ticket, which opens one stream, once, and soon expires."""

import hashlib
from datetime import datetime, timedelta

from chassis import Transaction
from metrics.store import tickets

GOOD_FOR = timedelta(seconds=30)


async def issue(ticket: str, tx: Transaction) -> datetime:
    """Puts this ticket on record and returns when it expires. What is stored opens nothing."""
    expires_at = tx.now + GOOD_FOR
    await tickets.add(tx, _digest(ticket), expires_at)
    return expires_at


async def redeem(ticket: str, tx: Transaction) -> bool:
    """Whether it opens a stream; it does so once."""
    return await tickets.take(tx, _digest(ticket))


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode(errors="replace")).digest()
