"""What was done about a lead: recorded, read and voided, never edited."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7

from chassis import FieldError, Problem, Transaction, begin, not_valid
from chassis.problems import absent, declared
from chassis.service import actor_of
from leads.api.capture import IDEMPOTENCY, key_of
from leads.api.list import After, Limit, wrong_cursor
from leads.api.moment import Moment
from leads.api.opening import NOT_KEPT, too_many
from leads.api.permissions import Permission
from leads.api.record import may_on_lead, no_such_lead
from leads.domain.activity import Did, Direction, Kind, MayNotRecord, MayNotVoid, VoidCode, faults
from leads.domain.list import WrongCursor
from leads.domain.opening import TooMany
from leads.use_cases import activity as activities
from leads.use_cases.activity import Forgotten, NoSuchActivity, NoSuchLead, Shown, UsedBefore, VoidedBefore
from leads.use_cases.list import bookmark, from_bookmark

router = APIRouter(prefix="/v1/leads/{lead_id}/activities", tags=["activities"])
_BY_KEY = UUID("7d0c5c9e-5f2b-5d8e-9c41-1f0f5b6f7a04")
_MANUAL: dict[str, Direction] = {"note": "internal"}


class Done(BaseModel):
    """What somebody did. ``text``, what was said or written, is kept sealed."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    direction: Annotated[Direction | None, Field(description="outbound, unless said otherwise; a note is internal")] = (
        None
    )
    reached: Annotated[bool | None, Field(description="whether the customer was reached")] = None
    occurred_at: Annotated[Moment | None, Field(description="now, unless said otherwise; never in the future")] = None
    seconds: Annotated[int | None, Field(ge=0, le=86_400)] = None
    result: Annotated[str | None, Field(pattern=r"^[a-z_]{1,40}$", description="a code")] = None
    text: Annotated[str | None, Field(min_length=1, max_length=10_000, pattern=r"^[^\x00]+$")] = None

    def did(self, now: datetime) -> Did:
        """In the words of the record."""
        direction = self.direction or _MANUAL.get(self.kind, "outbound")
        return Did(self.kind, direction, self.occurred_at or now, self.reached, self.seconds, self.result)


class Mistake(BaseModel):
    """Why an activity counts no more."""

    model_config = ConfigDict(extra="forbid")

    code: VoidCode


class Voided(BaseModel):
    """By whom and why it counts no more."""

    at: datetime
    by: str
    code: str


class ActivityShown(BaseModel):
    """An activity as it is on record. ``team`` had the lead then; ``text`` is there for who may open it."""

    id: UUID
    kind: str
    direction: str
    reached: bool | None
    evidence: str
    occurred_at: datetime
    recorded_at: datetime
    author: str | None
    on_behalf_of: str | None
    team: str | None
    seconds: int | None
    result: str | None
    has_text: bool
    text: str | None
    voided: Voided | None


class Activities(BaseModel):
    """A page, the newest first. ``after`` is the cursor of the next one."""

    rows: list[ActivityShown]
    after: str | None


@asynccontextmanager
async def refusing(request: Request, writes: bool, by_key: bool = False) -> AsyncIterator[Transaction]:
    """A transaction of this request; what its use case refuses is a problem, and changes nothing."""
    try:
        async with begin(request, writes=writes, by_key=by_key) as tx:
            yield tx
    except NoSuchLead:
        raise no_such_lead() from None
    except NoSuchActivity:
        raise absent("No such activity") from None
    except MayNotRecord:
        raise Problem(403, "You may see this lead, and not record anything about it") from None
    except MayNotVoid:
        why = "Its author may within a day, and whoever leads the lead's team."
        raise Problem(403, "You may not void this activity", detail=why) from None
    except Forgotten:
        raise Problem(410, "This text can't be sealed", detail="Whom the lead is about was forgotten.") from None
    except UsedBefore:
        raise not_valid([FieldError("Idempotency-Key", "was used for another body")]) from None
    except VoidedBefore:
        raise Problem(409, "It was voided for another reason", detail="The first one stands.") from None
    except WrongCursor as wrong:
        raise wrong_cursor(wrong) from None
    except TooMany as refusal:
        raise too_many(refusal) from refusal


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))],
    openapi_extra={"parameters": [IDEMPOTENCY]},
    responses=declared(403, 404, 410, 429),
)
async def post_activity(request: Request, response: Response, lead_id: UUID, body: Done) -> ActivityShown:
    """Puts it on record in one's own name, or on behalf of the lead's holder by who stands in for him. Sent again under its
    Idempotency-Key it is recorded once."""
    key = key_of(request.scope)
    who = actor_of(request).principal
    activity_id = uuid5(_BY_KEY, f"{who}/{lead_id}/{key}") if key else uuid7()
    async with refusing(request, writes=True) as tx:
        did = body.did(tx.now)
        if wrong := faults(did, tx.now):
            raise not_valid(FieldError(field, reason) for field, reason in wrong)
        shown = await activities.record(lead_id, activity_id, did, body.text, body.model_dump_json(), tx)
    response.headers.update(NOT_KEPT)
    return shown_of(shown)


@router.get("", dependencies=[Depends(may_on_lead(Permission.SEE_LEADS))], responses=declared(404, 429))
async def get_activities(
    request: Request, response: Response, lead_id: UUID, after: After = None, limit: Limit = 50
) -> Activities:
    """What was done about a lead, the newest first. Reading what was said or written is one look, with the purpose ``read``."""
    opens = actor_of(request).may(Permission.OPEN_CONTACT)
    response.headers.update(NOT_KEPT)
    async with refusing(request, writes=opens) as tx:
        of = f"activities of {lead_id}"
        last = from_bookmark(of, after, tx)
        rows, more = await activities.page(lead_id, last and (last[0], UUID(last[1])), limit, opens, tx)
        end = rows[-1].row if more else None
        cursor = bookmark(of, end["occurred_at"], str(end["activity_id"]), tx) if end else None
    return Activities(rows=[shown_of(one) for one in rows], after=cursor)


@router.post(
    "/{activity_id}/void",
    dependencies=[Depends(may_on_lead(Permission.RECORD_ACTIVITIES))],
    responses=declared(403, 404, 409),
)
async def void_activity(request: Request, lead_id: UUID, activity_id: UUID, body: Mistake) -> ActivityShown:
    """It counts no more; its row stays. By its author within a day, else by who leads the lead's team."""
    async with refusing(request, writes=True) as tx:
        shown = await activities.void(lead_id, activity_id, body.code, tx)
    return shown_of(shown)


def shown_of(one: Shown) -> ActivityShown:
    """An activity in the words of the door."""
    return ActivityShown(**said(dict(one.row), one.text))


def said(row: dict[str, Any], text: str | None) -> dict[str, Any]:
    """The same as it stands in a timeline."""
    voided = {"at": row["void_at"], "by": row["void_by"], "code": row["void_code"]} if row["void_code"] else None
    return {**row, "id": row["activity_id"], "has_text": row["box"] is not None, "text": text, "voided": voided}
