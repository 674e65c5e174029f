"""A process of many dashboards on the KPI stream: ``python -m bench.readers PORT COUNT [by=...]``, the token in TOKEN.

It says "ready" once all have had their first answer, counts from the line "begin" on its input and ends with the line "end".
One reader in ten takes each frame apart: from the time of the newest event that it holds until it has all come.
The last line printed is JSON.
"""

import asyncio
import json
import os
import re
import resource
import sys
import time
from datetime import datetime
from typing import cast

import uvloop

from bench.latency import Latency

AT_ONCE, EVERY = 50, 10
AS_OF = re.compile(rb'"as_of":\{([^}]*)\}')
TIME = re.compile(rb'":"([^"]+)"')


def raise_open_files() -> int:
    """As many open files as this user may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Readers:
    """All of them, and what they saw."""

    def __init__(self) -> None:
        self.counting = False
        self.frames = self.bytes = self.lost = 0
        self.waiting: set[Reader] = set()
        self.age = Latency()


class Reader(asyncio.Protocol):
    """One open stream."""

    def __init__(self, all_of_them: Readers, request: bytes, parses: bool) -> None:
        self.all, self.request, self.parses, self.buffer = all_of_them, request, parses, b""
        self.all.waiting.add(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self in self.all.waiting and b"event: snapshot" in data:
            self.all.waiting.discard(self)
        if not self.all.counting:
            return
        self.all.bytes += len(data)
        self.all.frames += data.count(b"event: changed")
        if self.parses:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        *frames, self.buffer = (self.buffer + data).split(b"\n\n")
        now = time.time()
        for frame in frames:
            if b"event: changed" in frame and (as_of := AS_OF.search(frame)):
                newest = max(datetime.fromisoformat(options.decode()) for options in TIME.findall(as_of[1]))
                self.all.age.add(max(0.0, now - newest.timestamp()))

    def connection_lost(self, error: Exception | None) -> None:
        self.all.lost += 1


async def run(port: int, token: str, count: int, query: str = "by=channel") -> None:
    """Opens them, waits for the words, tells."""
    loop, them = asyncio.get_running_loop(), Readers()
    head = f"GET /v1/kpis/stream?{query} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    opened = []
    for n in range(count):
        connection = await loop.create_connection(
            lambda n=n: Reader(them, head, n % EVERY == 0),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        opened.append(connection)
        while len(them.waiting) >= AT_ONCE:
            await asyncio.sleep(0.002)
    deadline = loop.time() + 60
    while them.waiting and loop.time() < deadline:
        await asyncio.sleep(0.01)
    print(json.dumps({"ready": count - len(them.waiting)}), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    them.counting, began, cpu = True, time.perf_counter(), time.process_time()
    await loop.run_in_executor(None, sys.stdin.readline)
    them.counting, took = False, time.perf_counter() - began
    options = {
        "frames_per_second": round(them.frames / took),
        "frames_per_reader": round(them.frames / took / count, 2),
        "mb_per_second": round(them.bytes / took / 1e6, 1),
        "lost": them.lost,
        "age": them.age.summary(),
        "client_cores": round((time.process_time() - cpu) / took, 2),
    }
    print(json.dumps(options), flush=True)


if __name__ == "__main__":
    raise_open_files()
    uvloop.run(run(int(sys.argv[1]), os.environ["TOKEN"], int(sys.argv[2]), *sys.argv[3:]))
