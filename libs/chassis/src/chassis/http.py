"""The outermost layer of every HTTP door: who may come in, what is read of him, and what is told of it. Plain ASGI, because
layers of middleware on the capture path cost more than the capture.

Everything that can be known without the body is settled before it is read: whether there is such a door, whether the caller
may use it, how often, what type and how much he sends.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from opentelemetry.trace import SpanKind

from chassis import origins, telemetry
from chassis.access import ACTOR, ANONYMOUS, Guard, not_signed_in, signed_in
from chassis.callers import Callers, form_asked
from chassis.connection import WHOLE
from chassis.intake import no_room
from chassis.problems import Problem

if TYPE_CHECKING:
    from chassis.service import Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = frozenset({"application/json"})
HEADERS = "tributary.headers"  # in a request's scope: the first header of each name
SITES = "tributary.sites"  # in a request's scope, put there by a guard: the origins whose pages may call just this
TAKES = "tributary.takes"  # likewise: the content types that are taken just here
MOST = "tributary.most"  # likewise: how many bytes of a body are taken just here
HELD = "tributary.held"  # in a request's scope: bytes of its body that count against the room for bodies
SINGLE_LIMIT, LIMIT = 256 * 1024, 4 * 1024 * 1024
SMALL = 16 * 1024  # a body up to here needs no room: many large ones keep no lead out
RECEIVE_WITHIN_S = 15.0
NOSNIFF = (b"x-content-type-options", b"nosniff")
ABSENT_STEP_S = 0.01  # a 404 is sent at a multiple of this after its request came: what was looked at does not show
WRITING = frozenset({"POST", "PUT", "PATCH"})
METHODS = WRITING | {"GET", "HEAD", "DELETE", "OPTIONS"}


@dataclass(frozen=True)
class Mount:
    """A plain ASGI application that takes POSTs at one exact path. ``public`` ones take calls of anybody, from pages of the
    origins in ``capture_origins``, at the rates of the settings; others ask who calls before they read.
    ``form`` names the form that a call comes from; ``operation`` is what the OpenAPI document says of it."""

    app: Any
    public: bool = True
    form: Callable[[Scope], str] = form_asked
    operation: Mapping[str, Any] | None = None


class TooLarge(Problem):
    """413, said before the rest of the body is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, "The body is too large", detail=f"At most {limit} bytes are taken here.")


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, or TooLarge as soon as that is known; a sender that dawdles does not keep its place."""
    if (whole := scope.get(WHOLE)) is not None:  # nothing to wait for, and so no clock to set
        if len(whole) > limit:
            raise TooLarge(limit)
        hold(scope, len(whole))
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
        hold(scope, size)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def hold(scope: Scope, size: int) -> None:
    """Counts these bytes of a body until its request has its answer; 503 when all bodies together have no room for them."""
    service: Service | None = scope.get("service")
    if size <= SMALL or service is None:
        return
    more = size - scope.get(HELD, 0)
    if service.asgi.held + more > service.settings.body_room:
        raise no_room()
    service.asgi.held += more
    scope[HELD] = size


def has_body(scope: Scope) -> bool:
    """Whether a body comes with this request, as far as its headers say."""
    return header(scope, b"content-length") not in ("", "0") or bool(header(scope, b"transfer-encoding"))


def header(scope: Scope, name: bytes) -> str:
    """The first header of this name, or nothing."""
    found = scope.get(HEADERS)
    if found is None:  # six are asked for at the capture door, and each look through all of them costs as much as this
        found = scope[HEADERS] = dict(reversed(scope["headers"]))
    value = found.get(name)
    return value.decode("latin-1") if value else ""


def guards(router: APIRouter, route: APIRoute) -> tuple[Guard, ...]:
    """Who may use this route."""
    found = (d.dependency for d in (*router.dependencies, *route.dependencies))
    return tuple(guard for guard in found if isinstance(guard, Guard))


class Routes:
    """The doors that FastAPI has, as far as they must be known before a body is read. The first path that matches is the one
    that is asked for: another that would match too, as a name with a slash in it does, does not lend it its methods."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._found: dict[str, tuple[re.Pattern[str], dict[str, tuple[Guard, ...]]]] = {}
        for router in routers:
            for route in router.routes:
                if not isinstance(route, APIRoute):
                    raise TypeError(f"{route} can't be looked up before its body is read")
                if not (asks := guards(router, route)):
                    raise TypeError(f"{route.path_format} does not say who may use it")
                _, methods = self._found.setdefault(route.path_format, (route.path_regex, {}))
                methods |= dict.fromkeys(route.methods or (), asks)

    def find(self, path: str) -> dict[str, tuple[Guard, ...]]:
        """The methods that this path has, and what each takes of whoever calls it."""
        return next((methods for pattern, methods in self._found.values() if pattern.match(path)), {})


class HttpGateway:
    """Wraps a service's FastAPI application; ``mounts`` are exact paths answered by plain ASGI applications instead."""

    def __init__(
        self,
        app: Any,
        service: "Service",
        mounts: Mapping[str, Any],
        accepts: Mapping[str, frozenset[str]],
        routers: Sequence[APIRouter] = (),
    ) -> None:
        self.app, self.service, self.accepts = app, service, accepts
        self.mounts = {path: one if isinstance(one, Mount) else Mount(one) for path, one in mounts.items()}
        self.routes, self.callers = Routes(routers), Callers(service.settings)
        self.held = 0  # bytes of bodies, but for the small ones

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, streams = time.perf_counter(), 500, False
        scope["service"], mount = self.service, self.mounts.get(scope["path"])
        if mount is not None and scope["method"] != "POST" and self.routes.find(scope["path"]):
            mount = mount if header(scope, b"access-control-request-method") == "POST" else None
        authorization = header(scope, b"authorization")
        scope[ACTOR] = await self.service.shown(authorization, scope) if authorization else ANONYMOUS
        trace, origin = self._trace(scope), header(scope, b"origin")
        settings, public = self.service.settings, mount is not None and mount.public
        traced = (b"traceresponse", trace.encode())  # W3C Trace Context 2: by it an answer is found again

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", ())
                if status == 404:
                    await asyncio.sleep(ABSENT_STEP_S - (time.perf_counter() - began) % ABSENT_STEP_S)
                streams = any(v.startswith(b"text/event-stream") for k, v in headers if k == b"content-type")
                sites = scope.get(SITES, settings.capture_origins if public else settings.cors_origins)
                message["headers"] = [*headers, NOSNIFF, traced, *(origins.allowed(origin, sites) if origin else ())]
            await send(message)

        with telemetry.span("request", trace, SpanKind.SERVER) as scope["tributary.trace"]:
            try:
                await (
                    self._route(scope, receive, sending)
                    if mount is None
                    else self._mount(mount, scope, receive, sending)
                )
            except Problem as problem:
                await problem.response()(scope, receive, sending)
            finally:  # a bug's answer was sent further in, and the bug comes by here: it is counted too
                self.held -= scope.pop(HELD, 0)
                route = str(getattr(scope.get("route"), "path", "other" if mount is None else scope["path"]))
                if telemetry.is_sampled(trace):  # by its route: a path or a method of their own may hold anything
                    telemetry.rename(f"{scope['method'] if scope['method'] in METHODS else 'other'} {route}")
                if not streams:  # how long somebody watched is no latency
                    self._observe(scope["method"], route, status, time.perf_counter() - began, trace)

    def _trace(self, scope: Scope) -> str:
        """The caller's trace goes on here. Whether it is recorded is our decision, unless the caller may ask for that."""
        settings, given = self.service.settings, header(scope, b"traceparent")
        trace = telemetry.accepted_traceparent(given or None, settings.trace_ratio)
        if trace != given or settings.trust_traces or (telemetry.is_sampled(given) and signed_in(scope)):
            return trace
        return given[:-2] + telemetry.new_traceparent(settings.trace_ratio)[-2:]

    async def _mount(self, mount: Mount, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            if await self._preflight(scope, {"POST"}, send):
                return
            raise Problem(405, "This door takes POST only", headers={"allow": "POST"})
        if self.service.intake is not None and self.service.intake.full:
            raise no_room()
        if mount.public:
            self.callers.check(scope, mount.form(scope))
        elif not signed_in(scope):
            raise not_signed_in(scope)
        self._check_content_type(scope)
        await mount.app(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, methods = scope["method"], self.routes.find(scope["path"])
        if methods and method not in methods:
            if method == "OPTIONS" and await self._preflight(scope, set(methods), send):
                return
            taken = sorted({*methods, *({"POST"} if scope["path"] in self.mounts else ())})
            raise Problem(405, "Method Not Allowed", headers={"allow": ", ".join(taken)})
        if methods and method in WRITING:
            for guard in methods[method]:
                guard.check(scope)
            self._check_content_type(scope)
            receive = _replayed(await read_body(scope, receive, scope.get(MOST, LIMIT)), receive)
        await self.app(scope, receive, send)

    async def _preflight(self, scope: Scope, methods: set[str], send: Send) -> bool:
        """Answers a browser that asks first, whoever asks; without the word that its page may, it does not call."""
        if scope["method"] != "OPTIONS" or not header(scope, b"access-control-request-method"):
            return False
        await send({"type": "http.response.start", "status": 204, "headers": origins.preflight(methods)})
        await send({"type": "http.response.body", "body": b""})
        return True

    def _observe(self, method: str, route: str, status: int, seconds: float, trace: str) -> None:
        exemplar = {"trace_id": telemetry.trace_id_of(trace)} if telemetry.is_sampled(trace) else None
        _counted(method if method in METHODS else "other", route, status).observe(seconds, exemplar)

    def _check_content_type(self, scope: Scope) -> None:
        if not scope["path"].startswith("/v1/"):
            return
        given, accepted = header(scope, b"content-type"), scope.get(TAKES) or self.accepts.get(scope["path"], JSON)
        if not given and not has_body(scope):
            return
        if given not in accepted and given.partition(";")[0].strip().lower() not in accepted:
            raise Problem(415, "This content type is not taken here", detail=f"Send {' or '.join(sorted(accepted))}.")


@lru_cache(maxsize=1024)  # looking a label up takes the library a lock and longer than counting
def _counted(method: str, route: str, status: int) -> Any:
    return telemetry.DOOR.labels(method, route, str(status))


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = [False]

    async def replay() -> MutableMapping[str, Any]:
        if sent[0]:
            return await receive()
        sent[0] = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
