"""Single leads watched from the form to the dashboard, beside whatever load there is."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.forms import lead
from bench.latency import Latency
from bench.running import Running


@dataclass
class Seen:
    """From the intended sending of a probe to what was seen of it."""

    sent: int = 0
    accepted: int = 0
    posted: Latency = field(default_factory=Latency)
    assigned: Latency = field(default_factory=Latency)
    frame: Latency = field(default_factory=Latency)
    missed: int = 0

    def summary(self) -> dict[str, Any]:
        """Count and percentiles of each; what was refused or not seen within its time is said too."""
        measured = {"probe_post": self.posted, "assigned": self.assigned, "frame": self.frame}
        return {**{name: latency.summary() for name, latency in measured.items()}, "probes_missed": self.missed}


class Probes:
    """Sends leads one at a time on channels of their own and watches each: at its read door until it is decided, and on the
    KPI stream until the frame that counts it was parsed."""

    def __init__(self, running: Running, seen: Seen, seed: int = 7) -> None:
        self.running, self.seen, self.rng = running, seen, random.Random(seed)
        self.url = running.services["leads"]["url"]
        self.idle = [f"probe-{n}" for n in range(64)]
        self.frames: dict[str, asyncio.Future[float]] = {}
        self.counted: dict[str, int] = {}

    async def run(self, per_second: float, seconds: float) -> Seen:
        """Probes for this long."""
        headers = {"authorization": f"Bearer {self.running.token}"}
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(headers=headers, timeout=30, limits=limits) as http, self._watching(http):
            tasks: list[asyncio.Task[None]] = []
            began = due = time.perf_counter()
            while due < began + seconds:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                if self.idle:
                    tasks.append(asyncio.create_task(self._one(http, self.idle.pop(0), due)))
                due += self.rng.expovariate(per_second)
            await asyncio.gather(*tasks)
        return self.seen

    async def _one(self, http: httpx.AsyncClient, channel: str, due: float) -> None:
        self.seen.sent += 1
        try:
            await self._follow(http, channel, due)
        except (httpx.HTTPError, TimeoutError):
            self.seen.missed += 1
        self.idle.append(channel)

    async def _follow(self, http: httpx.AsyncClient, channel: str, due: float) -> None:
        self.frames[channel] = asyncio.get_running_loop().create_future()
        answer = await http.post(f"{self.url}/v1/leads", json=lead(self.rng, channel))
        answer.raise_for_status()
        self.seen.accepted += 1
        self.seen.posted.add(time.perf_counter() - due)
        found = (await http.get(f"{self.url}/v1/leads/{answer.json()['id']}?wait=20&until=decided")).json()
        if found.get("state") != "assigned":
            self.seen.missed += 1
            return
        self.seen.assigned.add(time.perf_counter() - due)
        async with asyncio.timeout(20):
            self.seen.frame.add(await self.frames[channel] - due)

    @contextlib.asynccontextmanager
    async def _watching(self, http: httpx.AsyncClient) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch(http))
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _watch(self, http: httpx.AsyncClient) -> None:
        url = f"{self.running.services['metrics']['url']}/v1/kpis/stream?by=channel"
        async with http.stream("GET", url, timeout=None) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                at = time.perf_counter()
                for row in json.loads(line[5:]).get("rows", ()):
                    before, self.counted[row["key"]] = self.counted.get(row["key"], 0), row["assigned"]
                    waiting = self.frames.get(row["key"])
                    if waiting and not waiting.done() and row["assigned"] > before:
                        waiting.set_result(at)


async def probe(running: Running, per_second: float, seconds: float, seen: Seen | None = None) -> Seen:
    """What probes at this rate see."""
    return await Probes(running, Seen() if seen is None else seen).run(per_second, seconds)
