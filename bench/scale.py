"""What the work of one lead costs with more replicas of every service and with more partitions, and where somebody waits meanwhile."""

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from bench.edge import Measure
from bench.market import market
from bench.running import Running, own_stack
from contracts.leads.intake import INTAKE
from contracts.leads.lead import LEAD
from contracts.territory.lead import LEAD as TERRITORY_LEAD
from tributary.partitions import give
from tributary.services import LocalService
from tributary.stack import Stack

RATE, SECONDS, WARM_S = 200, 15.0, 8.0
REPLICAS, PARTITIONS = (1, 2, 4), (4, 16, 64)
RULES = 1000
STREAMS = (INTAKE, LEAD, TERRITORY_LEAD)
LOOK_EVERY_S = 0.02
GONE_S = 12.0  # until Kafka has missed who left, and the others have his partitions
_LOOK = """
select datname, backend_type, wait_event_type, wait_event, application_name, left(regexp_replace(query, '\\s+', ' ', 'g'), 60)
from pg_stat_activity
where state = 'active' and pid <> pg_backend_pid() and datname = any($1)
"""
_BLOCKED = """
select a.datname, coalesce(l.relation::regclass::text, l.locktype), l.mode
from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = any($1)
"""


class Waits:
    """Looks fifty times a second at what the server's sessions do, on a thread of its own."""

    def __init__(self, url: str, databases: list[str]) -> None:
        self._url, self._databases = url, databases
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)
        self.looks = self.active = 0
        self.waited: Counter[str] = Counter()
        self.blocked: Counter[str] = Counter()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """For the time of the block."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    async def _watch(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            while not self._over.is_set():
                self.looks += 1
                for row in await connection.fetch(_LOOK, self._databases):
                    self.active += 1
                    if row["wait_event"] and row["wait_event_type"] != "Client":
                        self.waited[f"{row['datname']}: {row['wait_event_type']}/{row['wait_event']}"] += 1
                    if row["wait_event_type"] == "Lock":
                        self.blocked[f"{row['datname']}: {row['left']}"] += 1
                for row in await connection.fetch(_BLOCKED, self._databases):
                    self.blocked[f"{row['datname']}: {row['coalesce']} ({row['mode']})"] += 1
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await connection.close()

    def summary(self) -> dict[str, Any]:
        """How many sessions were at work at a look, and what they waited for, as a share of all looks."""
        looks = max(1, self.looks)
        return {
            "looks": self.looks,
            "active": round(self.active / looks, 2),
            "waited": {what: round(n / looks, 3) for what, n in self.waited.most_common(8)},
            "blocked": {what: round(n / looks, 3) for what, n in self.blocked.most_common(8)},
        }


def scale(measure: Measure, say: Callable[[str], None], rate: float = RATE, seconds: float = SECONDS) -> dict[str, Any]:
    """Replicas first, then partitions with one replica each: topics are not made smaller again."""
    with own_stack("scale") as (running, stack):
        running.load_market(market(RULES))
        measure(running, rate, WARM_S)  # warm, not counted
        found: dict[str, Any] = {"rate": rate, "replicas": [], "partitions": []}
        more: list[LocalService] = []
        try:
            for count in REPLICAS:
                more += _grow(running, stack, count)
                say(f"  {count} of each service")
                if count > 1:
                    measure(running, rate, WARM_S)  # the groups share their partitions out anew
                found["replicas"].append({"replicas": count, **_row(measure, running, stack, rate, seconds)})
        finally:
            _end(running, more)
            time.sleep(GONE_S)
        for count in PARTITIONS:
            paused = {
                s.topic: round(give(s, count, stack.bus, running.services[s.publisher]["database"]) * 1000)
                for s in STREAMS
            }
            say(f"  {count} partitions; writers waited {paused} ms")
            measure(running, rate, WARM_S)
            row = _row(measure, running, stack, rate, seconds)
            found["partitions"].append({"partitions": count, "paused_ms": paused, **row})
        found["verify"] = running.verified()
    return found


def _row(measure: Measure, running: Running, stack: Stack, rate: float, seconds: float) -> dict[str, Any]:
    assert stack.postgres is not None
    waits = Waits(stack.postgres.url, list(running.services))
    with waits.looking():
        row = measure(running, rate, seconds)
    return {**row, "load": round(os.getloadavg()[0], 1), "cpu_us": by_service(row["cpu_us"]), "waits": waits.summary()}


def by_service(spent: dict[str, int]) -> dict[str, int]:
    """Replicas are one role: leads, leads-1 and leads-2 are leads."""
    found: dict[str, int] = {}
    for role, microseconds in spent.items():
        name = role.partition("-")[0]
        found[name] = found.get(name, 0) + microseconds
    return found


def _grow(running: Running, stack: Stack, count: int) -> list[LocalService]:
    """As many processes of each service as asked for; returns the new ones once all of them have partitions."""
    made: list[LocalService] = []
    for name, first in stack.services.items():
        there = sum(role.partition("-")[0] == name for role in running.pids)
        for number in range(there, count):
            told = {"TRIBUTARY_INSTANCE": f"{name}-{number}"}
            one = LocalService(
                name,
                stack.home,
                database=first.owner,
                kafka=first.kafka,
                extra=told,
                usual_port=False,
                stack=stack.name,
            )
            one.issuer, one.issuer_keys = first.issuer, first.issuer_keys
            one.start()
            made.append(one)
    for one in made:
        one.wait_until_ready()
        running.pids[f"{one.name}-{one.pid}"] = one.pid
    return made


def _end(running: Running, more: list[LocalService]) -> None:
    for one in more:
        running.pids.pop(f"{one.name}-{one.pid}", None)
        one.ask_to_stop()
    for one in more:
        one.stop()
