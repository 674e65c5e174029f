"""The capture door. It is on the hot path, so it is plain ASGI: bytes in, one model, one seal, one record, 202."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from uuid_utils import uuid7

from chassis import FieldError, Problem, Service, document, may, not_valid
from chassis.access import ACTOR, ANONYMOUS
from chassis.callers import form_asked
from chassis.http import LIMIT, SINGLE_LIMIT, Receive, Scope, Send, header, read_body
from chassis.sealing import seal
from contracts.event import Money
from contracts.leads.intake import INTAKE, Asked, LeadSubmitted
from leads.api import page
from leads.api.forms import LeadForm
from leads.api.permissions import Permission
from leads.api.refusal import BROKEN_JSON
from leads.api.repeats import repeats
from leads.api.schemas import Accepted
from leads.api.seal import door_key
from leads.api.submission import Submission, parse_lead
from leads.api.urlencoded import parse_form
from leads.domain.identity import lead_id_for
from leads.domain.personal import Personal, reaches
from leads.use_cases.personal import pack

FORM_TYPE = "application/x-www-form-urlencoded"
CAPTURE_TYPES = frozenset({"application/json", FORM_TYPE})
KEY_LENGTH = 255
_PUTS_IN = may(Permission.TAKE_LEADS, rows=False)
JSON_TYPE = (b"content-type", b"application/json")
IDEMPOTENCY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": KEY_LENGTH}}

# The capture door is no FastAPI route: this is what the document says of it.
OPERATION: dict[str, Any] = {
    "tags": ["capture"],
    "summary": "Takes a lead. Public; answered when the broker has it.",
    "operationId": "capture",
    "parameters": [IDEMPOTENCY],
    **document.body(LeadForm, *sorted(CAPTURE_TYPES)),
    "responses": {
        "202": document.answer(Accepted, "Accepted.", headers={"Location": {"schema": {"type": "string"}}}),
        "303": {"description": "A plain HTML form (Accept: text/html): on to the page of thanks."},
    },
}


async def capture(scope: Scope, receive: Receive, send: Send) -> None:
    """POST /v1/leads: 202 with the lead's id, only after the broker has it. A browser's plain form is sent on to a page."""
    is_form = header(scope, b"content-type")[: len(FORM_TYPE)].lower() == FORM_TYPE
    if is_form and "text/html" in header(scope, b"accept"):
        await page.answer(scope, receive, send, _take(scope, receive, True))
        return
    lead_id, now, flags = await _take(scope, receive, is_form)
    named = str(lead_id)
    answer: dict[str, Any] = {"id": named, "received_at": now.isoformat()}
    if flags:
        answer["flags"] = flags
    body = to_json(answer)
    location = (b"location", b"/v1/leads/" + named.encode())
    head = [JSON_TYPE, (b"content-length", str(len(body)).encode()), location]
    await send({"type": "http.response.start", "status": 202, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def _take(scope: Scope, receive: Receive, is_form: bool) -> tuple[UUID, datetime, list[str]]:
    public = is_public(scope)
    raw = await read_body(scope, receive, SINGLE_LIMIT)
    now = datetime.now(UTC)
    taken = parse_form(raw, now, public=public) if is_form else parse_lead(raw, now, public=public)
    if isinstance(taken, list):
        raise refused(taken)
    key = key_of(scope)
    if public:
        values = taken.form.__dict__
        values["form"] = values["form"] or form_asked(scope) or values["channel"]  # two sites both number their entries
        key = key and f"public:{key}"  # a stranger's key is no other sender's
    [lead_id] = await accept(scope, [taken], now, raw, key, public=public)
    return lead_id, now, taken.aside.flags


def is_public(scope: Any) -> bool:
    """Whether nobody in particular is at the door. Whoever shows a token, and may not put leads in by it, is refused, and not
    taken for somebody else."""
    if scope[ACTOR] is ANONYMOUS:
        return True
    _PUTS_IN.check(scope)
    return False


def key_of(scope: Any) -> str | None:
    """The Idempotency-Key, which may be any text that is not too long."""
    key = header(scope, b"idempotency-key")
    if len(key) > KEY_LENGTH:
        raise not_valid([FieldError("Idempotency-Key", f"is longer than {KEY_LENGTH} characters")])
    return key or None


async def accept_rows(
    scope: Any, rows: Sequence[tuple[int, Submission]], now: datetime, raw: bytes, key: str | None
) -> list[UUID]:
    """The rows of a batch. Under one key each has a name of its own, by its place."""
    keys = [key and f"{key}/{index}" for index, _ in rows]
    return await accept(scope, [one for _, one in rows], now, raw, key, keys) if rows else []


async def accept(
    scope: Any,
    taken: Sequence[Submission],
    now: datetime,
    raw: bytes,
    key: str | None = None,
    keys: Sequence[str | None] = (),
    *,
    public: bool = False,
    more: Mapping[str, Any] | None = None,
) -> list[UUID]:
    """Seals, names and puts submissions on the intake topic; returns when the broker has all of them. ``more`` is what a form of
    ours says beside."""
    service: Service = scope["service"]
    assert service.intake is not None
    name, sealing_key = await door_key(service).current(service)
    ids = [_named(one.form, its) for one, its in zip(taken, keys or (key,), strict=True)]
    claimed = _claimed(service, taken[0], raw, key, public, ids[0]) if key or public else []
    events = [_submitted(one, now, its, name, sealing_key) for one, its in zip(taken, ids, strict=True)]
    if more:
        events = [event.model_copy(update=more) for event in events]
    try:
        await service.intake.say(INTAKE, events, scope["tributary.trace"], scope[ACTOR].named)
    except Problem:
        for each in claimed:
            repeats(service).forget(each)
        raise
    return [e.lead_id for e in events]


def _named(form: LeadForm, key: str | None) -> UUID | None:
    return lead_id_for(key, form.source, form.external_id, form.sender, form.form)


def _claimed(
    service: Service, one: Submission, raw: bytes, key: str | None, public: bool, named: UUID | None
) -> list[UUID]:
    """The names that this request goes by, or a refusal: a key that came with another body, a stranger's entry that was
    another person's a moment ago."""
    form, names = one.form, list[UUID]()
    by_key = named if key and not form.external_id else key and lead_id_for(key, None, None, form.sender, form.form)
    if by_key:
        names.append(by_key)
        if repeats(service).contradicts(by_key, raw):
            raise not_valid([FieldError("Idempotency-Key", "was used for another body a moment ago")])
    if public and form.external_id and (by_name := lead_id_for(None, form.source, form.external_id, None, form.form)):
        names.append(by_name)
        contact = to_json((form.contact.email, form.contact.phone, form.contact.name))
        if repeats(service).contradicts(by_name, contact):
            reason = "was another person's a moment ago; name your form in the field form"
            raise not_valid([FieldError("external_id", reason)])
    return names


def refused(errors: list[FieldError]) -> Problem:
    """400 for what is no JSON at all, 422 for what is."""
    return Problem(400, "The body is not valid JSON", errors=errors) if errors == [BROKEN_JSON] else not_valid(errors)


def _submitted(one: Submission, now: datetime, named: UUID | None, name: str, sealing_key: bytes) -> LeadSubmitted:
    form, aside = one
    external_id = form.external_id
    lead_id = named or UUID(bytes=uuid7().bytes)
    if external_id and not external_id.isalnum() and reaches(external_id):
        aside.answers["external_id"], external_id = external_id, str(lead_id)  # it has named the lead, and says no more
    contact, amount = form.contact, form.expected_amount
    personal = Personal(
        contact.name,
        contact.phone,
        contact.email,
        contact.company,
        contact.address,
        form.message,
        aside.answers or None,
    )
    return LeadSubmitted(
        lead_id=lead_id,
        received_at=now,
        occurred_at=form.occurred_at or now,
        source=form.source or "web",
        person=seal(name, sealing_key, pack(personal), lead_id.bytes),
        country=form.country,
        region=form.region,
        postcode=form.postcode,
        product=form.product,
        industry=form.industry,
        language=form.language,
        channel=form.channel,
        campaign=form.campaign,
        expected_amount=Money(minor=amount.minor or 0, currency=amount.currency or "") if amount else None,
        external_id=external_id,
        attributes=form.attributes,
        sender=form.sender,
        form=form.form,
        written=aside.written or None,
        flags=tuple(aside.flags) or None,
        requests=tuple([Asked(kind=one.kind) for one in form.requests]) if form.requests else None,
    )


__all__ = ["CAPTURE_TYPES", "LIMIT", "accept", "accept_rows", "capture", "key_of", "refused"]
