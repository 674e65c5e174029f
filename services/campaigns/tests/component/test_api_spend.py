"""Reporting spend at the door."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.campaigns.ledger import LedgerPosted
from contracts.campaigns.spend import SpendReported
from contracts.event import Money

ROW: dict[str, Any] = {
    "spend_id": "ads-1",
    "campaign": "spring",
    "line": "search",
    "amount": {"minor": 100, "currency": "EUR"},
    "kind": "incurred",
    "source": "ads",
    "note": "clicks",
    "occurred_at": "2026-11-20T12:00:00+01:00",
}
TOO_LATE = (datetime.now(UTC) + timedelta(days=2)).isoformat()


def money(minor: Any, currency: Any = "EUR") -> dict[str, Any]:
    return ROW | {"amount": {"minor": minor, "currency": currency}}


async def post(service: ServiceUnderTest, *rows: Any) -> dict[str, Any]:
    answer = await service.http.post("/v1/spend", json={"spend": list(rows)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_spend_at_the_door_is_put_on_the_topic_as_it_was_reported(service: ServiceUnderTest) -> None:
    assert await post(service, ROW) == {"accepted": 1, "notes": [], "refused": []}
    [said] = service.intake.emitted
    assert isinstance(said, SpendReported)
    assert said.sealed_note is not None
    assert said == SpendReported.model_validate(ROW | {"note": None, "sealed_note": said.sealed_note})


@pytest.mark.parametrize(
    ("change", "said", "flags"),
    [
        ({"occurred_at": "2026-11-20"}, {"occurred_at": datetime(2026, 11, 20, tzinfo=UTC)}, ["date_only"]),
        ({"amount": {"minor": 0, "currency": "EUR"}}, {"amount": Money(minor=0, currency="EUR")}, ["nothing_spent"]),
        ({"amount": {"minor": 5, "currency": " eur "}}, {"amount": Money(minor=5, currency="EUR")}, []),
        ({"amount": "\u20ac 1.234,56"}, {"amount": Money(minor=123456, currency="EUR")}, ["amount_read"]),
        ({"amount": "JPY 1,200"}, {"amount": Money(minor=1200, currency="JPY")}, ["amount_read"]),
        ({"amount": "KWD 1.200"}, {"amount": Money(minor=1200, currency="KWD")}, ["amount_read"]),
        ({"campaign": "\ufeffspring"}, {"campaign": "spring"}, ["unseen_removed"]),
        ({"occurred_at": "2026-11-20T12:00:00+0100"}, {"occurred_at": datetime(2026, 11, 20, 11, tzinfo=UTC)}, []),
    ],
)
async def test_the_door_reads_what_reports_write_and_says_how(
    service: ServiceUnderTest, change: dict[str, Any], said: dict[str, Any], flags: list[str]
) -> None:
    answer = await post(service, ROW | change)
    assert (answer["accepted"], answer["refused"]) == (0 if flags == ["nothing_spent"] else 1, [])
    assert answer["notes"] == ([{"index": 0, "flags": flags}] if flags else [])
    [event] = service.intake.emitted
    assert {name: getattr(event, name) for name in said} == said


async def test_what_the_door_took_is_counted_when_it_is_heard(service: ServiceUnderTest) -> None:
    await post(service, ROW, ROW | {"spend_id": "ads-2", "kind": "committed"})
    await service.receives(*service.intake.emitted)
    posted = [e for e in await service.emitted() if isinstance(e, LedgerPosted)]
    assert [(e.spend_id, e.kind, e.available) for e in posted] == [
        ("ads-1", "incurred", -100),
        ("ads-2", "committed", -200),
    ]


async def test_fifty_spends_at_the_limit_are_all_taken_and_the_first_one_beyond_is_told_as_overspent(
    service: ServiceUnderTest,
) -> None:
    line = {"line": "search", "item": "Search ads", "budget": 5_000, "owner": "ana"}
    plan = {"name": "Spring", "currency": "EUR", "lines": [line]}
    assert (await service.http.put("/v1/campaigns/spring", json=plan)).status_code == 200
    await post(service, *(ROW | {"spend_id": f"ads-{n}"} for n in range(51)))
    await service.emitted()
    await service.receives(*service.intake.emitted)
    told = [type(e).__name__ for e in await service.emitted()]
    assert told == ["LedgerPosted"] * 51 + ["BudgetOverspent"]


async def test_good_rows_are_taken_and_each_bad_one_is_named(service: ServiceUnderTest) -> None:
    answer = await post(service, ROW, money(-5), ROW | {"spend_id": "ads-2"}, money(5, "EUX") | {"occurred_at": "now"})
    assert answer["accepted"] == 2
    assert [(r["index"], [e["field"] for e in r["errors"]]) for r in answer["refused"]] == [
        (1, ["amount.minor"]),
        (3, ["occurred_at"]),
    ]
    assert [e.spend_id for e in service.intake.emitted if isinstance(e, SpendReported)] == ["ads-1", "ads-2"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (money(-5), "amount.minor"),
        (money("5"), "amount.minor"),
        (money(True), "amount.minor"),
        (money(5.5), "amount.minor"),
        (money(10**16), "amount.minor"),
        (money(5, "EUX"), "amount.currency"),
        (money(5, "$"), "amount.currency"),
        (ROW | {"amount": "5"}, "amount"),
        (ROW | {"amount": "$ 5"}, "amount"),
        (money(5, None), "amount.currency"),
        (ROW | {"amount": 5}, "amount"),
        (ROW | {"amount": {"minor": 5, "currency": "EUR", "vat": 1}}, "amount.vat"),
        (ROW | {"comment": "x"}, "comment"),
        (ROW | {"kind": "spent"}, "kind"),
        (ROW | {"spend_id": ""}, "spend_id"),
        (ROW | {"spend_id": "x" * 201}, "spend_id"),
        (ROW | {"spend_id": "a\0b"}, "spend_id"),
        (ROW | {"campaign": None}, "campaign"),
        (ROW | {"note": "x" * 501}, "note"),
        (ROW | {"note": "a\0b"}, "note"),
        (ROW | {"occurred_at": "2026-11-20T12:00:00"}, "occurred_at"),
        (ROW | {"occurred_at": 1_700_000_000}, "occurred_at"),
        (ROW | {"occurred_at": "45999"}, "occurred_at"),
        (ROW | {"occurred_at": "2026-11-20T12:00:00+16:00"}, "occurred_at"),
        (ROW | {"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        (ROW | {"campaign": "a\ufffdb"}, "campaign"),
        (ROW | {"campaign": "\u200b"}, "campaign"),
        (ROW | {"campaign": "\ufdfa" * 200}, "campaign"),
        (ROW | {"occurred_at": TOO_LATE}, "occurred_at"),
        ("a string", "body"),
        (None, "body"),
        ([], "body"),
    ],
)
async def test_what_is_wrong_with_a_row_is_named_without_an_echo(
    service: ServiceUnderTest, row: Any, field: str
) -> None:
    [refused] = (await post(service, row))["refused"]
    assert [e["field"] for e in refused["errors"]] == [field]
    assert service.intake.emitted == []


@pytest.mark.parametrize(
    "raw",
    [
        b'{"spend": [{"spend_id": "\\ud800"}]}',
        b'{"spend": [{"\\ud800": 1}]}',
        b'{"\\ud800": 1}',
        b'{"spend": [{"amount": {"minor": NaN}}]}',
        b'{"spend": [NaN]}',
        b'{"spend": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"spend": [{"amount": {"minor": ' + b"9" * 5_000 + b"}}]}",
        b'{"spend": {}}',
        b"[]",
        b"",
        b"{",
        b"\xff\xfe",
    ],
    ids=[
        "surrogate",
        "surrogate name",
        "surrogate on top",
        "nan",
        "nan row",
        "deep",
        "long number",
        "object",
        "list",
        "empty",
        "broken",
        "not utf-8",
    ],
)
async def test_nothing_that_is_sent_makes_this_service_fail(service: ServiceUnderTest, raw: bytes) -> None:
    answer = await service.http.post("/v1/spend", content=raw, headers={"content-type": "application/json"})
    refused_row = answer.status_code == 200 and answer.json()["accepted"] == 0
    assert refused_row or 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert service.intake.emitted == []


async def test_five_hundred_rows_are_taken_and_five_hundred_and_one_are_refused_as_a_whole(
    service: ServiceUnderTest,
) -> None:
    rows = [ROW | {"spend_id": f"ads-{n}"} for n in range(501)]
    answer = await service.http.post(
        "/v1/spend", content=json.dumps({"spend": rows}), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, ["spend"])
    assert service.intake.emitted == []
    assert (await post(service, *rows[:500]))["accepted"] == 500


async def test_nothing_is_accepted_while_kafka_is_away(service: ServiceUnderTest) -> None:
    service.intake.not_ready_reason = "gone"
    answer = await service.http.post("/v1/spend", json={"spend": [ROW]})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_a_batch_without_a_good_row_needs_no_kafka(service: ServiceUnderTest) -> None:
    service.intake.not_ready_reason = "gone"
    assert (await post(service, money(-1)))["accepted"] == 0


async def test_a_ledger_that_is_read_right_after_a_report_shows_it(service: ServiceUnderTest) -> None:
    await post(service, ROW)

    async def counted_a_moment_later() -> None:
        await asyncio.sleep(0.2)
        await service.receives(*service.intake.emitted)

    later = asyncio.create_task(counted_a_moment_later())
    await service.sql(
        "insert into campaign (campaign, key, known, version, first_seen_at) values ('spring', 'spring', false, 0, now())"
    )
    seen = (await service.http.get("/v1/campaigns/spring/ledger")).json()
    await later
    assert [p["spend_id"] for p in seen["postings"]] == ["ads-1"]


async def test_a_report_that_is_not_counted_keeps_no_reader_longer_than_a_second(service: ServiceUnderTest) -> None:
    await post(service, ROW)
    began = time.perf_counter()
    assert (await service.http.get("/v1/campaigns/spring/ledger")).status_code == 404
    assert time.perf_counter() - began < 3
    again = time.perf_counter()
    await service.http.get("/v1/campaigns/spring/ledger")
    assert time.perf_counter() - again < 0.5
