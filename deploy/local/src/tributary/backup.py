"""``tributary backup`` and ``tributary restore``: one service's database of the running stack, while everything else works on.

docs/backup.md says the same for any installation, in Postgres' own commands.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import asyncpg
import typer
from rich.console import Console
from rich.markup import escape

from chassis import roles
from tributary.child_process import StackError, take_lock
from tributary.postgres import binaries, database_password
from tributary.progress import Steps
from tributary.running import Running, read
from tributary.services import PORTS, LocalService
from tributary.stack import KEPT_DOWN

FORGETS = "leads"  # the one service that holds keys of persons
STOPS_WITHIN_S = 20.0
AT_ONCE = 1000

# Who was forgotten, and who came again afterwards and has another key since: what was sealed before stays closed.
_FORGOTTEN = "select person_id, known_since, wrapped_key is null as gone from person where wrapped_key is null or known_since > $1"
_NEWEST = "select coalesce(max(known_since), '-infinity') from person"
_FORGET = """
update person p set wrapped_key = null
from unnest($1::uuid[], $2::timestamptz[]) as f(person_id, known_since)
where p.person_id = f.person_id and p.wrapped_key is not null and (f.known_since is null or f.known_since > p.known_since)
"""
Forgotten = list[tuple[uuid.UUID, datetime | None]]


def backup(
    service: Annotated[str, typer.Argument(help="leads, territory, campaigns or metrics.")],
    to: Annotated[Path | None, typer.Option(help="The file; else one in the stack's folder `backups`.")] = None,
) -> None:
    """Writes one service's database to a file, as it is at this moment, while the service works."""
    with _said():
        typer.echo(str(back_up(read(), service, to)))


def restore(
    service: Annotated[str, typer.Argument(help="leads, territory, campaigns or metrics.")],
    file: Annotated[Path, typer.Argument(help="What `tributary backup` or `pg_dump -Fc` wrote.", exists=True)],
    forgotten: Annotated[
        Path | None,
        typer.Option(
            help="Ids of persons who were forgotten, one a line: needed where the present database can't be read."
        ),
    ] = None,
) -> None:
    """Puts a backup in the place of one service's database; the former one is kept under another name."""
    with _said(), Steps(Console(stderr=True, highlight=False)) as steps:
        kept = Restoring(read(), service, file, forgotten, steps).run()
        typer.echo(
            f"{service} works on {file.name}. What was there before is the database {kept}: drop it when all is well."
        )


@contextlib.contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except StackError as failure:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(str(failure))}[/red]")
        raise typer.Exit(1) from None


def back_up(running: Running, service: str, to: Path | None = None) -> Path:
    """The file, whole or not at all, readable by this user only. It holds all keys of the service, wrapped by its master key."""
    server = _server(running, service)
    made = datetime.now(UTC)
    file = to or Path(running.home) / "backups" / f"{service}-{made:%Y%m%dT%H%M%SZ}.dump"
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        _tool(server, "pg_dump", "-Fc", "-f", str(part), "-d", service)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file


class Restoring:
    """One restore. Until the databases change their names nothing is lost by an end; a failure after that changes them back."""

    def __init__(
        self, running: Running, service: str, file: Path, forgotten: Path | None = None, steps: Steps | None = None
    ) -> None:
        self.running, self.service, self.file, self.forgotten = running, service, file, forgotten
        self.server = _server(running, service)
        self.steps = steps or Steps(quiet=True)
        stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        self.new, self.kept = f"{service}_restored_{stamp}", f"{service}_before_{stamp}"
        parts = urlsplit(self.server)
        key = parts.password or ""
        if os.environ.get("DATABASE_URL"):  # a server of somebody else: the stack has its own key for it
            key = (Path(running.home) / "keys" / "databases").read_text().strip()
        password = database_password(key, service)
        owner = parts._replace(netloc=f"{service}:{password}@{parts.hostname}:{parts.port}", path=f"/{service}")
        self.process = LocalService(
            service, Path(running.home), database=owner.geturl(), kafka=running.bus, stack=running.stack
        )

    def run(self) -> str:
        """Returns the name of the database that was there before."""
        home = Path(self.running.home)
        with contextlib.closing(take_lock(home / "restore.lock", 1, "has a restore running: let that one end")):
            with self.steps.step(f"reading {self.file.name}"):
                self._read_back()
            stopped = home / KEPT_DOWN / self.service
            stopped.parent.mkdir(exist_ok=True)
            stopped.touch()
            try:
                with self.steps.step(f"stopping {self.service}"):
                    self._stop()
                with self.steps.step("what must stay forgotten") as step:
                    step.done = asyncio.run(self._forget())
                asyncio.run(self._rename((self.service, self.kept), (self.new, self.service)))
                try:
                    with self.steps.step("a new history"):
                        self.process.migrate()
                        self.process.run(f"Beginning a new history of {self.service}", "restored")
                except BaseException:
                    asyncio.run(self._rename((self.service, self.new), (self.kept, self.service)))
                    raise
            except BaseException:
                asyncio.run(self._drop(self.new))
                raise
            finally:
                stopped.unlink()  # the stack starts it again, on whichever database it is
            with self.steps.step(self.service):
                self._wait()
        return self.kept

    def _read_back(self) -> None:
        """Into a database of its own, beside the one at work."""
        listed = _tool(self.server, "pg_restore", "--list", str(self.file))
        if f"dbname: {self.service}\n" not in listed:
            raise StackError(f"{self.file} is no backup of {self.service}.")
        asyncio.run(self._make())
        try:
            _tool(self.server, "pg_restore", "--exit-on-error", "-d", self.new, str(self.file))
        except BaseException:
            asyncio.run(self._drop(self.new))
            raise

    def _stop(self) -> None:
        """Whoever has started it last: while the backup was read it may have ended and come again under another id.

        Its port is asked at the end, because everything after this supposes that nobody is at work on the database.
        """
        pid = read(Path(self.running.home)).pids[self.service]
        end = time.monotonic() + STOPS_WITHIN_S
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            while time.monotonic() < end:
                os.kill(pid, 0)
                time.sleep(0.05)
            raise StackError(f"{self.service} does not stop: nothing was changed.")
        self.process.port = urlsplit(self.running.services[self.service].url).port or 0
        if self.process.answers:
            raise StackError(
                f"{self.service} was started again meanwhile and is at work: nothing was changed. Try again."
            )

    def _wait(self) -> None:
        end, why = time.monotonic() + 120, ""
        while time.monotonic() < end:
            ready, why = self.process.readiness()
            if ready:
                return
            time.sleep(0.2)
        raise StackError(f"{self.service} works on the backup, and is not ready yet: {why}.")

    async def _forget(self) -> str:
        """Whoever's key was destroyed since the backup was made has none in it either."""
        if self.service != FORGETS:
            return "nobody: this service holds no keys of persons"
        listed: Forgotten = []
        if self.forgotten:
            listed = [(uuid.UUID(line), None) for line in self.forgotten.read_text().split()]
        restored = await self._connect(self.new)
        try:
            found = [*listed, *await self._forgotten_since(await restored.fetchval(_NEWEST))]
            done = 0
            for first in range(0, len(found), AT_ONCE):
                some = found[first : first + AT_ONCE]
                done += int((await restored.execute(_FORGET, *map(list, zip(*some, strict=True)))).split()[-1])
            return f"{done:,} persons forgotten again"
        finally:
            await restored.close()

    async def _forgotten_since(self, newest: datetime) -> Forgotten:
        try:
            present = await self._connect(self.service)
        except (OSError, asyncpg.PostgresError) as failure:
            if self.forgotten:
                return []
            raise StackError(
                f"The present database of {self.service} can't be read ({str(failure) or type(failure).__name__}), so it is not known who was"
                " forgotten since the backup: give their ids by --forgotten FILE; an empty file says that it was nobody."
            ) from failure
        try:
            rows = await present.fetch(_FORGOTTEN, newest)
            return [(row["person_id"], None if row["gone"] else row["known_since"]) for row in rows]
        finally:
            await present.close()

    async def _connect(self, database: str) -> Any:
        return await asyncpg.connect(urlsplit(self.server)._replace(path=f"/{database}").geturl(), timeout=10)

    async def _make(self) -> None:
        connection = await self._connect("postgres")
        try:
            await connection.execute(f'create database "{self.new}" template template0')
            await roles.share_out(connection, self.service, self.new)
        finally:
            await connection.close()

    async def _drop(self, database: str) -> None:
        connection = await self._connect("postgres")
        try:
            await connection.execute(f'drop database if exists "{database}" with (force)')
        finally:
            await connection.close()

    async def _rename(self, *names: tuple[str, str]) -> None:
        """Databases get other names, in this order; one that is not there is passed over."""
        connection = await self._connect("postgres")
        try:
            for was, becomes in names:
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", was
                )
                if await connection.fetchval("select true from pg_database where datname = $1", was):
                    await connection.execute(f'alter database "{was}" rename to "{becomes}"')
        finally:
            await connection.close()


def _server(running: Running, service: str) -> str:
    """The superuser's address of this stack's Postgres, or of the one that the environment names."""
    if service not in PORTS or service not in running.services:
        raise StackError(f"No service {service} runs here: {', '.join(running.services)}.")
    if not running.home:
        raise StackError("This stack runs elsewhere: docs/backup.md says how its databases are backed up.")
    if outside := os.environ.get("DATABASE_URL"):
        return outside
    at = urlsplit(running.services[service].database)
    try:
        password = (Path(running.home) / "postgres" / "password").read_text().strip()
    except FileNotFoundError:
        raise StackError("DATABASE_URL has to say the superuser's address of this stack's Postgres.") from None
    return f"postgresql://postgres:{password}@{at.hostname}:{at.port}/postgres"


def _tool(server: str, name: str, *words: str) -> str:
    """One of Postgres' own programs; the password is on no command line."""
    parts = urlsplit(server)
    env = {
        **os.environ,
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
    }
    done = subprocess.run([binaries() / name, *words], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(
            f"{name} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
        )
    return done.stdout
