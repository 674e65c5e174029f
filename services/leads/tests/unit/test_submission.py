"""What the capture door takes, and what it refuses."""

import json
import operator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.problems import FieldError
from leads.api.forms import LeadForm
from leads.api.submission import Submission, parse_lead
from leads.api.urlencoded import parse_form
from leads.domain.flags import FLAGS

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
    "attributes": {"size": 20, "margin": 0.5, "existing": True, "machine": "V 3"},
}


def submission(public: bool = False, **changes: Any) -> Submission:
    answer = parse_lead(json.dumps({**GOOD, **changes}).encode(), NOW, public=public)
    assert isinstance(answer, Submission), answer
    return answer


def taken(**changes: Any) -> LeadForm:
    return submission(**changes).form


def errors(answer: Submission | list[FieldError]) -> dict[str, str]:
    assert isinstance(answer, list)
    assert answer
    return {error.field: error.reason for error in answer}


def refused(body: Any) -> dict[str, str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return errors(parse_lead(raw, NOW))


def test_a_good_lead_is_taken_whole_and_its_phone_is_dialled_from_everywhere() -> None:
    form, aside = submission()
    assert form.contact.phone == "+4930901820"
    assert form.model_dump(mode="json", exclude={"contact"}, exclude_none=True) == {
        **{name: value for name, value in GOOD.items() if name != "contact"},
        "occurred_at": "2026-05-04T11:00:00Z",
    }
    assert (aside.flags, aside.answers, aside.written) == ([], {}, {})


@pytest.mark.parametrize("contact", [{"phone": "+4930901820"}, {"email": "a@b.example"}])
def test_a_phone_number_or_an_address_is_contact_enough(contact: dict[str, str]) -> None:
    assert isinstance(parse_lead(json.dumps({"source": "web", "contact": contact}).encode(), NOW), Submission)


def test_an_external_id_is_contact_enough_and_a_blank_one_is_none() -> None:
    assert isinstance(parse_lead(b'{"source":"import","external_id":"7"}', NOW), Submission)
    assert refused({"source": "import", "external_id": "  "}) == {
        "contact": "one of phone, email or external_id is needed"
    }


def test_a_blank_text_was_not_given_and_codes_are_written_in_capitals() -> None:
    form = taken(region="  ", country="de", language="", expected_amount={"minor": 1, "currency": "eur"})
    assert (form.region, form.country, form.language) == (None, "DE", None)
    assert (taken(country="", contact={"email": "a@b.example"}).country, taken(external_id="").external_id) == (
        None,
        None,
    )
    assert form.expected_amount
    assert form.expected_amount.currency == "EUR"


SECRET = "Geheimrat"  # stands in every bad body below, and in no answer
BAD: list[tuple[str, Any, str]] = [
    ("no source where a token says who sends", {k: v for k, v in GOOD.items() if k != "source"}, "source"),
    ("an impossible phone number", {**GOOD, "contact": {"phone": "+1 555 1"}}, "contact.phone"),
    ("a phone number of words", {**GOOD, "contact": {"phone": SECRET}}, "contact.phone"),
    ("a phone number only known in town", {**GOOD, "country": "US", "contact": {"phone": "253 0000"}}, "contact.phone"),
    ("a phone number of no country", {"source": "web", "contact": {"phone": "030 901820"}}, "contact.phone"),
    ("an address without a domain", {**GOOD, "contact": {"email": SECRET}}, "contact.email"),
    ("an address with a blank", {**GOOD, "contact": {"email": f"{SECRET} x@b.example"}}, "contact.email"),
    ("no contact", {"source": "web", "message": SECRET}, "contact"),
    ("only what stands for nothing", {"source": "web", "contact": {"phone": "N/A"}}, "contact.phone"),
    ("an external id of 501 characters", {**GOOD, "external_id": "7" * 501}, "external_id"),
    ("an external id with a NUL", {**GOOD, "external_id": f"{SECRET}\0"}, "external_id"),
    ("an external id with a broken character", {**GOOD, "external_id": f"{SECRET}\ufffd"}, "external_id"),
    ("a time without a zone", {**GOOD, "occurred_at": "2026-05-04T12:00:00"}, "occurred_at"),
    ("a number for a time", {**GOOD, "occurred_at": 1_777_000_000}, "occurred_at"),
    ("a spreadsheet's count of days", {**GOOD, "occurred_at": "45999"}, "occurred_at"),
    ("words for a time", {**GOOD, "occurred_at": SECRET}, "occurred_at"),
    ("a time a day and a second ahead", {**GOOD, "occurred_at": "2026-05-05T12:00:01Z"}, "occurred_at"),
    ("a zone that no place has", {**GOOD, "occurred_at": "2026-05-04T12:00:00+16:00"}, "occurred_at"),
    ("the last hour of the calendar", {**GOOD, "occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
    ("the first hour of the calendar", {**GOOD, "occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
    ("a lone surrogate in bytes", b'{"source":"web","external_id":"\xed\xa0\x80"}', "body"),
    ("bytes that are no UTF-8", b'{"source":"web","external_id":"\xff' + SECRET.encode() + b'"}', "body"),
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
]


@pytest.mark.parametrize(("body", "field"), [pytest.param(body, field, id=name) for name, body, field in BAD])
def test_bad_input_is_refused_with_its_field_named_and_nothing_of_it_repeated(body: Any, field: str) -> None:
    found = refused(body)
    assert list(found) == [field]
    assert found[field] != "is not valid"  # every refusal says why
    assert SECRET not in str(found)


def test_every_wrong_field_is_named_at_once() -> None:
    body = {**GOOD, "occurred_at": "2030-01-01T00:00:00Z", "contact": {"phone": "1", "email": "x"}}
    assert set(refused(body)) == {"occurred_at", "contact.phone", "contact.email"}


TOLD: list[tuple[str, dict[str, Any], list[str], dict[str, Any]]] = [
    ("an unknown field", {"secret": "x"}, ["field_unknown"], {"secret": "x"}),
    (
        "an unknown field of the contact",
        {"contact": {"email": "a@b.example", "fax": 7}},
        ["field_unknown"],
        {"contact.fax": 7},
    ),
    (
        "a name that stands for a sentence",
        {"campaign": "\ufdfa" * 100},
        ["campaign_unreadable"],
        {"campaign": "\ufdfa" * 100},
    ),
    ("no contact but a text", {"contact": "Anna"}, ["contact_unreadable"], {"contact": "Anna"}),
    (
        "a phone beside a good address",
        {"contact": {"email": "a@b.example", "phone": "N/A"}},
        ["phone_unreadable"],
        {"phone": "N/A"},
    ),
    (
        "an address beside a good phone",
        {"contact": {"email": "n/a", "phone": "+4930901820"}},
        ["email_unreadable"],
        {"email": "n/a"},
    ),
    (
        "no country is called so",
        {"country": "Atlantis", "contact": {"email": "a@b.example"}},
        ["country_unreadable"],
        {"country": "Atlantis"},
    ),
    ("no language", {"language": "so?"}, ["language_unreadable"], {"language": "so?"}),
    ("an amount of words", {"expected_amount": "a lot"}, ["amount_unreadable"], {"expected_amount": "a lot"}),
    (
        "an amount below nothing",
        {"expected_amount": {"minor": -1, "currency": "EUR"}},
        ["amount_unreadable"],
        {"expected_amount": '{"minor": -1, "currency": "EUR"}'},
    ),
    (
        "an amount beyond all money",
        {"expected_amount": {"minor": 10**16, "currency": "EUR"}},
        ["amount_unreadable"],
        {"expected_amount": '{"minor": "10000000000000000", "currency": "EUR"}'},
    ),
    (
        "an amount of no currency",
        {"expected_amount": {"minor": 1, "currency": "XTS"}},
        ["amount_unreadable"],
        {"expected_amount": "1 XTS"},
    ),
    (
        "two amounts that contradict each other",
        {"expected_amount": {"minor": 100, "amount": "7", "currency": "EUR"}},
        ["amount_unreadable"],
        {"expected_amount": "7 / 100 EUR"},
    ),
    (
        "two addresses",
        {"contact": {"email": ["a@b.example", "c@d.example"]}},
        ["email_others"],
        {"email": "c@d.example"},
    ),
    ("half a character", {"product": "l\ud83d"}, ["product_unreadable"], {"product": "l\ufffd"}),
    ("a NUL in a text", {"region": "B\0E"}, ["region_unreadable"], {"region": "B\0E"}),
    ("a broken character in a product", {"product": "l\ufffdthe"}, ["product_unreadable"], {"product": "l\ufffdthe"}),
    ("a NUL in an attribute", {"attributes": {"a": "x\0"}}, ["answer_unreadable"], {"a": "x\0"}),
    ("a NUL in an attribute's name", {"attributes": {"a\0": 1}}, ["answer_unreadable"], {"a": 1}),
    ("a region that is an address", {"region": "a@b.example"}, ["answer_sealed"], {"region": "a@b.example"}),
    (
        "a product that is a number to dial",
        {"product": "+49 171 2345678"},
        ["answer_sealed"],
        {"product": "+49 171 2345678"},
    ),
    ("an object in an attribute", {"attributes": {"a": {"b": 1}}}, ["answer_sealed"], {"a": '{"b": 1}'}),
    ("a long text", {"region": "x" * 501}, ["region_unreadable"], {"region": "x" * 501}),
    ("a long answer", {"attributes": {"a": "x" * 600}}, ["answer_sealed"], {"a": "x" * 600}),
    ("a very long answer", {"attributes": {"a": "x" * 6_000}}, ["answer_sealed", "answer_cut"], {"a": "x" * 5_000}),
    ("33 attributes", {"attributes": {f"a{n}": n for n in range(33)}}, ["answer_sealed"], {"a32": 32}),
    (
        "a long name",
        {"contact": {"name": "ن" * 501, "email": "a@b.example"}},
        ["contact_cut"],
        {"contact.name": "ن" * 501},
    ),
    ("a long message", {"message": "x" * 10_001}, ["message_cut"], {}),
]


@pytest.mark.parametrize(("changes", "flags", "answers"), [pytest.param(*rest, id=name) for name, *rest in TOLD])
def test_what_cannot_be_used_as_it_was_sent_does_not_cost_the_lead_and_is_told_and_kept(
    changes: dict[str, Any], flags: list[str], answers: dict[str, Any]
) -> None:
    _, aside = submission(**changes)
    assert (aside.flags, aside.answers) == (flags, answers)
    assert set(flags) <= set(FLAGS)


READ: list[tuple[str, dict[str, Any], str, Any]] = [
    ("null attributes", {"attributes": None}, "attributes", {}),
    ("a null attribute", {"attributes": {"size": None, "machine": "x"}}, "attributes", {"machine": "x"}),
    ("an address for a contact", {"contact": "a@b.example"}, "contact.email", "a@b.example"),
    ("null for a contact", {"contact": None}, "contact.email", None),
    (
        "a blank amount beside a currency",
        {"expected_amount": {"minor": None, "currency": "EUR"}},
        "expected_amount",
        None,
    ),
    (
        "a list",
        {"attributes": {"interests": ["lathe", "mill", None, 3]}},
        "attributes",
        {"interests": "lathe, mill, 3"},
    ),
    ("a number for a postcode", {"postcode": 10115}, "postcode", "10115"),
    ("a number for a phone", {"contact": {"phone": 4930901820}, "country": "DE"}, "contact.phone", "+4930901820"),
    (
        "first and last name",
        {"contact": {"first_name": "Anna", "last_name": "Schmidt", "email": "a@b.example"}},
        "contact.name",
        "Anna Schmidt",
    ),
    (
        "a Chinese name in two parts",
        {"contact": {"firstName": "伟", "lastName": "李", "email": "a@b.example"}},
        "contact.name",
        "李伟",
    ),
    ("an underscore in a language", {"language": "zh_CN"}, "language", "zh-CN"),
    ("a language as programs call it", {"language": "de_DE.UTF-8"}, "language", "de-DE"),
    ("a country by its name", {"country": "Deutschland"}, "country", "DE"),
    ("the code that is no code", {"country": "UK"}, "country", "GB"),
    ("unseen characters", {"product": "\u200bla\u00adthe\ufeff"}, "product", "lathe"),
    ("unseen characters in an id", {"external_id": "\ufeffx-1"}, "external_id", "x-1"),
    (
        "unseen characters in an address",
        {"contact": {"email": "an\u200bn@firm.example"}},
        "contact.email",
        "ann@firm.example",
    ),
    ("where a visitor came from", {"utm_source": "news"}, "attributes", {**GOOD["attributes"], "utm_source": "news"}),
    ("another system's word for a source", {"source": "Web Site"}, "source", "web"),
    ("a far zone", {"occurred_at": "2026-05-04T12:00:00+14:00"}, "occurred_at", datetime(2026, 5, 3, 22, tzinfo=UTC)),
    ("an address twice", {"contact": {"email": "a@b.example; a@b.example"}}, "contact.email", "a@b.example"),
    (
        "half a character in a message",
        {"message": "\\ud83d \ud83d\ude00 \ud83d"},
        "message",
        "\\ud83d \U0001f600 \ufffd",
    ),
    ("what a browser likes", {"language": "de-AT,de;q=0.9,en;q=0.8"}, "language", "de-AT"),
    ("a day", {"occurred_at": "2026-05-04"}, "occurred_at", datetime(2026, 5, 4, tzinfo=UTC)),
]


@pytest.mark.parametrize(("changes", "field", "value"), [pytest.param(*rest, id=name) for name, *rest in READ])
def test_what_is_plainly_meant_is_read(changes: dict[str, Any], field: str, value: Any) -> None:
    form, aside = submission(**changes)
    assert (operator.attrgetter(field)(form), aside.flags) == (value, [])


@pytest.mark.parametrize(
    "written",
    [
        {"amount": "1.234,56", "currency": "EUR"},
        {"minor": "123456", "currency": "eur"},
        {"minor": None, "amount": "EUR 1234.56"},
        "€ 1.234,56",
        {"amount": 1234.56, "currency": "EUR"},
        {"amount": "1.234,56", "currency": "€"},
        {"minor": 123456, "currency": "€"},
        {"minor": 123456, "amount": "1.234,56", "currency": "EUR"},
    ],
)
def test_money_is_read_as_people_write_it(written: Any) -> None:
    money = taken(expected_amount=written).expected_amount
    assert money
    assert (money.minor, money.currency) == (123_456, "EUR")


def test_a_number_comes_back_as_it_was_sent() -> None:
    body = b'{"source":"web","external_id":"7","attributes":{"form_id":12345678901234567,"sku":1.10,"size":1.5,"ad_id":1e999}}'
    answer = parse_lead(body, NOW)
    assert isinstance(answer, Submission)
    assert answer.form.attributes == {"form_id": "12345678901234567", "sku": "1.10", "size": 1.5, "ad_id": "1e999"}


def test_a_number_of_5000_digits_does_not_cost_the_lead() -> None:
    answer = parse_lead(b'{"source":"web","external_id":"7","attributes":{"size":' + b"9" * 5_000 + b"}}", NOW)
    assert isinstance(answer, Submission)
    assert (answer.aside.flags, answer.aside.answers) == (["answer_sealed"], {"size": "9" * 5_000})


def test_each_number_alone_comes_back_as_it_was_sent() -> None:
    for written, kept in (
        *(("9007199254740993", "9007199254740993"), ("1.10", "1.10"), ("0.5", 0.5), ("-3", -3)),
        *(("-0.0", "-0.0"), ("1e+16", "1e+16")),  # a database would write them otherwise
        ("12.000", 12.0),  # as a text it would be twelve thousand for whoever compares numbers
    ):
        answer = parse_lead(b'{"source":"web","external_id":"7","attributes":{"ad_id":' + written.encode() + b"}}", NOW)
        assert isinstance(answer, Submission)
        assert answer.form.attributes == {"ad_id": kept}


@pytest.mark.parametrize("written", ["1.234", "1.100"])
def test_the_point_of_a_number_of_json_is_never_one_of_thousands(written: str) -> None:
    body = b'{"source":"web","external_id":"7","expected_amount":{"amount":' + written.encode() + b',"currency":"%s"}}'
    dinars, euros = (parse_lead(body % currency, NOW) for currency in (b"KWD", b"EUR"))
    assert isinstance(dinars, Submission)
    assert isinstance(euros, Submission)
    assert dinars.form.expected_amount
    assert dinars.form.expected_amount.minor == int(written.replace(".", ""))
    assert not (euros.form.expected_amount and euros.form.expected_amount.minor != 110), "never 1,234.00 EUR"
    assert euros.form.expected_amount or euros.aside.flags == ["amount_unreadable"]


def test_what_is_compared_is_kept_in_its_one_form_and_shown_as_it_was_written() -> None:
    form, aside = submission(channel="Face  Book", campaign="Ｓｐｒｉｎｇ")
    assert (form.channel, form.campaign) == ("face book", "spring")
    assert aside.written == {"channel": "Face  Book", "campaign": "Ｓｐｒｉｎｇ"}


def test_whoever_comes_without_a_token_comes_from_the_web_whatever_they_claim() -> None:
    form, aside = submission(public=True, source="sales", sender="crm", channel="Site-A")
    assert (form.source, form.sender, form.form, aside.flags) == ("web", None, None, ["source_claimed"])
    form, aside = submission(public=True, source="Website", form="footer")
    assert (form.source, form.form, aside.flags) == ("web", "footer", [])
    assert submission(public=True, source=None).form.source == "web"


def test_a_source_that_is_the_name_of_something_is_an_import_with_that_channel() -> None:
    form, aside = submission(source="Partner Referral", channel=None)
    assert (form.source, form.channel, aside.written["channel"]) == ("import", "partner referral", "Partner Referral")
    assert aside.flags == ["source_unknown"]
    assert taken(source="Partner Referral").channel == "search"


def test_what_stands_for_nothing_does_not_cost_a_lead_that_another_system_knows() -> None:
    assert submission(contact={"phone": "N/A", "email": "-"}).aside.flags == ["email_unreadable", "phone_unreadable"]


def test_a_body_of_forty_thousand_unknown_fields_keeps_a_hundred_and_says_so() -> None:
    body = b'{"source":"web","external_id":"7",' + b",".join(b'"u%d":1' % n for n in range(40_000)) + b"}"
    answer = parse_lead(body, NOW)
    assert isinstance(answer, Submission)
    assert (len(answer.aside.answers), answer.aside.flags) == (100, ["field_unknown", "answers_cut"])


def test_answers_are_kept_sealed_as_they_are_given_by_any_door() -> None:
    answers = {"Birthday": "1980-05-04", "children": 2, "asked": True, "rate": 1.5, "blank": None}
    aside = submission(answers=answers).aside
    assert (aside.answers, aside.flags) == ({"Birthday": "1980-05-04", "children": 2, "asked": True, "rate": "1.5"}, [])
    cut = submission(answers={"long": "x" * 5_001}).aside
    assert (len(str(cut.answers["long"])), cut.flags) == (5_000, ["answer_cut"])


def test_not_a_number_is_no_answer() -> None:
    for number in (b"NaN", b"-Infinity"):
        answer = parse_lead(b'{"source":"web","external_id":"7","attributes":{"a":' + number + b"}}", NOW)
        assert isinstance(answer, Submission)
        assert (answer.form.attributes, answer.aside.flags) == ({}, ["answer_unreadable"])


def test_a_mark_before_the_json_is_no_part_of_it() -> None:
    assert isinstance(parse_lead(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), NOW), Submission)


def test_a_time_may_be_up_to_a_day_ahead() -> None:
    assert taken(occurred_at="2026-05-05T12:00:00Z").occurred_at == NOW + timedelta(days=1)


def test_a_form_says_the_same_as_json() -> None:
    flat = {
        **{f"contact.{name}": value for name, value in GOOD["contact"].items()},
        **{f"attributes.{name}": value for name, value in GOOD["attributes"].items() if name != "existing"},
        **{f"expected_amount.{name}": value for name, value in GOOD["expected_amount"].items()},
        **{name: value for name, value in GOOD.items() if isinstance(value, str)},
    }
    attributes = {name: value for name, value in GOOD["attributes"].items() if name != "existing"}
    assert parse_form(urlencode(flat).encode(), NOW) == submission(attributes=attributes)


def test_a_field_left_blank_in_a_form_was_not_given() -> None:
    form, aside = filled(
        "contact.email=a%40b.example&contact.phone=&expected_amount.minor=&expected_amount.currency=EUR&attributes.size=+"
    )
    assert (form.contact.phone, form.expected_amount, form.attributes, aside.flags) == (None, None, {}, [])


def filled(fields: str) -> Submission:
    answer = parse_form(f"source=web&{fields}".encode(), NOW, public=True)
    assert isinstance(answer, Submission), answer
    return answer


def test_a_number_in_a_form_keeps_its_leading_zeros_and_its_last_one_as_text() -> None:
    form, _ = filled(
        "external_id=7&attributes.a=007&attributes.b=12&attributes.c=1.5&attributes.d=1e5&attributes.e=1.10&attributes.f=12.345"
    )
    assert form.attributes == {"a": "007", "b": 12, "c": 1.5, "d": "1e5", "e": "1.10", "f": "12.345"}
    assert form.external_id == "7"


def test_a_box_ticked_twice_has_both_values_and_a_hidden_0_before_a_box_does_not_count() -> None:
    form, _ = filled(
        "external_id=7&attributes.interest=lathe&attributes.interest=mill&attributes.terms=0&attributes.terms=1"
    )
    assert form.attributes == {"interest": "lathe, mill", "terms": 1}


def test_a_form_may_write_its_fields_as_other_languages_do_and_call_them_as_it_likes() -> None:
    form, aside = filled(
        "contact%5Bemail%5D=a%40b.example&attributes[interest][]=x&phone=%2B4930901820&Nachname=M&submit=Send"
    )
    assert (form.contact.email, form.contact.phone, form.attributes) == (
        "a@b.example",
        "+4930901820",
        {"interest": "x"},
    )
    assert (aside.answers, aside.flags) == ({"Nachname": "M", "submit": "Send"}, ["field_unknown"])


def test_of_a_field_that_has_one_value_the_first_counts_and_the_other_is_kept() -> None:
    form, aside = filled("contact.email=a%40b.example&contact.email=c%40d.example&contact=x")
    assert form.contact.email == "a@b.example"
    assert aside.answers == {"contact.email.2": "c@d.example", "contact": "x"}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"source=web&external_id=%ED%A0%80", "body"),
        (b"source=web&external_id=\xff", "body"),
        (b"source=web&external_id=a%00b", "external_id"),
        (b"source=web&contact.phone=+49301234567", "contact.phone"),
        (b"&".join(b"a%d=1" % n for n in range(501)), "body"),
        (b"", "contact"),
    ],
)
def test_a_bad_form_is_refused_like_bad_json(raw: bytes, field: str) -> None:
    assert list(errors(parse_form(raw, NOW, public=True))) == [field]


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
    assert isinstance(answer, Submission) or errors(answer)


@settings(max_examples=200, deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_at_all_are_a_form_or_a_refusal(raw: bytes) -> None:
    assert isinstance(parse_form(raw, NOW), Submission) or errors(parse_form(raw, NOW))
    assert isinstance(parse_lead(raw, NOW), Submission) or errors(parse_lead(raw, NOW))


def test_what_is_asked_for_is_a_code_and_prose_is_kept_sealed() -> None:
    found = submission(requests=[{"kind": "sample"}, {"kind": "call Ali at noon"}, "quotation"])
    assert [one.kind for one in found.form.requests or ()] == ["sample"]
    assert "field_unknown" in found.aside.flags
    assert "Ali" in str(found.aside.answers["requests"])
    plain = submission(requests=[{"kind": "sample"}, {"kind": "call_back"}])
    assert [one.kind for one in plain.form.requests or ()] == ["sample", "call_back"]
    assert plain.aside.flags == []
