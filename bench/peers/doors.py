"""The capture door beside FastAPI with FastStream's ``publish``: durable POSTs a second over 64 connections, closed loop.

All answer after ``acks=all`` of an idempotent producer. ``bench.naive.door`` does the same job as ours; ``bench.peers.door`` does
less: it checks no values, seals nothing and writes no headers. Our process is the whole leads service: first with its consumer and relay at work, then with its database stopped, when the door does what it is for and takes
leads all the same, alone. What was accepted is counted in the topics.
"""

import asyncio
import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import uvloop
from confluent_kafka import Consumer, TopicPartition

from bench import forms, roles
from bench.peers.servers import servers
from contracts import STREAMS, Stream
from tributary.child_process import Owned, free_port
from tributary.kafka import LocalKafka
from tributary.services import LocalService
from tributary.topics import create_topics

CONNECTIONS = 64
TURN_S = 1.0
MODULES = {"same": "bench.naive.door", "less": "bench.peers.door"}
PEERS = {
    "same": Stream("same.intake", "id", (), "", sequenced=False),
    "less": Stream("less.intake", "id", (), "", sequenced=False),
}
Door = tuple[int, int, str]  # port, process, topic


class _Asking(asyncio.Protocol):
    """One connection that sends its next request when it has its answer."""

    def __init__(self, loop: "ClosedLoop") -> None:
        self.loop, self.buffer, self.begun = loop, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.loop.next(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        end = head_end + 4 + (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
        if len(self.buffer) >= end:
            status, self.buffer = int(self.buffer[9:12]), self.buffer[end:]
            self.loop.answered(self, status)


class ClosedLoop:
    """As many requests as the connections can send in the time."""

    def __init__(self, requests: list[bytes], seconds: float) -> None:
        self._requests, self._sent, self._until = requests, 0, time.perf_counter() + seconds
        self.statuses: dict[int, int] = {}
        self.took: list[float] = []
        self.waiting = 0

    def next(self, connection: _Asking) -> None:
        """Sends the next request, or nothing more when the time is up."""
        connection.begun = time.perf_counter()
        if connection.begun < self._until:
            connection.transport.write(self._requests[self._sent % len(self._requests)])
            self._sent += 1
            self.waiting += 1

    def answered(self, connection: _Asking, status: int) -> None:
        """An answer came."""
        self.waiting -= 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.took.append(time.perf_counter() - connection.begun)
        self.next(connection)

    async def run(self, port: int) -> None:
        """Until the time is up and every answer has come."""
        connections = [
            (await asyncio.get_running_loop().create_connection(lambda: _Asking(self), "127.0.0.1", port))[0]
            for _ in range(CONNECTIONS)
        ]
        late = self._until + 10
        while time.perf_counter() < self._until or (self.waiting and time.perf_counter() < late):
            await asyncio.sleep(0.02)
        for connection in connections:
            connection.close()


class Pressed:
    """One door under load, in one turn or in several."""

    def __init__(self, kafka: LocalKafka, door: Door) -> None:
        self.kafka, (self.port, pid, self.topic) = kafka, door
        self.pids = {"door": pid, "broker": kafka.pid}
        self.accepted, self.seconds, self.took = 0, 0.0, list[float]()
        self.spent = dict.fromkeys(self.pids, 0.0)

    def press(self, seconds: float, seed: int) -> None:
        """One turn. What was accepted must be in the topic."""
        requests = [request for request, _ in forms.singles(seed, 2000)]
        stored, before, began = records(self.kafka, self.topic), roles.cpu(self.pids), time.perf_counter()
        loop = ClosedLoop(requests, seconds)
        uvloop.run(loop.run(self.port))
        self.seconds += time.perf_counter() - began
        for role, spent in roles.spent(before, roles.cpu(self.pids)).items():
            self.spent[role] += spent
        accepted, stored = loop.statuses.get(202, 0), records(self.kafka, self.topic) - stored
        if loop.statuses.keys() != {202} or stored != accepted:
            raise SystemExit(f"{self.topic}: answers {loop.statuses}, and {stored} records are stored")
        self.accepted += accepted
        self.took += loop.took

    def row(self) -> dict[str, Any]:
        """All turns together."""
        return {
            "accepted": self.accepted,
            "per_second": round(self.accepted / self.seconds),
            "us": round(self.spent["door"] / self.accepted * 1e6),
            "broker_us": round(self.spent["broker"] / self.accepted * 1e6),
            "per_core": round(self.accepted / self.spent["door"]),
            "p50_ms": _milliseconds(self.took, 0.5),
            "p99_ms": _milliseconds(self.took, 0.99),
        }


def _milliseconds(took: list[float], share: float) -> float:
    return round(sorted(took)[int(len(took) * share)] * 1000, 1)


def records(kafka: LocalKafka, topic: str) -> int:
    """How many records the broker has in a topic that nothing was removed from."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "bench.doors"})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        return sum(consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=10)[1] for n in partitions)
    finally:
        consumer.close()


def run(home: Path, rounds: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Our whole service at work; then our door alone and the two peers in turns."""
    found: dict[str, Any] = {"seconds": seconds, "rounds": [{} for _ in range(rounds)]}
    with servers(home) as (kafka, postgres), contextlib.ExitStack() as ending:
        create_topics(kafka.bus, [*STREAMS, *PEERS.values()])
        database = postgres.ensure_role_and_database("leads")
        ours = LocalService("leads", home, database=database, kafka=kafka.bus, usual_port=False)
        ending.callback(ours.stop)
        ours.migrate()
        ours.start()
        doors: dict[str, Door] = {name: _peer(name, home, kafka, ending) for name in PEERS}
        ours.wait_until_ready()
        doors = {"alone": (ours.port, ours.pid, "leads.intake"), **doors}
        for door in doors.values():
            Pressed(kafka, door).press(min(2.0, seconds), 1)  # warm, not counted
        for number, row in enumerate(found["rounds"]):
            whole = Pressed(kafka, doors["alone"])
            whole.press(seconds, number)
            row["whole"] = whole.row()
        postgres.stop()
        for number, row in enumerate(found["rounds"]):
            pressed = {name: Pressed(kafka, door) for name, door in doors.items()}
            for turn in range(max(1, round(seconds / TURN_S))):  # in short turns: a noisy neighbour meets them all
                for one in pressed.values():
                    one.press(min(TURN_S, seconds), 100 * number + turn)
            row.update((name, one.row()) for name, one in pressed.items())
            for name in PEERS:
                row[f"ratio_{name}"] = round(row["alone"]["per_core"] / row[name]["per_core"], 2)
            say("  doors: " + ", ".join(f"{n} {row[n]['per_second']}/s, {row[n]['us']} us a POST" for n in doors))
    return found


def _peer(name: str, home: Path, kafka: LocalKafka, ending: contextlib.ExitStack) -> Door:
    port, topic = free_port(), PEERS[name].topic
    command = [sys.executable, "-m", "uvicorn", f"{MODULES[name]}:app", "--port", str(port), "--no-access-log"]
    options = {
        **os.environ,
        "KAFKA": kafka.bootstrap,
        "TOPIC": topic,
        "DOOR_KEY": secrets.token_hex(32),
        "PYTHONPATH": os.getcwd(),
    }
    process = Owned(name, command, log=home / f"{name}.log", env=options, grace=3).start()
    ending.callback(process.stop)
    return port, process.pid, topic
