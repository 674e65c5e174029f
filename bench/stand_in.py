"""What stands behind the gateway when only the page is measured: ``python -m bench.stand_in PORT``.

Door and services in one process, with a thousand campaigns of which a thousand rows change every second: a machine of two cores has
no room for the leads that would do it. Every change moves shares and ratios too, as leads do.
"""

import asyncio
import contextlib
import json
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from tributary.child_process import free_port
from tributary.gateway import LocalGateway

ROOT = Path(__file__).parents[1]
DIMENSIONS = ("segment", "channel", "team", "campaign")
ROWS, CHANGES, TICKS = 1000, 1000, 10
EVENTS, PROBES = 400, "bench-probe"


def services() -> FastAPI:
    """All doors that the page and the probe ask."""
    app = FastAPI(openapi_url=None)

    @app.get("/internal/session")
    async def session() -> Response:
        return Response(headers={"authorization": "Bearer bench"})

    @app.get("/auth/me")
    async def me() -> Response:
        return JSONResponse({"person": "bench"})

    @app.get("/v1/access/me")
    async def access() -> Response:
        return JSONResponse({"person": "bench", "roles": ["member"], "teams": [{"team": "bench"}]})

    @app.get("/v1/kpis/stream")
    async def stream(request: Request) -> Response:
        many = request.headers.get("x-bench") == PROBES
        return StreamingResponse(_probes() if many else _changes(), media_type="text/event-stream")

    @app.get("/v1/kpis/series")
    async def series() -> Response:
        return JSONResponse({"zone": "UTC", "as_of": {}, "periods": [], "tables": []})

    @app.get("/{rest:path}")
    async def nothing(rest: str) -> Response:
        return JSONResponse({"items": [], "next": None})

    return app


async def _probes() -> AsyncIterator[bytes]:
    for _ in range(EVENTS):
        await asyncio.sleep(0.01)
        yield f"data: {time.perf_counter_ns()}\n\n".encode()


async def _changes() -> AsyncIterator[bytes]:
    held = {by: [_row(by, n) for n in range(ROWS if by == "campaign" else 8)] for by in DIMENSIONS}
    for by, rows in held.items():
        for start in range(0, len(rows), 200):
            piece = rows[start : start + 200]
            following = piece[-1]["key"] if start + 200 < len(rows) else None
            yield _event("snapshot", by, piece, following, "bench-0" if by == DIMENSIONS[-1] and not following else "")
    for tick in range(1, 100_000):
        await asyncio.sleep(1 / TICKS)
        for by, rows in held.items():
            changed = random.sample(rows, CHANGES // TICKS) if by == "campaign" else rows[tick % 8 : tick % 8 + 1]
            for row in changed:
                _step(row)
            yield _event("changed", by, changed, None, f"bench-{tick}")


def _row(by: str, n: int) -> dict[str, Any]:
    leads = n % 97 + 20
    counts = {"leads": leads, "qualified": leads - 1, "valid": leads - n % 9 - 2, "routed": leads - n % 11 - 4}
    ends = {"assigned": counts["routed"], "won": n % 5, "lost": n % 7, "conversion": n % 5 / (n % 5 + n % 7 or 1)}
    money = {"won_amount": {"EUR": n * 100}, "spend": {}, "cost_per_lead": None}
    return {"key": f"{by} {n:04}", "version": 1, **counts, **ends, **money}


def _step(row: dict[str, Any]) -> None:
    """One more lead in each; of every third one is won."""
    row["version"] += 1
    for name in ("leads", "qualified", "valid", "routed", "assigned"):
        row[name] += 1
    if row["version"] % 3 == 0:
        row["won"] += 1
        row["conversion"] = row["won"] / (row["won"] + row["lost"])
        row["won_amount"]["EUR"] += 12_300


def _event(name: str, by: str, rows: list[dict[str, Any]], following: str | None, position: str) -> bytes:
    body = json.dumps({"by": by, "offset": 1, "as_of": {}, "rows": rows, "next": following})
    return f"{f'id: {position}' + chr(10) if position else ''}event: {name}\ndata: {body}\n\n".encode()


@contextlib.contextmanager
def front(home: Path) -> Iterator[tuple[LocalGateway, int]]:
    """The real gateway, with its files in this folder, in front of the stand-in, which is a process of its own; and that one's port."""
    port = free_port()
    shutil.rmtree(home, ignore_errors=True)
    server = subprocess.Popen([sys.executable, "-m", "bench.stand_in", str(port)], cwd=ROOT)
    made, at = LocalGateway(home, free_port(), "bench"), f"127.0.0.1:{port}"
    made.leads_to(at, dict.fromkeys(("leads", "territory", "campaigns", "metrics"), at))
    try:
        with made:
            _wait_for(port)
            yield made, port
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    uvicorn.run(services(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
