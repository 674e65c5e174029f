"""What every door of the organisation has: its transaction, its refusals as problems, versions as ETags, and its history."""

import contextlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7

from chassis import FieldError, Problem, Transaction, begin, may, not_valid
from chassis.problems import absent, declared
from territory.api.permissions import Permission
from territory.domain.refusal import Absent, Against, NotYours, Outdated, Refusal, Unread, Wrong
from territory.store import history

router = APIRouter(prefix="/v1", tags=["organisation"])

ID = Annotated[str, Field(min_length=1, max_length=200, description="an id without personal data; it never changes")]
Words = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Code = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9][a-z0-9_]*$")]
Prose = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _thinkable(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise ValueError(f"is not in the years {EARLIEST.year} to {LATEST.year - 1}")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_thinkable)]
"""With its offset, and so far from the ends of time that it can be moved by any offset and stored."""
IfMatch = Annotated[str | None, Header(description="the ETag of what is changed, as it was read")]
Idempotency = Annotated[
    UUID | None, Header(alias="Idempotency-Key", description="the id of what is made: sent again, it is made once")
]
CHANGES = declared(403, 404, 409)
EDITS = declared(403, 404, 409, 412, 428)
_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')
NEWEST = 2**62


class Body(BaseModel):
    """What a door takes: no field more than it knows."""

    model_config = ConfigDict(extra="forbid")


class Interval(Body):
    """From a moment until before another; without one, from now on, or without an end."""

    from_at: Moment | None = None
    until_at: Moment | None = None


@contextlib.asynccontextmanager
async def organisation(request: Request) -> AsyncIterator[Transaction]:
    """A transaction of this request; what the organisation refuses is a problem, and changes nothing."""
    try:
        async with begin(request) as tx:
            yield tx
    except Refusal as refusal:
        raise _problem(refusal) from None


def _problem(refusal: Refusal) -> Problem:
    match refusal:
        case Wrong():
            return not_valid(FieldError(field, reason) for field, reason in refusal.faults)
        case Absent():
            return absent(str(refusal))
        case NotYours():
            return Problem(403, "This is not yours to do", detail=str(refusal))
        case Against():
            return Problem(409, "What is on record stands against it", detail=str(refusal))
        case Outdated():
            tag = {"ETag": f'"{refusal.version}"'}
            return Problem(412, "It was changed since you read it", detail="Read it again.", headers=tag)
        case Unread():
            return Problem(428, "Read it first", detail=str(refusal))
    raise TypeError(f"no answer for {type(refusal).__name__}")


def version_in(if_match: str | None) -> int | None:
    """The version that the caller has read; None where he names none. What no ETag of ours looks like is no version."""
    if if_match is None:
        return None
    found = _TAG.fullmatch(if_match.strip())
    return int(found[1]) if found else -1


def tagged(response: Response, version: int) -> None:
    """The version of what is answered."""
    response.headers["ETag"] = f'"{version}"'


def named(given: UUID | None) -> UUID:
    """The id of what is made: the caller's, so that it is made once however often he sends it."""
    return given or uuid7()


def began(given: datetime | None, now: datetime) -> datetime:
    """When something begins: now, unless he says otherwise."""
    return given or now


class Changed(BaseModel):
    """One change: by whom, and by whose proposal; what was before and after."""

    n: int
    changed_at: datetime
    by: str
    second: str | None
    what: str
    item: str
    before: Any = None
    after: Any = None


class History(BaseModel):
    """Changes, the newest first."""

    changes: list[Changed]
    before: int | None = None


@router.get(
    "/organisation/changes",
    dependencies=[Depends(may(Permission.SEE_HISTORY))],
    summary="Every change of the organisation, the newest first.",
)
async def get_changes(
    request: Request,
    item: Annotated[str | None, Query(max_length=200, description="only of this unit, person or thing")] = None,
    before: int = Query(NEWEST, ge=1, le=NEWEST, description="only changes with a smaller n"),
    limit: int = Query(50, ge=1, le=200),
) -> History:
    """Append only: nothing of it is ever changed or deleted."""
    async with begin(request) as tx:
        rows = await history.changes(tx, item, before, limit)
    return History(changes=[Changed(**row) for row in rows], before=rows[-1]["n"] if len(rows) == limit else None)
