"""The capture door. It is on the hot path, so it is plain ASGI: bytes in, one model, one seal, one record, 202."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from uuid_utils import uuid7

from chassis import FieldError, Problem, Service, not_valid
from chassis.door import LIMIT, SINGLE_LIMIT, Receive, Scope, Send, header, read_body
from chassis.sealing import seal
from contracts.event import Money
from contracts.leads.intake import INTAKE, LeadSubmitted
from leads.api.refusal import BROKEN_JSON
from leads.api.seal import door_key
from leads.api.submission import LeadForm, parse_form, parse_lead
from leads.domain.identity import lead_id_for
from leads.domain.personal import Personal
from leads.use_cases.personal import pack

FORM_TYPE = "application/x-www-form-urlencoded"
CAPTURE_TYPES = frozenset({"application/json", FORM_TYPE})
KEY_LENGTH = 255
JSON_TYPE = (b"content-type", b"application/json")


async def capture(scope: Scope, receive: Receive, send: Send) -> None:
    """POST /v1/leads: 202 with the lead's id, only after the broker has it."""
    raw = await read_body(scope, receive, SINGLE_LIMIT)
    now = datetime.now(UTC)
    is_form = header(scope, b"content-type").startswith(FORM_TYPE)
    form = parse_form(raw, now) if is_form else parse_lead(raw, now)
    if isinstance(form, list):
        raise refused(form)
    key = header(scope, b"idempotency-key")
    if len(key) > KEY_LENGTH:
        raise not_valid([FieldError("Idempotency-Key", f"is longer than {KEY_LENGTH} characters")])
    [lead_id] = await accept(scope, [form], now, key or None)
    named = str(lead_id)
    body = to_json({"id": named, "received_at": now.isoformat()})
    location = (b"location", b"/v1/leads/" + named.encode())
    head = [JSON_TYPE, (b"content-length", str(len(body)).encode()), location]
    await send({"type": "http.response.start", "status": 202, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def accept(scope: Any, forms: Sequence[LeadForm], now: datetime, key: str | None = None) -> list[UUID]:
    """Seals, names and puts submissions on the intake topic; returns when the broker has all of them."""
    service: Service = scope["service"]
    assert service.intake is not None
    name, sealing_key = await door_key(service).current(service)
    events = [_submitted(form, now, key, name, sealing_key) for form in forms]
    await service.intake.say(INTAKE, events, scope["tributary.trace"])
    return [e.lead_id for e in events]


def refused(errors: list[FieldError]) -> Problem:
    """400 for what is no JSON at all, 422 for what is."""
    return Problem(400, "The body is not valid JSON", errors=errors) if errors == [BROKEN_JSON] else not_valid(errors)


def _submitted(form: LeadForm, now: datetime, key: str | None, name: str, sealing_key: bytes) -> LeadSubmitted:
    lead_id = lead_id_for(key, form.source, form.external_id) or UUID(bytes=uuid7().bytes)
    contact = form.contact
    personal = Personal(contact.name, contact.phone, contact.email, contact.company, contact.address, form.message)
    amount = form.expected_amount
    return LeadSubmitted(
        lead_id=lead_id,
        received_at=now,
        occurred_at=form.occurred_at or now,
        source=form.source,
        person=seal(name, sealing_key, pack(personal), lead_id.bytes),
        country=form.country,
        region=form.region,
        postcode=form.postcode,
        product=form.product,
        industry=form.industry,
        language=form.language,
        channel=form.channel,
        campaign=form.campaign,
        expected_amount=Money(minor=amount.minor, currency=amount.currency) if amount else None,
        external_id=form.external_id,
        attributes=form.attributes,
    )


__all__ = ["CAPTURE_TYPES", "LIMIT", "accept", "capture", "refused"]
