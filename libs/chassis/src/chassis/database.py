"""One pool per process, and the one way to open a transaction."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

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
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.ReadOnlySQLTransactionError,
)

# A text that no Postgres holds: NUL, in a path as well as in a body.
UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
ACQUIRE_WITHIN_S = 10.0
TRANSACTION_S, HAS_TRANSACTION_TIMEOUT = 60, 17

# The server asks who is silent whether it is there, and gives up who does not take what it sends.
KEPT_ALIVE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "8000",
}


def is_infrastructure(error: BaseException) -> bool:
    """True when trying the same again later can help; then nothing is parked, the delivery is held."""
    return isinstance(error, INFRASTRUCTURE)


def plain_url(url: str) -> str:
    """The address as asyncpg takes it, whatever driver it names."""
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql"))


async def _no_reset(connection: asyncpg.Connection) -> None:
    """The pool's reset is a round trip per check-in: our transactions end themselves."""


async def _opens(connection: asyncpg.Connection) -> None:
    """JSON comes as Python values; it goes as the text that the store made of it. And no transaction lasts for ever."""
    if connection.get_server_version().major >= HAS_TRANSACTION_TIMEOUT:
        await connection.execute(f"set transaction_timeout = '{TRANSACTION_S}s'")
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=str, decoder=json.loads, schema="pg_catalog")


class Database:
    """A service's own database. ``memo`` lives as long as this object: compiled rules, open keys and the like."""

    def __init__(self, settings: "Settings", owns: frozenset[str] = frozenset()) -> None:
        self.settings = settings
        self.owns = owns
        self.process_cache: dict[Any, Any] = {}
        self.after_commit: list[Callable[[], None]] = []
        self._watchers: list[asyncio.Future[None]] = []
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def _opened(self) -> asyncpg.Pool:
        """The pool, made at first use; a database that is away is an error then, not before."""
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    plain_url(self.settings.database_url.get_secret_value()),
                    min_size=0,
                    max_size=self.settings.database_pool,
                    timeout=5,
                    command_timeout=60,
                    init=_opens,
                    reset=_no_reset,
                    max_inactive_connection_lifetime=300,
                    server_settings={
                        "application_name": "tributary",
                        # A plan that was cached while a table was empty reads all of it for ever: rows are found by key.
                        "enable_seqscan": "off",
                        "jit": "off",
                        # A process that was frozen inside its transaction holds its locks: the server ends it for the others.
                        "idle_in_transaction_session_timeout": f"{self.settings.transaction_idle_ms}",
                        "lock_timeout": f"{self.settings.lock_wait_ms}",
                        **KEPT_ALIVE,
                    },
                )
        return self._pool

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A raw connection. One that is in doubt is not given back to the pool: it may still be in a transaction."""
        pool = self._pool or await self._opened()
        try:
            conn: Any = await pool.acquire(timeout=ACQUIRE_WITHIN_S)
        except asyncpg.PostgresError as error:  # whatever it says, it is not about what we wanted to store
            raise ConnectionError(f"the database lets us not in: {type(error).__name__}") from error
        try:
            yield conn
        except BaseException as error:
            if conn.is_in_transaction() or is_infrastructure(error) or not isinstance(error, Exception):
                conn.terminate()
            raise
        finally:
            await pool.release(conn)

    @contextlib.asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[Transaction]:
        """Commits at the end of the block together with what was emitted; an exception rolls all of it back."""
        async with self.connection() as conn:
            tx = Transaction(conn, datetime.now(UTC), self.settings, self.process_cache, owns=self.owns, **options)
            async with conn.transaction():
                yield tx
                await tx.finish()
        if tx.emitted:
            for kick in self.after_commit:
                kick()
        if tx.tells:
            self._wake()

    def _wake(self) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)

    async def next_commit(self, within: float) -> None:
        """Returns after this process's next delivery or telling commit, or after so many seconds: another replica's commit
        is not seen here."""
        watcher = asyncio.get_running_loop().create_future()
        self._watchers.append(watcher)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(watcher, within)

    async def close(self) -> None:
        """Closes every connection."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                async with asyncio.timeout(0.5):
                    await pool.close()
            except TimeoutError:
                pool.terminate()
