"""Ten thousand people change teams while leads come: what it does to the walk, and how soon each change acts in every service.

A market file that a machine puts holds at once, so a file that has people in other teams is the largest storm there can be: its
changes are said in one transaction. Between two files a service may hear something else.
"""

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import uvloop

from bench import walk
from bench.market import market
from bench.running import Running, stack

PEOPLE, TEAMS, RULES = 2_000, 192, 1_000
RATE, MOVES, SINGLE = 500.0, 10_000, 40
WITHIN_S = 20.0
# From the moment at which territory worked out what somebody may see, which is its version, to the one at which a service knows.
_KNOWN = "select count(*) from access_person where version >= $1 and person like 'mover.%'"
_AGES = """
select extract(epoch from heard_at) * 1000 - version / 1000.0 as ms from access_person
where version >= $1 and person like 'mover.%'
"""


def storm(rate: float, seconds: float, moves: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The walk at a rate without and with so many moves."""
    with stack("storm") as running:
        company = Company(running)
        company.comes()
        uvloop.run(walk.at_rate(running, 200, 6))  # warm, not counted
        calm = uvloop.run(walk.at_rate(running, rate, seconds))
        single = Storm(company, min(SINGLE, moves), 1)  # of two thousand, one at a time, with the walk at a fifth
        single.start()
        uvloop.run(walk.at_rate(running, rate / 5, SINGLE / 2))
        single.ended()
        moving = Storm(company, moves)
        moving.start()
        stormy = uvloop.run(walk.at_rate(running, rate, seconds))
        moving.ended()
        found = {
            "rate": rate,
            "people": PEOPLE,
            **moving.summary(),
            "single": single.summary(),
            "calm": _row(calm),
            "stormy": _row(stormy),
        }
        found["verify"] = running.verified()
    say(
        f"  one of {PEOPLE:,} moves: acts after p50 {found['single']['acts_p50_ms']} ms, p99 {found['single']['acts_p99_ms']} ms"
    )
    say(
        f"  {found['moves']:,} moves in {found['seconds']} s: act after p50 {found['acts_p50_ms']} ms, p99 {found['acts_p99_ms']} ms;"
        f" the walk {found['calm']['per_second']}/s without, {found['stormy']['per_second']}/s with"
    )
    return found


def _row(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("per_second", "cpu_us_all", "drain_s")}
    return kept | {name: {p: row[name][p] for p in ("p50", "p99")} for name in ("post", "assigned", "frame")}


class Company:
    """Two hundred teams; two thousand people change between all of them that get no lead."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self._file: dict[str, Any] = json.loads(market(RULES))
        self._at: list[int] = []
        self._rules_of = self._file["teams"]

    def comes(self, at_once: int = 500) -> None:
        """All of them, some at once: a door's transaction has two seconds."""
        for first in range(0, PEOPLE, at_once):
            self._at.extend(n % TEAMS for n in range(first, first + at_once))
            self.put()

    def move(self, first: int, count: int) -> None:
        """So many people, from the first on, are in the next team now."""
        for n in range(first, first + count):
            self._at[n % PEOPLE] = (self._at[n % PEOPLE] + 1) % TEAMS

    def put(self) -> float:
        """Puts the file; how long that took, in seconds."""
        members: list[list[dict[str, str]]] = [[] for _ in range(TEAMS)]
        for n, team in enumerate(self._at):
            members[team].append({"person": f"mover.{n}"})
        sides = [
            {"id": f"side-{n}", "name": f"Side {n}", "pipeline": "contract", "members": of or [{"person": "nobody"}]}
            for n, of in enumerate(members)
        ]
        self._file["teams"] = [*self._rules_of, *sides]
        return self.running.load_market(json.dumps(self._file))


class Storm(threading.Thread):
    """Moves people, a file after the other, and looks when every service knows."""

    def __init__(self, company: Company, moves: int, at_once: int = 500) -> None:
        super().__init__(daemon=True)
        self.company, self.moves, self.at_once = company, moves, at_once
        self.ages: dict[str, list[float]] = {}
        self.puts: list[float] = []
        self.took = 0.0
        self.failure: BaseException | None = None

    def run(self) -> None:
        """All of them."""
        try:
            asyncio.run(self._blow())
        except BaseException as failure:  # raised again in the caller's thread
            self.failure = failure

    def ended(self) -> None:
        """Waits for the last move, and raises what went wrong."""
        self.join()
        if self.failure:
            raise self.failure

    async def _blow(self) -> None:
        services = self.company.running.services
        connections = {name: await asyncpg.connect(one["database"]) for name, one in services.items()}
        began = time.monotonic()
        for first in range(0, self.moves, self.at_once):
            self.company.move(first, self.at_once)
            since = int(time.time() * 1_000_000)
            self.puts.append(await asyncio.to_thread(self.company.put))
            for name, connection in connections.items():
                await self._all_known(name, connection, since)
        self.took = time.monotonic() - began
        for connection in connections.values():
            await connection.close()

    async def _all_known(self, name: str, connection: asyncpg.Connection, since: int) -> None:
        end = time.monotonic() + WITHIN_S
        while await connection.fetchval(_KNOWN, since) < self.at_once:
            if time.monotonic() > end:
                raise SystemExit(f"{name} does not know after {WITHIN_S:g} s who has moved")
            await asyncio.sleep(0.02)
        self.ages.setdefault(name, []).extend([float(row["ms"]) for row in await connection.fetch(_AGES, since)])

    def summary(self) -> dict[str, Any]:
        """How soon they acted, over all services and the slowest of them, in milliseconds."""
        ages = sorted(age for of in self.ages.values() for age in of)
        p99 = {name: round(statistics.quantiles(of, n=100)[98], 1) for name, of in self.ages.items()}
        return {
            "moves": self.moves,
            "at_once": self.at_once,
            "seconds": round(self.took, 1),
            "put_ms": round(statistics.median(self.puts) * 1000),
            "acts_p50_ms": round(statistics.median(ages), 1),
            "acts_p99_ms": max(p99.values()),
            "acts_most_ms": round(ages[-1], 1),
            "by_service_p99_ms": p99,
        }
