"""Leads that go to others with all that is recorded of them, through the doors: a book of 500 with kills on the way, and back."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sales import GM, Sales, Team
from stage import Stage
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")

BOOK = 1000  # the case has 500: so many go at once, and they are to die between two times
RECORDED = """
select p.lead_id::text, p.state, p.grade, p.pipeline, r.due_at, r.state as owed,
    (select array_agg(concat_ws('|', a.activity_id, a.kind, a.author, a.team, a.occurred_at) order by a.activity_id)
        from activity a where a.lead_id = p.lead_id) as activities
from lead_place p left join request r on r.lead_id = p.lead_id and r.n = 0 where p.lead_id = any($1::uuid[]) order by 1
"""


def recorded(stage: Stage, leads: list[str]) -> list[dict[str, Any]]:
    """What must be the same whoever has the leads."""
    return [dict(row) for row in stage.sql("leads", RECORDED, leads)]


def holders(stage: Stage, leads: list[str]) -> dict[str, str]:
    rows = stage.sql("leads", "select lead_id::text, assignee from lead_place where lead_id = any($1::uuid[])", leads)
    return {row["lead_id"]: row["assignee"] for row in rows}


@pytest.fixture(scope="module")
def team(sales: Sales) -> Team:
    """Anna, jonas and leyla; who leads them is known by ``leader``."""
    team = sales.team("anna", "jonas", "leyla")
    sales.known(team)
    return team


@pytest.fixture(scope="module")
def leader(sales: Sales, team: Team) -> str:
    """Who leads them."""
    return sales.led(team)


@pytest.fixture(scope="module")
def book(session_stage: Stage, sales: Sales, team: Team, leader: str) -> list[str]:
    """All that anna has: these leads, notes of hers on three of them."""
    absences = [sales.away(person) for person in (team.jonas, team.leyla)]
    leads: list[str] = []
    for _ in range(0, BOOK, 500):
        form = {"leads": [sales.form(team, source="import") for _ in range(500)]}
        leads += session_stage.post("leads", "/v1/leads/batch", json=form).json()["ids"]
    until("they are hers", lambda: list(holders(session_stage, leads).values()).count(team.anna) == BOOK, 60)
    for absence in absences:
        sales.back(absence)
    for lead in leads[:3]:
        sales.done(team.anna, lead, kind="note", reached=None, text="They want two.")
    return leads


def transfer(sales: Sales, leader: str, **wanted: Any) -> dict[str, Any]:
    return sales.company.does(leader, "POST", "transfers", {"code": "leaves", **wanted})


def completed(sales: Sales, leader: str, which: str, **counts: int) -> dict[str, Any]:
    """The transfer once it is carried out here and followed by leads."""

    def there() -> dict[str, Any]:
        found = sales.company.does(leader, "GET", f"transfers/{which}")
        return found if found["state"] == "completed" and found["counts"] == counts else {}

    return until(f"transfer {which} has {counts}", there, 60)


def moments(stage: Stage, transfer: str) -> dict[str, int]:
    """How often each lead was told to have gone by a transfer, by those who follow it."""
    found: dict[str, int] = {}
    for one in stage.topic("leads.lead"):
        if one.headers["ce_type"].startswith(b"leads.lead.transferred") and one.body["transfer_id"] == transfer:
            found[one.body["lead_id"]] = found.get(one.body["lead_id"], 0) + 1
    return found


def test_a_leavers_book_goes_whole_though_both_die_on_the_way_and_comes_back_whole(
    stage: Stage, sales: Sales, team: Team, leader: str, book: list[str]
) -> None:
    """Case 29 of leads' acceptance."""
    before = recorded(stage, book)
    absence = sales.away(team.anna)
    began = datetime.now(UTC)
    made = transfer(sales, leader, from_team=team.id, to_team=team.id, person=team.anna)
    done = "select count(*) from transfer_item where transfer_id = $1::uuid and state <> 'waiting'"
    until("some 200 have gone", lambda: stage.sql("territory", done, made["id"])[0][0] >= 200, 30)
    for name in ("territory", "leads"):
        stage.services[name].kill()
    gone = stage.sql("territory", done, made["id"])[0][0]
    stage.up(["territory", "leads"])
    shown = completed(sales, leader, made["id"], applied=BOOK)
    assert shown["items"] == BOOK
    assert moments(stage, made["id"]) == dict.fromkeys(book, 1)
    after = holders(stage, book)
    assert sorted(set(after.values())) == sorted((team.jonas, team.leyla))
    shares = [list(after.values()).count(person) for person in (team.jonas, team.leyla)]
    assert max(shares) - min(shares) <= 1
    assert recorded(stage, book) == before, "nothing of what is recorded is another"
    ended = datetime.now(UTC)
    assert gone < BOOK, "they died on the way"
    sales.back(absence)
    undo = sales.company.does(leader, "POST", f"transfers/{made['id']}/undo")
    completed(sales, leader, undo["id"], applied=BOOK)
    assert set(holders(stage, book).values()) == {team.anna}
    assert recorded(stage, book) == before
    lead = book[0]
    held = [held_at(sales, lead, at) for at in (began, ended, datetime.now(UTC))]
    assert [one["person"] for one in held] == [team.anna, after[lead], team.anna]
    assert {one["team"] for one in held} == {team.id}


def held_at(sales: Sales, lead: str, at: datetime) -> dict[str, Any]:
    answer = sales.company.asks(GM, "GET", "leads", f"leads/{lead}/holders?at={quote(at.isoformat())}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_who_stands_in_records_for_who_is_away_and_is_named(sales: Sales, team: Team, leader: str) -> None:
    """Case 30 of leads' acceptance."""
    lead = sales.comes(team)
    person = str(sales.shown(lead)["person"])
    other = next(one for one in (team.jonas, team.leyla) if one != person)
    before = datetime.now(UTC)
    absence = sales.away(person)
    body = {"absent": person, "substitute": other, "unit": team.id, "ends_with_absence": True}
    body["until_at"] = (before + timedelta(hours=1)).isoformat()
    sales.company.does(leader, "POST", "substitutions", body)
    sales.company.acts(other, lambda me: person in [one["on_behalf_of"] for one in me["teams"]])
    during = datetime.now(UTC)
    activity = sales.done(other, lead)
    assert (activity["author"], activity["on_behalf_of"]) == (other, person)
    assert held_at(sales, lead, during) | {"substitute": other, "person": person} == held_at(sales, lead, during)
    sales.back(absence)
    sales.company.acts(other, lambda me: person not in [one["on_behalf_of"] for one in me["teams"]])
    assert held_at(sales, lead, datetime.now(UTC))["substitute"] is None
    assert held_at(sales, lead, during)["substitute"] == other, "what was is not forgotten"
    assert held_at(sales, lead, before)["substitute"] is None


def test_at_the_moment_of_a_transfer_one_team_sees_it_no_more_and_the_other_all_of_it(
    stage: Stage, sales: Sales, team: Team, leader: str
) -> None:
    """Case 31 of leads' acceptance."""
    other = sales.team("franz")
    sales.known(other)
    there = sales.led(other)
    lead = sales.comes(team)
    person = str(sales.shown(lead)["person"])
    note = sales.done(person, lead, kind="note", reached=None, text="They want two.")
    asked = transfer(sales, leader, from_team=team.id, to_team=other.id, leads=[lead], to_person=other.franz)
    sales.company.does(there, "POST", f"transfers/{asked['id']}/approve")
    began = time.monotonic()
    until("franz sees it", lambda: sales.company.asks(other.franz, "GET", "leads", f"leads/{lead}").status_code == 200)
    assert time.monotonic() - began < 3
    for path in (f"leads/{lead}", f"leads/{lead}/activities", f"leads/{lead}/timeline", f"leads/{lead}/holders"):
        assert sales.company.asks(person, "GET", "leads", path).status_code == 404, path
    mine = sales.company.asks(person, "GET", "leads", "work?names=false&limit=200").json()["rows"]
    assert lead not in [row["id"] for row in mine]
    seen = sales.company.asks(other.franz, "GET", "leads", f"leads/{lead}/activities").json()["rows"]
    assert [(row["id"], row["author"], row["team"], row["text"]) for row in seen] == [
        (note["id"], person, team.id, "They want two.")
    ]
