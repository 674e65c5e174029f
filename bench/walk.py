"""The walk under a rate: what it costs by role, how long it takes to be seen, and what waits meanwhile."""

import asyncio
import time
from typing import Any

import httpx

from bench import load, roles
from bench.forms import batches, singles
from bench.probe import Seen, probe
from bench.running import Running

CONNECTIONS = {1: 256}  # of senders of single leads; batches come on a few
BATCH_CONNECTIONS = 16


class Backlog:
    """Each second, the leads that were due to be sent and are not yet counted as routed: what waits anywhere in between,
    the generator's own queue included."""

    def __init__(self, running: Running, sent: load.Sent, seen: Seen, before: int) -> None:
        self.running, self.sent, self.seen, self.before = running, sent, seen, before
        self.samples: list[int] = []
        self.drain_s = 0.0
        self.ended = asyncio.Event()

    async def watch(self, seconds: float, within: float = 180) -> None:
        """Looks once a second while leads are sent; then until all that was accepted by then is counted, which is the drain."""
        began = time.perf_counter()
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {self.running.token}"}, timeout=30) as http:
            for second in range(1, int(seconds) + 1):
                await asyncio.sleep(max(0.0, began + second - time.perf_counter()))
                due = self.sent.offered_leads + self.seen.sent
                self.samples.append(due - await self._counted(http))
            await self.ended.wait()
            ended, accepted = time.perf_counter(), self.sent.leads + self.seen.accepted
            while await self._counted(http) < accepted and time.perf_counter() < ended + within:
                await asyncio.sleep(0.05)
            self.drain_s = time.perf_counter() - ended

    async def _counted(self, http: httpx.AsyncClient) -> int:
        url = f"{self.running.services['metrics']['url']}/v1/kpis?by=channel"
        return int(sum(row["routed"] for row in (await http.get(url)).json()["rows"])) - self.before

    def summary(self) -> dict[str, Any]:
        """Mean of the middle and of the last third, and the most."""
        third = max(1, len(self.samples) // 3)
        middle, last = self.samples[-2 * third : -third], self.samples[-third:]
        return {
            "middle": round(sum(middle) / max(1, len(middle))),
            "last": round(sum(last) / max(1, len(last))),
            "most": max(self.samples, default=0),
            "samples": self.samples,
        }


async def at_rate(
    running: Running, per_second: float, seconds: float, probes: float = 20, size: int = 1
) -> dict[str, Any]:
    """Offers a rate, single or in batches, with probes beside it: latencies, processor time per lead by role, memory."""
    requests = singles(int(per_second)) if size == 1 else batches(int(per_second), running.token, size)
    before = running.counted()["routed"]
    sent, seen = load.Sent(), Seen()
    backlog = Backlog(running, sent, seen, before)
    cpu_before, began = roles.cpu(running.pids), time.perf_counter()

    async def send() -> None:
        pace, connections = per_second / size, CONNECTIONS.get(size, BATCH_CONNECTIONS)
        port, how = running.port("leads"), dict[str, Any]({"connections": connections, "even": size > 1, "sent": sent})
        await load.run("127.0.0.1", port, requests, pace, seconds, **how)
        backlog.ended.set()

    await asyncio.gather(send(), probe(running, probes, seconds, seen), backlog.watch(seconds))
    took = time.perf_counter() - began
    leads = sent.leads + seen.accepted
    await asyncio.get_running_loop().run_in_executor(None, running.drained, before + leads)
    spent = roles.spent(cpu_before, roles.cpu(running.pids))
    return {
        "offered": per_second,
        "size": size,
        "asked_s": seconds,
        "seconds": round(sent.seconds, 2),
        "offered_leads": sent.offered_leads + seen.sent,
        "leads": leads,
        "per_second": round(leads / sent.seconds, 1),
        "statuses": sent.statuses,
        "waited_most": sent.waited_most,
        "backlog": backlog.summary(),
        "drain_s": round(backlog.drain_s, 2),
        "post": sent.latencies.summary(),
        **seen.summary(),
        **costs(running, leads, took, spent),
        "generator_us": round(sent.cpu / leads * 1e6),
    }


def costs(running: Running, leads: int, took: float, spent: dict[str, float]) -> dict[str, Any]:
    """Processor time and memory of all roles, the generator apart."""
    whole = sum(spent.values())
    return {
        "cpu_us": {role: round(s / leads * 1e6) for role, s in spent.items()},
        "cpu_us_all": round(whole / leads * 1e6),
        "leads_per_core": round(leads / whole),
        "cores_busy": round(whole / took, 2),
        "memory_mb": roles.memory(running.pids),
        "resident_mb": roles.resident({name: running.pids[name] for name in running.services}),
    }
