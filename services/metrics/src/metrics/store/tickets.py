"""Tickets to the stream, each used once."""

from datetime import datetime

from chassis import Transaction

_ADD = """
with expired as (delete from stream_ticket where expires_at < $3)
insert into stream_ticket (digest, expires_at) values ($1, $2)
"""
_TAKE = "delete from stream_ticket where digest = $1 returning expires_at >= $2"


async def add(tx: Transaction, digest: bytes, expires_at: datetime) -> None:
    """One more; those that nobody used in time go."""
    await tx.conn.execute(_ADD, digest, expires_at, tx.now)


async def take(tx: Transaction, digest: bytes) -> bool:
    """Whether there was such a ticket, in time. There is none from now on."""
    return bool(await tx.conn.fetchval(_TAKE, digest, tx.now))
