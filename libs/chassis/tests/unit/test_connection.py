"""What a stranger's connection may cost: its head, its time, its place."""

import asyncio
import math
from typing import Any

import pytest
import uvicorn
from toy.wire import Wire

from chassis import connection
from chassis.connection import BODY_WITHIN_S, HEAD_BYTES, HEAD_WITHIN_S, TAKEN_WITHIN_S, Keeper, Protocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Door:
    """A keeper and an application that answers every request with 204, once its body is there when ``reads``."""

    def __init__(self, most: int = 100, reads: bool = False) -> None:
        self.keeper, self.reads, self.asked = Keeper(most), reads, 0
        self.config = uvicorn.Config(self.app, http=Protocol, interface="asgi3", lifespan="off", log_config=None)
        self.config.load()
        self.state = uvicorn.server.ServerState()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        while self.reads and (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def connect(self) -> tuple[Protocol, Wire]:
        made, wire = self.keeper.protocol(config=self.config, server_state=self.state, app_state={}), Wire()
        made.connection_made(wire)  # type: ignore[arg-type]
        return made, wire


def status(wire: Wire) -> list[bytes]:
    """Of each answer on the wire."""
    return [
        part.split(b" ")[1] for part in b"".join(wire.writes).split(b"HTTP/1.1")[1:] for part in [b"HTTP/1.1" + part]
    ]


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_head_that_never_ends_is_refused_when_it_is_too_large_and_no_more_is_kept() -> None:
    door = Door()
    for lead_in, piece in ((b"GET /", b"a"), (GET + b"X: ", b"a"), (b"", b"\r\n"), (GET, b"a: b\r\n")):
        protocol, wire = door.connect()
        protocol.data_received(lead_in)
        sent = 0
        while not wire.closed and sent < 10 * HEAD_BYTES:
            protocol.data_received(piece * 100)
            sent += len(piece) * 100
        assert wire.closed
        assert sent < HEAD_BYTES + 1000
        assert status(wire) in ([b"431"], [b"400"])
    assert door.asked == 0


@pytest.mark.parametrize(
    "head", [b"X: " + b"a" * HEAD_BYTES + b"\r\n", b"".join(b"h%d: 1\r\n" % n for n in range(200))]
)
async def test_a_head_that_is_too_large_is_refused_also_when_it_comes_at_once(head: bytes) -> None:
    door = Door()
    protocol, wire = door.connect()
    protocol.data_received(GET + head + b"\r\n")
    await asyncio.sleep(0.01)
    assert (status(wire), wire.closed, door.asked) == ([b"431"], True, 0)
    protocol.data_received(GET + b"\r\n")  # what comes after that is nobody's
    await asyncio.sleep(0.01)
    assert door.asked == 0


async def test_a_large_body_in_the_same_piece_as_its_head_is_no_large_head() -> None:
    door = Door(reads=True)
    protocol, wire = door.connect()
    body = b"x" * (4 * HEAD_BYTES)
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await asyncio.sleep(0.01)
    assert (status(wire), door.asked) == ([b"204"], 1)


async def test_what_pads_a_body_without_being_any_of_it_ends() -> None:
    door = Door(reads=True)
    protocol, wire = door.connect()
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    for n in range(200):
        protocol.data_received(b"trailer-%d: " % n + b"a" * 1024 + b"\r\n")
        if wire.closed:
            break
    assert wire.closed
    assert n < 40


async def test_requests_that_are_sent_before_the_answers_of_others_are_bounded() -> None:
    door = Door(reads=True)
    protocol, wire = door.connect()
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
    protocol.data_received(b"x" + (GET + b"\r\n") * 500)
    assert wire.closed
    assert len(protocol.pipeline) <= connection.PIPELINED


async def test_who_sends_no_head_in_time_is_cut_off_also_after_an_answer() -> None:
    door = Door()
    silent, wire = door.connect()
    dawdling, other = door.connect()
    dawdling.data_received(b"GET / HTTP/1.1\r\n")
    again, third = door.connect()
    again.data_received(GET + b"\r\n")
    await asyncio.sleep(0.01)
    assert status(third) == [b"204"]
    again.data_received(b"\r\n")  # with which uvicorn's own clock stops
    door.keeper.look(now() + HEAD_WITHIN_S - 1)
    assert [wire.closed, other.closed, third.closed] == [False] * 3
    door.keeper.look(now() + HEAD_WITHIN_S + 1)
    assert wire.closed
    assert other.closed
    assert third.closed
    assert not door.keeper.open
    assert not door.keeper.owing
    silent.connection_lost(None)


async def test_who_does_not_end_his_body_is_cut_off_whether_it_was_answered_or_not() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"
    for door in (Door(reads=True), Door()):
        protocol, wire = door.connect()
        protocol.data_received(head)
        await asyncio.sleep(0.01)
        for _ in range(3):
            protocol.data_received(b"2")
        assert status(wire) == ([] if door.reads else [b"204"])
        door.keeper.look(now() + HEAD_WITHIN_S + 1)
        assert not wire.closed
        door.keeper.look(now() + BODY_WITHIN_S + 1)
        assert wire.closed
        protocol.connection_lost(None)


async def test_a_request_that_is_being_answered_has_all_the_time_it_needs() -> None:
    door = Door(reads=True)
    protocol, wire = door.connect()
    protocol.data_received(GET + b"\r\n")
    assert protocol.due == math.inf
    door.keeper.look(now() + 10_000)
    await asyncio.sleep(0.01)
    assert (status(wire), wire.closed) == ([b"204"], False)


async def test_an_answer_that_arrives_before_the_end_of_its_body_leaves_a_connection_that_goes_on() -> None:
    door = Door()
    protocol, wire = door.connect()
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
    await asyncio.sleep(0.01)
    protocol.data_received(b"2")
    protocol.data_received(GET + b"\r\n")
    await asyncio.sleep(0.01)
    assert (status(wire), door.asked) == ([b"204", b"204"], 2)
    assert protocol in door.keeper.owing


async def test_who_takes_nothing_of_his_answer_is_cut_off_and_who_takes_it_slowly_is_not() -> None:
    door = Door(reads=True)
    stuck, wire = door.connect()
    slow, other = door.connect()
    for protocol in (stuck, slow):
        protocol.data_received(GET + b"\r\n")
        protocol.pause_writing()
    slow.resume_writing()
    door.keeper.look(now() + TAKEN_WITHIN_S + 1)
    assert wire.closed
    assert not other.closed
    stuck.connection_lost(None)


async def test_when_there_are_too_many_who_has_owed_something_the_longest_makes_room() -> None:
    door = Door(most=3)
    first, second, third, fourth, fifth = (door.connect() for _ in range(5))
    assert [wire.closed for _, wire in (first, second, third, fourth, fifth)] == [True, True, False, False, False]
    third[0].data_received(GET + b"\r\n")  # it speaks, and is asked for nothing
    sixth = door.connect()
    assert (third[1].closed, fourth[1].closed, sixth[1].closed) == (False, True, False)
    await asyncio.sleep(0.01)
    assert status(third[1]) == [b"204"]
    assert len(door.keeper.open) == 3
