"""One service whole, on a real Postgres made by its migrations, with an in-memory broker. For component tests only."""

import asyncio
import os
import secrets
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from chassis import Actor, migrations, outbox, roles, tables, telemetry
from chassis.consumer import Consumer, Delivery
from chassis.database import Database
from chassis.jobs import run_once
from chassis.service import Service
from chassis.settings import Settings
from chassis.transaction import shard_of
from chassis_testing import tokens
from contracts import STREAM_OF
from contracts.event import Event
from contracts.territory.access import UNPLACED, AccessGranted, AccessRevoked

MACHINE = "machine:tests"  # whom TOKEN names
TOKEN = "the-operator-of-the-tests"
MASTER = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PASSWORD = "of-the-tests"
S = TypeVar("S", bound=Settings)


class MemoryIntake:
    """The door without a broker: what was accepted is kept, and the broker can be taken away."""

    def __init__(self) -> None:
        self.emitted: list[Event] = []
        self.actors: list[str] = []
        self.not_ready_reason = ""
        self.full = False

    async def say(self, stream: Any, events: Sequence[Event], traceparent: str, actor: str = "") -> None:
        """Accepts, or is unavailable when a test says so."""
        if self.not_ready_reason:
            from chassis.problems import unavailable

            raise unavailable("Kafka")
        assert all(event.type in {e.event_type() for e in stream.events} for event in events)
        self.emitted.extend(events)
        self.actors += [actor] * len(events)


@dataclass
class ServiceUnderTest:
    """A service whose deliveries, jobs and doors are driven by a test."""

    service: Service
    http: httpx.AsyncClient
    anonymous: httpx.AsyncClient
    intake: MemoryIntake
    _epochs: dict[str, str] = field(default_factory=dict)
    _numbers: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    _last: list[Any] = field(default_factory=list)
    _heard: list[Any] = field(default_factory=list)
    _read: int = 0
    _seen: set[uuid.UUID] = field(default_factory=set)

    async def receives(self, *events: Event) -> Delivery:
        """One delivery, as the events' owners would send it: encoded, numbered, with headers."""
        return await self.receives_raw(*(self.record(event) for event in events))

    async def receives_raw(self, *records: Any) -> Delivery:
        """One delivery of records as they are, good or bad."""
        self._last = list(records)
        self._heard += records
        return await self.service.consumer.deliver(records)

    async def receives_again(self) -> Delivery:
        """The same records once more, under the same numbers."""
        return await self.service.consumer.deliver(self._last)

    async def rereads(self, *topics: str, at_once: int = 1) -> None:
        """All that was received on these topics once more, so many records at a time, as after ``reread``."""
        await self.sql("delete from watermark where topic = any($1)", list(topics))
        self.service.consumer.forget_positions()
        again = [one for one in self._heard if one.topic in topics]
        for start in range(0, len(again), at_once):
            await self.service.consumer.deliver(again[start : start + at_once])

    async def state(self) -> dict[str, list[str]]:
        """Every row of the service's own tables."""
        carriage = [*tables.METADATA.tables, "alembic_version"]
        names = await self.sql("select relname from pg_stat_user_tables where relname <> all($1)", carriage)
        rows = {name: await self.sql(f"select t::text from {name} t order by 1") for (name,) in names}  # noqa: S608
        return {name: [row[0] for row in found] for name, found in rows.items()}

    async def receives_renumbered(self, *events: Event) -> Delivery:
        """The same facts as a new history: their owners' databases came back from a backup."""
        self._epochs.clear()
        return await self.receives(*events)

    def record(self, event: Event, traceparent: str = "", **headers: bytes) -> Any:
        """One record of this event, with the next number of its shard."""
        stream = STREAM_OF[event.type]
        key = str(getattr(event, stream.key)).encode()
        shard = shard_of(key, stream.partitions)
        offset = self._offsets[stream.topic, shard] = self._offsets.get((stream.topic, shard), -1) + 1
        row = {
            "id": uuid.uuid4(),
            "type": event.type,
            "at": datetime.now(UTC),
            "traceparent": traceparent or telemetry.new_traceparent(0),
            "key": key,
            "shard": shard,
            "seq": 0,
            "causation": None,
            "actor": None,
        }
        source = f"{stream.publisher}/{self._epochs.setdefault(stream.publisher, secrets.token_hex(8))}"
        if stream.sequenced:
            row["seq"] = self._numbers[stream.topic, source, shard] = (
                self._numbers.get((stream.topic, source, shard), 0) + 1
            )
        made = dict(outbox.headers_of(row, source.encode())) | headers
        body = event.model_dump_json(exclude_none=True).encode()
        return raw(stream.topic, shard, offset, key, body, list(made.items()))

    async def emitted(self) -> list[Event]:
        """What the service has said since the last look, in the order of its transactions."""
        rows = await self.sql("select id, type, payload from outbox order by id")
        fresh = [r for r in rows if r["id"] not in self._seen]
        self._seen.update(r["id"] for r in fresh)
        return [_class_of(r["type"]).model_validate_json(r["payload"]) for r in fresh]

    async def parked(self) -> list[dict[str, Any]]:
        """What stands parked."""
        return [dict(r) for r in await self.sql("select * from parked order by parked_at")]

    async def runs(self, name: str) -> None:
        """One turn of a job."""
        (job,) = [j for j in self.service.jobs if j.name == name]
        assert await run_once(job, self.service.database)

    async def sql(self, statement: str, *args: Any) -> list[asyncpg.Record]:
        """A look into, or a hand in, the service's database: as its worker."""
        async with self.service.database.connection() as conn:
            return list(await conn.fetch(statement, *args))

    async def grants(self, person: str, *teams: str) -> None:
        """From now on the rows of these teams exist for this person too, to be written and opened."""
        await grants(self.service.database, person, *teams)

    async def alters(self, *statements: str) -> None:
        """A hand in the schema, as who owns it; ``{owner}`` is his name. What his roles are called begins with it."""
        url = self.service.settings.owners_url()
        await _execute(url, *(statement.format(owner=urlsplit(url).username) for statement in statements))

    async def told(self, *said: AccessGranted | AccessRevoked) -> None:
        """What territory says of who may see what, as this replica reads it."""
        await self.service.access.hear([self.record(one) for one in said])

    def as_(self, subject: str, **claims: Any) -> httpx.AsyncClient:
        """Whom the issuer calls so, signed in. What he may see say the grants that were told of this subject."""
        headers = tokens.bearer(tokens.token(subject, **claims))
        return httpx.AsyncClient(transport=self.http._transport, base_url="http://test", headers=headers)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is recorded, in a provider of this test's own."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(telemetry, "_provider", None)
    monkeypatch.setattr(telemetry, "_tracer", telemetry._tracer)
    telemetry.record_spans("test", SimpleSpanProcessor(exporter))
    yield exporter
    telemetry._provider = None


def raw(topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None, headers: list[Any]) -> Any:
    """A record as aiokafka hands it over."""
    return SimpleNamespace(
        topic=topic,
        partition=partition,
        offset=offset,
        key=key,
        value=value,
        headers=headers,
        timestamp=1_700_000_000_000,
    )


def _class_of(event_type: str) -> type[Event]:
    return next(e for e in STREAM_OF[event_type].events if e.event_type() == event_type)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def lets_in(service: Service) -> None:
    """Who shows TOKEN is a machine that may everything, and what it may see is known. Which rows that is, its grants say."""
    service.access.level_at = time.monotonic()
    service.operator = Actor(MACHINE, frozenset({"reader", *service.roles}), kind="machine").with_rights(service.roles)


async def grants(database: Database, person: str, *teams: str) -> None:
    """From now on the rows of these teams exist in this database for this person too, to be written and opened."""
    async with database.connection() as conn:
        await conn.execute("insert into access_person (person, version) values ($1, 1) on conflict do nothing", person)
        await conn.execute(_GRANT, person, list(teams))


_GRANT = """
insert into access_grant (person, team, kind, begins_at, records, opens)
select person, team, 'machine', '-infinity', 'all', true from access_person, unnest($2::text[]) as team where person = $1
on conflict do nothing
"""


def service_fixture(
    build: Callable[[S], Service], settings_type: type[S], *, teams: Sequence[str] = (), **settings: Any
) -> Any:
    """A pytest fixture: a fresh database per test, cloned from one that the migrations made. For who calls by ``http`` the rows
    of ``teams`` exist, and those of no team."""
    templates: dict[str, str] = {}
    owner = f"test_{settings_type.__name__.removesuffix('Settings').lower() or 'toy'}"

    @pytest.fixture
    async def service(request: pytest.FixtureRequest) -> AsyncIterator[ServiceUnderTest]:
        root = os.environ.get("TRIBUTARY_TEST_DATABASE_URL") or str(request.getfixturevalue("postgres_server"))
        if root not in templates:
            templates[root] = await template(root, owner, build, settings_type, settings)
        database = f"test_{uuid.uuid4().hex[:12]}"
        made = build(_settings(settings_type, root, database, owner, settings))
        await new_database(root, database, owner, templates[root])
        made.intake = memory = MemoryIntake()  # type: ignore[assignment]
        assert not (why := await made._check_database()), why
        made.waiting = ""
        lets_in(made)
        transport = httpx.ASGITransport(_outspoken(made.asgi), raise_app_exceptions=False)
        async with (
            httpx.AsyncClient(
                transport=transport, base_url="http://test", headers={"authorization": f"Bearer {TOKEN}"}
            ) as http,
            httpx.AsyncClient(transport=transport, base_url="http://test") as anonymous,
        ):
            under_test = ServiceUnderTest(made, http, anonymous, memory)
            if teams:
                await under_test.grants(MACHINE, *teams, UNPLACED)
                made.operator = replace(made.operator, teams=(*teams, UNPLACED))
            yield under_test
        made.stopping.set()
        await made.database.close()
        await _execute(root, f"drop database {database} with (force)")

    return service


def _outspoken(app: Any) -> Any:
    """The app, and beside each 500 the error behind it, which no answer and no log of a service repeats: pytest shows it."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception:
            traceback.print_exc()
            raise

    return asgi


def url_of(root: str, database: str, owner: str, part: str) -> str:
    """A database of a test, as one of its roles; every test of a run shares the roles of a service."""
    place = urlsplit(root).netloc.rpartition("@")[2]
    return urlunsplit(
        urlsplit(root)._replace(netloc=f"{roles.name_of(owner, part)}:{PASSWORD}@{place}", path=f"/{database}")
    )


def _settings(settings_type: type[S], root: str, database: str, owner: str, more: dict[str, Any]) -> S:
    urls = {part: SecretStr(url_of(root, database, owner, part)) for part in roles.LOGINS}
    return settings_type(
        database_url=urls["worker"],
        door_database_url=urls["door"],
        owner_database_url=urls["owner"],
        operator_token=SecretStr(TOKEN),
        issuer=tokens.ISSUER,
        issuer_keys=tokens.key_file(),
        master_key=SecretStr(MASTER),
        instance="test",
        access_stale_s=3600,
        database_pool=3,
        door_database_pool=3,
        **{"rate_exempt": ["127.0.0.0/8"], **more},
    )


async def new_database(root: str, database: str, owner: str, template: str = "") -> None:
    """A database of this name, an empty one or a copy, that belongs to the owner and that its roles enter."""
    connection = await asyncpg.connect(root)
    try:
        if not template:
            await roles.make_roles(connection, owner, dict.fromkeys(roles.LOGINS, PASSWORD))
        await connection.execute(f"create database {database} template {template or 'template1'}")
        await roles.share_out(connection, owner, database)
    finally:
        await connection.close()


async def template(
    root: str, owner: str, build: Callable[[S], Service], settings_type: type[S], settings: dict[str, Any]
) -> str:
    """A new database that the migrations made, to be copied for each test."""
    database = f"template_{owner}_{uuid.uuid4().hex[:8]}"
    await new_database(root, database, owner)
    chosen = _settings(settings_type, root, database, owner, settings)
    probe = build(chosen)
    await probe.database.close()
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, migrations.upgrade, probe.name, chosen.owners_url())
    return database


__all__ = [
    "MACHINE",
    "Consumer",
    "MemoryIntake",
    "ServiceUnderTest",
    "lets_in",
    "new_database",
    "raw",
    "service_fixture",
    "spans",
    "template",
    "url_of",
]
