"""What the capture door takes, and what it refuses."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.problems import FieldError
from leads.api.submission import LeadForm, is_email, parse_form, parse_lead

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "source": "web",
    "contact": {
        "name": "Anna Schmidt",
        "phone": "030 901820",
        "email": "anna@maschinenbau.example",
        "company": "M",
        "address": "A 1",
    },
    "message": "Wir brauchen zwei Drehmaschinen.",
    "country": "DE",
    "region": "BE",
    "postcode": "10115",
    "product": "lathe",
    "industry": "machines",
    "language": "de-DE",
    "channel": "search",
    "campaign": "spring",
    "expected_amount": {"minor": 5_000_000, "currency": "EUR"},
    "external_id": "x-1",
    "occurred_at": "2026-05-04T13:00:00+02:00",
    "attributes": {"size": 20, "margin": 0.5, "existing": True, "note": "Halle 3"},
}


def taken(**changes: Any) -> LeadForm:
    form = parse_lead(json.dumps({**GOOD, **changes}).encode(), NOW)
    assert isinstance(form, LeadForm), form
    return form


def errors(answer: LeadForm | list[FieldError]) -> dict[str, str]:
    assert isinstance(answer, list)
    assert answer
    return {error.field: error.reason for error in answer}


def refused(body: Any) -> dict[str, str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return errors(parse_lead(raw, NOW))


def test_a_good_lead_is_taken_whole_and_its_phone_is_dialled_from_everywhere() -> None:
    form = taken()
    assert form.contact.phone == "+4930901820"
    assert form.model_dump(mode="json", exclude={"contact"}) == {
        **{name: value for name, value in GOOD.items() if name != "contact"},
        "occurred_at": "2026-05-04T13:00:00+02:00",
    }


@pytest.mark.parametrize("contact", [{"phone": "+4930901820"}, {"email": "a@b.example"}])
def test_a_phone_number_or_an_address_is_contact_enough(contact: dict[str, str]) -> None:
    assert isinstance(parse_lead(json.dumps({"source": "web", "contact": contact}).encode(), NOW), LeadForm)


def test_an_external_id_is_contact_enough_and_a_blank_one_is_none() -> None:
    assert isinstance(parse_lead(b'{"source":"import","external_id":"7"}', NOW), LeadForm)
    assert refused({"source": "import", "external_id": "  "}) == {
        "contact": "one of phone, email or external_id is needed"
    }


def test_a_blank_text_was_not_given_and_codes_are_written_in_capitals() -> None:
    form = taken(region="  ", country="de", expected_amount={"minor": 1, "currency": "eur"})
    assert (form.region, form.country) == (None, "DE")
    assert form.expected_amount
    assert form.expected_amount.currency == "EUR"


SECRET = "Geheimrat"  # stands in every bad body below, and in no answer
BAD: list[tuple[str, Any, str]] = [
    ("an unknown field", {**GOOD, "secret": SECRET}, "secret"),
    ("an unknown field of the contact", {**GOOD, "contact": {"fax": SECRET}}, "contact.fax"),
    ("an unknown field whose name is no name", {**GOOD, f"{SECRET}@home.example": 1}, "body"),
    ("no source", {k: v for k, v in GOOD.items() if k != "source"}, "source"),
    ("an unknown source", {**GOOD, "source": SECRET}, "source"),
    ("a number for a text", {**GOOD, "region": 7}, "region"),
    ("a text for an object", {**GOOD, "contact": SECRET}, "contact"),
    ("a list for a text", {**GOOD, "message": [SECRET]}, "message"),
    ("a number for a phone", {**GOOD, "contact": {"phone": 4930901820}}, "contact.phone"),
    ("a text for an amount", {**GOOD, "expected_amount": {"minor": "5", "currency": "EUR"}}, "expected_amount.minor"),
    ("a float for an amount", {**GOOD, "expected_amount": {"minor": 5.0, "currency": "EUR"}}, "expected_amount.minor"),
    (
        "a truth value for an amount",
        {**GOOD, "expected_amount": {"minor": True, "currency": "EUR"}},
        "expected_amount.minor",
    ),
    ("a negative amount", {**GOOD, "expected_amount": {"minor": -1, "currency": "EUR"}}, "expected_amount.minor"),
    (
        "an amount beyond all money",
        {**GOOD, "expected_amount": {"minor": 10**16, "currency": "EUR"}},
        "expected_amount.minor",
    ),
    ("an amount without a currency", {**GOOD, "expected_amount": {"minor": 1}}, "expected_amount.currency"),
    ("an unknown currency", {**GOOD, "expected_amount": {"minor": 1, "currency": "XTS"}}, "expected_amount.currency"),
    ("an unknown country", {**GOOD, "country": "XX"}, "country"),
    ("a country by its name", {**GOOD, "country": SECRET}, "country"),
    ("an impossible phone number", {**GOOD, "contact": {"phone": "+1 555 1"}}, "contact.phone"),
    ("a phone number of words", {**GOOD, "contact": {"phone": SECRET}}, "contact.phone"),
    ("a phone number only known in town", {**GOOD, "country": "US", "contact": {"phone": "253 0000"}}, "contact.phone"),
    ("a phone number of no country", {"source": "web", "contact": {"phone": "030 901820"}}, "contact.phone"),
    ("an address without a domain", {**GOOD, "contact": {"email": SECRET}}, "contact.email"),
    ("an address with a blank", {**GOOD, "contact": {"email": f"{SECRET} x@b.example"}}, "contact.email"),
    ("no contact", {"source": "web", "message": SECRET}, "contact"),
    ("a message of 10,001 characters", {**GOOD, "message": SECRET + "x" * 9_992}, "message"),
    ("a name of 501 characters", {**GOOD, "contact": {"name": "ن" * 501, "phone": "+4930901820"}}, "contact.name"),
    ("an external id of 501 characters", {**GOOD, "external_id": "7" * 501}, "external_id"),
    ("33 attributes", {**GOOD, "attributes": {f"a{n}": n for n in range(33)}}, "attributes"),
    ("an attribute that is a list", {**GOOD, "attributes": {"a": [SECRET]}}, "attributes.a"),
    ("an attribute that is null", {**GOOD, "attributes": {"a": None}}, "attributes.a"),
    ("an attribute of 501 characters", {**GOOD, "attributes": {"a": "x" * 501}}, "attributes.a"),
    ("an attribute whose name is too long", {**GOOD, "attributes": {SECRET + "x" * 501: 1}}, "attributes"),
    ("an attribute without a name", {**GOOD, "attributes": {"": 1}}, "attributes"),
    ("an attribute beyond all numbers", {**GOOD, "attributes": {"a": 10**400}}, "attributes.a"),
    ("a time without a zone", {**GOOD, "occurred_at": "2026-05-04T12:00:00"}, "occurred_at"),
    ("a day for a time", {**GOOD, "occurred_at": "2026-05-04"}, "occurred_at"),
    ("a number for a time", {**GOOD, "occurred_at": 1_777_000_000}, "occurred_at"),
    ("words for a time", {**GOOD, "occurred_at": SECRET}, "occurred_at"),
    ("a time a day and a second ahead", {**GOOD, "occurred_at": "2026-05-05T12:00:01Z"}, "occurred_at"),
    ("the last hour of the calendar", {**GOOD, "occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
    ("the first hour of the calendar", {**GOOD, "occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
    ("a malformed language", {**GOOD, "language": "de_DE"}, "language"),
    ("a NUL in a text", {**GOOD, "message": f"{SECRET}\0"}, "message"),
    ("a NUL in the contact", {**GOOD, "contact": {"name": f"{SECRET}\0"}}, "contact.name"),
    ("a NUL in an attribute", {**GOOD, "attributes": {"a": f"{SECRET}\0"}}, "attributes.a"),
    ("a NUL in an attribute's name", {**GOOD, "attributes": {f"{SECRET}\0": 1}}, "attributes"),
    ("a lone surrogate", b'{"source":"web","external_id":"7","message":"' + SECRET.encode() + b' \\ud800"}', "body"),
    ("a lone surrogate in bytes", b'{"source":"web","external_id":"\xed\xa0\x80"}', "body"),
    ("bytes that are no UTF-8", b'{"source":"web","external_id":"\xff' + SECRET.encode() + b'"}', "body"),
    ("NaN", b'{"source":"web","external_id":"7","attributes":{"a":NaN}}', "attributes.a"),
    ("Infinity", b'{"source":"web","external_id":"7","attributes":{"a":-Infinity}}', "attributes.a"),
    ("a number beyond all floats", b'{"source":"web","external_id":"7","attributes":{"a":1e999}}', "attributes.a"),
    (
        "NaN for an amount",
        b'{"source":"web","external_id":"7","expected_amount":{"minor":NaN,"currency":"EUR"}}',
        "expected_amount.minor",
    ),
    ("very deep nesting", b'{"a":' * 50_000, "body"),
    (
        "very deep lists in an attribute",
        b'{"source":"web","attributes":{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
        "body",
    ),
    ("broken JSON", b'{"source": "' + SECRET.encode(), "body"),
    ("a second value", b'{"source":"web","external_id":"7"} "' + SECRET.encode() + b'"', "body"),
    ("nothing", b"", "body"),
    ("a list", [GOOD], "body"),
    ("null", None, "body"),
    (
        "a number of 5,000 digits",
        b'{"source":"web","external_id":"7","attributes":{"a":' + b"9" * 5_000 + b"}}",
        "body",
    ),
]


@pytest.mark.parametrize(("body", "field"), [pytest.param(body, field, id=name) for name, body, field in BAD])
def test_bad_input_is_refused_with_its_field_named_and_nothing_of_it_repeated(body: Any, field: str) -> None:
    found = refused(body)
    assert list(found) == [field]
    assert found[field] != "is not valid"  # every refusal says why
    assert SECRET not in str(found)


def test_every_wrong_field_is_named_at_once() -> None:
    body = {
        **GOOD,
        "product": "x" * 501,
        "language": 7,
        "occurred_at": "soon",
        "contact": {"phone": 1},
    }
    assert set(refused(body)) == {"product", "language", "occurred_at", "contact.phone"}
    body = {**GOOD, "language": "?", "occurred_at": "2030-01-01T00:00:00Z", "contact": {"phone": "1", "email": "x"}}
    assert set(refused(body)) == {"language", "occurred_at", "contact.phone", "contact.email"}


def test_a_number_of_a_country_that_does_not_exist_is_not_blamed_on_the_number() -> None:
    assert set(refused({**GOOD, "country": "XX"})) == {"country"}


def test_a_body_that_is_wrong_in_forty_thousand_places_is_answered_in_few_words() -> None:
    body = b'{"source":"web",' + b",".join(b'"u%d":1' % n for n in range(40_000)) + b"}"
    assert refused(body) == {"body": "is wrong in more than 2000 places"}
    assert len(refused({"source": "web", **{f"u{n}": 1 for n in range(1_000)}})) == 50


def test_a_time_may_be_up_to_a_day_ahead() -> None:
    assert taken(occurred_at="2026-05-05T12:00:00Z").occurred_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example",
        "anna.schmidt+x@sub.b-c.example",
        "信息@例子.中国",
        "डाक@डाटामेल.भारत",
        "x@دانشگاه.ایران",
        "o'neil@b.example",
    ],
)
def test_an_address_may_be_in_any_script(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        *("a", "a@b", "@b.example", "a@", "a@@b.example", "a@b..example", "a@-b.example", "a@b-.example", "a@1.2.3.4"),
        *("a b@c.example", "a@b.example\n", "<a@b.example>", "a@b_c.example"),
        *(f"{'a' * 65}@b.example", f"a@{'b' * 64}.example", f"a@{'b.' * 130}example"),
    ],
)
def test_what_no_mail_can_reach_is_no_address(address: str) -> None:
    assert not is_email(address)


def test_a_form_says_the_same_as_json() -> None:
    flat = {
        **{f"contact.{name}": value for name, value in GOOD["contact"].items()},
        **{f"attributes.{name}": value for name, value in GOOD["attributes"].items() if name != "existing"},
        **{f"expected_amount.{name}": value for name, value in GOOD["expected_amount"].items()},
        **{name: value for name, value in GOOD.items() if isinstance(value, str)},
    }
    attributes = {name: value for name, value in GOOD["attributes"].items() if name != "existing"}
    assert parse_form(urlencode(flat).encode(), NOW) == taken(attributes=attributes)


def test_a_field_left_blank_in_a_form_was_not_given() -> None:
    form = parse_form(
        b"source=web&contact.email=a%40b.example&contact.phone=&expected_amount.minor=&expected_amount.currency=EUR&attributes.size=+",
        NOW,
    )
    assert isinstance(form, LeadForm)
    assert (form.contact.phone, form.expected_amount, form.attributes) == (
        None,
        None,
        {},
    ) or form.expected_amount is None


def test_a_number_in_a_form_keeps_its_leading_zeros_as_text() -> None:
    form = parse_form(
        b"source=web&external_id=7&attributes.a=007&attributes.b=12&attributes.c=1.5&attributes.d=1e5", NOW
    )
    assert isinstance(form, LeadForm)
    assert form.attributes == {"a": "007", "b": 12, "c": 1.5, "d": "1e5"}
    assert form.external_id == "7"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"source=web&source=phone&external_id=7", "source"),
        (b"source=web&contact=x&contact.phone=1", "contact.phone"),
        (b"source=web&external_id=7&unknown=1", "unknown"),
        (b"source=web&external_id=7&expected_amount.minor=5.5&expected_amount.currency=EUR", "expected_amount.minor"),
        (b"source=web&external_id=%ED%A0%80", "body"),
        (b"source=web&external_id=\xff", "body"),
        (b"source=web&external_id=a%00b", "external_id"),
        (b"&".join(b"a%d=1" % n for n in range(101)), "body"),
        (b"", "source"),
    ],
)
def test_a_bad_form_is_refused_like_bad_json(raw: bytes, field: str) -> None:
    assert list(errors(parse_form(raw, NOW))) == [field]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TIMES = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))])
).map(datetime.isoformat)
ALMOST = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["web", "import"]),
        "contact": st.fixed_dictionaries({}, optional={"phone": st.text(), "email": st.text()}),
    },
    optional={
        **{name: ANYTHING for name in GOOD if name not in ("source", "contact", "occurred_at")},
        "occurred_at": ANYTHING | TIMES,
    },
)


@settings(max_examples=300, deadline=None)
@given(ANYTHING | ALMOST)
def test_any_json_value_at_all_is_a_lead_or_a_refusal(value: Any) -> None:
    answer = parse_lead(json.dumps(value).encode(), NOW)
    assert isinstance(answer, LeadForm) or errors(answer)


@settings(max_examples=200, deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_at_all_are_a_form_or_a_refusal(raw: bytes) -> None:
    assert isinstance(parse_form(raw, NOW), LeadForm) or errors(parse_form(raw, NOW))
    assert isinstance(parse_lead(raw, NOW), LeadForm) or errors(parse_lead(raw, NOW))
