"""The outermost layer of every HTTP door: traces, telemetry, content types, body sizes. Plain ASGI, because layers of
middleware on the capture path cost more than the capture."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.trace import SpanKind
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis import telemetry
from chassis.intake import no_room
from chassis.problems import Problem

if TYPE_CHECKING:
    from chassis.service import Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = frozenset({"application/json"})
WHOLE = "tributary.body"  # in a request's scope: its body, if that came to its end before anybody read of it
SINGLE_LIMIT, LIMIT = 256 * 1024, 4 * 1024 * 1024
RECEIVE_WITHIN_S = 15.0
NOSNIFF = (b"x-content-type-options", b"nosniff")


class _Gathered:
    """A connection on which what one turn of the event loop has to write is one write: head and body of an answer go out
    in one system call and one packet, not in two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with one write an answer, and a body that came with its head is there before anybody asks."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Gathered(transport, self.loop))  # type: ignore[arg-type]

    def on_message_complete(self) -> None:
        super().on_message_complete()
        cycle = self.cycle
        if not (cycle.more_body or cycle.response_complete):
            cast(Scope, cycle.scope).setdefault(WHOLE, cycle.body)


class TooLarge(Problem):
    """413, said before the rest of the body is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, "The body is too large", detail=f"At most {limit} bytes are taken here.")


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, or TooLarge as soon as that is known; a sender that dawdles does not keep its place."""
    if (whole := scope.get(WHOLE)) is not None:  # nothing to wait for, and so no clock to set
        if len(whole) > limit:
            raise TooLarge(limit)
        return bytes(whole)
    scope[WHOLE] = None
    try:
        async with asyncio.timeout(RECEIVE_WITHIN_S):
            return await _read(scope, receive, limit)
    except TimeoutError as error:
        raise Problem(408, "The body took too long", detail="Nothing was taken.") from error


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise TooLarge(limit)
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "The body ended early")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def header(scope: Scope, name: bytes) -> str:
    """The first header of this name, or nothing."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


class Shell:
    """Wraps a service's FastAPI application; ``mounts`` are exact paths answered by plain ASGI applications instead."""

    def __init__(
        self, app: Any, service: "Service", mounts: Mapping[str, Any], accepts: Mapping[str, frozenset[str]]
    ) -> None:
        self.app, self.service, self.mounts, self.accepts = app, service, mounts, accepts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, streams = time.perf_counter(), 500, False
        trace = telemetry.accepted_traceparent(header(scope, b"traceparent") or None, self.service.settings.trace_ratio)

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", ())
                streams = any(v.startswith(b"text/event-stream") for k, v in headers if k == b"content-type")
                message["headers"] = [*headers, NOSNIFF]
            await send(message)

        with telemetry.span(f"{scope['method']} {scope['path']}", trace, SpanKind.SERVER) as scope["tributary.trace"]:
            mounted = self.mounts.get(scope["path"])
            try:
                if mounted is not None and scope["method"] != "POST":
                    raise Problem(405, "This door takes POST only", headers={"allow": "POST"})
                scope["service"] = self.service
                if mounted is not None and self.service.intake is not None and self.service.intake.full:
                    raise no_room()
                self._check_content_type(scope)
                if mounted is not None:
                    await mounted(scope, receive, sending)
                elif scope["method"] in ("POST", "PUT", "PATCH"):
                    await self.app(scope, _replayed(await read_body(scope, receive, LIMIT), receive), sending)
                else:
                    await self.app(scope, receive, sending)
            except Problem as problem:
                await problem.response()(scope, receive, sending)
            finally:  # a bug's answer was sent further in, and the bug comes by here: it is counted too
                if not streams:  # how long somebody watched is no latency
                    self._observe(scope, mounted is not None, status, time.perf_counter() - began, trace)

    def _observe(self, scope: Scope, mounted: bool, status: int, seconds: float, trace: str) -> None:
        route = getattr(scope.get("route"), "path", scope["path"] if mounted else "other")
        exemplar = {"trace_id": telemetry.trace_id_of(trace)} if telemetry.is_sampled(trace) else None
        telemetry.DOOR.labels(route, str(status)).observe(seconds, exemplar)

    def _check_content_type(self, scope: Scope) -> None:
        if scope["method"] not in ("POST", "PUT", "PATCH") or not scope["path"].startswith("/v1/"):
            return
        given = header(scope, b"content-type").partition(";")[0].strip().lower()
        accepted = self.accepts.get(scope["path"], JSON)
        if given not in accepted:
            raise Problem(415, "This content type is not taken here", detail=f"Send {' or '.join(sorted(accepted))}.")


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = [False]

    async def replay() -> MutableMapping[str, Any]:
        if sent[0]:
            return await receive()
        sent[0] = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
