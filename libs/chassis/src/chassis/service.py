"""A service as a running thing: its doors, its consumer, its relay, its jobs, its health, and how it stops."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import asyncpg
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import make_asgi_app
from pydantic import BaseModel

from chassis import access_door, broker, connection, document, http, page, parking, problems, schema, telemetry, topics
from chassis.access import (
    ACTOR,
    ANONYMOUS,
    OPERATOR,
    TOKEN,
    UNCHECKED,
    Actor,
    Roles,
    bearer,
    is_the_operators,
)
from chassis.access_reader import AccessReader
from chassis.consumer import Consumer
from chassis.database import CONTENDED, UNSTORABLE, Database, is_infrastructure, is_refused, is_too_slow
from chassis.errors import brief, words
from chassis.gauges import Gauges
from chassis.identity import Identity, KeysMissing
from chassis.intake import Intake
from chassis.jobs import Job, run_forever
from chassis.kafka_consumer import KafkaConsumer
from chassis.outbox import Relay
from chassis.router import Router
from chassis.settings import Settings
from chassis.transaction import Transaction, load_counts
from contracts.event import Stream

READING = frozenset({"GET", "HEAD", "OPTIONS"})
Background = Callable[["Service"], Awaitable[None]]
# A topic that has shards has as many as it was given: what the contracts say is for a new one.
_SHARDS = """
insert into outbox_shard (topic, shard) select topic, shard from unnest($1::text[], $2::int[]) as wanted(topic, shard)
where not exists (select from outbox_shard s where s.topic = wanted.topic) on conflict do nothing
"""
_ROLE = """
select current_user, pg_get_userbyid(relowner) as owner, has_table_privilege(oid, 'insert') as may_say
from pg_class where oid = 'outbox'::regclass
"""


class Alive(BaseModel):
    """The process serves. ``stack`` names the local stack that it belongs to, if any."""

    status: str
    stack: str


class Ready(BaseModel):
    """Whether this replica does its work, and why not."""

    ready: bool
    because: list[str]
    stack: str


@contextlib.asynccontextmanager
async def begin(request: Request, writes: bool | None = None, *, by_key: bool = False) -> AsyncIterator[Transaction]:
    """A transaction for this request: it commits at the end of the block, before the answer is sent. It can write when the
    request's method does, or where ``writes`` says so. ``by_key`` is the database's (at_door)."""
    service: Service = request.app.state.service
    writes = request.scope["method"] not in READING if writes is None else writes
    trace = request.scope.get("tributary.trace", "")
    try:
        async with service.database.at_door(actor_of(request), trace, writes=writes, by_key=by_key) as tx:
            yield tx
    except problems.Problem:
        raise
    except Exception as error:
        if isinstance(error, CONTENDED):
            raise problems.contended() from error
        if is_refused(error) or (isinstance(error, asyncpg.ReadOnlySQLTransactionError) and not writes):
            telemetry.VIOLATIONS.inc()
            raise
        if is_too_slow(error):
            raise problems.too_slow() from error
        if is_infrastructure(error):
            raise problems.unavailable("The database") from error
        if isinstance(error, UNSTORABLE):
            raise problems.Problem(422, "The request holds a character that can't be stored, such as NUL") from error
        raise


def actor_of(request: Request) -> Actor:
    """Who is at the door of this request."""
    return request.scope.get(ACTOR) or ANONYMOUS


def intake(request: Request) -> Intake:
    """This service's way to Kafka for submissions."""
    found: Intake | None = request.app.state.service.intake
    assert found is not None
    return found


def _failed(work: "asyncio.Task[None]") -> BaseException | None:
    return None if not work.done() or work.cancelled() else work.exception()


class Service:
    """Everything that one process of a service is made of. Building it opens nothing; ``serve`` does."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        router: Router,
        roles: Roles,
        jobs: Sequence[Job] = (),
        api: Sequence[APIRouter] = (),
        streams: Sequence[Stream] = (),
        intake: Sequence[Stream] = (),
        mounts: Mapping[str, Any] | None = None,
        accepts: Mapping[str, frozenset[str]] | None = None,
        background: Sequence[Background] = (),
        description: str = "",
    ) -> None:
        self.name, self.settings, self.router = name, settings, router
        self.jobs = (*jobs, parking.HOUSEKEEPING)
        self.streams = tuple(streams)
        self.stopping = asyncio.Event()
        self.database = Database(settings, frozenset(s.topic for s in streams), Actor.service(name))
        self.roles, self.operator = roles, OPERATOR.with_rights(roles)
        self.identity = Identity(settings)
        self.access = AccessReader(settings, self.database, roles)
        self.relay = Relay(name, settings, self.streams) if streams else None
        self.intake = Intake(name, settings) if intake else None
        self.intake_streams = tuple(intake)
        self.consumer = Consumer(router, self.database, settings)
        self.kafka_consumer = KafkaConsumer(router, self.consumer, settings)
        self.background = tuple(background)
        self.failing_jobs: dict[str, str] = {}
        self.waiting = "it is starting"
        self.log = telemetry.log("service")
        if self.relay:
            self.database.after_commit.append(self.relay.kick)
        api = (access_door.router, *api)
        self.api = self._http(api, description)
        self.asgi = http.HttpGateway(self.api, self, mounts or {}, accepts or {}, api)
        document.install(self.api, api, self.asgi.mounts)

    # -- doors

    async def shown(self, authorization: str, scope: MutableMapping[str, Any]) -> Actor | None:
        """Who shows this: None for what is no valid token. What the token says is in the scope then."""
        token = bearer(authorization)
        if is_the_operators(self.settings, token):
            return self.operator
        try:
            verified = await self.identity.verified(token)
        except KeysMissing:
            return UNCHECKED
        scope[TOKEN] = verified
        return None if verified is None else self.access.actor(verified)

    def _http(self, routers: Sequence[APIRouter], description: str) -> FastAPI:
        api = FastAPI(
            title=f"Tributary {self.name}",
            version="0.1.0",
            description=description,
            openapi_url="/openapi.json",
            docs_url=None,
            redoc_url=None,
            telemetry={"tracing": False, "metrics": False},
        )
        api.state.service = self
        problems.install(api)
        for router in routers:
            api.include_router(router)

        @api.get("/livez", tags=["health"], summary="The event loop turns.")
        async def livez() -> Alive:
            return Alive(status="alive", stack=self.settings.stack)

        @api.get(
            "/readyz",
            tags=["health"],
            summary="Schema known, partitions assigned, not held; says why not.",
            responses={503: {"model": Ready}},
        )
        async def readyz(response: Response) -> Ready:
            not_ready_reasons = self.not_ready_reasons()
            response.status_code = 503 if not_ready_reasons else 200
            return Ready(ready=not not_ready_reasons, because=not_ready_reasons, stack=self.settings.stack)

        page.install(api)
        api.mount("/metrics", make_asgi_app(telemetry.REGISTRY))
        return api

    def not_ready_reasons(self) -> list[str]:
        """Everything that keeps this replica from being ready, in sentences."""
        parts = [
            self.waiting,
            self.kafka_consumer.not_ready_reason if self.router.subscriptions and not self.waiting else "",
        ]
        parts += [part.not_ready_reason for part in (self.relay, self.intake, self.access) if part is not None]
        return [p for p in (*parts, *self.failing_jobs.values()) if p]

    # -- life

    async def serve(self) -> None:
        """Until SIGTERM or SIGINT; then streams end, what was taken is finished, and the process is gone in two seconds."""
        keeper = connection.Keeper(connection.most_connections(self.settings.connection_limit))
        config = uvicorn.Config(
            self.asgi,
            host=self.settings.host,
            port=self.settings.port,
            http=keeper.protocol,  # type: ignore[arg-type]
            lifespan="off",
            access_log=False,
            proxy_headers=False,  # callers.py says whose word counts
            backlog=4096,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stop, server)
        work = asyncio.create_task(self._work())
        watch = asyncio.create_task(keeper.watch())
        work.add_done_callback(lambda ended: self._stop(server) if _failed(ended) else None)
        try:
            await server.serve()
        finally:
            watch.cancel()
            self.stopping.set()
            await self._wind_up(work)
        if failure := _failed(work):  # a process without one of its parts would look alive and do half of its work
            self.log.critical("broken", errors=[words(e) for e in getattr(failure, "exceptions", (failure,))])
            raise SystemExit(1)

    def _stop(self, server: uvicorn.Server) -> None:
        self.log.info("stopping")
        self.stopping.set()
        server.should_exit = True

    async def _wind_up(self, work: "asyncio.Task[None]") -> None:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.kafka_consumer.stop(), self.settings.stop_grace_s)
        _, late = await asyncio.wait([work], timeout=self.settings.stop_grace_s)
        for task in late:
            task.cancel()
            await asyncio.wait([task], timeout=0.5)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.database.close(), 0.5)
        telemetry.flush()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            # The door is the first to open: capture needs Kafka and no database.
            if self.intake:
                group.create_task(self.intake.run(self.stopping))
            group.create_task(self.identity.run(self.stopping))
            group.create_task(Gauges(self).run(self.stopping))
            await self._until_ready(self._check_database)
            for task in self.background:
                group.create_task(task(self))  # type: ignore[arg-type]
            await self._until_ready(self._check_topics)
            if self.stopping.is_set():
                return
            group.create_task(self.access.run(self.stopping))
            if self.relay:
                group.create_task(self.relay.run(self.stopping))
            for job in self.jobs:
                group.create_task(run_forever(job, self.database, self.stopping, self.failing_jobs))
            if self.router.subscriptions:
                await self._until_ready(self._join)
            if not self.stopping.is_set():
                self.waiting = ""
                self.log.info("ready_to_work")

    async def _until_ready(self, check: Callable[[], Awaitable[str]]) -> None:
        """Tries a step of the start until it says nothing is in the way; what it says stands in /readyz meanwhile."""
        pause, logged = 0.1, ""
        while not self.stopping.is_set():
            try:
                self.waiting = await check()
            except Exception as error:
                self.waiting = f"{(check.__doc__ or '').strip()} ({brief(error)})"
            if not self.waiting:
                self.waiting = "it is starting"
                return
            if self.waiting != logged:
                logged = self.waiting
                self.log.warning("waiting", reason=logged)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)
            pause = min(pause * 2, 2)

    async def _check_database(self) -> str:
        """The database can't be reached."""
        async with self.database.connection() as conn:
            if not await conn.fetchval("select to_regclass('oldest_build') is not null"):
                return "the database has no schema yet: run the migrations"
            found = [r["version_num"] for r in await conn.fetch("select version_num from alembic_version")]
            oldest = [r["revision"] for r in await conn.fetch("select revision from oldest_build")]
            if why := schema.unfit(schema.revisions(self.name), found, oldest):
                return why
            shards = [(s.topic, n) for s in self.streams for n in range(s.partitions)]
            if why := await self._role_of(conn, "worker", "DATABASE_URL"):
                return why
            await conn.execute(_SHARDS, [t for t, _ in shards], [n for _, n in shards])
            await load_counts(conn, self.database.process_cache)
        async with self.database.doors.connection() as conn:
            return await self._role_of(conn, "door", "DOOR_DATABASE_URL")

    async def _role_of(self, conn: asyncpg.Connection, part: str, address: str) -> str:
        """Why a pool's role is not the one it has to be, bound by row policies and by nothing less."""
        role = await conn.fetchrow(_ROLE)
        assert role is not None
        if role["current_user"] != (its := f"{role['owner']}_{part}"):
            return f"{address} has to name the role {its}"
        if not role["may_say"]:
            return f"{its} may do nothing yet: run the migrations"
        faults = [r["fault"] for r in await conn.fetch(schema.CATALOGUE, role["owner"])]
        return f"a door could see too much: {'; '.join(faults)}" if faults else ""

    async def _check_topics(self) -> str:
        """Kafka can't be reached."""
        there = await broker.partition_counts(self.settings)
        needed = (*self.streams, *self.intake_streams, *self.router.streams, self.access.stream)
        return topics.unfit(there, needed, self.settings.kafka_user)

    async def _join(self) -> str:
        """The consumer group can't be joined."""
        async with asyncio.timeout(60):
            await self.kafka_consumer.start()
        return ""
