"""The numbers as they change: server-sent events."""

import asyncio
import contextlib
import time
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyCookie, APIKeyQuery
from pydantic import AfterValidator, BaseModel
from starlette.types import Receive, Scope, Send

from chassis import Actor, Problem, Service, begin, document, may
from chassis.access import ACTOR, TOKEN, Kind, not_signed_in
from chassis.database import INFRASTRUCTURE
from chassis.identity import Verified
from chassis.problems import FieldError, declared
from chassis.service import actor_of
from metrics.api.channels import Slice
from metrics.api.feed import FAREWELL_S, STALLED, Feed
from metrics.api.permissions import Permission
from metrics.api.readers import Reader
from metrics.api.scope import teams_of
from metrics.domain.catalogue import NUMBERS, By
from metrics.domain.names import LONGEST
from metrics.use_cases import tickets
from metrics.use_cases.names import row_called
from metrics.use_cases.tickets import redeem

RETRY = b"retry: 2000\n\n"
DESCRIPTION = """
One connection for any number of dimensions: `by=segment&by=team`. Events, whose data is a `KpiTable` of one dimension where
rows come: `snapshot` (every row, what a new stream begins with, one dimension after the other; another piece of the same one
follows while its `next` is not null), `changed` (the rows that changed in a tick, absolute values), `resync` (what was told may
have holes: snapshots follow on this connection), `slow` (the stream was read too slowly and ends), `expired` (the token that
opened it has ended: sign in and connect again), `closed` (nothing is left that you may see), `stale` (who may see what can't be
checked just now). The numbers are sums over the teams that you may see; when these change, `resync` with
`{"scope": "changed"}` says so: forget every row. `Last-Event-ID`, or the parameter `last_event_id`, resumes; one that is too
old, of another process, of another stream or no position at all is answered with `resync` and snapshots. A row's
`version` tells the newer of two states.

A browser's EventSource can send no Authorization header. It brings a ticket (`POST /v1/kpis/stream/tickets`, then
`?ticket=`: good for 30 seconds), or the token in the cookie `tributary`. A ticket that was made for one row tells of that row
and of the numbers that it names; one that was made for a site opens a stream on that site's pages and nowhere else.
"""
COOKIE = "tributary"
SHOWN = "metrics.ticket"  # in a request's scope: the ticket that was shown
SITE = r"^(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$"
NAMES = frozenset(number.name for number in NUMBERS)


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError("not a number of the catalogue")
    return name


NumberName = Annotated[str, AfterValidator(_known)]


class Ticket(BaseModel):
    """Opens streams until it expires, as the parameter ``ticket``."""

    ticket: str
    expires_at: datetime


class EventStream(StreamingResponse):
    """Sends a reader what the feed has for it. Written on ASGI itself: a write is what a reader costs."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, reader: Reader, service: Service, site: str | None) -> None:
        super().__init__((), headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        if site:  # cookies play no part there: a page of that site brings the ticket
            self.headers.update({"access-control-allow-origin": site, "vary": "Origin"})
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
        while not self.reader.done:
            async for piece in self.feed.ahead(self.reader, self.service):
                await self._take(send, _part(piece))
            if piece := await self.reader.next():
                await self._take(send, _part(piece))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _take(self, send: Send, message: MutableMapping[str, Any]) -> None:
        """One write. Whoever does not take it in time is gone, also when nothing else would be written for long."""
        try:
            async with asyncio.timeout(self.feed.settings.stream_taken_within_s):
                await send(message)
        except TimeoutError:
            STALLED.inc(not self.reader.last)
            raise

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
) -> None:
    """Who brings a ticket is at the door as who got it, and who brings the cookie as who shows the token in it."""
    service: Service = request.app.state.service
    if ticket:
        found = redeem(service.settings.master_key_bytes(), ticket, request.headers.get("origin"), time.time())
        if found is None:
            raise not_signed_in()
        actor = Actor(found.principal, frozenset(found.roles), kind=cast(Kind, found.kind))
        request.scope[ACTOR], request.scope[SHOWN] = actor.with_rights(service.roles), found
    elif cookie and "authorization" not in request.headers:
        request.scope[ACTOR] = await service.shown(f"Bearer {cookie}", request.scope)


def _expires_at(request: Request) -> float | None:
    """When the token ends that is shown here, or for which a ticket was given; None for one that does not end."""
    token: Verified | None = request.scope.get(TOKEN)
    shown: tickets.Ticket | None = request.scope.get(SHOWN)
    return token.expires_at if token else shown.expires_at if shown else None


def _asked(dimensions: Sequence[By] | None, shown: tickets.Ticket | None) -> Slice:
    """What the stream is of: what is asked for, within what a ticket is for. 401 for what it is not for."""
    of = tickets.Ticket("", "", (), None) if shown is None else shown
    wanted = set(dimensions or of.by or ("segment",))
    if of.by and not wanted <= set(of.by):
        raise not_signed_in()
    return Slice(tuple(by for by in get_args(By) if by in wanted), of.key, frozenset(of.numbers))


def router(feed: Feed) -> APIRouter:
    """The doors to this feed."""
    made = APIRouter(prefix="/v1/kpis", tags=["kpis"])
    _give_tickets(made)
    _open_streams(made, feed)
    return made


def _give_tickets(made: APIRouter) -> None:
    @made.post("/stream/tickets", summary="A ticket to the stream.", dependencies=[Depends(may(Permission.SEE_KPIS))])
    async def stream_ticket(
        request: Request,
        by: Annotated[list[By] | None, Query(max_length=len(get_args(By)))] = None,
        key: Annotated[str | None, Query(max_length=LONGEST, description="one row of one dimension")] = None,
        number: Annotated[list[NumberName] | None, Query(max_length=len(NUMBERS), description="of that row")] = None,
        origin: Annotated[
            str | None, Query(max_length=200, pattern=SITE, description="the site whose pages show it")
        ] = None,
    ) -> Ticket:
        """For a page that can show no token: a browser's EventSource, or a page of another site. It opens streams as whoever
        asks here, until it expires; they end when his token does. It is for the dimensions, the row and the numbers that are
        named, or for any, and with ``origin`` for pages of that site alone."""
        if key is not None and (by is None or len(by) != 1):
            raise Problem(
                422, "A row is one of one dimension", errors=[FieldError("query.by", "name one, beside the key")]
            )
        service, actor = request.app.state.service, actor_of(request)
        if key is not None:
            async with begin(request) as tx:
                key = await row_called(tx, by[0], key) if by else key
        made_out = tickets.Ticket(
            actor.principal, actor.kind, tuple(sorted(actor.roles)), _expires_at(request),
            tuple(by or ()), key, tuple(number or ()), origin,
        )  # fmt: skip
        ticket, good_until = tickets.issue(service.settings.master_key_bytes(), made_out, time.time())
        return Ticket(ticket=ticket, expires_at=datetime.fromtimestamp(good_until, UTC))


def _open_streams(made: APIRouter, feed: Feed) -> None:
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
        by: Annotated[
            list[By] | None,
            Query(
                max_length=len(get_args(By)),
                description="one or more; segment, or what the ticket is for, where none is named",
            ),
        ] = None,
        last_event_id: Annotated[str, Header()] = "",
        resume: Annotated[str, Query(alias="last_event_id")] = "",
    ) -> EventStream:
        if feed.readers >= feed.settings.stream_readers:
            raise Problem(503, "Too many streams are open", headers={"Retry-After": "5"})
        service, shown = request.app.state.service, request.scope.get(SHOWN)
        of = _asked(by, shown)
        with contextlib.ExitStack() as undo:
            async with begin(request) as tx:
                reader = feed.join(of, actor_of(request), await teams_of(tx), _expires_at(request))
                undo.callback(feed.close, reader)
                await feed.greet(reader, last_event_id or resume, tx)
            undo.pop_all()
        if service.stopping.is_set():
            reader.end(FAREWELL_S)
        return EventStream(feed, reader, service, shown.origin if shown else None)
