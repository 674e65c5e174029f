"""A walk at saturation, ours and the naive one in the same way.

First a backlog is made, which also warms it. Then it is offered about what it does, so that it is never idle and its door is
not charged for leads that it will not get to.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from bench import load, roles
from bench.forms import batches, singles
from bench.running import Running
from bench.walk import BATCH_CONNECTIONS, CONNECTIONS

WARM_S = 6.0
OFFERED = {1: 4000.0, 500: 6000.0}
"""Leads a second that make the backlog of ours, one or 500 to a request: more than it does."""


class Look(NamedTuple):
    """How many leads have come to the end of the walk, and what the processor did for it."""

    done: int
    cpu: dict[str, float]
    at: float


async def saturated(
    look: Callable[[], Awaitable[Look]],
    send: Callable[[float, float], Awaitable[load.Sent]],
    offered: float,
    seconds: float,
) -> dict[str, Any]:
    """Leads per second and per core, and processor time per lead by role, while something always waits."""
    first = await look()
    warm = await send(offered, WARM_S)
    before = await look()
    sent = await send(max(20.0, (before.done - first.done) / (before.at - first.at)), seconds)
    after = await look()
    done, took, spent = after.done - before.done, after.at - before.at, roles.spent(before.cpu, after.cpu)
    waiting = warm.leads + sent.leads - (after.done - first.done)
    return {
        "seconds": round(took, 1),
        "leads": done,
        "per_second": round(done / took, 1),
        "cpu_us": {role: round(s / max(done, 1) * 1e6) for role, s in spent.items()},
        "cpu_us_all": round(sum(spent.values()) / max(done, 1) * 1e6),
        "leads_per_core": round(done / sum(spent.values()), 1),
        "cores_busy": round(sum(spent.values()) / took, 2),
        "accepted": warm.leads + sent.leads,
        "waiting_at_the_end": waiting,
        "saturated": waiting > 0,
        "post": sent.latencies.summary(),
    }


async def ours(running: Running, size: int, seconds: float) -> dict[str, Any]:
    """Our walk, one lead or many to a request; returns when all that was accepted is counted."""
    requests = singles(3) if size == 1 else batches(3, running.token, size)
    began = running.counted()["routed"]

    async def look() -> Look:
        return Look(running.counted()["routed"], roles.cpu(running.pids), time.perf_counter())

    async def send(rate: float, lasting: float) -> load.Sent:
        how: dict[str, Any] = {"connections": CONNECTIONS.get(size, BATCH_CONNECTIONS), "even": size > 1}
        return await load.run("127.0.0.1", running.port("leads"), requests, rate / size, lasting, **how)

    row = await saturated(look, send, OFFERED[size], seconds)
    running.drained(began + row["accepted"])
    return row
