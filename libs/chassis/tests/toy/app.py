"""The toy, put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from enum import StrEnum

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from chassis import Job, Problem, Router, Service, Settings, Transaction, absent, begin, may
from contracts.campaigns.ledger import LEDGER
from contracts.event import Stream
from toy.facts import posted
from toy.handlers import ROUTER


class Permission(StrEnum):
    """What somebody may do at the toy's doors."""

    NOTE = "toy.note"
    """Note something, and see it."""

    PUT = "toy.put"
    """Put something in."""


ROLES = {
    "clerk": frozenset({Permission.NOTE}),
    "toy:read": frozenset({Permission.NOTE}),
    "toy:put": frozenset({Permission.PUT}),
}

api = APIRouter(prefix="/v1", dependencies=[Depends(may(Permission.NOTE))])
intake = APIRouter(prefix="/v1")


class NewNote(BaseModel):
    """What may be noted at the door."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=50)
    what: str = ""


@api.post("/notes", status_code=201)
async def put_note(request: Request, new: NewNote) -> dict[str, str]:
    """Notes it and says so, in one transaction."""
    async with begin(request) as tx:
        tx.emit(posted(new.key))
        await tx.conn.execute("insert into note (topic, key, what) values ('door', $1, $2)", new.key, new.what)
        if new.what == "refused":
            raise Problem(409, "That can't be noted now")
        if new.what == "bug":
            raise KeyError(new.key)
    return {"key": new.key}


@api.get("/notes/{key}")
async def get_note(request: Request, key: str) -> dict[str, str]:
    """One note."""
    async with begin(request) as tx:
        what = await tx.conn.fetchval("select what from note where key = $1", key)
    if what is None:
        raise absent("No such note")
    return {"key": key, "what": what}


@intake.post("/put", status_code=204, dependencies=[Depends(may(Permission.PUT, rows=False))])
async def put() -> None:
    """Takes something."""


@intake.get("/ticks", dependencies=[Depends(may(Permission.NOTE, rows=False))])
async def ticks(request: Request) -> StreamingResponse:
    """A stream that ends when the service does."""
    service: Service = request.app.state.service

    async def every_tenth() -> AsyncIterator[bytes]:
        while not service.stopping.is_set():
            yield b"tick\n"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(service.stopping.wait(), 0.1)

    return StreamingResponse(every_tenth())


async def tick(tx: Transaction) -> None:
    """A turn of the clock."""
    await tx.conn.execute("insert into note (topic, key, what) values ('job', 'tick', pg_backend_pid()::text)")


JOBS = (Job("tick", every=timedelta(milliseconds=50), run=tick),)


def build(
    settings: Settings,
    router: Router = ROUTER,
    says: Sequence[Stream] = (LEDGER,),
    background: Sequence[Callable[[Service], Awaitable[None]]] = (),
) -> Service:
    """Doors, streams and jobs of the toy."""
    return Service(
        "toy", settings, router=router, roles=ROLES, jobs=JOBS, api=(api, intake), streams=says, background=background
    )
