"""Reporting spend: taken when the broker has it, counted a moment later by the same handler as everybody else's."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from campaigns.api.wire import Amount, Body, Code, Name, Source, Time, Words
from campaigns.domain.spend import faults
from campaigns.use_cases.ledger import spend_of
from chassis import FieldError, intake, operator
from chassis.problems import field_errors
from contracts.campaigns.spend import SPEND, SpendReported
from contracts.event import Money

router = APIRouter(prefix="/v1/spend", tags=["spend"], dependencies=[Depends(operator)])

AT_ONCE = 500


@dataclass(frozen=True)
class Refusal:
    """What is wrong with one row."""

    errors: list[FieldError]


def _row_or_refusal(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    # one bad row must not cost the others
    try:
        return validate(value)
    except ValidationError as error:
        return Refusal(field_errors(error.errors(include_url=False, include_context=False, include_input=False)))


class MoneyBody(Body):
    """An amount of one currency."""

    minor: Amount
    currency: Code


class SpendBody(Body):
    """One spend, under the reporter's own id: the same id twice is the same spend."""

    spend_id: Name
    campaign: Name
    line: Name | None = None
    amount: MoneyBody
    kind: Literal["committed", "incurred", "released", "reversed"] = "incurred"
    source: Source = "unknown"
    note: Words | None = None
    occurred_at: Time

    def event(self) -> SpendReported:
        """The row as it travels."""
        amount = Money(minor=self.amount.minor, currency=self.amount.currency)
        return SpendReported(amount=amount, **self.model_dump(exclude={"amount"}))


class SpendBatch(Body):
    """Up to 500 spends."""

    spend: Annotated[list[Annotated[SpendBody, WrapValidator(_row_or_refusal)]], Field(max_length=AT_ONCE)]


class FieldRefused(BaseModel):
    """One field that is wrong, and why."""

    field: str
    reason: str


class RowRefused(BaseModel):
    """One row that was not taken."""

    index: int
    errors: list[FieldRefused]


class Taken(BaseModel):
    """How many rows were taken, and what is wrong with the others."""

    accepted: int
    refused: list[RowRefused]


@router.post("")
async def post_spend(request: Request, body: SpendBatch) -> Taken:
    """Takes the good rows and names each bad one. A spend is never refused because a budget is used up."""
    now = datetime.now(UTC)
    events, refused = [], []
    for index, row in enumerate(body.spend):
        errors = row.errors if isinstance(row, Refusal) else _errors(row.event(), now)
        if isinstance(row, Refusal) or errors:
            refused.append(
                RowRefused(index=index, errors=[FieldRefused(field=e.field, reason=e.reason) for e in errors])
            )
        else:
            events.append(row.event())
    if events:
        await intake(request).say(SPEND, events, request.scope.get("tributary.trace", ""))
    return Taken(accepted=len(events), refused=refused)


def _errors(event: SpendReported, now: datetime) -> list[FieldError]:
    return [FieldError(fault.field, fault.reason) for fault in faults(spend_of(event), now)]
