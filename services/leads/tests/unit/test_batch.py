"""Many rows in one body."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.problems import FieldError
from leads.api.batch import Rows, parse_batch, parse_outcomes
from leads.domain.identity import lead_id_for

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROW = {"source": "import", "external_id": "7"}
WON = {"source": "import", "external_id": "7", "result": "won"}


def body(name: str, rows: Any) -> bytes:
    return json.dumps({name: rows}).encode()


def rows_of(answer: Any) -> tuple[list[int], dict[int, list[str]]]:
    assert isinstance(answer, Rows), answer
    return [index for index, _ in answer.taken], {
        index: [error.field for error in errors] for index, errors in answer.refused
    }


def test_500_good_rows_are_taken() -> None:
    assert rows_of(parse_batch(body("leads", [ROW] * 500), NOW)) == (list(range(500)), {})


def test_good_rows_are_taken_and_each_bad_one_is_named_in_order() -> None:
    rows = [{**ROW, "country": "XX"}, ROW, {**ROW, "unknown": 1}, 7, {**ROW, "utm_source": "x"}, {"source": "web"}]
    answer = parse_batch(body("leads", rows), NOW)
    taken, refused = rows_of(answer)
    assert list(refused) == [2, 3, 5]
    assert (taken, refused) == ([0, 1, 4], {2: ["unknown"], 3: ["body"], 5: ["contact"]})
    assert isinstance(answer, Rows)
    assert [one.aside.flags for _, one in answer.taken] == [["country_unreadable"], [], []]


def test_a_row_with_half_a_character_is_refused_alone_where_it_names_the_lead() -> None:
    raw = b'{"leads":[{"source":"web","external_id":"\\ud800"},{"source":"web","external_id":"7","message":"\\ud83d"}]}'
    assert rows_of(parse_batch(raw, NOW)) == ([1], {0: ["external_id"]})


def test_a_row_with_nan_is_flagged_alone() -> None:
    raw = b'{"leads":[{"source":"web","external_id":"7","attributes":{"a":NaN}},{"source":"web","external_id":"8"}]}'
    answer = parse_batch(raw, NOW)
    assert isinstance(answer, Rows)
    assert [one.aside.flags for _, one in answer.taken] == [["answer_unreadable"], []]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (body("leads", [ROW] * 501), "leads"),
        (body("leads", ROW), "leads"),
        (body("leads", None), "leads"),
        (body("rows", [ROW]), "leads"),
        (b'{"leads":[],"more":1}', "leads"),
        (b"[]", "leads"),
        (b"{}", "leads"),
        (b'{"leads":[', "body"),
        (b'{"leads":' + b"[" * 10_000, "body"),
        (b"", "body"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(raw: bytes, field: str) -> None:
    answer = parse_batch(raw, NOW)
    assert isinstance(answer, list)
    assert [error.field for error in answer] == [field]


def test_an_outcome_finds_its_lead_by_id_or_by_source_and_external_id() -> None:
    lead_id = "018f0000-0000-7000-8000-000000000001"
    answer = parse_outcomes(body("outcomes", [{"lead_id": lead_id, "result": "lost", "reason": "price"}, WON]), NOW)
    assert isinstance(answer, Rows)
    assert [outcome.lead_id for _, outcome in answer.taken] == [UUID(lead_id), lead_id_for(None, "import", "7")]
    assert [outcome.at for _, outcome in answer.taken] == [NOW, NOW]


def test_bad_outcomes_are_named_and_the_good_ones_taken() -> None:
    rows = [
        {"result": "won"},
        {"source": "import", "result": "won"},
        {**WON, "result": "maybe"},
        {**WON, "lead_id": "7"},
        {**WON, "amount": {"minor": -1, "currency": "EUR"}},
        {**WON, "amount": {"minor": 1, "currency": "XTS"}},
        {**WON, "at": "2026-05-04T12:00:00"},
        {**WON, "at": "2027-05-04T12:00:00Z"},
        {**WON, "amount": "many"},
        WON,
    ]
    fields = ["lead_id", "lead_id", "result", "lead_id", "amount.minor", "amount.currency", "at", "at", "amount.amount"]
    assert rows_of(parse_outcomes(body("outcomes", rows), NOW)) == (
        [9],
        {index: [field] for index, field in enumerate(fields)},
    )


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("Closed Won", "won"),
        ("closed lost", "lost"),
        ("gewonnen", "won"),
        ("perdu", "lost"),
        ("赢单", "won"),
        ("WON", "won"),
        ("closedwon", "won"),
        ("CLOSED_LOST", "lost"),
        ("Closed (Won)", "won"),
        ("cerrada ganada", "won"),
        ("失注", "lost"),
    ],
)
def test_an_end_is_read_as_other_systems_say_it(written: str, result: str) -> None:
    [(_, outcome)] = outcomes(
        {**WON, "at": "", "result": written, "amount": {"minor": None, "currency": "EUR"}, "reason": None}
    )
    assert (outcome.result, outcome.amount) == (result, None)


def test_an_outcome_finds_the_lead_of_its_sender_or_of_its_form() -> None:
    ids = [outcome.lead_id for _, outcome in outcomes(WON, {**WON, "sender": "A"}, {**WON, "form": "a"})]
    assert ids == [lead_id_for(None, "import", "7", *place) for place in ((), ("a",), (None, "a"))]
    assert len(set(ids)) == 3


def outcomes(*rows: Any) -> list[tuple[int, Any]]:
    answer = parse_outcomes(body("outcomes", list(rows)), NOW)
    assert isinstance(answer, Rows), answer
    assert answer.refused == []
    return answer.taken


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                **{name: st.none() | st.text() | st.integers() for name in ("lead_id", "external_id", "reason", "at")},
                "source": st.sampled_from(["web", "x"]),
                "result": st.sampled_from(["won", "x"]),
            },
        )
        | st.integers(),
        max_size=5,
    )
)
def test_every_row_is_either_taken_or_refused(rows: list[Any]) -> None:
    for answer in (parse_outcomes(body("outcomes", rows), NOW), parse_batch(body("leads", rows), NOW)):
        taken, refused = rows_of(answer)
        assert sorted([*taken, *refused]) == list(range(len(rows)))
        assert all(isinstance(error, FieldError) for _, errors in answer.refused for error in errors)  # type: ignore[union-attr]
