"""Whom somebody who asks becomes: unknown, then somebody who may buy, then a customer, and never less by itself."""

import pytest

from chassis_testing import ServiceUnderTest

from .sales import Sales
from .test_clock import hot
from .test_search import acquainted
from .test_verdict import LATER, does, qualifier, unclear


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    made = await Sales(service).opens()
    await service.told(qualifier("quinn"))
    return made


async def class_of(sales: Sales, lead: str) -> str:
    return str((await sales.otto.get(f"/v1/leads/{lead}")).json()["party_class"])


SAME = {"email": "jule@werk.example"}


async def test_a_verdict_makes_a_party_somebody_who_may_buy_in_all_their_leads(sales: Sales) -> None:
    first, second = await unclear(sales, contact=SAME), await unclear(sales, contact=SAME)
    stranger = await unclear(sales)
    assert [await class_of(sales, one) for one in (first, second, stranger)] == ["unknown"] * 3
    assert (await does(sales, "quinn", first, "qualification", **LATER)).status_code == 200
    assert [await class_of(sales, one) for one in (first, second, stranger)] == ["potential", "potential", "unknown"]
    assert (await does(sales, "otto", first, "discard", code="spam")).status_code == 200
    assert await class_of(sales, second) == "potential", "it only rises"


async def test_what_the_card_found_valid_is_known_in_their_other_leads_a_moment_later(sales: Sales) -> None:
    first = await unclear(sales, contact=SAME)
    valid = await sales.lead(person="anna", **hot(contact=SAME))
    assert [await class_of(sales, one) for one in (first, valid)] == ["unknown", "potential"]
    await acquainted(sales)
    assert await class_of(sales, first) == "potential"


async def test_who_was_won_is_a_customer_also_when_that_is_taken_back(sales: Sales) -> None:
    other, won = await unclear(sales, contact=SAME), await sales.lead(person="anna", **hot(contact=SAME))
    assert (await does(sales, "anna", won, "outcome", result="won")).status_code == 200
    assert [await class_of(sales, one) for one in (other, won)] == ["customer"] * 2
    assert (await does(sales, "otto", won, "reopen", code="back_again")).status_code == 200
    assert (await does(sales, "quinn", other, "qualification", **LATER)).status_code == 200
    assert [await class_of(sales, one) for one in (other, won)] == ["customer"] * 2


async def test_an_outcome_from_another_system_makes_a_customer_too(sales: Sales) -> None:
    other, won = await unclear(sales, contact=SAME), await sales.lead(person="anna", **hot(contact=SAME))
    body = {"outcomes": [{"lead_id": won, "result": "won"}]}
    assert (await sales.service.http.post("/v1/outcomes", json=body)).status_code == 200
    await sales.service.receives(sales.service.intake.emitted[-1])
    assert await class_of(sales, other) == "customer"
