"""Reporting spend: taken when the broker has it, counted a moment later by the same handler as everybody else's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from campaigns.api.permissions import Permission
from campaigns.api.schemas import Amount, Body, Code, Name, Source, Time, Words
from campaigns.api.taken import note_taken
from campaigns.domain.spend import faults
from campaigns.store import campaign as campaigns
from campaigns.use_cases.ledger import spend_of
from campaigns.use_cases.note import seal_note
from chassis import Actor, FieldError, begin, intake, may
from chassis.batch import BatchAnswer, RowFlagged, each, flagged, refusals
from chassis.problems import field_errors
from chassis.service import actor_of
from contracts.campaigns.spend import SPEND, SpendReported
from contracts.event import Money
from values.money import amount
from values.text import key

router = APIRouter(prefix="/v1/spend", tags=["spend"])

AT_ONCE = 500
LONGEST_SOURCE = 100  # as the event has it
NAMES = ("spend_id", "campaign", "line", "source")


@dataclass(frozen=True)
class Row:
    """A row that can be read, and what was made of it on the way."""

    body: "SpendBody"
    flags: list[str]


def _row_or_refusal(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    # one bad row must not cost the others
    try:
        body: SpendBody = validate(value)
    except ValidationError as error:
        return field_errors(error.errors(include_url=False, include_context=False, include_input=False))
    return Row(body, list(_flags(value, body)))


def _flags(value: dict[str, Any], body: "SpendBody") -> Iterator[str]:
    """What the reporter should know of how its row was read."""
    if ":" not in value["occurred_at"]:
        yield "date_only"
    if isinstance(value["amount"], str):
        yield "amount_read"
    if not body.amount.minor:
        yield "nothing_spent"
    if any(isinstance(text := value.get(name), str) and text != getattr(body, name) for name in NAMES):
        yield "unseen_removed"


def _money(value: Any) -> Any:
    """An amount as people write it is read; one without its currency is not."""
    if not isinstance(value, str):
        return value
    read = amount(value)
    if read is None:
        raise ValueError("can't be read as an amount with its currency, like EUR 1.234,56")
    return {"minor": read.minor, "currency": read.currency}


class MoneyBody(Body):
    """An amount of one currency."""

    minor: Amount
    currency: Code


class SpendBody(Body):
    """One spend, under the reporter's own id: the same id of the same source twice is the same spend."""

    spend_id: Name
    campaign: Name
    line: Name | None = None
    amount: Annotated[MoneyBody, BeforeValidator(_money, json_schema_input_type=MoneyBody | str)]
    kind: Literal["committed", "incurred", "released", "reversed"] = "incurred"
    source: Source = "unknown"
    note: Words | None = None
    occurred_at: Time

    def event(self, master: bytes) -> SpendReported:
        """The row as it travels: what was written beside it is sealed."""
        money = Money(minor=self.amount.minor, currency=self.amount.currency)
        note = seal_note(master, self.note) if self.note else None
        rest = self.model_dump(exclude={"amount", "note"})
        return SpendReported(amount=money, sealed_note=note, **rest)


class SpendBatch(Body):
    """Up to 500 spends."""

    spend: Annotated[list[Annotated[SpendBody, WrapValidator(_row_or_refusal)]], Field(max_length=AT_ONCE)]


class Taken(BatchAnswer):
    """How many rows were taken to be counted, how some were read, and what is wrong with others. A zero is noted and not counted.
    Notes are ``date_only`` (the start of that day in UTC), ``amount_read`` (from words), ``nothing_spent`` (zero: nothing is
    posted), ``unseen_removed`` (characters that nobody sees)."""

    notes: list[RowFlagged]


@router.post("", dependencies=[Depends(may(Permission.REPORT_SPEND, rows=False))])
async def post_spend(request: Request, body: SpendBatch) -> Taken:
    """Takes the good rows and names each bad one. A spend is never refused because a budget is used up.

    A person reports for campaigns of the teams for which they record, and for those that nobody has planned; to them there is no
    other. A machine reports for any. What a person reports is named as theirs in its source, so that nobody takes the id of
    a spend that a feed, or somebody of another team, is going to report.
    """
    now, master = datetime.now(UTC), request.app.state.service.settings.master_key_bytes()
    theirs = await _theirs(request, body)
    rows = each(enumerate(body.spend), lambda row: _settled(row, now, master, theirs))
    events = [event for _, (event, _) in rows.taken]
    if theirs is not None:
        events = [event.model_copy(update={"source": _of(actor_of(request), event.source)}) for event in events]
    if events:
        await intake(request).say(SPEND, events, request.scope.get("tributary.trace", ""), actor_of(request).named)
        note_taken(request, (spend_of(event) for event in events if event.amount.minor))
    # A zero is told as well, in case it takes back an amount under the same id; it is not counted, and so not among these.
    accepted = sum(event.amount.minor > 0 for event in events)
    notes = flagged((index, flags) for index, (_, flags) in rows.taken)
    return Taken(accepted=accepted, notes=notes, refused=refusals(rows))


async def _theirs(request: Request, body: SpendBatch) -> set[str] | None:
    """For which of the campaigns that are named somebody may report; None is for any."""
    if actor_of(request).kind == "machine":
        return None
    async with begin(request) as tx:
        return await campaigns.recordable(tx, (row.body.campaign for row in body.spend if isinstance(row, Row)))


def _of(person: Actor, source: str) -> str:
    by = f" by {person.principal}"
    return f"{source[: LONGEST_SOURCE - len(by)]}{by}"


def _settled(
    row: Row | list[FieldError], now: datetime, master: bytes, theirs: set[str] | None
) -> tuple[SpendReported, list[str]] | list[FieldError]:
    if isinstance(row, list):
        return row
    if theirs is not None and key(row.body.campaign) not in theirs:
        return [FieldError("campaign", "no such campaign")]
    event = row.body.event(master)
    wrong = [FieldError(fault.field, fault.reason) for fault in faults(spend_of(event), now)]
    return wrong or (event, row.flags)
