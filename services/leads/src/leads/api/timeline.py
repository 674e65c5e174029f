"""What happened to a lead, and who had it when."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from chassis import FieldError, Problem, begin, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from leads.api.activity import ActivityShown, refusing, said
from leads.api.list import After, Limit
from leads.api.moment import Moment
from leads.api.opening import NOT_KEPT
from leads.api.permissions import Permission
from leads.api.record import OPENED_AS, entry_shown, may_on_lead, no_such_lead, state_shown
from leads.api.schemas import HistoryEntry
from leads.domain.holding import holder_at
from leads.store import lead as leads
from leads.store.timeline import substitute_of
from leads.use_cases.timeline import read_timeline

router = APIRouter(prefix="/v1/leads/{lead_id}", tags=["leads"])


class Happened(HistoryEntry):
    """A step of the lead's history, or, with ``activity``, what somebody did about it; ``what`` is its kind."""

    activity: ActivityShown | None = None


class Timeline(BaseModel):
    """A page, the newest first. ``after`` is the cursor of the next one, which names its kinds."""

    rows: list[Happened]
    after: str | None


class Holder(BaseModel):
    """A team, and somebody of it or nobody, had the lead from ``since`` until before ``until``; without one, still. ``substitute``
    stood in for them at the moment that is asked about."""

    team: str
    person: str | None
    since: datetime
    until: datetime | None
    cause: str
    substitute: str | None


@router.get(
    "/timeline",
    dependencies=[Depends(may_on_lead(Permission.SEE_LEADS))],
    response_model_exclude_unset=True,
    response_model=Timeline,
    responses=declared(404, 429),
)
async def get_timeline(
    request: Request,
    response: Response,
    lead_id: UUID,
    kinds: Annotated[str | None, Query(max_length=400, description="what is meant, with commas: call,routed")] = None,
    after: After = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """What happened to a lead and what was done about it. Reading what was said or written is one look, with the purpose ``read``."""
    opens = actor_of(request).may(Permission.OPEN_CONTACT)
    response.headers.update(NOT_KEPT)
    wanted = [OPENED_AS.get(kind.strip(), kind.strip()) for kind in kinds.split(",")] if kinds else None
    async with refusing(request, writes=opens) as tx:
        page = await read_timeline(lead_id, wanted, after, limit, opens, tx)
    return {"rows": [_happened(dict(row), page.texts) for row in page.rows], "after": page.after}


@router.get("/holders", dependencies=[Depends(may_on_lead(Permission.SEE_LEADS))], responses=declared(404))
async def get_holder(
    request: Request,
    lead_id: UUID,
    at: Annotated[Moment | None, Query(description="now, unless said otherwise")] = None,
) -> Holder:
    """Who had the lead at a moment. Before its first team nobody did: 404."""
    if at is not None and at > datetime.now(UTC):
        raise not_valid([FieldError("at", "lies in the future")])
    moment = at or datetime.now(UTC)
    async with begin(request) as tx:
        found = await leads.show(tx, lead_id)
        held = holder_at(found.timeline, moment) if found else None
        stands_in = await substitute_of(tx, held.team, held.person, moment) if held and held.person else None
    if found is None:
        raise no_such_lead()
    if held is None:
        raise Problem(404, "Nobody had it then")
    return Holder(**{**vars(held), "cause": state_shown(held.cause), "substitute": stands_in})


def _happened(row: dict[str, Any], texts: dict[UUID, str]) -> dict[str, Any]:
    if row["activity_id"] is None:
        by = {"by": row["by"]} if row["by"] else {}
        return entry_shown({"what": row["kind"], "at": row["at"], **by, **row["detail"]})
    done = said({**row, "occurred_at": row["at"]}, texts.get(row["activity_id"]))
    shown = {name: done[name] for name in ActivityShown.model_fields}
    return {"what": row["kind"], "at": row["at"], "by": row["author"], "activity": shown}
