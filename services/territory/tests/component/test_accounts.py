"""What each person of a team was due of its leads and got, and which rules send what is not their team's."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from territory.domain.rotation import LEAD

from .berlin import begin, lead, leads, returned
from .events import put_market, qualified
from .people import Company


async def accounts(service: ServiceUnderTest, **window: str) -> dict[str, dict[str, Any]]:
    answer = await service.http.get("/v1/teams/berlin/rotation", params=window)
    assert answer.status_code == 200, answer.text
    found = {one["person"]: one for one in answer.json()["accounts"]}
    for one in found.values():
        owed = one["opening"] + one["entitled"] - one["received"] + one["back"]
        assert one["closing"] == pytest.approx(owed, abs=1e-5)
    assert sum(one["closing"] for one in found.values()) == pytest.approx(0, abs=1e-5)
    return found


def row(one: dict[str, Any]) -> tuple[float, float, int, int, float]:
    return one["opening"], one["entitled"], one["received"], one["back"], one["closing"]


async def test_the_account_says_what_each_was_due_and_got(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, 2, 3) == ["anna", "jonas", "leyla"]
    found = await accounts(service)
    assert row(found["anna"]) == (0, 1.2, 1, 0, 0.2)
    assert row(found["leyla"]) == (0, 0.6, 1, 0, -0.4)
    assert "otto" not in found, "who was never there was due nothing"


async def test_a_window_begins_with_what_was_owed_before_it_and_ends_with_what_is_owed_behind_it(
    service: ServiceUnderTest,
) -> None:
    await begin(service)
    await leads(service, 1, 2)
    middle = (datetime.now(UTC)).isoformat()
    await leads(service, 3, 4)
    first = await accounts(service, to_at=middle)
    second = await accounts(service, from_at=middle)
    whole = await accounts(service)
    for person in ("anna", "jonas", "leyla"):
        assert first[person]["closing"] == second[person]["opening"]
        assert second[person]["closing"] == whole[person]["closing"]
        assert first[person]["received"] + second[person]["received"] == whole[person]["received"]
    assert [first[one]["received"] for one in ("anna", "jonas", "leyla")] == [1, 1, 0]


async def test_what_was_booked_back_is_nobodys_turn(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1, 2, 3)
    await service.receives(returned(2, 1, "jonas", "wrong_person"))
    found = await accounts(service)
    assert row(found["jonas"]) == (0, 0.8, 1, 1, 0.8)
    assert row(found["anna"])[2:4] == (2, 0)
    stands = (await service.sql("select credits from rotation where team = 'berlin'"))[0]["credits"]
    assert {one: round(parts / LEAD, 6) for one, parts in stands.items()} == {
        one: pytest.approx(account["closing"], abs=1e-6) for one, account in found.items()
    }


async def test_the_account_is_of_whoever_sees_the_team_and_of_a_window_that_can_be(service: ServiceUnderTest) -> None:
    await begin(service)
    other = await service.http.get("/v1/teams/nowhere/rotation")
    assert other.status_code == 404
    for query, field in (
        ({"from_at": "2026-02-01T00:00:00Z", "to_at": "2026-01-01T00:00:00Z"}, "from_at"),
        ({"to_at": "0001-01-01T00:00:00+14:00"}, "to_at"),
        ({"to_at": "9999-12-31T23:59:59-14:00"}, "to_at"),
        ({"from_at": "0001-01-01T00:00:00+14:00"}, "from_at"),
        ({"from_at": "2026-01-01T00:00:00"}, "from_at"),
        ({"ledger": "other"}, "ledger"),
    ):
        answer = await service.http.get("/v1/teams/berlin/rotation", params=query)
        assert answer.status_code == 422, query
        assert field in answer.json()["errors"][0]["field"], answer.text
    await leads(service, 1)
    assert (await accounts(service, ledger="book")) == {}


async def test_a_rule_says_how_many_of_its_leads_were_not_its_teams(service: ServiceUnderTest) -> None:
    await begin(service)
    [first, second] = await leads(service, 1, 2)
    await service.receives(returned(1, 1, str(first), "wrong_area"), returned(2, 1, str(second), "no_time"))
    await service.emitted()
    rules = (await service.http.get("/v1/rulesets/1")).json()
    assert rules["returned_as_wrong"] == {"berlin-machines": 1}
    await service.receives(returned(1, 1, str(first), "wrong_area"))
    assert (await service.http.get("/v1/rulesets/1")).json()["returned_as_wrong"] == {"berlin-machines": 1}
    version = await put_market(service)
    assert (await service.http.get(f"/v1/rulesets/{version}")).json()["returned_as_wrong"] == {}


async def test_a_market_says_how_many_waiting_leads_it_has_placed(service: ServiceUnderTest) -> None:
    await service.receives(qualified(1), qualified(2))
    [standing] = await service.sql("select code, team from lead_case where lead_id = $1", UUID(int=1))
    assert tuple(standing) == ("no_ruleset", None)
    version = await put_market(service)
    await service.runs("sweep")
    [first, *_] = (await service.http.get("/v1/rulesets")).json()["rulesets"]
    assert (first["version"], first["swept"]) == (version, 2)
    await put_market(service, fallback=None)
    await service.runs("sweep")
    assert [one["swept"] for one in (await service.http.get("/v1/rulesets")).json()["rulesets"]] == [0, 2]


async def test_what_somebody_left_to_the_team_has_an_account_of_its_own(service: ServiceUnderTest) -> None:
    company = await Company.begin(service)
    await company.joins("lea", "berlin", "supervisor", takes_leads=False)
    for person in ("mia", "max"):
        await company.joins(person, "berlin", second="lea")
    await service.receives(lead(1), lead(2), lead(3))
    [had] = {
        row["person"] for row in await service.sql("select person from lead_case where person is not null limit 1")
    }
    order = {"from_team": "berlin", "to_team": "berlin", "person": had, "code": "leave"}
    await company.ok("lea", "POST", "transfers", order)
    for _ in range(4):
        await service.runs("transfer")
    moved = (
        "select lead_id, assignee from decision where cause = 'transferred' and turn is not null order by turn limit 1"
    )
    [row] = await service.sql(moved)
    new = await company.ok("lea", "GET", "teams/berlin/rotation")
    book = await company.ok("lea", "GET", "teams/berlin/rotation?ledger=book")
    assert sum(one["received"] for one in new["accounts"]) == 3
    taken = sum(one["received"] for one in book["accounts"])
    assert taken >= 1
    await service.receives(returned(row["lead_id"].int, 1, row["assignee"], "wrong_person"))
    back = await company.ok("lea", "GET", "teams/berlin/rotation?ledger=book")
    assert sum(one["back"] for one in back["accounts"]) == 1
    for accounts_of in (await company.ok("lea", "GET", "teams/berlin/rotation"), back):
        for one in accounts_of["accounts"]:
            owed = one["opening"] + one["entitled"] - one["received"] + one["back"]
            assert (one["opening"], one["closing"]) == (0, pytest.approx(owed, abs=1e-5))
    assert sum(one["back"] for one in (await company.ok("lea", "GET", "teams/berlin/rotation"))["accounts"]) == 0
