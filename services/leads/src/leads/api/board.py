"""The board: the sales of a team or of somebody, by the stages of their pipelines."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import FieldError, Transaction, begin, may, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from contracts.event import Money
from leads.api.list import After, LeadListed, Word, listed, wrong_cursor
from leads.api.opening import NOT_KEPT, too_many
from leads.api.permissions import Permission
from leads.domain.list import WrongCursor
from leads.domain.opening import TooMany
from leads.domain.personal import Personal
from leads.use_cases import board as boards
from leads.use_cases.board import TEAMS_AT_MOST, Column, TooManyTeams

router = APIRouter(prefix="/v1", tags=["opportunities"])


class Asked(BaseModel):
    """All that is given must hold."""

    team: Word | None = None
    unit: Annotated[Word | None, Field(description="a unit of the company, with all teams below it")] = None
    person: Annotated[Word | None, Field(description="the salesperson who has it")] = None
    pipeline: Word | None = None

    def whose(self) -> boards.Asked:
        """In the words of the use case."""
        return boards.Asked(**self.model_dump())


class Card(LeadListed):
    """A sale. ``over`` says that it is longer in its stage than that stage's target, in the team's working days."""

    since: Annotated[datetime, Field(description="when it entered its stage")]
    age_s: Annotated[int, Field(description="how long that is ago, by the clock")]
    over: bool
    likelihood: int | None
    expected_close: date | None


class StageColumn(BaseModel):
    """A stage, the longest there first. ``sums`` is one amount of each currency. ``gone`` is a stage that the pipeline has no more.
    ``after`` is the cursor of its next rows."""

    pipeline: str
    stage: str
    gone: bool
    count: int
    sums: list[Money]
    rows: list[Card]
    after: str | None


class Board(BaseModel):
    """The stages in their order; of one stage alone where a cursor was given, and ``count`` is of its page then."""

    columns: list[StageColumn]


@router.get("/board", dependencies=[Depends(may(Permission.SEE_LEADS))], responses=declared(429))
async def get_board(
    request: Request,
    response: Response,
    asked: Annotated[Asked, Depends()],
    stage: Annotated[Word | None, Query(description="with a cursor: the stage that goes on")] = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100, description="rows of each stage")] = 20,
    names: Annotated[bool, Query(description="whether names are opened; that somebody looked is on record")] = True,
) -> Board:
    """Open sales by stage, with counts and sums. The next rows of a stage are asked for by its pipeline, its name and its cursor."""
    if (stage is None) != (after is None):
        raise not_valid([FieldError("stage" if stage is None else "after", "is needed: both go together")])
    response.headers.update(NOT_KEPT)
    named = names and actor_of(request).may(Permission.OPEN_CONTACT)
    async with refusing(request, named) as tx:
        if stage is not None and after is not None:
            column, who = await boards.more(asked.whose(), stage, after, limit, named, tx)
            return Board(columns=[_column(column, who, tx.now)])
        found = await boards.board(asked.whose(), limit, named, tx)
    return Board(columns=[_column(one, found.names, tx.now) for one in found.columns])


@asynccontextmanager
async def refusing(request: Request, writes: bool) -> AsyncIterator[Transaction]:
    """A transaction of this request; what its use case refuses is a problem."""
    try:
        async with begin(request, writes=writes) as tx:
            yield tx
    except WrongCursor as wrong:
        raise wrong_cursor(wrong) from None
    except TooManyTeams:
        raise not_valid(
            [FieldError("team", f"is needed, or a unit or person: a board is of {TEAMS_AT_MOST} teams at most")]
        ) from None
    except TooMany as refusal:
        raise too_many(refusal) from refusal


def _column(column: Column, names: Mapping[UUID, Personal], now: datetime) -> StageColumn:
    cards = [
        Card(
            **listed(card.row, names)
            | {"since": card.since, "over": card.over, "likelihood": card.likelihood}
            | {"age_s": max(0, int((now - card.since).total_seconds()))}
        )
        for card in column.cards
    ]
    return StageColumn(
        pipeline=column.pipeline.pipeline,
        stage=column.stage,
        gone=column.gone,
        count=column.count,
        sums=[Money(minor=minor, currency=currency) for currency, minor in sorted(column.sums.items())],
        rows=cards,
        after=column.after,
    )
