"""One that fails does not stop the others: a batch is halved until what fails stands alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from chassis.database import is_infrastructure
from chassis.transaction import Transaction

T = TypeVar("T")


async def split(
    tx: Transaction,
    items: Sequence[T],
    handle: Callable[[Sequence[T], Transaction], Awaitable[None]],
    failed: Callable[[T, Exception], Awaitable[None]],
) -> None:
    """Handles all of them, each half under a savepoint of its own where the whole fails. ``failed`` is told of each that
    fails alone, and nothing that it did or emitted stays. Raises what is nobody's fault: a database that is away."""
    emitted, refused = len(tx.emitted), len(tx.set_aside)
    try:
        async with tx.conn.transaction():
            await handle(items, tx)
    except Exception as error:
        if is_infrastructure(error):
            raise
        del tx.emitted[emitted:], tx.set_aside[refused:]
        if len(items) == 1:
            await failed(items[0], error)
            return
        middle = len(items) // 2
        await split(tx, items[:middle], handle, failed)
        await split(tx, items[middle:], handle, failed)
