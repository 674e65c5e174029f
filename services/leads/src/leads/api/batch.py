"""Many rows in one body: the good ones are taken, each bad one is named."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from chassis.problems import FieldError
from leads.api.refusal import BROKEN_JSON, NUL, refusal
from leads.api.submission import LEAD, Form, LeadForm, MoneyForm, Source, Text, settle, settle_money, settle_time
from leads.domain.identity import lead_id_for

ROWS = 500

T = TypeVar("T", bound=Form)


class OutcomeForm(Form):
    """How a lead ended. The lead is named by its id, or by the source and external id it came with."""

    lead_id: UUID | None = None
    source: Source | None = None
    external_id: Text | None = None
    result: Literal["won", "lost"]
    amount: MoneyForm | None = None
    reason: Text | None = None
    at: Annotated[AwareDatetime | None, Field(description="now, if not given")] = None


class LeadBatch(BaseModel):
    """Up to 500 leads."""

    model_config = ConfigDict(extra="forbid")
    leads: Annotated[list[LeadForm], Field(max_length=ROWS)]


class OutcomeBatch(BaseModel):
    """Up to 500 outcomes."""

    model_config = ConfigDict(extra="forbid")
    outcomes: Annotated[list[OutcomeForm], Field(max_length=ROWS)]


@dataclass(frozen=True)
class Rows(Generic[T]):
    """The good rows and the bad ones, each with its place in the body."""

    taken: list[tuple[int, T]] = field(default_factory=list)
    refused: list[tuple[int, list[FieldError]]] = field(default_factory=list)


_LEADS = TypeAdapter(LeadBatch)
_OUTCOMES = TypeAdapter(OutcomeBatch)
_OUTCOME = TypeAdapter(OutcomeForm)


def parse_batch(raw: bytes, now: datetime) -> Rows[LeadForm] | list[FieldError]:
    """``{"leads": [...]}`` row by row, or why no row of it can be taken."""
    try:
        rows: Rows[LeadForm] | list[FieldError] = Rows(list(enumerate(_LEADS.validate_json(raw).leads)))
    except ValidationError:
        rows = _one_by_one(raw, "leads", LEAD)
    return rows if isinstance(rows, list) else _settled(rows, lambda lead: settle(lead, now))


def parse_outcomes(raw: bytes, now: datetime) -> Rows[OutcomeForm] | list[FieldError]:
    """``{"outcomes": [...]}`` likewise; every outcome taken has its ``lead_id`` and its time."""
    try:
        rows: Rows[OutcomeForm] | list[FieldError] = Rows(list(enumerate(_OUTCOMES.validate_json(raw).outcomes)))
    except ValidationError:
        rows = _one_by_one(raw, "outcomes", _OUTCOME)
    return rows if isinstance(rows, list) else _settled(rows, lambda outcome: _settle_outcome(outcome, now))


def _one_by_one(raw: bytes, name: str, row: TypeAdapter[T]) -> Rows[T] | list[FieldError]:
    """The slow way, taken when something in the body is wrong: which rows are it?"""
    try:
        body = from_json(raw)
    except ValueError:
        return [BROKEN_JSON]
    if not isinstance(body, dict) or body.keys() != {name} or not isinstance(body[name], list):
        return [FieldError(name, f"must be the body's one field, a list of up to {ROWS} objects")]
    if len(body[name]) > ROWS:
        return [FieldError(name, f"has more than {ROWS} entries")]
    rows: Rows[T] = Rows()
    for index, value in enumerate(body[name]):
        try:
            rows.taken.append((index, row.validate_json(to_json(value))))
        except ValidationError as error:
            rows.refused.append((index, refusal(error)))
    return rows


def _settled(rows: Rows[T], settle_row: Callable[[T], list[FieldError]]) -> Rows[T]:
    settled: Rows[T] = Rows(refused=rows.refused)
    for index, form in rows.taken:
        wrong = settle_row(form)
        if wrong:
            settled.refused.append((index, wrong))
        else:
            settled.taken.append((index, form))
    settled.refused.sort(key=lambda each: each[0])
    return settled


def _settle_outcome(outcome: OutcomeForm, now: datetime) -> list[FieldError]:
    wrong = [FieldError(name, NUL) for name in ("external_id", "reason") if "\0" in (getattr(outcome, name) or "")]
    if outcome.lead_id is None:
        outcome.lead_id = lead_id_for(None, outcome.source, outcome.external_id)
        if outcome.lead_id is None:
            wrong.append(FieldError("lead_id", "is needed, or source and external_id"))
    if outcome.amount:
        wrong += settle_money(outcome.amount, "amount")
    outcome.at = outcome.at or now
    return [*wrong, *settle_time(outcome.at, now, "at")]
