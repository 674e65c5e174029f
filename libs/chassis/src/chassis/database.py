"""Two pools per process, of the doors and of the workers, and the one way to open a transaction in each."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from asyncpg.protocol import protocol

from chassis.access import Actor
from chassis.telemetry import trace_id_of
from chassis.transaction import Transaction, counts, load_counts

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

# What says that others were at the same rows: the database is there, and who tries again goes through.
CONTENDED = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)

# A text that no Postgres holds: NUL, in a path as well as in a body.
UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
ACQUIRE_WITHIN_S = 10.0
TRANSACTION_S, HAS_TRANSACTION_TIMEOUT = 60, 17

ACCESS_LOCK = 4713  # the first half of the advisory locks of actors, the second is hashtext of the name

UNNAMED = Actor.service("unnamed")

# The server asks who is silent whether it is there, and gives up who does not take what it sends.
KEPT_ALIVE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "8000",
}
# A plan that was cached while a table was empty reads all of it for ever, and to make one anew takes longer than to follow it:
# what workers want is found by key, by one plan.
BY_KEY = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}

# asyncpg asks two abstract classes of each element of an array whether that is an array itself, which takes longer than to encode it.
# Plain classes answer at once; a test sees that it still asks by these names.
ARRAYS: tuple[type, ...] = (list, tuple, set, frozenset, type({}.keys()), type({}.values()))
vars(protocol).update(IterableABC=ARRAYS, SizedABC=ARRAYS)


def is_infrastructure(error: BaseException) -> bool:
    """True when trying the same again later can help; then nothing is parked, the delivery is held."""
    return isinstance(error, INFRASTRUCTURE) and not (is_refused(error) and _of_a_row(error))


def _of_a_row(error: Any) -> bool:
    """Whether a row policy refused, and not the rights to a table, which a migration that is under way may still give. No
    waiting gives a row: it is a bug like any other, so the event is parked, and held only where too many are."""
    return bool(error.server_source_function == "ExecWithCheckOptions")


def is_refused(error: BaseException) -> bool:
    """True when a role asked for what it has no right to, a table or a row: at a door a bug of ours, that no waiting heals."""
    return isinstance(error, asyncpg.InsufficientPrivilegeError)


def is_too_slow(error: BaseException) -> bool:
    """True when the database is there and ended what took it longer than a door waits: a statement, or a whole transaction and its
    connection with it."""
    return isinstance(error, asyncpg.QueryCanceledError) or isinstance(error.__cause__, asyncpg.TransactionTimeoutError)


def plain_url(url: str) -> str:
    """The address as asyncpg takes it, whatever driver it names."""
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql"))


def tls(settings: "Settings") -> dict[str, Any]:
    """What asyncpg is told of certificates; nothing where none is asked for, and then the address may ask for one itself."""
    return {} if (context := settings.database_ssl()) is None else {"ssl": context}


async def _no_reset(connection: asyncpg.Connection) -> None:
    """The pool's reset is a round trip per check-in: our transactions end themselves."""


async def _opens(connection: asyncpg.Connection) -> None:
    """JSON comes as Python values; it goes as the text that the store made of it."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=str, decoder=json.loads, schema="pg_catalog")


async def _opens_worker(connection: asyncpg.Connection) -> None:
    """And no transaction lasts for ever. How long one of a door lasts is said by its role (roles.sql)."""
    if connection.get_server_version().major >= HAS_TRANSACTION_TIMEOUT:
        await connection.execute(f"set transaction_timeout = '{TRANSACTION_S}s'")
    await _opens(connection)


class Pool:
    """The connections of one role, made when they are needed; a database that is away is an error then, not before."""

    def __init__(
        self, settings: "Settings", address: str, size: int, server_settings: dict[str, str], opens: Any = _opens
    ) -> None:
        self.settings, self.address, self.size, self.server_settings = settings, address, size, server_settings
        self._opens = opens
        self._pool: asyncpg.Pool | None = None
        self.waiting = 0  # who asked for a connection and has none yet
        self._opening = asyncio.Lock()

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    plain_url(getattr(self.settings, self.address).get_secret_value()),
                    min_size=0,
                    max_size=self.size,
                    timeout=5,
                    command_timeout=60,
                    init=self._opens,
                    **tls(self.settings),
                    reset=_no_reset,
                    max_inactive_connection_lifetime=300,
                    server_settings={
                        "application_name": "tributary",
                        "jit": "off",
                        **KEPT_ALIVE,
                        **self.server_settings,
                    },
                )
        return self._pool

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A raw connection. One that is in doubt is not given back to the pool: it may still be in a transaction."""
        pool = self._pool or await self._opened()
        self.waiting += 1
        try:
            conn: Any = await pool.acquire(timeout=ACQUIRE_WITHIN_S)
        except asyncpg.PostgresError as error:  # whatever it says, it is not about what we wanted to store
            raise ConnectionError(f"the database lets us not in: {type(error).__name__}") from error
        finally:
            self.waiting -= 1
        try:
            yield conn
        except BaseException as error:
            # One that the server has ended has left the pool already, and answers nothing any more.
            with contextlib.suppress(asyncpg.InterfaceError):
                if conn.is_in_transaction() or is_infrastructure(error) or not isinstance(error, Exception):
                    conn.terminate()
            raise
        finally:
            await pool.release(conn)

    @property
    def used(self) -> int:
        """Connections at work."""
        return 0 if self._pool is None else self._pool.get_size() - self._pool.get_idle_size()

    async def close(self) -> None:
        """Closes every connection."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                async with asyncio.timeout(0.5):
                    await pool.close()
            except TimeoutError:
                pool.terminate()


@lru_cache(maxsize=1024)
def _enters(actor: Actor, writes: bool, by_key: bool = False) -> str:
    """Begins a door's transaction in the actor's name, for row policies and triggers to read: one message, one round trip.

    Who writes shares a lock of his name until he has committed: what takes a right away from him takes that lock alone
    first (access_reader.py), so that nothing is written by a right that was gone.
    """
    told = {"actor": actor.principal, "roles": ",".join(sorted(actor.roles)), "on_behalf_of": actor.on_behalf_of}
    # `set local` is no query: a third of what `select set_config()` costs, which is planned anew each time.
    entered = [f"set local tributary.{name} = '{text}'" for name, text in told.items() if text]
    if by_key:
        entered.append("set local plan_cache_mode = force_generic_plan")
    if writes:
        entered.append(f"select pg_advisory_xact_lock_shared({ACCESS_LOCK}, hashtext('{actor.principal}'))")
    return "; ".join((f"begin read {'write' if writes else 'only'}", *entered))


class Database:
    """A service's own database, as its doors and as its workers may use it: handlers, jobs, the command line. ``actor`` is the
    service itself. ``process_cache`` lives as long as this object: compiled rules, open keys and the like."""

    def __init__(self, settings: "Settings", owns: frozenset[str] = frozenset(), actor: Actor = UNNAMED) -> None:
        self.settings, self.owns, self.actor = settings, owns, actor
        self.process_cache: dict[Any, Any] = {}
        self.after_commit: list[Callable[[], None]] = []
        self._watchers: list[asyncio.Future[None]] = []
        # Doors also list, and a scan may be right for that: to them a page out of its order is only a little dearer.
        entered = {
            "tributary.actor": actor.principal,
            **BY_KEY,
            # A process that was frozen inside its transaction holds its locks: the server ends it for the others.
            "idle_in_transaction_session_timeout": f"{settings.transaction_idle_ms}",
            "lock_timeout": f"{settings.lock_wait_ms}",
        }
        self.workers = Pool(settings, "database_url", settings.database_pool, entered, _opens_worker)
        self.doors = Pool(settings, "door_database_url", settings.door_database_pool, {"random_page_cost": "1.1"})

    def connection(self) -> contextlib.AbstractAsyncContextManager[asyncpg.Connection]:
        """A raw connection of the workers."""
        return self.workers.connection()

    @contextlib.asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[Transaction]:
        """Commits at the end of the block together with what was emitted; an exception rolls all of it back."""
        async with self.workers.connection() as conn:
            if not counts(self.process_cache):
                await load_counts(conn, self.process_cache)
            tx = self._begun(conn, self.actor, **options)
            async with conn.transaction():
                yield tx
                await tx.finish()
        self._committed(tx)

    @contextlib.asynccontextmanager
    async def at_door(
        self, actor: Actor, traceparent: str = "", *, writes: bool = False, by_key: bool = False
    ) -> AsyncIterator[Transaction]:
        """The same for a door: in this actor's name, with the doors' rights, and not to be nested in. One that does not say that
        it writes can't. ``by_key``: it asks for one thing by its key or for a page by an index, so that no plan is made anew; policies
        make plans long."""
        async with self.doors.connection() as conn:
            tx = self._begun(conn, actor, traceparent=traceparent)
            # The names of actors and traces hold nothing that ends a text (access.py, telemetry.py).
            traced = f"; set local tributary.trace = '{trace_id_of(traceparent)}'" if traceparent else ""
            await conn.execute(_enters(actor, writes, by_key) + traced)
            try:
                yield tx
                await tx.finish()
                await conn.execute("commit")
            except Exception as error:
                if not is_infrastructure(error):  # that connection is not used again
                    await conn.execute("rollback")
                raise
        self._committed(tx)

    def _begun(self, conn: asyncpg.Connection, actor: Actor, **options: Any) -> Transaction:
        now = datetime.now(UTC)
        return Transaction(conn, now, self.settings, self.process_cache, owns=self.owns, actor=actor, **options)

    def _committed(self, tx: Transaction) -> None:
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
        await asyncio.gather(self.doors.close(), self.workers.close())
