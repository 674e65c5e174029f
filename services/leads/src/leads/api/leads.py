"""The other doors of the leads service: calls, batches, outcomes, and how a lead stands."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chassis import FieldError, Problem, Service, begin, may
from leads.api.batch import LeadBatch, OutcomeBatch, Rows, parse_batch, parse_outcomes
from leads.api.capture import accept, accept_rows, key_of, refused
from leads.api.forms import LeadForm
from leads.api.outcome import report
from leads.api.permissions import Permission
from leads.api.submission import parse_lead
from leads.store import lead as leads

router = APIRouter(prefix="/v1", tags=["leads"])
LOOK_EVERY_S = 0.25  # for what another replica commits; what this one commits is seen at once
BEYOND_ROUTING = frozenset({"assigned", "won", "lost", "discarded"})


class Accepted(BaseModel):
    """The lead is safe: the broker has it. ``flags``, if any, say what could not be used as it was sent."""

    id: UUID
    received_at: datetime
    flags: list[str] = []


class Refused(BaseModel):
    """A row that was not taken, and why."""

    index: int
    errors: list[dict[str, str]]


class Flagged(BaseModel):
    """A row that was taken, and what of it could not be used as it was sent."""

    index: int
    flags: list[str]


class BatchAnswer(BaseModel):
    """How many rows were taken, under which ids, which were not, and what of those taken could not be used as it was sent."""

    accepted: int
    ids: list[UUID]
    refused: list[Refused]
    flagged: list[Flagged] = []


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """The body is read by the door's own parser; the document still shows what it takes."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post(
    "/calls",
    status_code=202,
    dependencies=[Depends(may(Permission.TAKE_LEADS))],
    openapi_extra=_body(LeadForm),
    response_model=Accepted,
)
async def take_call(request: Request) -> JSONResponse:
    """A call-taker's note: a lead whose source is the telephone."""
    now, raw = datetime.now(UTC), await request.body()
    taken = parse_lead(raw, now, source="phone")
    if isinstance(taken, list):
        raise refused(taken)
    if taken.form.source != "phone":
        raise refused([FieldError("source", "must be phone: it is a call")])
    [lead_id] = await accept(request.scope, [taken], now, raw, key_of(request.scope))
    body = {"id": str(lead_id), "received_at": now.isoformat()} | ({"flags": f} if (f := taken.aside.flags) else {})
    return JSONResponse(body, 202, headers={"location": f"/v1/leads/{lead_id}"})


@router.post(
    "/leads/batch",
    dependencies=[Depends(may(Permission.TAKE_LEADS))],
    openapi_extra=_body(LeadBatch),
    response_model=BatchAnswer,
)
async def take_batch(request: Request) -> JSONResponse:
    """Up to 500 leads: good rows are taken, each bad one is named. Under an Idempotency-Key each row has an id by its place."""
    now, raw = datetime.now(UTC), await request.body()
    rows = parse_batch(raw, now)
    if isinstance(rows, list):
        raise refused(rows)
    ids = await accept_rows(request.scope, rows.taken, now, raw, key_of(request.scope))
    return _answer([str(i) for i in ids], rows, [(index, one.aside.flags) for index, one in rows.taken])


@router.post(
    "/outcomes",
    dependencies=[Depends(may(Permission.REPORT_OUTCOMES))],
    openapi_extra=_body(OutcomeBatch),
    response_model=BatchAnswer,
)
async def take_outcomes(request: Request) -> JSONResponse:
    """Up to 500 outcomes. One that overtakes its lead waits for it; one sent again under its Idempotency-Key changes nothing."""
    now, raw = datetime.now(UTC), await request.body()
    rows = parse_outcomes(raw, now)
    if isinstance(rows, list):
        raise refused(rows)
    flagged = await report(request.scope, rows.taken, raw, key_of(request.scope))
    return _answer([str(form.lead_id) for _, form in rows.taken], rows, flagged)


def _answer(ids: list[str], rows: Rows[Any], flagged: Iterable[tuple[int, list[str]]]) -> JSONResponse:
    refused_rows = [
        {"index": index, "errors": [{"field": e.field, "reason": e.reason} for e in errors]}
        for index, errors in rows.refused
    ]
    answer: dict[str, Any] = {"accepted": len(ids), "ids": ids, "refused": refused_rows}
    if noted := [{"index": index, "flags": flags} for index, flags in flagged if flags]:
        answer["flagged"] = noted
    return JSONResponse(answer)


def _decided(found: dict[str, Any]) -> bool:
    """Only a lead that may buy soon is still due a person once it has a team."""
    has_all = found["state"] == "routed" and found["disposition"] != "near_term"
    return has_all or found["state"] in BEYOND_ROUTING or bool(found["waits"])


@router.get("/leads/{lead_id}", dependencies=[Depends(may(Permission.SEE_LEADS))])
async def show_lead(
    request: Request,
    lead_id: UUID,
    wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for what is asked")] = 0,
    until: Annotated[
        str, Query(pattern="^(known|decided)$", description="known: on record; decided: no more to come by itself")
    ] = "known",
) -> dict[str, Any]:
    """State and history, without who it is about."""
    service: Service = request.app.state.service
    deadline = time.monotonic() + wait
    while True:
        async with begin(request) as tx:
            found = await leads.show(tx, lead_id)
        settled = found is not None and (until == "known" or _decided(found))
        if settled or time.monotonic() >= deadline:
            break
        await service.database.next_commit(min(LOOK_EVERY_S, deadline - time.monotonic()))
    if found is None:
        raise Problem(404, "No such lead", detail="It was never accepted here, or it is still on its way.")
    return found
