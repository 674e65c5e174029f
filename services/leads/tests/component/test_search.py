"""Leads are found by address, number and words, by those whose leads they are; nothing readable is kept for that."""

from datetime import timedelta

import pytest

from chassis import Actor
from chassis.query import rendered
from chassis_testing import ServiceUnderTest
from leads.domain.list import Filters
from leads.store import list as lists

from .sales import Sales


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


async def acquainted(sales: Sales) -> None:
    """As after a few seconds: captures lie that far back."""
    await sales.service.sql("update lead set captured_at = captured_at - interval '10 seconds'")
    await sales.service.runs("acquaint")


async def found(sales: Sales, person: str, q: str, **more: str) -> list[str]:
    answer = await sales.service.as_(person).get("/v1/leads", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["rows"]]


async def test_a_lead_is_found_by_all_its_words_its_address_and_its_number(sales: Sales) -> None:
    jule = await sales.lead(
        contact={"name": "Jule Marx", "phone": "030 1234567", "company": "Müller Maschinenbau GmbH"}
    )
    arabic, persian = [
        await sales.lead(contact={"name": name, "phone": phone})
        for name, phone in (("سارا احمدي", "+98 912 345 6789"), ("سارا احمدی", "+98 912 345 6780"))
    ]
    theirs = await sales.lead("paris", contact={"name": "Jule Martin"})
    await acquainted(sales)
    for q in ("Marx", "marx JULE", "muller", "Maschinenbau Marx", "c1@customer.example", "+49 30 1234567", "1234567"):
        assert await found(sales, "anna", q) == [jule], q
    assert await found(sales, "anna", "احمدی") == await found(sales, "anna", "احمدي") == [persian, arabic]
    assert await found(sales, "anna", "۰۹۱۲۳۴۵۶۷۸۹") == [arabic]
    for q in ("Mar", "Marx Meier", "Martin", "nobody@customer.example", "Please", "call"):
        assert await found(sales, "anna", q) == [], q
    assert await found(sales, "camille", "jule") == [theirs]
    assert set(await found(sales, "gm", "jule")) == {jule, theirs}
    assert await found(sales, "gm", "jule", team="berlin", source="web") == [jule]
    assert (await sales.anna.get("/v1/leads?q=---")).json()["errors"][0]["field"] == "q"


async def test_pages_of_what_was_found_follow_each_other_and_the_cursor_does_not_tell_the_name(sales: Sales) -> None:
    leads = [await sales.lead(contact={"name": "Sara Smith"}) for _ in range(3)]
    await acquainted(sales)
    page = (await sales.anna.get("/v1/leads?q=smith&limit=2")).json()
    assert [row["id"] for row in page["rows"]] == leads[:0:-1]
    assert await found(sales, "anna", "smith", after=page["after"]) == leads[:1]
    assert (await sales.anna.get("/v1/leads", params={"q": "sara", "after": page["after"]})).status_code == 422


async def test_nothing_readable_is_kept_and_the_keys_are_of_this_installation(sales: Sales) -> None:
    await sales.lead(contact={"name": "Canary Bird"})
    await acquainted(sales)
    rows = await sales.service.sql("select w::text as said from search_word w")
    assert len(rows) == 3  # two words and an address
    assert not any("canary" in row["said"].lower() for row in rows)


async def test_what_was_captured_a_moment_ago_waits_and_is_not_left_out(sales: Sales) -> None:
    early = await sales.lead(contact={"name": "Early Bird"})
    await acquainted(sales)
    late = await sales.lead(contact={"name": "Late Bird"})
    await sales.service.runs("acquaint")
    assert await found(sales, "anna", "bird") == [early]
    await acquainted(sales)
    assert await found(sales, "anna", "bird") == [late, early]


async def test_an_open_transaction_of_a_worker_holds_the_words_back(sales: Sales) -> None:
    """What it captures has a time of before: were others passed, it would never be found."""
    async with sales.service.service.database.transaction() as tx:
        await tx.conn.execute("select 1")
        lead = await sales.lead(contact={"name": "Patient Bird"})
        await sales.service.sql("update lead set captured_at = captured_at - interval '2 seconds'")
        await sales.service.runs("acquaint")
        assert await found(sales, "anna", "bird") == []
    await acquainted(sales)
    assert await found(sales, "anna", "bird") == [lead]


async def test_of_who_was_forgotten_no_word_is_written(sales: Sales) -> None:
    await sales.lead(contact={"name": "Gone Bird"})
    await sales.service.sql("update person set wrapped_key = null")
    await acquainted(sales)
    assert await sales.service.sql("select from search_word") == []
    [stands] = await sales.service.sql("select captured_at from search_position")
    assert stands["captured_at"]


async def test_many_leads_are_taken_in_turns_and_each_once(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.use_cases.search.AT_ONCE", 2)
    for n in range(5):
        await sales.lead(contact={"name": f"Turn Bird{n}"})
    await sales.service.sql("update lead set captured_at = captured_at - interval '10 seconds'")
    for _ in range(3):
        await sales.service.runs("acquaint")
    assert len(await found(sales, "anna", "turn")) == 5


async def test_a_turn_may_end_within_a_delivery(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.use_cases.search.AT_ONCE", 2)
    for n in range(5):
        await sales.lead(contact={"name": f"Turn Bird{n}"})
    await sales.service.sql("update lead set captured_at = (select min(captured_at) from lead) - interval '10 seconds'")
    for done in (2, 4, 5):
        await sales.service.runs("acquaint")
        assert len(await found(sales, "anna", "turn")) == done


async def test_beside_captures_few_are_found_at_once_and_many_wait_but_not_for_ever(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.use_cases.search.BESIDE", 2)
    monkeypatch.setattr("leads.use_cases.search.AT_REST", timedelta(hours=1))  # somebody always asks

    async def come(many: int, seconds: int) -> None:
        for n in range(many):
            await sales.lead(contact={"name": f"Busy Bird{n}"})
        await sales.service.sql(
            "update lead set captured_at = now() - $1 * interval '1 second' where captured_at > now() - interval '5 seconds'",
            seconds,
        )
        await sales.service.runs("acquaint")

    await come(2, 50)
    assert len(await found(sales, "anna", "busy")) == 2
    await come(3, 40)
    assert len(await found(sales, "anna", "busy")) == 2
    monkeypatch.setattr("leads.use_cases.search.PATIENCE", timedelta(seconds=30))
    await sales.service.runs("acquaint")
    await sales.service.runs("acquaint")
    assert len(await found(sales, "anna", "busy")) == 5


async def test_a_search_begins_at_the_words(sales: Sales) -> None:
    await sales.service.sql(
        """
        with placed as (
            insert into lead_place (lead_id, state, place, team, captured_at, differing, outcomes, entries)
            select gen_random_uuid(), 'assigned', 'person', 't' || n % 50, now() - make_interval(secs => n), 0, '[]', 1
            from generate_series(1, 20000) n returning lead_id, captured_at
        )
        insert into search_word (key, lead_id)
        select k + (extract(epoch from captured_at)::bigint % 5000) * 10, lead_id from placed, generate_series(1, 5) k
        """
    )
    await sales.service.alters("analyze lead_place", "analyze search_word")
    text, values = rendered(lists.found(Filters(q="x"), [11, 12], None, 51, [f"t{n}" for n in range(50)]))
    async with sales.service.service.database.at_door(Actor("gm")) as tx:
        plan = "\n".join(row[0] for row in await tx.conn.fetch(f"explain (costs off) {text}", *values))
    assert "search_word_pkey" in plan, plan
    assert "lead_place_pkey" in plan, plan
    assert "Seq Scan on lead_place" not in plan, plan
