"""A service as a process: its words on the command line, and how it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from toy.facts import planned
from toy.place import OWNER, Place, at_work, noted, say
from toy.waiting import until

from chassis import Service
from chassis_testing import MASTER, tokens, url_of
from tributary.child_process import free_port

TOKEN = "token-of-this-test"


class Process:
    """`python -m toy`, for one place and database."""

    def __init__(self, place: Place, database: str, **more: str) -> None:
        self.port = free_port()
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={"authorization": f"Bearer {TOKEN}"}, timeout=5
        )
        self.env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{Path(__file__).parents[1]}:{os.environ.get('PYTHONPATH', '')}",
            "DATABASE_URL": place.settings(database).database_url.get_secret_value(),
            "DOOR_DATABASE_URL": place.settings(database).door_database_url.get_secret_value(),
            "OWNER_DATABASE_URL": url_of(place.postgres, database, OWNER, "owner"),
            "KAFKA_BOOTSTRAP_SERVERS": place.kafka,
            "TRIBUTARY_ISSUER": tokens.ISSUER,
            "TRIBUTARY_ISSUER_KEYS": tokens.key_file(),
            "TRIBUTARY_PORT": str(self.port),
            "TRIBUTARY_OPERATOR_TOKEN": TOKEN,
            "TRIBUTARY_MASTER_KEY": MASTER,
            "TRIBUTARY_INSTANCE": "process",
            "TOY_MARK": place.group.removeprefix("toy-"),
            **more,
        }

    async def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """One word, to its end."""
        command = [sys.executable, "-m", "toy", *words]
        return await asyncio.to_thread(
            subprocess.run, command, env=self.env, capture_output=True, text=True, timeout=60, check=False
        )

    async def serve(self) -> "asyncio.subprocess.Process":
        """Starts to serve."""
        command = (sys.executable, "-m", "toy", "serve")
        return await asyncio.create_subprocess_exec(
            *command, env=self.env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )

    async def ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False


async def test_a_process_migrates_serves_parks_shows_replays_and_stops_in_two_seconds_with_a_stream_open(
    place: Place,
) -> None:
    database = await place.database()
    toy = Process(place, database)
    assert (await toy.run("migrate")).returncode == 0
    assert (await toy.run("health")).returncode == 1
    serving = await toy.serve()
    try:
        await works_and_stops(place, toy, serving)
    finally:
        if serving.returncode is None:
            serving.kill()
        await toy.http.aclose()


async def works_and_stops(place: Place, toy: Process, serving: "asyncio.subprocess.Process") -> None:
    up = place.upstream(await place.database())
    async with at_work(up):
        await until("the process is ready", toy.ready, 60)
        await say(up, [planned("a"), planned("b", "fails")])
        listed = await until("one is parked", lambda: parked(toy), 60)
    assert (listed["cause"], listed["type"]) == ("ValueError", "campaigns.campaign.planned.v1")
    shown = json.loads((await toy.run("parked", "show", listed["id"], "--because", "a test")).stdout)
    assert '"name":"fails"' in shown["payload"]
    assert (await toy.run("parked", "replay", listed["id"])).stdout.startswith(
        f"{listed['id']}: failed again: ValueError at handlers.py:"
    )
    assert (await toy.run("parked", "let-through", "--reason", "a test")).stdout.startswith("What fails is parked")
    assert (await toy.run("parked", "discard", listed["id"])).returncode != 0, "nothing goes without a reason"
    assert (await toy.run("parked", "discard", listed["id"], "--reason", "a test")).stdout == "1 discarded\n"
    assert (await toy.run("parked", "list")).stdout == "[]\n"
    assert (await toy.run("health")).returncode == 0
    reader = tokens.bearer(tokens.of_machine("reader", "toy:read"))
    async with toy.http.stream("GET", "/v1/ticks", headers=reader) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "tick"
        began = time.monotonic()
        serving.send_signal(signal.SIGTERM)
        assert {line async for line in lines} <= {"tick"}
        output, _ = await asyncio.wait_for(serving.communicate(), 20)
        assert time.monotonic() - began < 2
    assert serving.returncode == 0
    logs = [json.loads(line) for line in output.decode().splitlines()]
    assert all(line["service"] == "toy" for line in logs)
    assert {"ready_to_work", "parked", "stopping"} <= {line["event"] for line in logs}


async def parked(toy: Process) -> dict[str, Any] | None:
    emitted = await toy.run("parked", "list")
    rows: list[dict[str, Any]] = json.loads(emitted.stdout)
    return rows[0] if rows else None


async def test_a_process_that_is_stopped_inside_its_transaction_holds_the_others_for_a_few_seconds_only(
    place: Place,
) -> None:
    database = await place.database()
    armed = {"TRIBUTARY_FAIL_POINTS": "true", "TRIBUTARY_FAIL_AT": "consumer.decided:1:stop"}
    frozen = Process(place, database, TRIBUTARY_SESSION_TIMEOUT_MS="6000", **armed)
    other = Process(place, database, TRIBUTARY_SESSION_TIMEOUT_MS="6000", TRIBUTARY_INSTANCE="another")
    up = place.upstream(await place.database())
    down = place.downstream(database, instance="looks")
    first = await frozen.serve()
    second = None
    try:
        async with at_work(up):
            await until("the first is ready", frozen.ready, 60)
            await say(up, [planned(f"c{n}") for n in range(20)])
            await until("it is stopped in its transaction", lambda: is_stopped(first.pid), 30)
            began = time.monotonic()
            second = await other.serve()
            await until("the other has done its work", lambda: noted_all(down, 20), 30)
            took = time.monotonic() - began
            first.send_signal(signal.SIGCONT)
            await until("the thawed one is ready again", frozen.ready, 30)
            await say(up, [planned(f"d{n}") for n in range(20)])
            await until("all is done", lambda: noted_all(down, 40), 30)
        assert took < 15, "start of the process, end of the other's session, end of its transaction"
    finally:
        for process in (first, second):
            if process is not None and process.returncode is None:
                process.kill()
        await frozen.http.aclose()
        await other.http.aclose()
        await down.database.close()


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


async def noted_all(service: Service, count: int) -> bool:
    return len(await noted(service)) == count


async def test_a_process_of_which_a_part_has_broken_does_not_live_on_without_it(place: Place) -> None:
    toy = Process(place, await place.database(), TOY_FAILS="1")
    serving = await toy.serve()
    try:
        output, _ = await asyncio.wait_for(serving.communicate(), 30)
    finally:
        if serving.returncode is None:
            serving.kill()
    assert serving.returncode == 1
    assert "ZeroDivisionError" in output.decode()
    await toy.http.aclose()


@pytest.mark.parametrize("key", ["", "c2hvcnQ="])
async def test_a_process_without_a_good_master_key_does_not_start(place: Place, key: str) -> None:
    toy = Process(place, "nothing", TRIBUTARY_MASTER_KEY=key)
    ended = await toy.run("serve")
    assert ended.returncode != 0
    assert "32 bytes in base64" in ended.stderr + ended.stdout
    await toy.http.aclose()


async def test_the_openapi_document_is_printed_without_a_database(place: Place) -> None:
    toy = Process(place, "nothing")
    document = json.loads((await toy.run("openapi")).stdout)
    assert "/v1/notes" in document["paths"]
    await toy.http.aclose()
