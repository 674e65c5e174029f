"""One pool per process, and the one way to open a transaction."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.transaction import Transaction

if TYPE_CHECKING:
    from chassis.settings import Settings

# What says "the database is away or told us to try again", as against "this event can't be stored".
INFRASTRUCTURE: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.CannotConnectNowError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.ReadOnlySQLTransactionError,
    InterfaceError,
    OperationalError,
)


def is_infrastructure(error: BaseException) -> bool:
    """True when trying the same again later can help; then nothing is parked, the delivery is held."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, INFRASTRUCTURE)


class Database:
    """A service's own database. ``memo`` lives as long as this object: compiled rules, open keys and the like."""

    def __init__(self, settings: "Settings", owns: frozenset[str] = frozenset()) -> None:
        self.settings = settings
        self.owns = owns
        self.memo: dict[Any, Any] = {}
        self.after_commit: list[Any] = []
        url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+asyncpg")
        # The pool's reset is a rollback per check-in: our transactions end themselves, so it is one round trip for nothing.
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=settings.database_pool,
            max_overflow=settings.database_pool,
            pool_timeout=10,
            pool_reset_on_return=None,
            connect_args={"timeout": 5, "command_timeout": 60, "server_settings": {"application_name": "tributary"}},
        )

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A raw asyncpg connection. One that failed for any reason but a refused statement is not given back to the pool."""
        async with self.engine.connect() as holder:
            raw = (await holder.get_raw_connection()).driver_connection
            assert raw is not None
            try:
                yield raw
            except BaseException as error:
                if (
                    raw.is_closed()
                    or raw.is_in_transaction()
                    or is_infrastructure(error)
                    or not isinstance(error, Exception)
                ):
                    raw.terminate()
                    await holder.invalidate()
                raise

    @contextlib.asynccontextmanager
    async def transaction(self, **told: Any) -> AsyncIterator[Transaction]:
        """Commits at the end of the block together with what was emitted; an exception rolls all of it back.

        ``engine.begin()`` with the raw connection would send no BEGIN: raw work opens its transaction itself.
        """
        async with self.connection() as raw:
            tx = Transaction(raw, datetime.now(UTC), self.settings, self.memo, owns=self.owns, **told)
            async with raw.transaction():
                yield tx
                await tx.finish()
            emitted = tx.emitted
        if emitted:
            for kick in self.after_commit:
                kick()

    async def close(self) -> None:
        """Closes every connection."""
        await self.engine.dispose()
