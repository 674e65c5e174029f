"""What somebody may send at the capture door, and what of it is refused.

``pydantic`` reads the bytes and knows types and lengths; what needs more than one field, a table or the time of day is
checked after it, in one pass, so that a good lead costs little and a bad one names every field that is wrong.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from chassis.problems import FieldError
from leads.api.phone import normalise_phone
from leads.api.refusal import NUL, TOLD_AT_MOST, path, refusal
from values.countries import COUNTRIES
from values.money import CURRENCIES

Source = Literal["web", "phone", "campaign", "sales", "import"]
Text = Annotated[str, Field(max_length=500)]
Number = Annotated[int, Field(ge=-(10**15), le=10**15)]
Name = Annotated[str, Field(min_length=1, max_length=500)]

AHEAD = timedelta(days=1)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

# No repetition inside another that could match the same text twice, so it is quick on every input. A domain may be in any
# script (IDN); quoted local parts and address literals are refused.
_LABEL = r"(?!-)[^\s@.\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{1,63}(?<!-)"
_EMAIL = re.compile(rf"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]{{1,64}}@(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}", re.ASCII)
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,6}", re.ASCII)


class Form(BaseModel):
    """Something sent at a door: nothing unknown, nothing converted, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_strip_whitespace=True)


class ContactForm(Form):
    """Who asks. Personal data: sealed before it goes anywhere."""

    name: Text | None = None
    phone: Annotated[
        Text | None, Field(description="in any script; national numbers are read as numbers of `country`")
    ] = None
    email: Text | None = None
    company: Text | None = None
    address: Text | None = None


class MoneyForm(Form):
    """An amount in integer minor units of an ISO 4217 currency."""

    minor: Annotated[int, Field(ge=0, le=10**15)]
    currency: Text


class LeadForm(Form):
    """A lead as it comes in. One of phone, email and external_id is needed."""

    source: Source
    contact: ContactForm = Field(default_factory=ContactForm)
    message: Annotated[str, Field(max_length=10_000)] | None = None
    country: Annotated[Text | None, Field(description="ISO 3166-1 alpha-2")] = None
    region: Text | None = None
    postcode: Text | None = None
    product: Text | None = None
    industry: Text | None = None
    language: Annotated[Text | None, Field(description="BCP 47")] = None
    channel: Text | None = None
    campaign: Text | None = None
    expected_amount: MoneyForm | None = None
    external_id: Text | None = None
    occurred_at: AwareDatetime | None = None
    attributes: Annotated[dict[Name, Text | bool | Number | float], Field(max_length=32)] = Field(default_factory=dict)


LEAD = TypeAdapter(LeadForm)
_TEXTS = (
    "message",
    "country",
    "region",
    "postcode",
    "product",
    "industry",
    "language",
    "channel",
    "campaign",
    "external_id",
)
_CONTACT = ("name", "phone", "email", "company", "address")


def parse_lead(raw: bytes, now: datetime) -> LeadForm | list[FieldError]:
    """The lead in a JSON body, its phone number in E.164, or everything that is wrong with it."""
    try:
        form = LEAD.validate_json(raw)
    except ValidationError as error:
        return refusal(error)
    return settle(form, now) or form


def parse_form(raw: bytes, now: datetime) -> LeadForm | list[FieldError]:
    """The same from a form-encoded body, ``contact.phone=...&attributes.size=20``. A field left blank was not given."""
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError):
        return [FieldError("body", "is not a form of at most 100 fields in UTF-8")]
    body: dict[str, object] = {}
    for key, value in pairs:
        outer, _, inner = key.partition(".")
        if not value.strip():
            continue
        place = body.setdefault(outer, {}) if inner else body
        name = inner or outer
        if not isinstance(place, dict) or name in place:
            return [FieldError(path((outer, inner) if inner else (outer,)), "is given twice")]
        place[name] = _plain(outer, name, value)
    amount = body.get("expected_amount")
    if isinstance(amount, dict) and amount.keys() == {"currency"}:
        del body["expected_amount"]  # the form's currency was chosen beforehand, and no amount was written
    return parse_lead(to_json(body), now)


def _plain(outer: str, name: str, value: str) -> str | int | float:
    """A form has only text: what must be a number is read as one, and an attribute that is plainly a number too."""
    if (outer, name) == ("expected_amount", "minor") or outer == "attributes":
        if _WHOLE.fullmatch(value):
            return int(value)
        if _DECIMAL.fullmatch(value) and outer == "attributes":
            return float(value)
    return value


def settle(form: LeadForm, now: datetime) -> list[FieldError]:
    """Checks what the types cannot say, and brings country, currency, phone and time into their one form."""
    wrong = [*_texts(form, "", _TEXTS), *_texts(form.contact, "contact.", _CONTACT), *_attributes(form)]
    if wrong:
        return wrong[:TOLD_AT_MOST]
    if form.country:
        form.country = form.country.upper()
        if form.country not in COUNTRIES:
            wrong.append(FieldError("country", "is not a country code of ISO 3166-1"))
    if form.language and not _LANGUAGE.fullmatch(form.language):
        wrong.append(FieldError("language", "is not a language tag like de or pt-BR"))
    if form.expected_amount:
        wrong += settle_money(form.expected_amount, "expected_amount")
    if form.occurred_at:
        wrong += settle_time(form.occurred_at, now, "occurred_at")
    return [*wrong, *_settle_contact(form)]


def _settle_contact(form: LeadForm) -> list[FieldError]:
    contact, wrong = form.contact, []
    if not (contact.phone or contact.email or form.external_id):
        return [FieldError("contact", "one of phone, email or external_id is needed")]
    if contact.email and not is_email(contact.email):
        wrong.append(FieldError("contact.email", "is not an e-mail address"))
    if contact.phone and (not form.country or form.country in COUNTRIES):  # a number of no country cannot be judged
        number = normalise_phone(contact.phone, form.country)
        if number is None:
            reason = "is not a possible phone number" + (
                "" if form.country else "; without a country it must begin with +"
            )
            wrong.append(FieldError("contact.phone", reason))
        contact.phone = number
    return wrong


def _texts(form: Form, prefix: str, names: tuple[str, ...]) -> list[FieldError]:
    """A blank text was not given; a NUL is refused, because no database can keep it."""
    wrong, values = [], form.__dict__
    for name in names:
        text = values[name]
        if text is None:
            continue
        if not text:
            values[name] = None
        elif "\0" in text:
            wrong.append(FieldError(prefix + name, NUL))
    return wrong


def _attributes(form: LeadForm) -> list[FieldError]:
    return [
        FieldError(path(("attributes", name)), NUL)
        for name, value in form.attributes.items()
        if "\0" in name or (isinstance(value, str) and "\0" in value)
    ]


def is_email(text: str) -> bool:
    """Whether mail could be sent there by its form: one @, a domain with a dot. Whether somebody reads it only mail can tell."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def settle_money(money: MoneyForm, field: str) -> list[FieldError]:
    """The currency in capitals, if there is such a currency."""
    money.currency = money.currency.upper()
    return (
        [] if money.currency in CURRENCIES else [FieldError(f"{field}.currency", "is not a currency code of ISO 4217")]
    )


def settle_time(at: datetime, now: datetime, field: str) -> list[FieldError]:
    """A clock may be wrong by a day, not by more."""
    if at > now + AHEAD:
        return [FieldError(field, "is more than a day ahead")]
    return [FieldError(field, "is before 1900")] if at < LONG_AGO else []
