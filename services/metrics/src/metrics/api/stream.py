"""The numbers as they change: server-sent events."""

import asyncio
import contextlib
import secrets
from collections.abc import MutableMapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyCookie, APIKeyQuery
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from chassis import Problem, Service, begin, document, may
from chassis.access import ACTOR, not_signed_in
from chassis.database import INFRASTRUCTURE
from chassis.problems import declared
from chassis.service import actor_of
from metrics.api.feed import FAREWELL_S, Feed, Reader
from metrics.api.permissions import Permission
from metrics.domain.catalogue import By
from metrics.use_cases.tickets import issue, redeem

RETRY = b"retry: 2000\n\n"
DESCRIPTION = """
Events: `snapshot` (every row, what a new stream begins with; another one follows while its `next` is not null), `changed` (the rows that changed in a tick, absolute values),
`resync` (the stream can't be resumed: fetch the table anew, the stream goes on), `slow` (the stream was read too slowly and
ends). `Last-Event-ID`, or the parameter `last_event_id`, resumes; any other text there is answered with `resync`. A row's
`version` tells the newer of two states.

A browser's EventSource can send no Authorization header. It brings a ticket (`POST /v1/kpis/stream/tickets`, then
`?ticket=`: good once and for 30 seconds), or the operator's token in the cookie `tributary`.
"""
COOKIE = "tributary"


class Ticket(BaseModel):
    """Opens one stream, once, as the parameter ``ticket``."""

    ticket: str
    expires_at: datetime


class EventStream(StreamingResponse):
    """Sends a reader what the feed has for it. Written on ASGI itself: a write is what a reader costs."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, by: By, reader: Reader, service: Service) -> None:
        super().__init__((), headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self.feed, self.by, self.reader, self.service = feed, by, reader, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(self._gone(receive))
        try:
            # The reader did not take what was sent in time, or the database went while it was greeted: it comes back by itself.
            with contextlib.suppress(*INFRASTRUCTURE):
                async with self.reader.deadline:
                    await self._write(send)
        finally:
            gone.cancel()
            self.feed.close(self.by, self.reader)

    async def _write(self, send: Send) -> None:
        await self._take(send, {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await self._take(send, _part(RETRY))
        async for piece in self.feed.greeting(self.reader, self.by, self.service):
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
    request: Request, ticket: Annotated[str | None, Depends(Shown)], cookie: Annotated[str | None, Depends(Kept)]
) -> None:
    """Who brings a ticket or the cookie is at the door as who shows a token: each is the operator's own, as long as nobody
    else can get one."""
    if ticket:
        async with begin(request, writes=True) as tx:
            if not await redeem(ticket, tx):
                raise not_signed_in()
        request.scope[ACTOR] = request.app.state.service.operator
    elif cookie and "authorization" not in request.headers:
        request.scope[ACTOR] = await request.app.state.service.shown(f"Bearer {cookie}", request.scope)


def router(feed: Feed) -> APIRouter:
    """The door to this feed."""
    made = APIRouter(prefix="/v1/kpis", tags=["kpis"])

    @made.post("/stream/tickets", summary="A ticket to the stream.", dependencies=[Depends(may(Permission.SEE_KPIS))])
    async def stream_ticket(request: Request) -> Ticket:
        """For a page whose EventSource can send no header. The answer is of no use to anybody who comes second."""
        ticket = secrets.token_urlsafe(24)
        async with begin(request) as tx:
            return Ticket(ticket=ticket, expires_at=await issue(ticket, tx))

    @made.get(
        "/stream",
        summary="KPI rows as they change.",
        description=DESCRIPTION,
        response_class=StreamingResponse,
        responses=declared(401, 503) | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
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
        reader, service = feed.join(by, actor_of(request)), request.app.state.service
        with contextlib.ExitStack() as undo:
            undo.callback(feed.close, by, reader)
            async with begin(request) as tx:
                await feed.greet(reader, by, last_event_id or resume, tx)
            undo.pop_all()
        if service.stopping.is_set():
            reader.end(FAREWELL_S)
        return EventStream(feed, by, reader, service)

    return made
