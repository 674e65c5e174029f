"""What a browser costs and shows: ``python -m bench --only web``.

200 open pages on a stack under load, beside the same pages with a stream per dimension as they had before; what the gateway adds
to an event; and the built page in a real browser, behind the real gateway, with a stand-in for the services that changes a
thousand rows a second: a machine of two cores has no room for the leads that would.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from playwright.sync_api import Page, sync_playwright

from bench import walk
from bench.latency import Latency
from bench.market import market
from bench.running import OUT, ROOT, Running, stack
from bench.tables import Results, number, table
from tributary.child_process import free_port
from tributary.gateway import LocalGateway

PAGES, LOAD, ROWS, CHANGES = 200, 100.0, 1000, 1000
DIMENSIONS = ("segment", "channel", "team", "campaign")
EVENTS, PROBES = 400, "bench-probe"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
)
FRAMES = """(ms) => new Promise((done) => {
  const at = []; const end = performance.now() + ms;
  const next = (now) => { at.push(now); now < end ? requestAnimationFrame(next) : done(at) };
  requestAnimationFrame(next);
})"""


def web(seconds: float, say: Callable[[str], None]) -> Results:
    """All three."""
    found = {"gateway": gateway(), "page": page(seconds), **readers(seconds)}
    say("  " + "; ".join(lines(found)[2:]))
    return found


# -- pages as readers of a stack


def readers(seconds: float) -> Results:
    """Cores that metrics needs for so many pages with one connection each, and with one per dimension, beside the same load."""
    with stack("web") as running:
        running.load_market(market(1000))
        uvloop_run(walk.at_rate(running, LOAD, 5))  # warm, not counted
        one = "&".join(f"by={by}" for by in DIMENSIONS)
        rows = {
            "nobody": _reading(running, [], seconds),
            "one": _reading(running, [(one, PAGES)], seconds),
            "each": _reading(running, [(f"by={by}", PAGES) for by in DIMENSIONS], seconds),
        }
        return {"readers": rows, "verify": running.verified()}


def uvloop_run(work: Any) -> Any:
    """Imported late: this module is also a server's."""
    import uvloop

    return uvloop.run(work)


def _reading(running: Running, groups: list[tuple[str, int]], seconds: float) -> Results:
    environment = {**os.environ, "TOKEN": running.token}
    started = []
    for query, count in groups:
        command = [sys.executable, "-m", "bench.readers", str(running.port("metrics")), str(count), query]
        started.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
    ready = sum(json.loads(_line(one))["ready"] for one in started)
    for one in started:
        _tell(one, "begin")
    before, began = _cpu(running.pids["metrics"]), time.monotonic()
    uvloop_run(walk.at_rate(running, LOAD, seconds))
    cores = (_cpu(running.pids["metrics"]) - before) / (time.monotonic() - began)
    said = []
    for one in started:
        _tell(one, "end")
        said.append(json.loads(_line(one)))
        one.wait(30)
    return {
        "connections": ready,
        "cores": round(cores, 3),
        "mb_per_second": round(sum(each["mb_per_second"] for each in said), 1),
        "age_p50_ms": max((each["age"]["p50"] for each in said), default=None),
        "lost": sum(each["lost"] for each in said),
    }


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _tell(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- the gateway and the page, in front of a stand-in


def services() -> FastAPI:
    """Door and services in one: a thousand campaigns of which a thousand rows change every second."""
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
        await asyncio.sleep(0.1)
        for by, rows in held.items():
            changed = random.sample(rows, CHANGES // 10) if by == "campaign" else rows[tick % 8 : tick % 8 + 1]
            for row in changed:
                row["version"] += 1
                row["leads"] += 1
            yield _event("changed", by, changed, None, f"bench-{tick}")


def _row(by: str, n: int) -> dict[str, Any]:
    counts = dict.fromkeys(("qualified", "valid", "routed", "assigned", "won", "lost"), n % 7)
    money = {"conversion": None, "won_amount": {"EUR": n * 100}, "spend": {}, "cost_per_lead": None}
    return {"key": f"{by} {n:04}", "version": 1, "leads": n + 10, **counts, **money}


def _event(name: str, by: str, rows: list[dict[str, Any]], following: str | None, position: str) -> bytes:
    body = json.dumps({"by": by, "offset": 1, "as_of": {}, "rows": rows, "next": following})
    return f"{f'id: {position}' + chr(10) if position else ''}event: {name}\ndata: {body}\n\n".encode()


@contextlib.contextmanager
def _front() -> Iterator[tuple[LocalGateway, int]]:
    """The real gateway in front of the stand-in, which is a process of its own."""
    port, home = free_port(), OUT / "state" / "web-front"
    shutil.rmtree(home, ignore_errors=True)
    server = subprocess.Popen([sys.executable, "-m", "bench.web", str(port)], cwd=ROOT)
    made = LocalGateway(home, free_port(), "bench")
    at = f"127.0.0.1:{port}"
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


def gateway() -> Results:
    """What an event takes from its server to a reader, straight and through the gateway, three times each by turns."""
    found: dict[str, list[float]] = {"direct": [], "through": []}
    with _front() as (made, port):
        for _ in range(3):
            found["direct"].append(asyncio.run(_delay("127.0.0.1", port, "/v1/kpis/stream")))
            found["through"].append(asyncio.run(_delay("127.0.0.1", made.port, "/api/metrics/v1/kpis/stream")))
    middle = {name: round(statistics.median(values), 3) for name, values in found.items()}
    return {**middle, "adds_ms": round(middle["through"] - middle["direct"], 3)}


async def _delay(host: str, port: int, path: str) -> float:
    """The middle one of the delays, in milliseconds."""
    read, write = await asyncio.open_connection(host, port)
    write.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nx-bench: {PROBES}\r\n\r\n".encode())
    delays = []
    while len(delays) < EVENTS - 10:
        line = await read.readline()
        if line.startswith(b"data: "):
            delays.append((time.perf_counter_ns() - int(line[6:])) / 1e6)
    write.close()
    return statistics.median(delays)


def page(seconds: float) -> Results:
    """Today in a browser: from its opening to its first live number, and frames while a thousand rows a second change."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise SystemExit("This part needs Chromium.")
    with _front() as (made, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        first = Latency()
        for _ in range(5):
            opened = browser.new_context().new_page()
            opened.goto(f"{made.address}/today", wait_until="commit")
            opened.locator(".say .number").first.wait_for()
            first.add(opened.evaluate("performance.now()") / 1000)
            opened.context.close()
        frames = {}
        for by in ("segment", "campaign"):
            shown = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            shown.goto(f"{made.address}/today?by={by}")
            shown.locator(".say .number").first.wait_for()
            shown.wait_for_timeout(1500)
            frames[by] = _frames(shown, seconds)
            shown.context.close()
        browser.close()
    return {"first_number_ms": first.summary()["p50"], "frames": frames}


def _frames(shown: Page, seconds: float) -> Results:
    at = shown.evaluate(FRAMES, seconds * 1000)
    gaps = sorted(b - a for a, b in itertools.pairwise(at))
    return {
        "per_second": round(len(gaps) * 1000 / (at[-1] - at[0]), 1),
        "p99_ms": round(gaps[int(len(gaps) * 0.99)], 1),
        "worst_ms": round(gaps[-1], 1),
        "rows": shown.locator(".row.body").count(),
    }


def lines(found: Results | None) -> list[str]:
    """The section of the page."""
    if not found:
        return []
    rows, frames = found["readers"], found["page"]["frames"]
    words = {
        "nobody": "no page",
        "one": f"{PAGES} pages, a connection each",
        "each": f"{PAGES} pages, four each (before)",
    }
    return [
        "## Browsers",
        "",
        f"{PAGES} open pages while {LOAD:g} leads/s come: a page's one connection tells of all four dimensions.",
        "",
        *table(
            ("", "connections", "metrics, cores", "MB/s", "age of a change p50, ms"),
            [
                (
                    words[name],
                    row["connections"],
                    number(row["cores"]),
                    number(row["mb_per_second"]),
                    row["age_p50_ms"] or "-",
                )
                for name, row in rows.items()
            ],
        ),
        "",
        f"The gateway adds {found['gateway']['adds_ms']} ms to an event at the middle ({found['gateway']['direct']} ms straight). The first live number stands"
        f" {found['page']['first_number_ms']} ms after the page was asked for. While {CHANGES:,} rows a second change, Today draws"
        f" {frames['segment']['per_second']} frames a second with {frames['segment']['rows']} rows in its table (99 of 100 within {frames['segment']['p99_ms']} ms,"
        f" the worst {frames['segment']['worst_ms']} ms) and {frames['campaign']['per_second']} with {frames['campaign']['rows']:,} rows"
        f" ({frames['campaign']['p99_ms']} and {frames['campaign']['worst_ms']} ms). Drawing is by software here.",
    ]


if __name__ == "__main__":
    uvicorn.run(services(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
