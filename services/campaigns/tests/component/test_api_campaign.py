"""Planning a campaign, and seeing it and its ledger."""

from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted

PLAN: dict[str, Any] = {
    "name": "दीवाली 2026",
    "channel": "search",
    "segment": "solar-in",
    "starts_at": "2026-10-01T00:00:00+05:30",
    "ends_at": "2026-11-15T00:00:00+05:30",
    "currency": "INR",
    "lines": [
        {"line": "search", "item": "Search ads", "budget": 1_000, "owner": "ana"},
        {"line": "print", "item": "Print", "budget": 500, "owner": "bo"},
    ],
}


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in PLAN.items() if k != key}


def with_line(**change: Any) -> dict[str, Any]:
    return PLAN | {"lines": [PLAN["lines"][0] | change]}


async def put(service: ServiceUnderTest, body: Any, campaign: str = "diwali", status: int = 200) -> dict[str, Any]:
    answer = await service.http.put(f"/v1/campaigns/{campaign}", json=body)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


async def test_a_plan_is_put_on_record_and_its_budgets_on_the_ledger(service: ServiceUnderTest) -> None:
    assert await put(service, PLAN) == {"campaign": "diwali", "version": 1}
    planned, *posted = await service.emitted()
    assert isinstance(planned, CampaignPlanned)
    assert (planned.name, planned.version, planned.currency) == ("दीवाली 2026", 1, "INR")
    assert [line.line for line in planned.lines] == ["print", "search"]
    assert [(p.kind, p.line, p.amount, p.posting) for p in posted if isinstance(p, LedgerPosted)] == [
        ("budgeted", "print", 500, 1),
        ("budgeted", "search", 1_000, 1),
    ]


async def test_the_same_plan_again_changes_nothing_and_says_nothing(service: ServiceUnderTest) -> None:
    await put(service, PLAN)
    await service.emitted()
    again = PLAN | {"starts_at": "2026-09-30T18:30:00Z", "lines": PLAN["lines"][::-1]}
    assert (await put(service, again), await service.emitted()) == ({"campaign": "diwali", "version": 1}, [])


async def test_another_spelling_of_a_campaign_and_its_lines_is_the_same_plan(service: ServiceUnderTest) -> None:
    await put(service, PLAN | {"currency": "inr"})
    await put(service, PLAN | {"currency": "₹"})
    await service.emitted()
    again = PLAN | {"lines": [PLAN["lines"][0] | {"line": "Search"}, PLAN["lines"][1] | {"line": "\uff50rint"}]}
    assert (await put(service, again, "DIWALI"), await service.emitted()) == ({"campaign": "diwali", "version": 1}, [])
    seen = (await service.http.get("/v1/campaigns/Diwali")).json()
    assert (seen["campaign"], [line["line"] for line in seen["lines"]]) == ("diwali", ["print", "search"])


async def test_a_changed_plan_is_a_new_version_and_posts_the_differences(service: ServiceUnderTest) -> None:
    await put(service, PLAN)
    await service.emitted()
    changed = PLAN | {"lines": [PLAN["lines"][0] | {"budget": 700}, PLAN["lines"][1] | {"owner": "cy"}]}
    assert (await put(service, changed))["version"] == 2
    planned, *posted = await service.emitted()
    assert isinstance(planned, CampaignPlanned)
    assert [(p.line, p.amount, p.budget, p.available) for p in posted if isinstance(p, LedgerPosted)] == [
        ("search", -300, 700, 700)
    ]
    seen = (await service.http.get("/v1/campaigns/diwali")).json()
    assert [(line["line"], line["budget"], line["owner"]) for line in seen["lines"]] == [
        ("print", 500, "cy"),
        ("search", 700, "ana"),
    ]


async def test_the_currency_of_a_campaign_with_postings_can_not_change(service: ServiceUnderTest) -> None:
    await put(service, PLAN)
    problem = await put(service, PLAN | {"currency": "EUR"}, status=409)
    assert "INR" in problem["detail"]
    assert (await service.http.get("/v1/campaigns/diwali")).json()["version"] == 1


async def test_the_ledger_shows_lines_totals_and_postings_newest_first_page_by_page(service: ServiceUnderTest) -> None:
    for budget in (1_000, 900, 800):
        await put(service, with_line(budget=budget))
    first = (await service.http.get("/v1/campaigns/diwali/ledger?limit=2")).json()
    assert [(p["amount"], p["posting"], p["debit"], p["credit"]) for p in first["postings"]] == [
        (-100, 3, "available", "funding"),
        (-100, 2, "available", "funding"),
    ]
    rest = (await service.http.get(f"/v1/campaigns/diwali/ledger?limit=2&before={first['next']}")).json()
    assert ([p["amount"] for p in rest["postings"]], rest["next"]) == ([1_000], None)
    expected = {"currency": "INR", "budget": 800, "committed": 0, "incurred": 0, "available": 800, "unmatched": 0}
    assert first["totals"] == [expected]
    assert first["lines"] == [
        expected | {"line": "search", "item": "Search ads", "owner": "ana", "planned": True, "postings": 3}
    ]
    assert (first["campaign"], first["currency"], first["known"]) == ("diwali", "INR", True)


async def test_campaigns_are_listed_by_id_page_by_page(service: ServiceUnderTest) -> None:
    for campaign in ("c", "a", "b"):
        await put(service, PLAN, campaign)
    first = (await service.http.get("/v1/campaigns?limit=2")).json()
    rest = (await service.http.get(f"/v1/campaigns?limit=2&after={first['next']}")).json()
    assert ([c["campaign"] for c in first["campaigns"] + rest["campaigns"]], rest["next"]) == (["a", "b", "c"], None)


async def test_an_id_may_hold_a_slash(service: ServiceUnderTest) -> None:
    await put(service, PLAN, "diwali/2026")
    assert (await service.http.get("/v1/campaigns/diwali/2026/ledger")).json()["campaign"] == "diwali/2026"
    assert (await service.http.get("/v1/campaigns/diwali/2026")).json()["campaign"] == "diwali/2026"


@pytest.mark.parametrize("path", ["/v1/campaigns/nobody", "/v1/campaigns/nobody/ledger"])
async def test_a_campaign_that_nobody_named_is_not_found(service: ServiceUnderTest, path: str) -> None:
    answer = await service.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (without("name"), "name"),
        (without("currency"), "currency"),
        (PLAN | {"currency": "EUX"}, "currency"),
        (PLAN | {"currency": "dollars"}, "currency"),
        (PLAN | {"name": "For ada@example.org"}, "name"),
        (PLAN | {"channel": "\u200b\ufffd"}, "channel"),
        (with_line(item="Call +49 171 5551234"), "lines[0].item"),
        (PLAN | {"lines": [PLAN["lines"][0], PLAN["lines"][0] | {"line": "SEARCH"}]}, "lines"),
        (PLAN | {"starts_at": "2026-10-01T00:00:00+16:00"}, "starts_at"),
        (PLAN | {"budget": 5}, "budget"),
        (PLAN | {"name": "a\0b"}, "name"),
        (PLAN | {"name": "x" * 501}, "name"),
        (PLAN | {"name": 5}, "name"),
        (PLAN | {"starts_at": "2026-10-01T00:00:00"}, "starts_at"),
        (PLAN | {"starts_at": 1_700_000_000}, "starts_at"),
        (PLAN | {"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        (PLAN | {"ends_at": "2026-09-01T00:00:00Z"}, "ends_at"),
        (PLAN | {"lines": PLAN["lines"] + PLAN["lines"]}, "lines"),
        (with_line(budget=-1), "lines[0].budget"),
        (with_line(budget="100"), "lines[0].budget"),
        (with_line(budget=1.5), "lines[0].budget"),
        (with_line(budget=10**16), "lines[0].budget"),
        (with_line(owner=""), "lines[0].owner"),
        (with_line(line="l" * 201), "lines[0].line"),
    ],
)
async def test_what_is_wrong_with_a_plan_is_named(service: ServiceUnderTest, body: Any, field: str) -> None:
    problem = await put(service, body, status=422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert await service.emitted() == []


@pytest.mark.parametrize("campaign", ["x" * 201, "a%00b"])
async def test_an_id_that_can_not_be_kept_is_refused_at_every_door(service: ServiceUnderTest, campaign: str) -> None:
    await put(service, PLAN, campaign, status=422)
    for path in (f"/v1/campaigns/{campaign}", f"/v1/campaigns/{campaign}/ledger"):
        assert (await service.http.get(path)).status_code == 422


async def test_odd_pages_are_refused_or_empty_and_never_an_error_of_ours(service: ServiceUnderTest) -> None:
    await put(service, PLAN)
    asked = {
        "/v1/campaigns?limit=0": 422,
        "/v1/campaigns?limit=501": 422,
        "/v1/campaigns?after=a%00b": 200,
        "/v1/campaigns/diwali/ledger?before=-1": 422,
        f"/v1/campaigns/diwali/ledger?before={2**63}": 422,
        f"/v1/campaigns/diwali/ledger?before={2**63 - 1}": 200,
    }
    assert {path: (await service.http.get(path)).status_code for path in asked} == asked


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/campaigns"),
        ("GET", "/v1/campaigns/diwali"),
        ("GET", "/v1/campaigns/diwali/ledger"),
        ("PUT", "/v1/campaigns/diwali"),
        ("POST", "/v1/spend"),
    ],
)
async def test_no_door_opens_without_the_operators_token(service: ServiceUnderTest, method: str, path: str) -> None:
    answer = await service.anonymous.request(method, path, json=None if method == "GET" else {})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
