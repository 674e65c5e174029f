"""A sale through the doors: the stages of its line and what they ask for, how it ends, and one step for many leads at once."""

from typing import Any

import httpx
import pytest
from company import Company
from sales import ANNA, BERLIN, CAMILLE, GM, JONAS, LEADER, LEYLA, Sales
from stage import Stage
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")

PDF = b"%PDF-1.7\n%%EOF\n"
WON = {"result": "won", "amount": {"minor": 8_900_000, "currency": "EUR"}}


def attached(company: Company, who: str, lead: str, kind: str) -> httpx.Response:
    """Somebody attaches a file of this kind."""
    headers = {
        "authorization": f"Bearer {company.stage.stack.tokens.person(who, ('pwd',))}",
        "content-type": "application/pdf",
        "document-kind": kind,
        "document-name": f"{kind}%20Jule.pdf",
    }
    url = company.stage.url("leads", f"/v1/leads/{lead}/documents")
    answer = company.stage.public.post(url, content=PDF, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


def missing(answer: httpx.Response) -> list[str]:
    """What a refusal names."""
    assert answer.status_code == 409, answer.text
    return [one["field"] for one in answer.json()["errors"]]


def test_a_sale_goes_forward_when_all_is_there_and_back_for_a_reason(sales: Sales) -> None:
    """Case 26 of leads' acceptance."""
    lead = sales.hers()
    assert missing(sales.step(ANNA, lead, "stage", {"to": "offer"})) == ["answered", "document:offer"]
    sales.done(ANNA, lead)
    assert missing(sales.step(ANNA, lead, "stage", {"to": "offer"})) == ["document:offer"]
    attached(sales.company, ANNA, lead, "offer")
    answer = sales.step(ANNA, lead, "stage", {"to": "offer"})
    assert (answer.status_code, answer.json()["stage"]) == (200, "offer"), answer.text
    back = sales.step(ANNA, lead, "stage", {"to": "visit"})
    assert (back.status_code, [one["field"] for one in back.json()["errors"]]) == (422, ["code"])
    told = [
        (body["from_stage"], body["to_stage"]) for _, body in sales.said("leads.opportunity", lead, "stage_changed")
    ]
    assert told == [("qualified", "offer")]


def test_another_line_has_other_stages_that_ask_for_other_documents(sales: Sales) -> None:
    """Case 27 of leads' acceptance."""
    lead = sales.lead(
        contact={"name": "سارا احمدی", "phone": "021 8877 6655"}, country="IR", postcode=None, product="press"
    )
    shown = sales.becomes(lead, team="tehran", place="person")
    who = str(shown["person"])
    sales.company.acts(who, lambda me: bool(me["teams"]))
    sale = sales.company.asks(who, "GET", "leads", f"leads/{lead}/opportunity").json()
    assert (sale["pipeline"], sale["stage"]) == ("pro-forma", "qualified")
    assert [one["stage"] for one in sale["to_come"]] == ["pro-forma", "advance payment", "shipped", "won"]
    assert missing(sales.step(who, lead, "stage", {"to": "pro-forma"})) == ["document:pro_forma"]
    attached(sales.company, who, lead, "offer")
    assert missing(sales.step(who, lead, "stage", {"to": "pro-forma"})) == ["document:pro_forma"]
    attached(sales.company, who, lead, "pro_forma")
    moved = sales.step(who, lead, "stage", {"to": "pro-forma"})
    assert (moved.status_code, moved.json()["stage"]) == (200, "pro-forma"), moved.text
    boards = {}
    for team in (BERLIN, "tehran"):
        answer = sales.company.asks(GM, "GET", "leads", f"board?team={team}&names=false")
        boards[team] = [column["stage"] for column in answer.json()["columns"] if not column["gone"]]
    assert boards[BERLIN][:4] == ["qualified", "visit", "offer", "contract"]
    assert boards["tehran"][:4] == ["qualified", "pro-forma", "advance payment", "shipped"]


def test_a_sale_is_won_at_a_door_with_its_contract_and_from_outside_without_it_and_then_named(
    stage: Stage, sales: Sales
) -> None:
    """Case 28 of leads' acceptance; that a lost lead is reopened stands with the life of a lead."""
    lead = sales.hers()
    assert "document:contract" in missing(sales.step(ANNA, lead, "outcome", WON))
    said = {"outcomes": [{"lead_id": lead, **WON}]}
    assert stage.post("leads", "/v1/outcomes", json=said).json()["accepted"] == 1
    sales.becomes(lead, state="won")
    assert sales.company.asks(ANNA, "GET", "leads", f"leads/{lead}/opportunity").json()["flags"] == [
        "documents_missing"
    ]
    [closed] = [body for _, body in sales.said("leads.lead", lead, "closed")]
    assert closed["flags"] == ["documents_missing"]

    def listed() -> bool:
        path, after = f"documents-missing?team={BERLIN}&limit=200", ""
        while after is not None:
            page = sales.company.asks(LEADER, "GET", "leads", path + (after and f"&after={after}")).json()
            if lead in [row["id"] for row in page["rows"]]:
                return True
            after = page["after"]
        return False

    assert listed(), "who leads the team finds it"
    for kind in ("offer", "contract"):
        attached(sales.company, ANNA, lead, kind)
    assert not listed(), "its documents are there"


def test_of_two_leads_of_one_demand_one_is_worked_for_both(stage: Stage, sales: Sales) -> None:
    """Case 32 of leads' acceptance."""
    lead, into, won = sales.hers(requests=[{"kind": "sample"}]), sales.hers(JONAS), sales.hers()

    def responders() -> list[str]:
        rows = sales.company.asks(LEADER, "GET", "leads", f"leads/{lead}/requests").json()["rows"]
        return [row["responder"] for row in rows if row["state"] == "open"]

    def works(person: str) -> bool:
        path, after = "work?names=false&limit=200", ""
        while after is not None:
            page = sales.company.asks(person, "GET", "leads", path + (after and f"&after={after}")).json()
            if lead in [row["id"] for row in page["rows"]]:
                return True
            after = page["after"]
        return False

    def merge(one: str, other: str) -> httpx.Response:
        return sales.step(LEADER, one, "merge", {"into": other})

    assert responders() == [ANNA, ANNA]
    answer = merge(lead, into)
    assert (answer.status_code, answer.json()["place"]) == (200, "merged"), answer.text
    assert responders() == [JONAS, JONAS]
    assert (works(ANNA), works(JONAS)) == (False, True)
    sales.company.does(LEADER, "POST", f"leads/{into}/assignment", {"person": LEYLA})
    sales.becomes(into, person=LEYLA)
    assert responders() == [LEYLA, LEYLA]
    assert (works(JONAS), works(LEYLA)) == (False, True)
    assert merge(into, lead).status_code == 409, "a circle"
    assert stage.post("leads", "/v1/outcomes", json={"outcomes": [{"lead_id": won, **WON}]}).json()["accepted"] == 1
    sales.becomes(won, state="won")
    assert merge(into, won).status_code == 409
    ended = "select ended from lead_case where lead_id = $1::uuid"
    until("it loads nobody", lambda: stage.sql("territory", ended, lead)[0]["ended"] == "merged")
    back = sales.step(LEADER, lead, "unmerge", None)
    assert (back.status_code, back.json()["person"]) == (200, ANNA), back.text
    until("territory knows that she has it", lambda: stage.sql("territory", ended, lead)[0]["ended"] is None)
    assert responders() == [ANNA, ANNA]
    assert (works(ANNA), works(LEYLA)) == (True, False)
    assert sales.becomes(lead, place="person")["person"] == ANNA
    stage.holds([lead, into, won])


def test_many_leads_are_given_back_at_once_with_an_answer_for_each(stage: Stage, sales: Sales) -> None:
    """Case 50 of leads' acceptance."""
    team = sales.team("anna")
    sales.known(team)
    mine = [sales.comes(team) for _ in range(5)]
    others = sales.lead(country="FR", postcode="75011")
    sales.becomes(others, team="paris")
    back = {"do": "return", "with": {"code": "overload"}}

    def many(**whom: Any) -> httpx.Response:
        return sales.company.asks(team.anna, "POST", "leads", "bulk", back | whom)

    def to(*leads: str) -> list[dict[str, str]]:
        return [{"lead_id": one} for one in leads]

    answer = many(to=to(mine[0], others, mine[1]))
    assert answer.status_code == 200, answer.text
    assert [(row["lead_id"], row["status"]) for row in answer.json()["rows"]] == [
        (mine[0], 200),
        (others, 404),
        (mine[1], 200),
    ]
    assert [sales.shown(one)["person"] for one in (mine[0], mine[1])] == [None, None]
    assert sales.shown(others)["team"] == "paris"
    too_many = many(to=to(*(f"{n:08x}-0000-4000-8000-000000000000" for n in range(501))))
    assert (too_many.status_code, too_many.json()["errors"][0]["field"]) == (422, "to"), too_many.text
    asked = many(where={"team": team.id, "place": "person"})
    assert (asked.status_code, asked.json()["rows"]) == (202, 3), asked.text
    job = f"jobs/{asked.json()['job_id']}"
    until("it is done", lambda: sales.company.asks(team.anna, "GET", "leads", job).json()["state"] == "done", within=15)
    rows = sales.company.asks(team.anna, "GET", "leads", f"{job}/rows").json()["rows"]
    assert sorted((row["lead_id"], row["status"]) for row in rows) == sorted((one, 200) for one in mine[2:])
    assert sales.company.asks(CAMILLE, "GET", "leads", job).status_code == 404
