"""The walk under load: what rate is held, what a lead costs, and how long it takes to be seen."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench import load, roles
from bench.running import Running

CHANNELS = ("search", "social", "e-mail", "fair", "partner")
COUNTRIES = ("DE", "FR", "IN", "BR", "GB", "US")


def lead(rng: random.Random, channel: str | None = None) -> dict[str, Any]:
    """A lead of about 600 bytes, as forms send them."""
    n = rng.randrange(10_000_000)
    country = rng.choice(COUNTRIES)
    return {
        "source": "web",
        "contact": {
            "name": f"Anna Schmidt {n}",
            "phone": f"+4930{n:08d}",
            "email": f"anna.{n}@firma-{n % 977}.example",
            "company": f"Firma {n % 977}",
            "address": "Hauptstrasse 1, 10115 Berlin",
        },
        "message": "Please send an offer for two lathes with delivery in June and the conditions of service. Thank you.",
        "country": country,
        "postcode": f"{rng.randrange(100_000):05d}",
        "product": rng.choice(("lathe", "pump", "press")),
        "industry": rng.choice(("metal", "food", "textile")),
        "language": "en",
        "channel": channel or rng.choice(CHANNELS),
        "expected_amount": {"minor": rng.randrange(10_000, 10_000_000), "currency": "EUR"},
        "attributes": {"size": rng.randrange(500), "utm_source": "newsletter"},
    }


def singles(seed: int, count: int = 4000) -> list[tuple[bytes, int]]:
    """Requests of one lead each."""
    rng = random.Random(seed)
    return [(load.post("/v1/leads", json.dumps(lead(rng)).encode()), 1) for _ in range(count)]


def batches(seed: int, token: str, size: int = 500, count: int = 20) -> list[tuple[bytes, int]]:
    """Requests of many leads each."""
    rng = random.Random(seed)
    bodies = [json.dumps({"leads": [lead(rng) for _ in range(size)]}).encode() for _ in range(count)]
    return [(load.post("/v1/leads/batch", body, token), size) for body in bodies]


@dataclass
class Seen:
    """Milliseconds from the intended sending of a probe to what was seen of it."""

    posted: list[float] = field(default_factory=list)
    assigned: list[float] = field(default_factory=list)
    frame: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Count, p50, p99 and p99.9 of each."""
        return {
            name: {
                "n": len(values),
                **{f"p{share * 100:g}": load.percentile(values, share) for share in (0.5, 0.99, 0.999)},
            }
            for name, values in (("post", self.posted), ("assigned", self.assigned), ("frame", self.frame))
        }


async def probe(running: Running, per_second: float, seconds: float, seed: int = 7) -> Seen:
    """Sends leads one at a time on channels of their own and watches each: at its read door until it is decided, and on
    the KPI stream until the frame that counts it was parsed."""
    seen, rng = Seen(), random.Random(seed)
    idle = [f"probe-{n}" for n in range(64)]
    frames: dict[str, asyncio.Future[float]] = {}
    counted: dict[str, int] = {}
    headers = {"authorization": f"Bearer {running.token}"}
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(headers=headers, timeout=30, limits=limits) as http:
        watching = asyncio.create_task(_watch(http, running, frames, counted))
        tasks: list[asyncio.Task[None]] = []
        began = due = time.perf_counter()
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if idle:
                channel = idle.pop(0)
                tasks.append(
                    asyncio.create_task(_one(http, running, lead(rng, channel), due, frames, counted, seen, idle))
                )
            due += rng.expovariate(per_second)
        await asyncio.gather(*tasks, return_exceptions=True)
        watching.cancel()
    return seen


async def _one(
    http: httpx.AsyncClient,
    running: Running,
    body: dict[str, Any],
    due: float,
    frames: dict[str, "asyncio.Future[float]"],
    counted: dict[str, int],
    seen: Seen,
    idle: list[str],
) -> None:
    channel = body["channel"]
    frames[channel] = asyncio.get_running_loop().create_future()
    url = running.services["leads"]["url"]
    answer = await http.post(f"{url}/v1/leads", json=body)
    seen.posted.append(time.perf_counter() - due)
    found = (await http.get(f"{url}/v1/leads/{answer.json()['id']}?wait=20&until=decided")).json()
    if found["state"] == "assigned":
        seen.assigned.append(time.perf_counter() - due)
        async with asyncio.timeout(20):
            seen.frame.append(await frames[channel] - due)
    idle.append(channel)


async def _watch(
    http: httpx.AsyncClient, running: Running, frames: dict[str, "asyncio.Future[float]"], counted: dict[str, int]
) -> None:
    url = f"{running.services['metrics']['url']}/v1/kpis/stream?by=channel"
    async with http.stream("GET", url, timeout=None) as stream:
        async for line in stream.aiter_lines():
            if not line.startswith("data:"):
                continue
            at = time.perf_counter()
            for row in json.loads(line[5:]).get("rows", ()):
                before, counted[row["key"]] = counted.get(row["key"], 0), row["assigned"]
                waiting = frames.get(row["key"])
                if waiting and not waiting.done() and row["assigned"] > before:
                    waiting.set_result(at)


async def at_rate(
    running: Running, per_second: float, seconds: float, probes: float = 20, size: int = 1
) -> dict[str, Any]:
    """Offers a rate, single or in batches, with probes beside it: latencies, processor time per lead by role, memory."""
    requests = singles(int(per_second)) if size == 1 else batches(int(per_second), running.token, size)
    counted_before = running.counted()["leads"]
    cpu_before, began = roles.cpu(running.pids), time.perf_counter()
    connections = 64 if size == 1 else 8
    sending = load.run(
        "127.0.0.1", running.port("leads"), requests, per_second / size, seconds, connections=connections, seed=1
    )
    sent, seen = await asyncio.gather(sending, probe(running, probes, seconds))
    took = time.perf_counter() - began
    leads = sent.leads + len(seen.posted)
    loop = asyncio.get_running_loop()
    drain = await loop.run_in_executor(None, running.drained, counted_before + leads)
    spent = roles.spent(cpu_before, roles.cpu(running.pids))
    return {
        "offered": per_second,
        "seconds": round(took, 1),
        "leads": leads,
        "per_second": round(leads / took),
        "statuses": sent.statuses,
        "waited_most": sent.waited_most,
        "drain_s": round(drain, 2),
        "load": {f"p{s * 100:g}": load.percentile(sent.latencies, s) for s in (0.5, 0.99)},
        **seen.summary(),
        "cpu_us": {role: round(s / leads * 1e6) for role, s in spent.items()},
        "cpu_us_all": round(sum(spent.values()) / leads * 1e6),
        "leads_per_core": round(leads / sum(spent.values())),
        "generator_us": round(sent.cpu / leads * 1e6),
        "cores_busy": round(sum(spent.values()) / took, 2),
        "memory_mb": roles.memory(running.pids),
    }


def held(row: dict[str, Any], share: float = 0.97, backlog_s: float = 2.0) -> bool:
    """A rate is held when nearly all of it was done in its time and nothing was waiting at its end."""
    return bool(row["per_second"] >= row["offered"] * share and row["drain_s"] <= backlog_s)
