"""What goes over an HTTP connection, and in how many writes."""

import asyncio
from typing import Any

import uvicorn
from toy.wire import Wire

from chassis.connection import Protocol

REQUEST = b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


async def answered(requests: bytes, *bodies: bytes) -> Wire:
    """What is written when an application answers with these pieces, a turn of the loop between them."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"4")]})
        for n, body in enumerate(bodies, 1):
            await send({"type": "http.response.body", "body": body, "more_body": n < len(bodies)})
            await asyncio.sleep(0)

    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None)
    config.load()
    protocol, wire = Protocol(config, uvicorn.server.ServerState(), {}), Wire()
    protocol.connection_made(wire)  # type: ignore[arg-type]
    protocol.data_received(requests)
    await asyncio.sleep(0.05)
    return wire


async def test_head_and_body_of_an_answer_are_one_write() -> None:
    wire = await answered(REQUEST, b"done")
    [written] = wire.writes
    assert written.startswith(b"HTTP/1.1 202")
    assert written.endswith(b"\r\n\r\ndone")


async def test_a_stream_is_written_as_it_comes() -> None:
    wire = await answered(REQUEST, b"do", b"ne")
    assert len(wire.writes) == 2
    assert wire.writes[1] == b"ne"


async def test_what_is_written_before_the_close_is_sent() -> None:
    wire = await answered(REQUEST.replace(b"Host", b"Connection: close\r\nHost"), b"done")
    assert wire.closed
    assert b"".join(wire.writes).endswith(b"done")
