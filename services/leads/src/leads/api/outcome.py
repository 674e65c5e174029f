"""Outcomes as they are said: the reason a code, what was typed for a reason sealed."""

from collections.abc import Sequence
from typing import Any, Literal, cast
from uuid import UUID, uuid5

from chassis import FieldError, Problem, Service, not_valid
from chassis.access import ACTOR
from chassis.sealing import seal
from contracts.event import Money
from contracts.leads.intake import INTAKE, OutcomeReported
from leads.api.batch import OutcomeForm
from leads.api.repeats import repeats
from leads.api.seal import door_key
from leads.domain import flags
from leads.domain.reasons import OTHER, code_of
from leads.settings import LeadsSettings

_BY_KEY = UUID("7d0c5c9e-5f2b-5d8e-9c41-1f0f5b6f7a03")


async def report(
    scope: Any, rows: Sequence[tuple[int, OutcomeForm]], raw: bytes, key: str | None
) -> list[tuple[int, list[str]]]:
    """Puts the outcomes on the intake topic; what is flagged about each row."""
    if not rows:
        return []
    service: Service = scope["service"]
    assert service.intake is not None
    name, sealing_key = await door_key(service).current(service)
    named = uuid5(_BY_KEY, key) if key else None
    if named and repeats(service).contradicts(named, raw):
        raise not_valid([FieldError("Idempotency-Key", "was used for another body a moment ago")])
    codes = cast(LeadsSettings, service.settings).outcome_reasons
    events = [_reported(form, named and uuid5(named, str(index)), codes, name, sealing_key) for index, form in rows]
    try:
        await service.intake.say(INTAKE, events, scope["tributary.trace"], scope[ACTOR].named)
    except Problem:
        if named:
            repeats(service).forget(named)
        raise
    return [(index, [flags.REASON_SEALED] if e.note else []) for (index, _), e in zip(rows, events, strict=True)]


def _reported(
    form: OutcomeForm, named: UUID | None, codes: tuple[str, ...], name: str, sealing_key: bytes
) -> OutcomeReported:
    assert form.lead_id is not None
    assert form.at is not None
    code = code_of(form.reason, codes) if form.reason else None
    prose = form.reason if form.reason and code is None else None
    money = form.amount
    return OutcomeReported(
        lead_id=form.lead_id,
        result=cast(Literal["won", "lost"], form.result),
        at=form.at,
        amount=Money(minor=money.minor or 0, currency=money.currency or "") if money else None,
        reason=OTHER if prose else code,
        note=seal(name, sealing_key, prose.encode(), form.lead_id.bytes) if prose else None,
        report=named,
    )
