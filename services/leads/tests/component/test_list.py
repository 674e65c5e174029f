"""Lists of leads: whose rows they are, what they are asked for, how they go on, and what names they show."""

from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.structure import UnitDefined
from leads.domain.list import Filters
from leads.store import list as lists

from .sales import EVER, Sales, may


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


async def ids(sales: Sales, person: str, query: str = "") -> list[str]:
    answer = await sales.service.as_(person).get(f"/v1/leads?{query}")
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["rows"]]


async def test_a_list_has_the_leads_of_ones_teams_newest_first_with_their_names(sales: Sales) -> None:
    first = await sales.lead(person="anna", contact={"company": "Marx GmbH"})
    second = await sales.lead()
    theirs = await sales.lead("paris")
    answer = await sales.anna.get("/v1/leads")
    assert answer.headers["cache-control"] == "no-store"
    rows = answer.json()["rows"]
    assert [row["id"] for row in rows] == [second, first]
    assert [row["name"] for row in rows] == ["Customer 2", "Customer 1"]
    assert rows[1]["company"] == "Marx GmbH"
    assert (rows[1]["place"], rows[1]["person"], rows[1]["state"]) == ("person", "anna", "assigned")
    assert (rows[0]["place"], rows[0]["state"], rows[0]["source"]) == ("nurture", "routed", "web")
    assert answer.json()["after"] is None
    assert await ids(sales, "camille") == [theirs]
    assert set(await ids(sales, "gm")) == {first, second, theirs}


async def test_a_page_of_names_is_one_look_with_all_its_leads_on_record(sales: Sales) -> None:
    leads = [await sales.lead() for _ in range(3)]
    await sales.lead("paris")
    await sales.service.emitted()
    await sales.anna.get("/v1/leads")
    looks = await sales.service.sql("select opening, lead_id::text, person, purpose from opened")
    assert {(row["lead_id"], row["person"], row["purpose"]) for row in looks} == {
        (lead, "anna", "list") for lead in leads
    }
    assert len({row["opening"] for row in looks}) == 1
    assert len(await sales.service.emitted()) == 3


async def test_who_may_not_open_gets_rows_without_names_and_leaves_no_look(sales: Sales) -> None:
    lead = await sales.lead()
    await sales.service.told(
        may("looker", {"team": "berlin", "opens": False}), may("glass", {"team": "berlin", "kind": "break_glass"})
    )
    for person in ("looker", "glass"):
        [row] = (await sales.service.as_(person).get("/v1/leads")).json()["rows"]
        assert (row["id"], row["name"], row["company"]) == (lead, None, None)
    [row] = (await sales.anna.get("/v1/leads?names=false")).json()["rows"]
    assert row["name"] is None
    assert await sales.service.sql("select from opened") == []


async def test_without_a_scope_there_is_no_list_and_no_query(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(sales.service.service.database, "at_door", asked)
    for path in ("/v1/leads", "/v1/leads?team=berlin"):
        answer = await sales.root.get(path)
        assert (answer.status_code, answer.json()["title"]) == (403, "You belong to no unit")


async def test_another_teams_list_is_empty_as_that_of_no_team(sales: Sales) -> None:
    await sales.lead("paris")
    answers = [await sales.anna.get(f"/v1/leads?team={team}") for team in ("paris", "nowhere")]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].content == answers[1].content


async def test_each_filter_narrows_and_all_must_hold(sales: Sales) -> None:
    plain = await sales.lead(country="FR")
    other = await sales.lead(
        person="jonas", source="phone", product="Laser", channel="Fair", campaign="Spring  Lathes", country="DE"
    )
    [row] = [r for r in (await sales.anna.get("/v1/leads")).json()["rows"] if r["id"] == other]
    for query in (
        "team=berlin&person=jonas",
        "place=person",
        "state=assigned",
        "campaign=spring lathes",
        "source=phone",
        "product=Laser",
        f"grade={row['grade']}&country=DE",
        "country=DE",
        "segment=dach&source=phone",
        "channel=fair",
        f"captured_from={row['captured_at']}",
    ):
        assert await ids(sales, "anna", query.replace("+", "%2B")) == [other], query
    assert await ids(sales, "anna", f"captured_to={row['captured_at']}".replace("+", "%2B")) == [plain]
    assert await ids(sales, "anna", "place=person&source=web") == []
    assert await ids(sales, "anna", "sort=due_at") == [plain]  # nobody has it, so somebody is due to


async def test_what_is_due_comes_in_its_order(sales: Sales) -> None:
    leads = [await sales.lead() for _ in range(3)]
    for hours, lead in ((3, leads[0]), (1, leads[1])):
        await sales.service.sql(
            "update lead_place set due_at = now() + make_interval(hours => $1) where lead_id = $2::text::uuid",
            hours,
            lead,
        )
    assert await ids(sales, "anna", "sort=due_at") == [leads[1], leads[0], leads[2]]
    page = (await sales.anna.get("/v1/leads?sort=due_at&limit=1")).json()
    assert await ids(sales, "anna", f"after={page['after']}") == [leads[0], leads[2]]


async def test_a_unit_is_all_teams_below_it(sales: Sales) -> None:
    berlin, paris = await sales.lead("berlin"), await sales.lead("paris")
    units = [("germany", "europe"), ("berlin", "germany"), ("paris", "france"), ("france", "europe"), ("europe", None)]
    for unit, parent in units:
        fields = {"id": f"unit:{unit}", "unit": unit, "kind": "sales", "parent": parent, "team": True, "name": unit}
        await sales.service.receives(
            UnitDefined.model_validate(fields | {"from_at": EVER, "version": 1, "defined_at": EVER})
        )
    assert await ids(sales, "gm", "unit=europe") == [paris, berlin]
    assert await ids(sales, "gm", "unit=germany") == [berlin]
    assert await ids(sales, "gm", "unit=europe&team=paris") == [paris]
    assert await ids(sales, "anna", "unit=europe") == [berlin]
    assert await ids(sales, "gm", "unit=nowhere") == []


async def test_pages_follow_each_other_without_gap_or_repeat(sales: Sales) -> None:
    leads = [await sales.lead(team) for team in ("berlin", "paris", "berlin", "berlin", "paris")]
    found, after = [], ""
    for _ in range(3):
        page = (await sales.gm.get(f"/v1/leads?limit=2&source=web{after}")).json()
        found += [row["id"] for row in page["rows"]]
        after = f"&after={page['after']}"
    assert found == leads[::-1]
    assert page["after"] is None


async def test_a_cursor_names_its_filters_and_another_one_beside_it_is_wrong(sales: Sales) -> None:
    for _ in range(3):
        await sales.lead()
    first = (await sales.anna.get("/v1/leads?limit=1&source=web&team=berlin")).json()
    on = f"/v1/leads?limit=1&after={first['after']}"
    second = (await sales.anna.get(on)).json()
    assert second["rows"][0]["id"] != first["rows"][0]["id"]
    assert (await sales.anna.get(f"{on}&source=web")).json()["rows"] == second["rows"]
    refused = await sales.anna.get(f"{on}&source=phone&grade=A")
    assert (refused.status_code, {e["field"] for e in refused.json()["errors"]}) == (422, {"source", "grade"})
    for cursor in ("x", first["after"][:-2], first["after"] + "AA", "%00"):
        refused = await sales.anna.get(f"/v1/leads?after={cursor}")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "after"), cursor
    assert b"web" not in first["after"].encode()


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "place=x", "state=opened", "grade=E", "sort=name", "captured_from=x"]
)
async def test_a_bad_filter_is_named(sales: Sales, query: str) -> None:
    refused = await sales.anna.get(f"/v1/leads?{query}")
    assert refused.status_code == 422
    assert query.partition("=")[0] in refused.json()["errors"][0]["field"]


async def test_who_is_shown_too_many_names_waits(sales: Sales) -> None:
    sales.service.service.settings.pages_in_five_minutes = 2  # type: ignore[attr-defined]
    lead = await sales.lead()
    answers = [await sales.anna.get("/v1/leads") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 300
    assert "Customer" not in answers[2].text
    assert (await sales.anna.get("/v1/leads?names=false")).status_code == 200
    assert (await sales.anna.post(f"/v1/leads/{lead}/contact", json={"purpose": "call"})).status_code == 200
    assert (await sales.jonas.get("/v1/leads")).status_code == 200


async def test_a_lead_that_moved_is_in_the_new_teams_list_and_gone_from_the_old_ones(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    await sales.service.receives(sales.routed(lead, "paris"))
    assert await ids(sales, "anna") == []
    assert await ids(sales, "camille") == [lead]


async def test_lists_ask_by_operators_that_a_policy_lets_use_an_index(sales: Sales) -> None:
    """What could tell of rows by failing is asked only after the policy, row by row: an index would not serve."""
    names = ("texteq", "timestamptz_lt", "timestamptz_gt", "timestamptz_ge", "uuid_eq", "uuid_lt", "uuid_gt", "byteaeq")
    rows = await sales.service.sql(
        "select proname, bool_and(proleakproof) as leakproof from pg_proc where proname = any($1) group by 1", names
    )
    assert {row["proname"]: row["leakproof"] for row in rows} == dict.fromkeys(names, True)


@pytest.mark.parametrize("filters", [Filters(), Filters(source="web", country="DE"), Filters(sort="due_at")])
async def test_each_teams_rows_come_from_its_index(sales: Sales, filters: Filters) -> None:
    await sales.service.sql(
        """
        insert into lead_place (lead_id, state, place, team, captured_at, due_at, differing, outcomes, entries, source)
        select gen_random_uuid(), 'assigned', 'person', 't' || n % 50, now() - make_interval(secs => n), now(), 0, '[]', 1, 'web'
        from generate_series(1, 20000) n
        """
    )
    await sales.service.alters("analyze lead_place")
    await sales.service.told(may("head", *({"team": f"t{n}"} for n in range(50))))
    from chassis import Actor
    from chassis.query import rendered

    text, values = rendered(lists.statement(filters, None, 51, [f"t{n}" for n in range(50)]))
    async with sales.service.service.database.at_door(Actor("head")) as tx:
        plan = "\n".join(row[0] for row in await tx.conn.fetch(f"explain (costs off) {text}", *values))
    index = "lead_place_due" if filters.sort == "due_at" else "lead_place_listed"
    assert index in plan, plan
    assert "Seq Scan on lead_place" not in plan, plan


async def test_what_was_written_before_there_were_lists_is_filled_in(sales: Sales) -> None:
    lead = await sales.lead(person="anna", product="Laser", expected_amount={"minor": 90_000_00, "currency": "EUR"})
    kept = await sales.service.sql("select * from lead_place")
    names = ("place", "source", "channel", "product", "country", "value_minor", "currency")
    await sales.service.sql(f"update lead_place set {', '.join(f'{name} = null' for name in names)}")
    assert await ids(sales, "anna", "place=person") == []
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["place"] == "person"
    await sales.service.runs("fill_places")
    assert await ids(sales, "anna", "place=person&product=Laser") == [lead]
    assert await sales.service.sql("select * from lead_place") == kept


async def test_what_lies_far_back_is_listed_too_behind_what_is_of_late(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FEW", 1)
    leads = [await sales.lead() for _ in range(5)]
    for lead, hours in zip(leads, (24 * 400, 24 * 30, 24 * 3, 5, 0), strict=True):
        await sales.service.sql(
            "update lead_place set captured_at = captured_at - make_interval(hours => $1) where lead_id = $2::text::uuid",
            hours,
            lead,
        )
    assert await ids(sales, "anna") == leads[::-1]
    found, after = [], ""
    for _ in range(5):
        page = (await sales.anna.get(f"/v1/leads?limit=1{after}")).json()
        found += [row["id"] for row in page["rows"]]
        after = f"&after={page['after']}"
    assert (found, page["after"]) == (leads[::-1], None)
