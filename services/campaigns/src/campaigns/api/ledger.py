"""A campaign's ledger: its lines as they stand, and the postings that made them so."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from campaigns.api.campaign import is_there, no_such_campaign
from campaigns.api.permissions import Permission
from campaigns.api.schemas import CampaignId
from campaigns.api.taken import until_counted
from campaigns.store import campaign as campaigns
from campaigns.store import ledger
from campaigns.use_cases.note import open_note
from chassis import begin, may_on
from chassis.problems import declared

router = APIRouter(prefix="/v1/campaigns", tags=["ledger"])


class Figures(BaseModel):
    """available = budget - committed - incurred. ``unmatched`` came back where nothing was left to come back to."""

    currency: str
    budget: int
    committed: int
    incurred: int
    available: int
    unmatched: int


class LineState(Figures):
    """One line in one currency as it stands."""

    line: str
    item: str
    owner: str
    planned: bool
    postings: int


class PostingSeen(BaseModel):
    """One posting. ``conflicting``: another report said something else under the same spend id; the first one counted."""

    id: int
    line: str
    currency: str
    posting: int
    kind: str
    amount: int
    debit: str
    credit: str
    spend_id: str | None
    source: str | None
    conflicting: bool
    note: str | None
    occurred_at: datetime | None
    posted_at: datetime


class LedgerSeen(BaseModel):
    """Postings are newest first; ``next`` is what to give as ``before`` to get older ones."""

    campaign: str
    currency: str | None
    known: bool
    totals: list[Figures]
    lines: list[LineState]
    postings: list[PostingSeen]
    next: int | None


@router.get(
    "/{campaign:path}/ledger",
    dependencies=[Depends(may_on(Permission.SEE_LEDGER, is_there, no_such_campaign))],
    responses=declared(404),
)
async def get_ledger(
    request: Request,
    campaign: CampaignId,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> LedgerSeen:
    """Where the money of a campaign went. What this process took just before is waited for, at most a second."""
    await until_counted(request, campaign)
    async with begin(request) as tx:
        head = await campaigns.campaign_head(tx, campaign)
        if head is None:
            raise no_such_campaign()
        lines = await ledger.lines_of(tx, head["campaign"])
        totals = await ledger.totals_of(tx, head["campaign"])
        postings = await ledger.postings_of(tx, head["campaign"], before, limit)
        master = tx.settings.master_key_bytes()
    return LedgerSeen(
        campaign=head["campaign"],
        currency=head["currency"],
        known=head["known"],
        totals=[Figures(**row) for row in totals],
        lines=[LineState(**row) for row in lines],
        postings=[PostingSeen(**{**row, "note": open_note(master, row["note"])}) for row in postings],
        next=postings[-1]["id"] if len(postings) == limit else None,
    )
