"""The other doors of the leads service: calls, batches, outcomes, and how a lead stands."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis import FieldError, Service, begin, document, may
from chassis.batch import flagged, refusals
from chassis.problems import declared
from leads.api.batch import LeadBatch, OutcomeBatch, parse_batch, parse_outcomes
from leads.api.capture import IDEMPOTENCY, accept, accept_rows, key_of, refused
from leads.api.forms import LeadForm
from leads.api.outcome import report
from leads.api.permissions import Permission
from leads.api.record import may_on_lead, no_such_lead, shown
from leads.api.schemas import Accepted, LeadShown, RowsTaken
from leads.api.submission import parse_lead
from leads.store import lead as leads

router = APIRouter(prefix="/v1", tags=["leads"])
LOOK_EVERY_S = 0.25  # for what another replica commits; what this one commits is seen at once
LOCATION = {"Location": {"schema": {"type": "string"}}}
WITH_KEY = {"parameters": [IDEMPOTENCY]}


@router.post(
    "/calls",
    status_code=202,
    dependencies=[Depends(may(Permission.TAKE_LEADS, rows=False))],
    openapi_extra=document.body(LeadForm) | WITH_KEY,
    response_model_exclude_unset=True,
    responses={202: {"headers": LOCATION}},
)
async def take_call(request: Request, response: Response) -> Accepted:
    """A call-taker's note: a lead whose source is the telephone."""
    now, raw = datetime.now(UTC), await request.body()
    taken = parse_lead(raw, now, source="phone")
    if isinstance(taken, list):
        raise refused(taken)
    if taken.form.source != "phone":
        raise refused([FieldError("source", "must be phone: it is a call")])
    [lead_id] = await accept(request.scope, [taken], now, raw, key_of(request.scope))
    response.headers["location"] = f"/v1/leads/{lead_id}"
    return Accepted(id=lead_id, received_at=now, **({"flags": flags} if (flags := taken.aside.flags) else {}))


@router.post(
    "/leads/batch",
    dependencies=[Depends(may(Permission.TAKE_LEADS, rows=False))],
    openapi_extra=document.body(LeadBatch) | WITH_KEY,
)
async def take_batch(request: Request) -> RowsTaken:
    """Up to 500 leads: good rows are taken, each bad one is named. Under an Idempotency-Key each row has an id by its place."""
    now, raw = datetime.now(UTC), await request.body()
    rows = parse_batch(raw, now)
    if isinstance(rows, list):
        raise refused(rows)
    ids = await accept_rows(request.scope, rows.taken, now, raw, key_of(request.scope))
    flags = flagged((index, one.aside.flags) for index, one in rows.taken)
    return RowsTaken(accepted=len(ids), ids=ids, refused=refusals(rows), flagged=flags)


@router.post(
    "/outcomes",
    dependencies=[Depends(may(Permission.REPORT_OUTCOMES, rows=False))],
    openapi_extra=document.body(OutcomeBatch) | WITH_KEY,
)
async def take_outcomes(request: Request) -> RowsTaken:
    """Up to 500 outcomes. One that overtakes its lead waits for it; one sent again under its Idempotency-Key changes nothing."""
    now, raw = datetime.now(UTC), await request.body()
    rows = parse_outcomes(raw, now)
    if isinstance(rows, list):
        raise refused(rows)
    flags = flagged(await report(request.scope, rows.taken, raw, key_of(request.scope)))
    ids = [form.lead_id for _, form in rows.taken if form.lead_id]  # each that was taken has one
    return RowsTaken(accepted=len(ids), ids=ids, refused=refusals(rows), flagged=flags)


@router.get(
    "/leads/{lead_id}",
    dependencies=[Depends(may_on_lead(Permission.SEE_LEADS))],
    response_model=LeadShown,
    response_model_exclude_unset=True,
    responses=declared(404) | {200: {"headers": {"ETag": {"schema": {"type": "string"}}}}},
)
async def show_lead(
    request: Request,
    response: Response,
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
        last = time.monotonic() >= deadline
        async with begin(request, by_key=True) as tx:
            found = await leads.show(tx, lead_id) if last or await leads.settled(tx, lead_id, until) else None
        if found or last:
            break
        await service.database.next_commit(min(LOOK_EVERY_S, deadline - time.monotonic()))
    if found is None:
        raise no_such_lead()
    response.headers["ETag"] = f'"{found.version}"'
    return shown(found)
