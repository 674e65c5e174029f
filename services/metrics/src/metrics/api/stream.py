"""The numbers as they change: server-sent events."""

import asyncio
import contextlib
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyCookie, APIKeyQuery
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from chassis import Actor, Problem, Service, begin, document, may
from chassis.access import ACTOR, TOKEN, Kind, not_signed_in
from chassis.database import INFRASTRUCTURE
from chassis.identity import Verified
from chassis.problems import declared
from chassis.service import actor_of
from metrics.api.feed import FAREWELL_S, Feed, Reader
from metrics.api.permissions import Permission
from metrics.api.scope import teams_of
from metrics.domain.catalogue import By
from metrics.use_cases.tickets import issue, redeem

RETRY = b"retry: 2000\n\n"
DESCRIPTION = """
Events: `snapshot` (every row, what a new stream begins with; another one follows while its `next` is not null), `changed` (the rows that changed in a tick, absolute values),
`resync` (the stream can't be resumed: fetch the table anew, the stream goes on), `slow` (the stream was read too slowly and
ends), `expired` (the token that opened it has ended: sign in and connect again), `closed` (nothing is left that you may see),
`stale` (who may see what can't be checked just now). The numbers are sums over the teams that you may see; when these change,
`resync` with `{"scope": "changed"}` says so: forget every row, then fetch the table. `Last-Event-ID`, or the parameter `last_event_id`, resumes; any other text there is answered with `resync`. A row's
`version` tells the newer of two states.

A browser's EventSource can send no Authorization header. It brings a ticket (`POST /v1/kpis/stream/tickets`, then
`?ticket=`: good for 30 seconds), or the token in the cookie `tributary`.
"""
COOKIE = "tributary"
EXPIRES = "metrics.expires"  # in a request's scope: when the token ends for which a ticket was given


class Ticket(BaseModel):
    """Opens streams until it expires, as the parameter ``ticket``."""

    ticket: str
    expires_at: datetime


class EventStream(StreamingResponse):
    """Sends a reader what the feed has for it. Written on ASGI itself: a write is what a reader costs."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, reader: Reader, service: Service) -> None:
        super().__init__((), headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self.feed, self.reader, self.service = feed, reader, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(self._gone(receive))
        try:
            # The reader did not take what was sent in time, or the database went while it was greeted: it comes back by itself.
            with contextlib.suppress(*INFRASTRUCTURE):
                async with self.reader.deadline:
                    await self._write(send)
        finally:
            gone.cancel()
            self.feed.close(self.reader)

    async def _write(self, send: Send) -> None:
        await self._take(send, {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await self._take(send, _part(RETRY))
        async for piece in self.feed.greeting(self.reader, self.service):
            await self._take(send, _part(piece))
        while not self.reader.done:
            await self._take(send, _part(await self.reader.next()))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _take(self, send: Send, message: MutableMapping[str, Any]) -> None:
        """One write. Whoever does not take it in time is gone, also when nothing else would be written for long."""
        async with asyncio.timeout(self.feed.settings.stream_taken_within_s):
            await send(message)

    async def _gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.reader.end(0)


def _part(body: bytes) -> MutableMapping[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


Shown = APIKeyQuery(name="ticket", scheme_name="ticket", auto_error=False)
Kept = APIKeyCookie(name=COOKIE, scheme_name="cookie", auto_error=False)


async def reader_of_streams(
    request: Request,
    ticket: Annotated[str | None, Depends(Shown)],
    cookie: Annotated[str | None, Depends(Kept)],
    by: By = "segment",
) -> None:
    """Who brings a ticket is at the door as who got it, and who brings the cookie as who shows the token in it."""
    service: Service = request.app.state.service
    if ticket:
        found = redeem(service.settings.master_key_bytes(), ticket, by, time.time())
        if found is None:
            raise not_signed_in()
        actor = Actor(found.principal, frozenset(found.roles), kind=cast(Kind, found.kind))
        request.scope[ACTOR], request.scope[EXPIRES] = actor.with_rights(service.roles), found.expires_at
    elif cookie and "authorization" not in request.headers:
        request.scope[ACTOR] = await service.shown(f"Bearer {cookie}", request.scope)


def _expires_at(request: Request) -> float | None:
    """When the token ends that is shown here; None for one that does not end."""
    token: Verified | None = request.scope.get(TOKEN)
    return token.expires_at if token else request.scope.get(EXPIRES)


def router(feed: Feed) -> APIRouter:
    """The door to this feed."""
    made = APIRouter(prefix="/v1/kpis", tags=["kpis"])

    @made.post("/stream/tickets", summary="A ticket to the stream.", dependencies=[Depends(may(Permission.SEE_KPIS))])
    async def stream_ticket(request: Request, by: By | None = None) -> Ticket:
        """For a page whose EventSource can send no header. It opens streams of the dimension ``by``, or of any, as whoever asks
        here, until it expires; they end when his token does."""
        service, actor = request.app.state.service, actor_of(request)
        ticket, good_until = issue(
            service.settings.master_key_bytes(),
            actor.principal,
            actor.kind,
            actor.roles,
            _expires_at(request),
            by,
            time.time(),
        )
        return Ticket(ticket=ticket, expires_at=datetime.fromtimestamp(good_until, UTC))

    @made.get(
        "/stream",
        summary="KPI rows as they change.",
        description=DESCRIPTION,
        response_class=StreamingResponse,
        responses=declared(401, 403, 503) | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
        openapi_extra={"security": document.OPERATOR},
        dependencies=[Depends(reader_of_streams), Depends(may(Permission.SEE_KPIS))],
    )
    async def kpi_stream(
        request: Request,
        by: By = "segment",
        last_event_id: Annotated[str, Header()] = "",
        resume: Annotated[str, Query(alias="last_event_id")] = "",
    ) -> EventStream:
        if feed.readers >= feed.settings.stream_readers:
            raise Problem(503, "Too many streams are open", headers={"Retry-After": "5"})
        service = request.app.state.service
        with contextlib.ExitStack() as undo:
            async with begin(request) as tx:
                reader = feed.join(by, actor_of(request), await teams_of(tx), _expires_at(request))
                undo.callback(feed.close, reader)
                await feed.greet(reader, last_event_id or resume, tx)
            undo.pop_all()
        if service.stopping.is_set():
            reader.end(FAREWELL_S)
        return EventStream(feed, reader, service)

    return made
