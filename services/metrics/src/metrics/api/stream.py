"""The numbers as they change: server-sent events."""

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chassis import Problem, begin, operator
from metrics.api.feed import FAREWELL_S, Feed, Reader
from metrics.domain.contributions import By

RETRY = b"retry: 2000\n\n"
DESCRIPTION = """
Events: `snapshot` (every row, the first event of a new stream), `changed` (the rows that changed in a tick, absolute values),
`resync` (the stream can't be resumed: fetch the table anew, the stream goes on), `slow` (the stream was read too slowly and
ends). `Last-Event-ID` resumes. A row's `version` tells the newer of two states.
"""


class EventStream(StreamingResponse):
    """Sends a reader what the feed has for it. Written on ASGI itself: a write is what a reader costs."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, by: By, reader: Reader) -> None:
        super().__init__((), headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self.feed, self.by, self.reader = feed, by, reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(self._gone(receive))
        try:
            with contextlib.suppress(TimeoutError):  # the reader did not even take the last word
                async with self.reader.deadline:
                    await self._write(send)
        finally:
            gone.cancel()
            self.feed.close(self.by, self.reader)

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": RETRY, "more_body": True})
        more = True
        while more:
            body = await self.reader.next()
            more = not self.reader.last  # a last word that comes during the write is still to be sent
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.reader.end(0)


def router(feed: Feed) -> APIRouter:
    """The door to this feed."""
    made = APIRouter(prefix="/v1/kpis", tags=["kpis"], dependencies=[Depends(operator)])

    @made.get(
        "/stream",
        summary="KPI rows as they change.",
        description=DESCRIPTION,
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def kpi_stream(
        request: Request, by: By = "segment", last_event_id: Annotated[str, Header(max_length=100)] = ""
    ) -> EventStream:
        if feed.readers >= feed.settings.stream_readers:
            raise Problem(503, "Too many streams are open", headers={"Retry-After": "5"})
        reader = feed.join(by)
        with contextlib.ExitStack() as undo:
            undo.callback(feed.close, by, reader)
            async with begin(request) as tx:
                await feed.greet(reader, by, last_event_id, tx)
            undo.pop_all()
        if request.app.state.service.stopping.is_set():
            reader.end(FAREWELL_S)
        return EventStream(feed, by, reader)

    return made
