"""Many rows in one body: the good ones are taken, each bad one is named."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from chassis.batch import Rows, each
from chassis.problems import FieldError
from leads.api.forms import Aside, Form, LeadForm, Moment, MoneyForm, PlainLead, Text
from leads.api.mending import BROKEN, mend_lead, mend_outcome, read_json
from leads.api.refusal import BROKEN_JSON, refusal
from leads.api.submission import BYTE_ORDER_MARK, Submission, settle, settle_money, settle_name, take
from leads.domain.identity import lead_id_for
from leads.domain.source import source_of
from values.text import key
from values.times import bounds

ROWS = 500

# How other systems say that a deal has ended.
_ENDS = {
    "won": """won|closed won|deal won|sold|geschlossen gewonnen|fermé gagné|win|success|successful|converted
        |gewonnen|gagné|gagne|ganado|ganada|ganho|ganha|vinto|vinta|wygrana|выиграна|выиграно|kazanıldı
        |برنده|موفق|فروخته شد|जीता|सफल|赢单|已赢单|成交|已成交|closed converted|qualified converted
        |abgeschlossen gewonnen|gagnée|conclu|cerrada ganada|cerrado ganado|fechado ganho|chiuso vinto
        |gewonnen gesloten|wygrane|выигран|успешно реализовано|中标|فاز|رابح|مغلق فاز|受注|成約""",
    "lost": """lost|closed lost|deal lost|geschlossen verloren|fermé perdu|loss|unsuccessful|verloren|perdu|perdue
        |perdido|perdida|perso|persa|przegrana|проиграна|проиграно|kaybedildi|از دست رفته|ناموفق|هارا|हारा
        |असफल|输单|已输单|丢单|未成交|closed not converted|abgeschlossen verloren|cerrada perdida|cerrado perdido
        |fechado perdido|chiuso perso|przegrane|проигран|закрыто и не реализовано|बाजी हारी|خسارة|خاسر
        |مغلق خاسر|失注""",
}
_SIGNS = re.compile(r"[\W_]+")


def _joined(word: str) -> str:
    """``Closed Won``, ``closedwon``, ``CLOSED_WON`` and ``Closed (Won)`` are one word."""
    return _SIGNS.sub("", key(word))


_ENDED = {_joined(word): end for end, text in _ENDS.items() for word in text.split("|")}


class OutcomeForm(Form):
    """How a lead ended. The lead is named by its id, or by the source and external id it came with, and the sender or the
    public form that this id belongs to."""

    lead_id: UUID | None = None
    source: Text | None = None
    external_id: Text | None = None
    sender: Annotated[Text | None, Field(description="the system or list that the external id belongs to")] = None
    form: Annotated[Text | None, Field(description="the public form that the lead came through")] = None
    result: Annotated[Text, Field(description="won or lost, also as other systems say it")]
    amount: MoneyForm | None = None
    reason: Annotated[str | None, Field(max_length=10_000, description="a code; prose is kept sealed")] = None
    at: Annotated[Moment | None, Field(description="now, if not given")] = None


class LeadBatch(BaseModel):
    """Up to 500 leads."""

    model_config = ConfigDict(extra="forbid")
    leads: Annotated[list[LeadForm], Field(max_length=ROWS)]


class OutcomeBatch(BaseModel):
    """Up to 500 outcomes."""

    model_config = ConfigDict(extra="forbid")
    outcomes: Annotated[list[OutcomeForm], Field(max_length=ROWS)]


class _PlainBatch(LeadBatch):
    leads: Annotated[list[PlainLead], Field(max_length=ROWS)]  # type: ignore[assignment]


_LEADS = TypeAdapter(_PlainBatch)
_OUTCOMES = TypeAdapter(OutcomeBatch)
_OUTCOME = TypeAdapter(OutcomeForm)


def parse_batch(raw: bytes, now: datetime) -> Rows[Submission] | list[FieldError]:
    """``{"leads": [...]}`` row by row, or why no row of it can be taken."""
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    try:
        forms = _LEADS.validate_json(raw).leads
    except ValidationError:
        rows = _rows(raw, "leads")
        if isinstance(rows, list):
            return rows
        return each(rows.taken, lambda row: take(*mend_lead(row, forgiving=False), now))
    return each(enumerate(forms), lambda form: settle(form, Aside(), now))


def parse_outcomes(raw: bytes, now: datetime) -> Rows[OutcomeForm] | list[FieldError]:
    """``{"outcomes": [...]}`` likewise; every outcome taken has its ``lead_id`` and its time."""
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    try:
        forms = _OUTCOMES.validate_json(raw).outcomes
    except ValidationError:
        rows = _rows(raw, "outcomes")
        if isinstance(rows, list):
            return rows
        return each(rows.taken, lambda row: _outcome(row, now))
    return each(enumerate(forms), lambda form: _settle_outcome(form, now))


def _rows(raw: bytes, name: str) -> Rows[Any] | list[FieldError]:
    """The slow way, taken when something in the body is wrong: which rows are it?"""
    body = read_json(raw)
    if body is BROKEN:
        return [BROKEN_JSON]
    if not isinstance(body, dict) or body.keys() != {name} or not isinstance(body[name], list):
        return [FieldError(name, f"must be the body's one field, a list of up to {ROWS} objects")]
    if len(body[name]) > ROWS:
        return [FieldError(name, f"has more than {ROWS} entries")]
    return Rows(list(enumerate(body[name])))


def _outcome(row: object, now: datetime) -> OutcomeForm | list[FieldError]:
    try:
        form = _OUTCOME.validate_json(to_json(mend_outcome(row)))  # as JSON, where an id may be a text
    except ValidationError as error:
        return refusal(error)
    return _settle_outcome(form, now)


def _settle_outcome(outcome: OutcomeForm, now: datetime) -> OutcomeForm | list[FieldError]:
    wrong = settle_name(outcome) if outcome.external_id else []
    result = _ENDED.get(_joined(outcome.result))
    if result is None:
        wrong.append(FieldError("result", "must be won or lost"))
    outcome.result = result or outcome.result
    source = source_of(outcome.source) or "import" if outcome.source else None
    if outcome.lead_id is None:
        outcome.lead_id = lead_id_for(None, source, outcome.external_id, outcome.sender, outcome.form)
        if outcome.lead_id is None:
            wrong.append(FieldError("lead_id", "is needed, or source and external_id"))
    if outcome.amount and outcome.amount.minor is None and not outcome.amount.amount:
        outcome.amount = None  # the currency was chosen beforehand
    if outcome.amount:
        wrong += settle_money(outcome.amount, "amount")
    outcome.at = outcome.at or now
    if reason := bounds(outcome.at, now):
        wrong.append(FieldError("at", reason))
    return wrong or outcome
