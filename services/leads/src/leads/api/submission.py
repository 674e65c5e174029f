"""What becomes of each field that somebody sends at a door for leads.

What the types have nothing against is settled in one pass, so that a good lead costs little. What they refuse is mended first
(``mending``), and what could not be used as it was sent is set aside: flagged, and kept sealed among the lead's answers. Only a
lead whom nobody could reach, or that nobody could name again, is refused.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from chassis.problems import FieldError
from leads.api.forms import TEXT, Aside, LeadForm, MoneyForm, PlainLead
from leads.api.mending import BROKEN, bound, mend_lead, read_json
from leads.api.phone import is_withheld, normalise_phone, other_phones
from leads.api.refusal import BROKEN_JSON, TOLD_AT_MOST, refusal
from leads.domain import flags
from leads.domain.personal import is_private, reaches
from leads.domain.source import SOURCES, source_of
from values.contact import email, emails
from values.countries import COUNTRIES, country
from values.money import CURRENCIES, amount, currency
from values.text import bare, hides, key, visible
from values.times import bounds

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Submission(NamedTuple):
    """A lead that is taken, and what was set aside of it."""

    form: LeadForm
    aside: Aside


PLAIN, LEAD = TypeAdapter(PlainLead), TypeAdapter(LeadForm)
_PLAIN = ("region", "postcode", "product", "industry", "language", "channel", "campaign", "form", "sender")
_SPOKEN = ("name", "company", "address")


def parse_lead(
    raw: bytes, now: datetime, *, public: bool = False, source: str | None = None
) -> Submission | list[FieldError]:
    """The lead in a JSON body, or everything that is wrong with it. At the public door its source is the web; at a door for
    leads of one source it need not be said."""
    if raw.startswith(BYTE_ORDER_MARK):
        raw = raw[len(BYTE_ORDER_MARK) :]
    try:
        form = PLAIN.validate_json(raw)
    except ValidationError:
        return _mended(raw, now, public, source)
    form.source = form.source or source
    return settle(form, Aside(), now, public)


def _mended(raw: bytes, now: datetime, public: bool, source: str | None) -> Submission | list[FieldError]:
    """The slow way of what the types refuse."""
    body = read_json(raw)
    if body is BROKEN:
        return [BROKEN_JSON]
    mended, aside = mend_lead(body, forgiving=True)
    if source and isinstance(mended, dict):
        mended.setdefault("source", source)
    return take(mended, aside, now, public)


def take(body: object, aside: Aside, now: datetime, public: bool = False) -> Submission | list[FieldError]:
    """A lead from a body that was read and mended before."""
    try:
        form = LEAD.validate_python(body)
    except ValidationError as error:
        return refusal(error)
    return settle(form, aside, now, public)


def settle(form: LeadForm, aside: Aside, now: datetime, public: bool = False) -> Submission | list[FieldError]:
    """Brings every field into its one form; what cannot be is set aside. Refused is only what leaves no lead."""
    wrong = _settle_source(form, aside, public)
    _settle_texts(form, aside)
    if form.country is not None and form.country not in COUNTRIES:
        read = country(form.country)
        if read is None and form.country:
            aside.put("country", form.country, flags.COUNTRY_UNREADABLE)
        form.country = read
    if form.language:
        _settle_language(form, aside)
    money = form.expected_amount
    if money and (money.minor is None or money.amount or money.currency not in CURRENCIES):
        _settle_amount(form, aside)
    if form.attributes:
        _settle_attributes(form, aside)
    if form.answers:
        aside.answers = {**form.answers, **aside.answers}
        bound(aside)
    if form.occurred_at and (reason := bounds(form.occurred_at, now)):
        wrong.append(FieldError("occurred_at", reason))
    if form.external_id is not None:
        wrong += settle_name(form)
    wrong += _settle_contact(form, aside)
    return wrong[:TOLD_AT_MOST] if wrong else Submission(form, aside)


def _settle_source(form: LeadForm, aside: Aside, public: bool) -> list[FieldError]:
    """Whoever has a token says where the lead comes from, in any of the words for it; anybody else comes from the web."""
    named, values = form.source, form.__dict__  # a model's own way to set a field costs ten times as much
    if public:
        values["source"], values["sender"] = "web", None
        if named and named != "web" and source_of(named) != "web":
            aside.flag(flags.SOURCE_CLAIMED)
        return []
    if named in SOURCES:
        return []
    if not named:
        return [FieldError("source", "is needed")]
    form.source = source_of(named)
    if form.source is None:
        form.source = "import"
        aside.flag(flags.SOURCE_UNKNOWN)
        form.channel = form.channel or named
    return []


def _settle_texts(form: LeadForm, aside: Aside) -> None:
    """A blank text was not given; an unseen character that means nothing is left out; who could be reached by it is sealed."""
    values = form.__dict__
    for name in _PLAIN:
        text = values[name]
        if text is not None and not (text.isalpha() and text.isascii()):
            values[name] = _plain(name, text, aside) if text else None
    for name in ("channel", "campaign"):
        text = values[name]
        if text and not (text.islower() and text.isalpha() and text.isascii()) and (normal := _normal(text)) != text:
            aside.written[name], values[name] = text, normal
            if len(normal) > TEXT:  # some signs stand for a whole sentence
                aside.put(name, text, f"{name}_unreadable")
                del aside.written[name]
                values[name] = None
    spoken = form.contact.__dict__
    for name in _SPOKEN:
        text = spoken[name]
        if text is not None and (not text or "\0" in text):
            spoken[name] = text.replace("\0", "") or None
    if form.message is not None and (not form.message or "\0" in form.message):
        values["message"] = form.message.replace("\0", "") or None


def _plain(name: str, text: str, aside: Aside) -> str | None:
    read, flag = _read(text, name == "postcode")
    if flag is None:
        return read
    aside.put(name, text, flag or f"{name}_unreadable")
    return None


# The same few products, channels and campaigns come all day: each is read once, and what strangers make up pushes out no more
# than its own kind.


@lru_cache(maxsize=2048)
def _read(text: str, is_postcode: bool) -> tuple[str | None, str | None]:
    """The text as it is kept, or the flag under which it is set aside; an empty flag is that of its field."""
    if not text.isascii() or not text.isprintable():
        if hides(text):
            return None, ""
        text = visible(text)
    if reaches(text) and (not is_postcode or "@" in text):  # ten digits are a postcode in some countries
        return None, flags.ANSWER_SEALED
    return text or None, None


@lru_cache(maxsize=2048)
def _normal(text: str) -> str:
    return key(text)


def settle_name(form: Any) -> list[FieldError]:
    """An external id names the lead: it is kept to the letter, and refused where it may not be what it looks like."""
    name: str = form.external_id
    if not name.isascii() or not name.isprintable():
        if hides(name):
            return [FieldError("external_id", "holds characters that cannot be seen")]
        name = visible(name)
    form.external_id = name or None
    return []


# de_DE.UTF-8, as programs call it; de-DE,de;q=0.9, as browsers say what they like best.
_BEHIND_A_TAG = re.compile(r"[.,;]\s*(?=\S)")


def _settle_language(form: LeadForm, aside: Aside) -> None:
    tag = form.language or ""
    if tag.isalpha() and tag.isascii() and 2 <= len(tag) <= 8:
        return
    if not tag.isalpha():
        tag = _BEHIND_A_TAG.split(bare(tag), maxsplit=1)[0].replace("_", "-")
        if not all(1 <= len(part) <= 8 and part.isascii() and part.isalnum() for part in tag.split("-")):
            tag = ""
    if tag and tag.isascii() and tag.partition("-")[0].isalpha() and 2 <= len(tag.partition("-")[0]) <= 8:
        form.language = tag
        return
    aside.put("language", form.language or "", flags.LANGUAGE_UNREADABLE)
    form.language = None


def _settle_amount(form: LeadForm, aside: Aside) -> None:
    """A currency that was chosen beforehand beside an amount left blank is no amount."""
    money = form.expected_amount
    assert money is not None
    if money.minor is None and not money.amount:
        form.expected_amount = None
    elif settle_money(money, "") or (money.minor or 0) < 0:
        sent = " / ".join(str(one) for one in (money.amount, money.minor) if one not in (None, ""))
        aside.put("expected_amount", f"{sent} {money.currency or ''}".strip(), flags.AMOUNT_UNREADABLE)
        form.expected_amount = None


def settle_money(money: MoneyForm, field: str) -> list[FieldError]:
    """Minor units and the currency in capitals, if there are such; what is wrong with it otherwise."""
    if money.minor is None:
        if not money.amount:
            return [FieldError(f"{field}.minor", "is needed, or amount")]
        read = amount(money.amount, money.currency or None)
        if read is None:
            return [FieldError(f"{field}.amount", "is not an amount of a currency of ISO 4217, like 1234.56 and EUR")]
        money.minor, money.currency = read
        return [] if read.minor >= 0 else [FieldError(f"{field}.amount", "must not be negative")]
    if not money.currency:
        return [FieldError(f"{field}.currency", "is needed")]
    code = currency(money.currency)
    if code is None:
        return [FieldError(f"{field}.currency", "is not a currency code of ISO 4217")]
    if money.amount and amount(money.amount, code) != (money.minor, code):
        return [FieldError(f"{field}.amount", "is another amount than minor")]
    money.currency = code
    return []


def _settle_attributes(form: LeadForm, aside: Aside) -> None:
    """What is not known to be harmless leaves the attributes for the sealed answers."""
    moved: list[str] = []
    for name, value in form.attributes.items():
        if isinstance(value, str) and not (value.isascii() and value.isprintable()) and hides(value):
            aside.put(name, value, flags.ANSWER_UNREADABLE)
        elif "\0" in name:
            aside.put(name.replace("\0", ""), value, flags.ANSWER_UNREADABLE)
        elif is_private(name, value):
            aside.put(name, value, flags.ANSWER_SEALED)
        else:
            continue
        moved.append(name)
    for name in moved:
        del form.attributes[name]


def _settle_contact(form: LeadForm, aside: Aside) -> list[FieldError]:
    """One readable way to reach somebody is enough; the other, if it is unreadable, is set aside. A call stands without any
    when its number was not shown: somebody did call."""
    values = form.contact.__dict__
    sent_email, sent_phone = values["email"] or None, values["phone"] or None
    mailed = email(sent_email) if sent_email else None
    if sent_email and not mailed and (several := emails(sent_email)):
        mailed = several[0]
        if more := several[1:]:
            aside.put("email", ", ".join(more), flags.EMAIL_OTHERS)
    values["email"] = mailed
    dialled = values["phone"] = normalise_phone(sent_phone, form.country) if sent_phone else None
    called = False
    if dialled:
        if more := other_phones(sent_phone or "", form.country):
            aside.put("phone", ", ".join(more), flags.PHONE_OTHERS)
    elif sent_phone and (is_withheld(sent_phone) or (form.source == "phone" and key(sent_phone) in NOT_GIVEN)):
        aside.flag(flags.PHONE_WITHHELD)
        sent_phone, called = None, form.source == "phone"
    if not (mailed or dialled or sent_email or sent_phone or form.external_id or called):
        return [FieldError("contact", "one of phone, email or external_id is needed")]
    wrong: list[tuple[str, str, str, str]] = []
    if sent_email and not mailed:
        wrong.append(("email", sent_email, "is not an e-mail address", flags.EMAIL_UNREADABLE))
    if sent_phone and not dialled:
        hint = "" if form.country else "; without a country it must begin with +"
        wrong.append(("phone", sent_phone, f"is not a possible phone number{hint}", flags.PHONE_UNREADABLE))
    if wrong and not (mailed or dialled or called):
        given = any(key(sent) not in NOT_GIVEN for _, sent, _, _ in wrong)
        if given or not form.external_id:
            return [FieldError(f"contact.{name}", reason) for name, _, reason, _ in wrong]
    for name, sent, _, flag in wrong:
        aside.put(name, sent, flag)
    return []


# What people and programs write into a field that has to be filled.
NOT_GIVEN = frozenset(
    map(key, ("n/a", "na", "-", "--", "none", "null", "nil", "unknown", "not provided", "0", "x", "keine", "?"))
)
