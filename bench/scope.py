"""What it costs a door that rows are somebody's: the same question without a scope, entered, and guarded.

What is asked are the use cases and statements of the doors themselves, which name the teams. *Bare* begins, asks and commits as a
role that no row policy binds. *Entered* begins as the doors do, in somebody's name, and is not bound either. *Guarded* is what the
doors do. The three are asked in turns, on connections with the same settings.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from bench.scope_filled import EXPERT, HEAD, MANAGER, NOBODY, OF_HEAD, TEAM_OF_ANOTHER, TEAM_OF_EXPERT, TEAMS, fill
from chassis import Transaction
from chassis.access import Actor
from chassis.database import Database
from leads.domain.list import Filters
from leads.domain.work import summed
from leads.settings import LeadsSettings
from leads.store import lead as store
from leads.use_cases import list as listing
from leads.use_cases import work
from metrics.store.facts import leads_behind
from tributary.child_process import free_port
from tributary.postgres import LocalPostgres, address_of
from tributary.services import LocalService

LEADS = 1_000_000
WARM, ROUNDS, BATCH, BATCHES = 30, 1_000, 500, 40
SECONDS = 8.0  # of one case at most
BARE, ENTERED, GUARDED = "bare", "entered", "guarded"
WAYS = (BARE, ENTERED, GUARDED)
EVERY = tuple(f"team-{n:03d}" for n in range(TEAMS))
LOOKED_BACK, COUNTED_BACK = timedelta(days=30), timedelta(days=7)

# What a door's role has by itself (roles.sql), whether or not rows are anybody's.
OF_DOORS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "2s",
    "lock_timeout": "1500ms",
    "idle_in_transaction_session_timeout": "2s",
    "transaction_timeout": "3s",
}
_COUNT = """
select KEY, coalesce(place, 'arriving'), currency, count(*), coalesce(sum(value_minor) filter (
    where coalesce(place, 'arriving') in ('arriving', 'person', 'queue', 'qualification', 'nurture', 'unroutable')), 0)::bigint
from lead_place where team = any($1) and captured_at >= $2 and captured_at < $3 group by 1, 2, 3
"""
_ONE = "select lead_id from lead_place where team = $1 order by lead_id limit 1"


@dataclass(frozen=True)
class Case:
    """A question, who asks, and of which teams he sees the leads."""

    name: str
    who: str
    teams: Sequence[str]
    ask: Callable[[Transaction], Awaitable[Any]]
    slow: bool = False
    by_key: bool = False  # as its door begins: no plan is made anew
    unscoped: Callable[[Transaction], Awaitable[Any]] | None = None  # where the question itself asks for rights


class Ways:
    """The three ways into one database."""

    def __init__(self, server: str, owner: str) -> None:
        self.free = free = urlsplit(server)._replace(path=urlsplit(owner).path).geturl()
        self._bound = Database(_settings(address_of(owner, "door"), address_of(owner, "worker")))
        self._unbound = Database(_settings(free, free))
        self._unbound.doors.server_settings |= OF_DOORS

    @contextlib.asynccontextmanager
    async def transaction(self, way: str, who: Actor, by_key: bool) -> AsyncIterator[Transaction]:
        """A transaction to look."""
        if way == BARE:
            async with self._unbound.doors.connection() as conn:
                await conn.execute("begin read only" + ("; set local plan_cache_mode = force_generic_plan" * by_key))
                yield self._unbound._begun(conn, who)
                await conn.execute("commit")
        else:
            database = self._bound if way == GUARDED else self._unbound
            async with database.at_door(who, by_key=by_key) as tx:
                yield tx

    def workers(self, way: str) -> Database:
        """Whose pool of workers writes: bound by the policy that is true, or by none."""
        return self._bound if way == GUARDED else self._unbound

    async def close(self) -> None:
        """Closes both."""
        await asyncio.gather(self._bound.close(), self._unbound.close())


def _settings(door: str, worker: str) -> LeadsSettings:
    return LeadsSettings(
        database_url=SecretStr(worker),
        door_database_url=SecretStr(door),
        operator_token=SecretStr("none"),
        master_key=SecretStr("A" * 43 + "="),
        database_pool=1,
        door_database_pool=1,
    )


def scope(home: Path, leads: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Fills a Postgres of its own and asks. Times are of the caller, a Python process with asyncpg, as a door's are."""
    postgres = LocalPostgres(home / "postgres", port=free_port())
    postgres.start()
    try:
        owners = {name: postgres.ensure_role_and_database(name) for name in ("leads", "metrics")}
        for name, owner in owners.items():
            LocalService(name, home, database=owner, usual_port=False).migrate()
        ways = {name: Ways(postgres.url, owner) for name, owner in owners.items()}
        began = time.perf_counter()
        asyncio.run(fill(ways["leads"].free, ways["metrics"].free, leads))
        say(f"  {leads:,} leads of {TEAMS} teams in {time.perf_counter() - began:.0f} s")
        return {"leads": leads, "teams": TEAMS, **asyncio.run(_measured(ways, leads, say))}
    finally:
        postgres.stop()


async def _measured(ways: dict[str, Ways], leads: int, say: Callable[[str], None]) -> dict[str, Any]:
    connection = await asyncpg.connect(ways["leads"].free)
    own = await connection.fetchval(_ONE, TEAM_OF_EXPERT)
    ids = [
        row[0]
        for row in await connection.fetch(
            "select lead_id from lead_place where team <> all($1) limit $2",
            (TEAM_OF_EXPERT, TEAM_OF_ANOTHER),
            BATCH * 4,
        )
    ]
    await connection.close()
    rows = []
    for case in cases(own):
        rows.append(await look(ways["leads"], case))
        say("  " + told(rows[-1]))
    writes = await write(ways["leads"], ids)
    say(f"  500 leads loaded and saved: {writes['bare_ms']} ms without policies, {writes['guarded_ms']} as the worker")
    facts = await behind(ways["metrics"])
    say("  " + ", ".join(f"{row['name']} {row['ms']} ms" for row in facts))
    for one in ways.values():
        await one.close()
    return {"rows": rows, "writes": writes, "facts": facts}


def cases(own: UUID) -> list[Case]:
    """What is asked."""
    of: dict[str, Sequence[str]] = {EXPERT: (TEAM_OF_EXPERT,), HEAD: OF_HEAD, MANAGER: EVERY, NOBODY: ()}
    now = datetime.now(UTC)

    def one(lead_id: UUID) -> Callable[[Transaction], Awaitable[Any]]:
        return lambda tx: store.show(tx, lead_id)

    def page(tx: Transaction) -> Awaitable[Any]:
        return listing.list_leads(Filters(), None, 50, False, tx)

    def queue(tx: Transaction) -> Awaitable[Any]:
        return work.queue("queue", None, None, 50, False, tx)

    def own_work(tx: Transaction) -> Awaitable[Any]:
        return work.work_list(f"{TEAM_OF_EXPERT}.4", None, 50, False, tx)

    def board(tx: Transaction) -> Awaitable[Any]:
        return work.summary("state", now - LOOKED_BACK, now, tx)

    def count(tx: Transaction) -> Awaitable[Any]:
        return work.summary("team", now - COUNTED_BACK, now, tx)

    async def unscoped(tx: Transaction, key: str, back: timedelta) -> Any:
        asked = _COUNT.replace("KEY", key)
        return summed(map(tuple, await tx.conn.fetch(asked, list(tx.actor.teams), now - back, now)))

    def whole_board(tx: Transaction) -> Awaitable[Any]:
        return unscoped(tx, "state", LOOKED_BACK)

    def whole_count(tx: Transaction) -> Awaitable[Any]:
        return unscoped(tx, "team", COUNTED_BACK)

    found = [
        *(Case("one lead, with its history", who, of[who], one(own), by_key=True) for who in (EXPERT, HEAD, MANAGER)),
        Case("somebody's work, 50", EXPERT, of[EXPERT], own_work, by_key=True),
    ]
    for name, ask, slow, by_key, without in (
        ("a page of 50", page, (), True, None),
        ("a queue, 50", queue, (), True, None),
        ("a board of 30 days", board, (HEAD, MANAGER), True, whole_board),
        ("a count of 7 days", count, (HEAD, MANAGER), True, whole_count),
    ):
        found += [
            # A plan for any teams would be the wrong one for all of them where nobody's rights are asked.
            Case(name, who, teams, ask, who in slow, by_key and not (without and who == MANAGER), without)
            for who, teams in of.items()
        ]
    return found


async def look(ways: Ways, case: Case) -> dict[str, Any]:
    """One case, in three ways, in turns: how long the caller waits, and how much of processors he and Postgres use. The ratio is of
    the latter, which others on the machine disturb least."""
    who = Actor(case.who, roles=frozenset(("member",)), teams=tuple(case.teams))
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    used: dict[str, list[float]] = {way: [] for way in WAYS}
    backends: dict[str, int] = {}
    end = time.perf_counter() + SECONDS
    for n in range(WARM + ROUNDS):
        for way in WAYS[n % 3 :] + WAYS[: n % 3]:
            before, began = _cpu_us(backends.get(way)), time.perf_counter_ns()
            async with ways.transaction(way, who, case.by_key) as tx:
                backends[way] = tx.conn.get_server_pid()
                await (case.ask if way == GUARDED or case.unscoped is None else case.unscoped)(tx)
            if n >= (3 if case.slow else WARM) and _is_there(backends[way]):
                took[way].append((time.perf_counter_ns() - began) / 1000)
                used[way].append(_cpu_us(backends[way]) - before)
        if time.perf_counter() > end and len(took[GUARDED]) > 10:
            break
    return {"name": case.name, "who": case.who, **_summary(took, used)}


def _is_there(backend: int) -> bool:
    """A connection that has asked often enough is given up and made anew."""
    return Path(f"/proc/{backend}").exists()


def _cpu_us(backend: int | None) -> float:
    """Microseconds of processor time of this process and of a backend of Postgres that waits for it."""
    of_backend = Path(f"/proc/{backend}/schedstat").read_text().split()[0] if backend and _is_there(backend) else "0"
    return (time.process_time_ns() + int(of_backend)) / 1000


def _summary(took: dict[str, list[float]], used: dict[str, list[float]]) -> dict[str, Any]:
    cpu = {way: statistics.median(of) for way, of in used.items()}
    return {
        **{f"{way}_us": round(statistics.median(of), 1) for way, of in took.items()},
        **{f"{way}_cpu_us": round(us, 1) for way, us in cpu.items()},
        "guarded_p99_us": round(statistics.quantiles(took[GUARDED], n=100)[98], 1),
        "bare_p99_us": round(statistics.quantiles(took[BARE], n=100)[98], 1),
        "ratio": round(cpu[GUARDED] / cpu[BARE], 3),
        "n": len(took[GUARDED]),
    }


def told(row: dict[str, Any]) -> str:
    """One line of progress."""
    return (
        f"{row['name']}, {row['who']}: us of processors {row['bare_cpu_us']} bare, {row['entered_cpu_us']} entered,"
        f" {row['guarded_cpu_us']} guarded, {row['ratio']}x of {row['n']}; waited {row['bare_us']}, {row['entered_us']},"
        f" {row['guarded_us']} (p99 {row['guarded_p99_us']})"
    )


async def write(ways: Ways, ids: list[Any]) -> dict[str, Any]:
    """What a delivery of 500 costs the workers, with the policy that is true for them and without any, in turns."""
    took: dict[str, list[float]] = {BARE: [], GUARDED: []}
    for n in range(BATCHES + 4):
        for way in (BARE, GUARDED) if n % 2 else (GUARDED, BARE):
            some = ids[n % 4 * BATCH :][:BATCH]
            began = time.perf_counter()
            async with ways.workers(way).transaction() as tx:
                held = await store.load(tx, some)
                entry = {"what": "routed", "at": tx.now, "team": TEAM_OF_EXPERT}
                changes = [store.Change(one, _regraded(lead, n), [entry]) for one, lead in held.items()]
                await store.save(tx, changes)
            if n >= 4:
                took[way].append((time.perf_counter() - began) * 1000)
    bare, guarded = (statistics.median(took[way]) for way in (BARE, GUARDED))
    return {"bare_ms": round(bare, 2), "guarded_ms": round(guarded, 2), "ratio": round(guarded / bare, 3)}


def _regraded(lead: Any, n: int) -> Any:
    """Something about it is another now."""
    return lead._replace(grade="AB"[n % 2])


async def behind(ways: Ways) -> list[dict[str, Any]]:
    """The leads behind a number of metrics, a page of 50 for somebody of one team, and for somebody of none that has any."""
    found = []
    for name, who, teams, key in (
        ("leads behind a team's number", EXPERT, (TEAM_OF_EXPERT,), TEAM_OF_EXPERT),
        ("leads behind a segment's number", EXPERT, (TEAM_OF_EXPERT,), "segment-3"),
        ("leads behind a segment's number of a team that has none", HEAD, ("team-999",), "segment-3"),
    ):
        by, took = "team" if key.startswith("team") else "segment", []
        for _ in range(12):
            began = time.perf_counter()
            async with ways._bound.at_door(Actor(who, roles=frozenset(("member",)))) as tx:
                await leads_behind(tx, by, key, UUID(int=2**128 - 1), 50, teams)
            took.append((time.perf_counter() - began) * 1000)
        found.append({"name": name, "ms": round(statistics.median(took), 2), "most_ms": round(max(took), 2)})
    return found
