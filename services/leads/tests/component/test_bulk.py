"""One thing done to many leads: each meets what it meets alone, and has its own answer; by a filter it is a job that goes on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadDiscarded, LeadQualified, LeadReturned, OpportunityOpened, QualificationRefused
from leads.api import bulk_worker
from leads.use_cases import bulk

from .sales import Sales, may
from .test_verdict import qualifier, told, unclear

BACK = {"do": "return", "with": {"code": "overload"}}
SPAM = {"do": "discard", "with": {"code": "spam"}}
SOON = {"do": "qualify", "with": {"verdict": "near_term", "grade": "B"}}
CLAIM = {"do": "claim"}


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    made = await Sales(service).opens()
    await service.told(qualifier("quinn"), qualifier("quentin"))
    return made


def to(*leads: str, **tags: str) -> dict[str, Any]:
    return {"to": [{"lead_id": lead} | tags for lead in leads]}


async def does(sales: Sales, person: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await sales.service.as_(person).post("/v1/bulk", json=body, headers=headers)


def statuses(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [row["status"] for row in answer.json()["rows"]]


def wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


async def places(sales: Sales) -> dict[str, tuple[str, str | None]]:
    rows = await sales.service.sql("select lead_id::text, place, assignee from lead_place")
    return {row["lead_id"]: (row["place"], row["assignee"]) for row in rows}


async def many(sales: Sales, count: int, person: str = "anna") -> list[str]:
    return [await sales.lead(person=person) for _ in range(count)]


async def asks(sales: Sales, body: dict[str, Any], rows: int) -> str:
    """A job by a filter, of so many leads; nothing of it is done yet."""
    answer = await does(sales, "anna", body)
    assert (answer.status_code, answer.json()["rows"], answer.json()["state"]) == (202, rows, "waiting"), answer.text
    return answer.headers["location"]


async def works(sales: Sales) -> int:
    """Until nothing is left to do; in so many turns."""
    turns = 0
    while await bulk_worker.turn(sales.service.service):
        turns += 1
    return turns


async def test_leads_are_given_back_and_one_that_is_not_mine_stops_no_other(sales: Sales) -> None:
    mine = await many(sales, 2)
    others = await sales.lead(team="paris", person="camille")
    await sales.service.emitted()
    answer = await does(sales, "anna", BACK | to(mine[0], others, mine[1]))
    assert statuses(answer) == [200, 404, 200]
    assert [row["lead_id"] for row in answer.json()["rows"]] == [mine[0], others, mine[1]]
    alone = await sales.anna.post(f"/v1/leads/{others}/return", json={"code": "overload"}, headers={"if-match": '"1"'})
    assert answer.json()["rows"][1]["title"] == alone.json()["title"]
    assert {str(one.lead_id) for one in await told(sales, LeadReturned)} == set(mine)
    now = await places(sales)
    assert [now[lead] for lead in mine] == [
        ("queue", None) if now[mine[0]][0] == "queue" else (now[mine[0]][0], None)
    ] * 2
    assert now[others] == ("person", "camille")
    for row in answer.json()["rows"][::2]:
        tag = (await sales.anna.get(f"/v1/leads/{row['lead_id']}")).headers["etag"]
        assert row["etag"] == tag
    refused = await sales.service.sql("select person, door, lead_id::text, lacks from refusal")
    assert [tuple(row) for row in refused] == [("anna", "return", others, "leads.see")] * 2


async def test_each_meets_what_it_meets_alone(sales: Sales) -> None:
    fresh, stale, jonass, won, gone = (*await many(sales, 4), str(uuid4()))
    jonass = await sales.lead(person="jonas")
    tag = (await sales.anna.get(f"/v1/leads/{stale}")).headers["etag"]
    closed = await sales.anna.post(
        f"/v1/leads/{won}/outcome",
        json={"result": "won"},
        headers={"if-match": (await sales.anna.get(f"/v1/leads/{won}")).headers["etag"]},
    )
    assert closed.status_code == 200, closed.text
    await sales.assigned(stale, "berlin", "anna")
    body = BACK | {
        "to": [
            {"lead_id": fresh, "if_match": (await sales.anna.get(f"/v1/leads/{fresh}")).headers["etag"]},
            {"lead_id": stale, "if_match": '"1"'},
            *({"lead_id": one} for one in (jonass, won, gone)),
        ]
    }
    assert tag
    answer = await does(sales, "anna", body)
    assert statuses(answer) == [200, 412, 403, 409, 404]
    rows = answer.json()["rows"]
    assert rows[1]["errors"][0]["field"] == "place"
    for row in rows[1:]:
        alone = await sales.anna.post(
            f"/v1/leads/{row['lead_id']}/return", json=BACK["with"], headers={"if-match": '"1"'}
        )
        said = alone.json()
        assert (row["status"], row["title"], row["detail"]) == (said["status"], said["title"], said.get("detail"))
        assert row["errors"] == said.get("errors", [])


async def test_qualifiers_judge_many_and_customers_are_owed_answers(sales: Sales) -> None:
    leads = [await unclear(sales) for _ in range(3)]
    others = await unclear(sales)
    await sales.quentin.post(f"/v1/leads/{others}/claim")
    await sales.service.emitted()
    assert statuses(await does(sales, "quinn", CLAIM | to(*leads, others))) == [200, 200, 200, 409]
    assert statuses(await does(sales, "quentin", SOON | to(leads[0], others))) == [409, 200]
    assert statuses(await does(sales, "anna", SOON | to(leads[0]))) == [403]
    assert statuses(await does(sales, "quinn", SOON | to(*leads))) == [200, 200, 200]
    said = await sales.service.emitted()
    judged = [str(one.lead_id) for one in said if isinstance(one, LeadQualified)]
    opened = [str(one.lead_id) for one in said if isinstance(one, OpportunityOpened)]
    assert sorted(judged) == sorted(opened) == sorted([*leads, others])
    assert all(one.revision == 2 and one.grade == "B" for one in said if isinstance(one, LeadQualified))
    assert [one.person for one in said if isinstance(one, QualificationRefused)] == ["anna"]
    owed = await sales.service.sql("select lead_id::text from request where n = 0")
    assert {row["lead_id"] for row in owed} == {*leads, others}
    assert await sales.service.sql("select from claim") == []
    assert statuses(await does(sales, "quinn", SPAM | to(leads[0]))) == [200]
    (aside,) = await told(sales, LeadDiscarded)
    assert (aside.code, str(aside.lead_id)) == ("spam", leads[0])


async def test_what_is_done_to_many_takes_no_statement_more(sales: Sales) -> None:
    few, lots = await many(sales, 2), await many(sales, 20)
    with _statements() as counted:
        assert statuses(await does(sales, "anna", BACK | to(*few))) == [200] * 2
        first = len(counted)
        assert statuses(await does(sales, "anna", BACK | to(*lots))) == [200] * 20
    assert len(counted) - first <= first
    waiting = [await unclear(sales) for _ in range(12)]
    with _statements() as counted:
        assert statuses(await does(sales, "quinn", SOON | to(*waiting[:2]))) == [200] * 2
        first = len(counted)
        assert statuses(await does(sales, "quinn", SOON | to(*waiting[2:]))) == [200] * 10
    assert len(counted) - first <= first


@contextmanager
def _statements() -> Iterator[list[str]]:
    counted: list[str] = []
    execute = asyncpg.Connection._execute

    async def noted(self: Any, query: str, *args: Any, **more: Any) -> Any:
        counted.append(query)
        return await execute(self, query, *args, **more)

    asyncpg.Connection._execute = noted
    try:
        yield counted
    finally:
        asyncpg.Connection._execute = execute


async def test_what_can_not_be_asked_for_is_named_and_nothing_is_done(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    assert wrong(await does(sales, "anna", BACK | to(*(str(uuid4()) for _ in range(501))))) == ["to"]
    for body, field in (
        (BACK, "to"),
        (BACK | to(lead) | {"where": {"person": "anna"}}, "to"),
        (BACK | {"where": {}}, "where"),
        (BACK | {"where": {"sort": "due_at"}}, "where"),
        (BACK | {"where": {"q": " "}}, "where.q"),
        (BACK | to(lead, lead), "to[1].lead_id"),
        ({"do": "return", "with": {"code": "bored"}} | to(lead), "with.code"),
        ({"do": "qualify", "with": {"verdict": "near_term"}} | to(lead), "with.grade"),
        ({"do": "qualify", "with": {"verdict": "undecided", "code": "spam"}} | to(lead), "with.code"),
    ):
        assert wrong(await does(sales, "anna", body)) == [field], body
    assert wrong(await does(sales, "anna", {"do": "return"} | to(lead))) == ["with"]
    assert wrong(await does(sales, "anna", BACK | to("x"))) == ["to[0].lead_id"]
    for body in ({"do": "sell"}, {"do": None}, {}):
        answer = await does(sales, "anna", body | to(lead))
        assert answer.json()["errors"] == [{"field": "do", "reason": "is one of return, discard, qualify, claim"}]
    for body in (
        BACK | {"to": []},
        BACK | {"where": {"colour": "red"}},
        BACK | to(lead, if_match="*"),
    ):
        assert (await does(sales, "anna", body)).status_code == 422, body
    assert (await does(sales, "root", BACK | to(lead))).status_code == 403
    assert (await places(sales))[lead] == ("person", "anna")


async def test_asked_again_under_its_key_it_is_done_once(sales: Sales) -> None:
    leads = await many(sales, 2)
    first = await does(sales, "anna", BACK | to(*leads), **{"idempotency-key": "k1"})
    assert statuses(first) == [200, 200]
    again = await does(sales, "anna", BACK | to(*leads), **{"idempotency-key": "k1"})
    assert again.json() == first.json()
    assert wrong(await does(sales, "anna", BACK | to(leads[0]), **{"idempotency-key": "k1"})) == ["Idempotency-Key"]
    assert len(await told(sales, LeadReturned)) == 2
    await many(sales, 1)
    job = await does(sales, "anna", BACK | {"where": {"person": "anna"}}, **{"idempotency-key": "k2"})
    assert (job.status_code, job.json()["rows"]) == (202, 1)
    same = await does(sales, "anna", BACK | {"where": {"person": "anna"}}, **{"idempotency-key": "k2"})
    assert (same.status_code, same.headers["location"]) == (202, job.headers["location"])


async def test_by_a_filter_it_is_a_job_with_an_answer_for_each(sales: Sales) -> None:
    leads = await many(sales, 3)
    await sales.lead(person="jonas")
    job = await asks(sales, BACK | {"where": {"person": "anna", "team": "berlin"}}, 3)
    assert (await sales.anna.get(f"{job}/rows")).json() == {"rows": [], "after": None}
    assert await works(sales) == 1
    done = (await sales.anna.get(job)).json()
    assert (done["state"], done["done"], done["counts"]) == ("done", 3, {"200": 3})
    rows = (await sales.anna.get(f"{job}/rows", params={"limit": 2})).json()
    rest = (await sales.anna.get(f"{job}/rows", params={"limit": 2, "after": rows["after"]})).json()
    assert {row["lead_id"] for row in (*rows["rows"], *rest["rows"])} == set(leads)
    assert rest["after"] is None
    assert (await sales.anna.get(f"{job}/rows", params={"status": 404})).json()["rows"] == []
    for path in (job, f"{job}/rows"):
        assert (await sales.jonas.get(path)).status_code == 404
    assert (await sales.jonas.post(f"{job}/cancel")).status_code == 404
    assert (await sales.anna.post(f"{job}/cancel")).status_code == 409
    none = await does(sales, "anna", BACK | {"where": {"person": "nobody"}})
    assert (none.status_code, none.json()["state"], none.json()["rows"]) == (202, "done", 0)


async def test_a_job_that_died_goes_on_and_each_leads_turn_comes_once(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(sales, 5)
    await sales.service.emitted()
    job = await asks(sales, BACK | {"where": {"person": "anna"}}, 5)
    monkeypatch.setattr(bulk_worker, "AT_ONCE", 2)
    assert await bulk_worker.turn(sales.service.service)
    save = bulk.store.save

    async def dies(*_: Any) -> None:
        raise ConnectionError("killed")

    monkeypatch.setattr(bulk.store, "save", dies)
    with pytest.raises(ConnectionError):
        await bulk_worker.turn(sales.service.service)
    assert (await sales.anna.get(job)).json()["done"] == 2
    monkeypatch.setattr(bulk.store, "save", save)
    other = bulk_worker.turn(sales.service.service)
    await asyncio.gather(other, bulk_worker.turn(sales.service.service))  # two replicas at the same moment
    await works(sales)
    assert (await sales.anna.get(job)).json()["counts"] == {"200": 5}
    back = [str(one.lead_id) for one in await told(sales, LeadReturned)]
    assert len(back) == len(set(back)) == 5
    assert [
        row["count"] for row in await sales.service.sql("select count(*) from timeline where what = 'returned'")
    ] == [5]


async def test_a_job_is_done_by_the_rights_that_one_has_then(sales: Sales) -> None:
    leads = await many(sales, 2)
    job = await asks(sales, BACK | {"where": {"person": "anna"}}, 2)
    await sales.service.told(may("anna", {"team": "paris"}, version=2))
    await works(sales)
    assert (await sales.anna.get(job)).json()["counts"] == {"404": 2}
    assert {(await places(sales))[lead] for lead in leads} == {("person", "anna")}


async def test_what_is_cancelled_is_left_as_it_is(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
    await many(sales, 3)
    job = await asks(sales, BACK | {"where": {"person": "anna"}}, 3)
    monkeypatch.setattr(bulk_worker, "AT_ONCE", 1)
    await bulk_worker.turn(sales.service.service)
    ended = await sales.anna.post(f"{job}/cancel")
    assert (ended.status_code, ended.json()["state"], ended.json()["done"]) == (200, "cancelled", 1)
    assert await works(sales) == 0
    assert [one for one in (await places(sales)).values() if one == ("person", "anna")] == [("person", "anna")] * 2


async def test_a_lead_that_can_not_be_done_stops_no_other(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = await many(sales, 3)
    job = await asks(sales, BACK | {"where": {"person": "anna"}}, 3)
    give_back = bulk.give_back_all

    async def fails(taken: Any, code: str, tx: Any) -> Any:
        if any(str(one.lead_id) == leads[1] for one in taken):
            raise ValueError("a bug of ours")
        return await give_back(taken, code, tx)

    monkeypatch.setattr(bulk, "give_back_all", fails)
    await works(sales)
    done = (await sales.anna.get(job)).json()
    assert (done["state"], done["counts"]) == ("done", {"200": 2, "500": 1})
    (failed,) = (await sales.anna.get(f"{job}/rows", params={"status": 500})).json()["rows"]
    assert failed["lead_id"] == leads[1]


async def test_jobs_of_long_ago_are_forgotten(sales: Sales) -> None:
    await many(sales, 1)
    job = await asks(sales, BACK | {"where": {"person": "anna"}}, 1)
    await sales.service.runs("forget_jobs")
    await works(sales)
    await sales.service.sql("update job set done_at = done_at - interval '31 days'")
    await sales.service.runs("forget_jobs")
    assert (await sales.anna.get(job)).status_code == 404
    assert await sales.service.sql("select from job_row") == []
