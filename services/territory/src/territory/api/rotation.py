"""The account of a team's rotation: what each person was due of its leads, and what they got."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from chassis import FieldError, absent, begin, may, not_valid
from chassis.problems import declared
from territory.api.organisation import Moment
from territory.api.permissions import Permission
from territory.domain.rotation import LEAD
from territory.domain.rotation import Account as AccountOf
from territory.store import rotation as store

router = APIRouter(prefix="/v1", tags=["queues"])
WINDOW = timedelta(days=30)


class Account(BaseModel):
    """A person's account in leads. What they are owed at the end is what they were owed before, and were due, without what they got;
    leads that were booked back are no turns: they count neither as due nor as got."""

    person: str
    opening: float
    entitled: float
    received: int
    back: int
    closing: float


class Accounts(BaseModel):
    """The accounts of a team over a window, by person. ``turn`` is how many turns its rotation has taken until now."""

    team: str
    ledger: Literal["new", "book"]
    from_at: datetime
    to_at: datetime
    turn: int
    accounts: list[Account]


@router.get(
    "/teams/{team}/rotation",
    dependencies=[Depends(may(Permission.SEE_DECISIONS))],
    summary="What each person of a team was due of its leads, and what they got.",
    responses=declared(404),
)
async def get_rotation(
    request: Request,
    team: Annotated[str, Path(min_length=1, max_length=200)],
    from_at: Annotated[Moment | None, Query(description="30 days before the end, unless said")] = None,
    to_at: Annotated[Moment | None, Query(description="turns before this moment; now, unless said")] = None,
    ledger: Annotated[
        Literal["new", "book"], Query(description="new leads, or those that somebody has left to the team")
    ] = "new",
) -> Accounts:
    """A turn is due to everybody who could have taken it, by weight, and was got by one. A team that one does not see is absent."""
    async with begin(request) as tx:
        to_at = to_at or tx.now
        from_at = from_at or to_at - WINDOW
        if from_at > to_at:
            raise not_valid([FieldError("from_at", "lies behind to_at")])
        if team not in tx.actor.teams:
            raise absent("No such team")
        turn, found = await store.accounts_of(tx, team, ledger == "book", from_at, to_at)
    of_each = [_account(one) for one in found]
    return Accounts(team=team, ledger=ledger, from_at=from_at, to_at=to_at, turn=turn, accounts=of_each)


def _account(one: AccountOf) -> Account:
    return Account(
        person=one.person,
        opening=_leads(one.opening),
        entitled=_leads(one.entitled),
        received=one.received,
        back=one.back,
        closing=_leads(one.closing),
    )


def _leads(parts: int) -> float:
    """To a millionth: the parts that a share can't be divided into are nobody's loss."""
    return round(parts / LEAD, 6) + 0.0
