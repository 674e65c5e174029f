"""The service of leads by itself, with a Postgres of its own that loses nothing and without Kafka: what its doors, its handlers and its
jobs take is measured in one process with nothing else at work."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

import chassis_testing
from chassis import Service
from chassis_testing import ServiceUnderTest, tokens
from contracts.territory.access import AccessGranted, Subject
from leads.app import build
from leads.settings import LeadsSettings
from tributary.child_process import free_port
from tributary.postgres import LocalPostgres

EVER = datetime(2020, 1, 1, tzinfo=UTC)
OWNER = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Alone:
    """The service, a connection to its database as a superuser, whom no policy binds, and the process of its Postgres."""

    under_test: ServiceUnderTest
    superuser: asyncpg.Connection
    postmaster: int

    @property
    def service(self) -> Service:
        """The service itself."""
        return self.under_test.service

    async def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """One statement as the superuser, committed."""
        return list(await self.superuser.fetch(statement, *values, timeout=1200))

    async def settles(self, tables: Sequence[str]) -> None:
        """As it would stand after a while: vacuumed, with statistics, and written to disk."""
        for one in tables:
            await self.sql(f"vacuum analyze {one}")
        await self.sql("checkpoint")

    async def signed_in(self, people: Sequence[str], teams: Sequence[str], kind: str) -> list[httpx.AsyncClient]:
        """These people, each of whom has such a grant of all these teams."""
        await self.under_test.told(*(granted(person, teams, kind) for person in people))
        return [self.under_test.as_(person) for person in people]

    def cpu(self) -> float:
        """Seconds of the processor that this process and all of Postgres have used."""
        times = os.times()
        used = times.user + times.system
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = _stat(process.name)
                if int(fields[1]) == self.postmaster:
                    used += (int(fields[11]) + int(fields[12])) / _TICKS
        return used


@contextlib.asynccontextmanager
async def alone(home: Path, server: str = "", **settings: Any) -> AsyncIterator[Alone]:
    """Starts both, Postgres in this folder, which is there and empty, unless another ``server`` is given for a short look."""
    with _postgres(home, server) as root:
        name = await chassis_testing.template(root, OWNER, build, LeadsSettings, settings)
        database = urlsplit(root)._replace(path=f"/{name}").geturl()
        service = build(chassis_testing._settings(LeadsSettings, root, name, OWNER, settings))
        if why := await service._check_database():
            raise SystemExit(why)
        chassis_testing.lets_in(service)
        connection = await asyncpg.connect(database)
        backend = await connection.fetchval("select pg_backend_pid()")
        transport = httpx.ASGITransport(service.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as http:
            under_test = ServiceUnderTest(service, http, http, chassis_testing.MemoryIntake())
            yield Alone(under_test, connection, int(_stat(backend)[1]))
        await asyncio.gather(service.database.close(), connection.close())


@contextlib.contextmanager
def _postgres(home: Path, server: str) -> Iterator[str]:
    if server:
        yield server
        return
    postgres = LocalPostgres(home / "postgres", port=free_port())
    try:
        yield postgres.start()
    finally:
        postgres.stop()


def _stat(process: int | str) -> list[str]:
    """What the system says of a process, behind its name: its state, its parent and so on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def granted(person: str, teams: Sequence[str], kind: str) -> AccessGranted:
    """What somebody may see."""
    grants = [{"team": t, "kind": kind, "records": "own", "opens": True, "begins_at": EVER} for t in teams]
    subjects = [Subject(issuer=tokens.ISSUER, subject=person)]
    said = {"person": person, "kind": "person", "subjects": subjects, "grants": grants, "version": 1, "cause": "joined"}
    return AccessGranted.model_validate(said | {"granted_at": EVER})
