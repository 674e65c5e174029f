"""What customers are owed an answer to: asked, offered to somebody, answered, checked and withdrawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7

from chassis import FieldError, Problem, Transaction, not_valid
from chassis.problems import absent, declared
from chassis.service import actor_of
from contracts.territory.access import Principal
from leads.api.activity import refusing as refusing_activities
from leads.api.capture import IDEMPOTENCY, key_of
from leads.api.moment import Moment
from leads.api.opening import NOT_KEPT
from leads.api.permissions import Permission
from leads.api.record import may_on_lead, no_such_lead
from leads.domain.activity import Did, Kind, faults
from leads.domain.request import Request as Owed
from leads.store.request import Kept
from leads.use_cases import activity as activities
from leads.use_cases import request as requests
from leads.use_cases import wish as wishes

router = APIRouter(prefix="/v1/leads/{lead_id}/requests", tags=["requests"])
_BY_KEY = UUID("5a3f2f0e-1a52-5b60-8f0c-8c0f4f4f6b21")
Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="a code")]
IfMatch = Annotated[str | None, Header(description="the ETag that was read")]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,100}$", description="what was sent, by its reference")]


class Wish(BaseModel):
    """What the customer wants to have. It is due by the policy in force, or ``due_at`` if that is earlier."""

    model_config = ConfigDict(extra="forbid")

    kind: Code
    asked_at: Annotated[Moment | None, Field(description="now, unless said otherwise")] = None
    responder: Annotated[Principal | None, Field(description="the lead's person, unless said otherwise")] = None
    due_at: Moment | None = None
    text: Annotated[
        str | None,
        Field(
            min_length=1, max_length=10_000, pattern=r"^[^\x00]+$", description="in the customer's words; kept sealed"
        ),
    ] = None


class Offer(BaseModel):
    """Who is to answer; nobody named is the lead's person."""

    model_config = ConfigDict(extra="forbid")

    responder: Principal | None


class Answer(BaseModel):
    """How and when it was answered: it goes on record as an activity."""

    model_config = ConfigDict(extra="forbid")

    result: Code
    how: Kind
    at: Annotated[Moment | None, Field(description="now, unless said otherwise; never in the future")] = None
    document: Reference | None = None


class Withdrawal(BaseModel):
    """Why nobody waits for it any more."""

    model_config = ConfigDict(extra="forbid")

    code: Code


class Check(BaseModel):
    """Whether the answer met what was asked, and why not; or whether an activity that was typed late ``counts`` as the answer."""

    model_config = ConfigDict(extra="forbid")

    met: bool | None = None
    codes: Annotated[list[Code], Field(max_length=10)] = []
    activity_id: UUID | None = None
    counts: bool | None = None


class RequestShown(BaseModel):
    """A request; number 0 is the lead's first response. ``due_at`` is not known as long as no team has the lead."""

    n: int
    kind: str
    state: Literal["open", "answered", "cancelled"]
    responder: str | None
    asked_at: datetime
    due_at: datetime | None
    breached: Annotated[bool, Field(description="whether it is late, or was answered late")]
    answered_at: datetime | None
    activity_id: UUID | None
    document: str | None
    met: bool | None
    has_text: bool
    text: Annotated[str | None, Field(description="there for who may open it, where requests are listed")] = None
    etag: Annotated[str, Field(description="what If-Match takes")]


class RequestsShown(BaseModel):
    """All of a lead, by number."""

    rows: list[RequestShown]


@asynccontextmanager
async def refusing(request: Request, writes: bool) -> AsyncIterator[Transaction]:
    """A transaction of this request; what its use case refuses is a problem, and changes nothing."""
    try:
        async with refusing_activities(request, writes) as tx:
            yield tx
    except requests.NoSuchLead:
        raise no_such_lead() from None
    except requests.NoSuchRequest:
        raise absent("No such request") from None
    except requests.NotLeading:
        raise Problem(403, "Who leads the lead's team may do that") from None
    except requests.NotOpen as closed:
        raise Problem(409, "It is not open to that", detail=f"The request is {closed.state}.") from None
    except requests.NeedsDocument:
        raise not_valid([FieldError("document", "is needed: this kind is answered by sending something")]) from None


@router.get("", dependencies=[Depends(may_on_lead(Permission.SEE_LEADS))], responses=declared(404, 429))
async def get_requests(request: Request, response: Response, lead_id: UUID) -> RequestsShown:
    """What is owed to the customer, and what was. Reading what was asked for in words is one look, with the purpose ``read``."""
    opens = actor_of(request).may(Permission.OPEN_CONTACT)
    response.headers.update(NOT_KEPT)
    async with refusing(request, writes=opens) as tx:
        rows = await requests.of_lead(lead_id, tx)
        texts = await wishes.texts(lead_id, rows, opens, tx)
    return RequestsShown(rows=[_shown(one, tx.now, texts.get(one.request.n)) for one in rows])


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))],
    openapi_extra={"parameters": [IDEMPOTENCY]},
    responses=declared(403, 404, 410, 429),
)
async def post_request(request: Request, response: Response, lead_id: UUID, body: Wish) -> RequestShown:
    """The customer asks for something more. Sent again under its Idempotency-Key it is one request."""
    key = key_of(request.scope)
    named = uuid5(_BY_KEY, f"{actor_of(request).principal}/{lead_id}/{key}") if key else None
    async with refusing(request, writes=True) as tx:
        if body.asked_at and body.asked_at > tx.now:
            raise not_valid([FieldError("asked_at", "lies in the future")])
        at = body.asked_at or tx.now
        asked = Owed(0, body.kind, at, at, responder=body.responder, key=named)
        one = await wishes.ask(lead_id, asked, body.due_at, body.text, tx)
    return _answer(response, one, tx)


@router.patch(
    "/{n}",
    dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))],
    responses=declared(403, 404, 409, 412, 428),
)
async def patch_request(
    request: Request, response: Response, lead_id: UUID, n: int, body: Offer, if_match: IfMatch = None
) -> RequestShown:
    """Names who is to answer. The customer's time does not change by that."""
    async with refusing(request, writes=True) as tx:
        one = await requests.one_of(lead_id, n, tx)
        _match(one, if_match)
        one = await requests.offer(one, body.responder, tx)
    return _answer(response, one, tx)


@router.post(
    "/{n}/answer", dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))], responses=declared(403, 404, 409)
)
async def answer_request(request: Request, response: Response, lead_id: UUID, n: int, body: Answer) -> RequestShown:
    """It was answered. That is an activity, and counts for the first response too."""
    async with refusing(request, writes=True) as tx:
        did = Did(
            body.how, "outbound" if body.how != "note" else "internal", body.at or tx.now, None, None, body.result
        )
        if body.how == "call":
            did = Did("call", "outbound", did.occurred_at, True, None, body.result)
        if wrong := [("at" if field == "occurred_at" else "how", reason) for field, reason in faults(did, tx.now)]:
            raise not_valid(FieldError(field, reason) for field, reason in wrong)
        one = await requests.one_of(lead_id, n, tx)
        if body.document and not await wishes.may_name(lead_id, body.document, tx):
            raise not_valid([FieldError("document", "is none of this lead's documents")])
        await requests.send(one, body.document, tx)
        await activities.record(lead_id, uuid7(), did, None, body.model_dump_json(), tx, (n,))
        one = await requests.one_of(lead_id, n, tx)
    return _answer(response, one, tx)


@router.post(
    "/{n}/cancel", dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))], responses=declared(403, 404, 409)
)
async def cancel_request(request: Request, response: Response, lead_id: UUID, n: int, body: Withdrawal) -> RequestShown:
    """Nobody waits for it any more. A first response can't be withdrawn."""
    async with refusing(request, writes=True) as tx:
        one = await requests.withdraw(await requests.one_of(lead_id, n, tx), body.code, tx)
    return _answer(response, one, tx)


@router.post(
    "/{n}/check", dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))], responses=declared(403, 404, 409)
)
async def check_request(request: Request, response: Response, lead_id: UUID, n: int, body: Check) -> RequestShown:
    """By who leads the team: whether the answer met what was asked, or whether what was typed late counts."""
    if (body.met is None) == (body.counts is None) or (body.counts is not None) != (body.activity_id is not None):
        raise not_valid([FieldError("met", "is given, or counts with an activity_id")])
    async with refusing(request, writes=True) as tx:
        one = await requests.one_of(lead_id, n, tx)
        if body.activity_id is not None:
            one = await requests.believe(one, body.activity_id, bool(body.counts), tx)
        else:
            one = await requests.check(one, bool(body.met), body.codes, tx)
    return _answer(response, one, tx)


def _answer(response: Response, one: Kept, tx: Transaction) -> RequestShown:
    response.headers["ETag"] = _tag(one)
    return _shown(one, tx.now)


def _tag(one: Kept) -> str:
    """Of what people change: that the clock has told a step is no reason to read it again."""
    what = f"{one.request.state} {one.request.responder} {one.request.met} {one.request.document}"
    return f'"{blake2b(what.encode(), digest_size=8).hexdigest()}"'


def _match(one: Kept, if_match: str | None) -> None:
    if if_match is None:
        raise Problem(428, "Send the ETag that you read in If-Match")
    if if_match != _tag(one):
        changed = f"It is {one.request.state}, and {one.responder or 'nobody'} is to answer."
        raise Problem(412, "It has changed since you read it", detail=changed)


def _shown(one: Kept, now: datetime, text: str | None = None) -> RequestShown:
    owed = one.request
    late = owed.late or (owed.state == "open" and owed.due_at is not None and owed.due_at < now)
    values = {name: getattr(owed, name) for name in RequestShown.model_fields if hasattr(owed, name)}
    said = {"has_text": one.box is not None, "text": text}
    return RequestShown(**values | {"responder": one.responder, "breached": late, "etag": _tag(one)} | said)
