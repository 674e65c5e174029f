"""What people do with a lead after it was assigned, through the doors: read, judge, set aside, restore, give back, win, reopen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sales import ANNA, BERLIN, CAMILLE, JONAS, LEADER, QUALIFIER, Sales, jule, later_on
from stage import Stage, mark
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")


def test_a_hot_lead_is_with_a_person_at_once_and_its_team_can_call(stage: Stage, sales: Sales) -> None:
    """Case 1 of leads' acceptance."""
    form, key = jule(), mark("case-one")
    lead = sales.decided(stage.submit(form, **{"idempotency-key": key}))
    shown = sales.shown(lead)
    assert (shown["place"], shown["team"], shown["grade"]) == ("person", BERLIN, "A")
    for who in (ANNA, JONAS):
        opened = sales.company.asks(who, "POST", "leads", f"leads/{lead}/contact", {"purpose": "call"})
        assert opened.status_code == 200, opened.text
        contact = opened.json()["contact"]
        assert (contact["name"], contact["phone"]) == ("Jule Marx", "+49301234567")
    for method, path in (("GET", f"leads/{lead}"), ("POST", f"leads/{lead}/contact")):
        assert sales.company.asks(CAMILLE, method, "leads", path, {"purpose": "call"}).status_code == 404
    assert stage.submit(form, **{"idempotency-key": key}) == lead
    sales.lead()  # what was sent again has come through by now
    captured = [body for _, body in sales.said("leads.lead", lead, "captured")]
    assert len(captured) == 1
    assert sales.shown(lead)["captured_at"] == shown["captured_at"]


def party(stage: Stage, lead: str) -> object:
    return stage.sql("leads", "select party_id from lead where lead_id = $1::uuid", lead)[0]["party_id"]


def test_a_number_and_an_address_are_somebodys_however_they_are_written(stage: Stage, sales: Sales) -> None:
    """Case 4 of leads' acceptance, as far as a person is known by the address, else by the number and the name."""
    tail = f"{uuid4().int % 10**6:06}"
    numbers = (f"030 {tail[:3]} {tail[3:]}", f"+49 30 {tail}", f"0049-30-{tail}")
    by_phone = [
        sales.lead(contact={"name": n, "phone": p})
        for n, p in zip(("Jule Marx", "MARX  Jule", "Frau Jule Marx"), numbers, strict=True)
    ]
    assert len({party(stage, lead) for lead in by_phone}) == 1
    other = sales.lead(contact={"name": "Karl Vogt", "phone": numbers[0]})
    assert party(stage, other) != party(stage, by_phone[0])
    box = mark("jule")
    by_mail = [
        sales.lead(contact={"email": e, "phone": p})
        for e, p in ((f"{box}@Werk.example", "030 777000"), (f"{box}@werk.EXAMPLE", "030 777001"))
    ]
    assert len({party(stage, lead) for lead in by_mail}) == 1
    assert party(stage, by_mail[0]) != party(stage, by_phone[0])


@pytest.fixture
def doubtful(stage: Stage, sales: Sales) -> str:
    """A lead that a qualifier of berlin has to look at."""
    return sales.decided(stage.submit(later_on()))


def test_a_doubtful_lead_waits_for_its_teams_qualifier_with_a_due_time(sales: Sales, doubtful: str) -> None:
    """Case 8 of leads' acceptance."""
    shown = sales.shown(doubtful)
    [judged] = [one for one in shown["history"] if one["what"] == "qualified"]
    assert (judged["score"], judged["grade"]) == (20, "D")
    assert (shown["place"], shown["team"]) == ("qualification", BERLIN)
    assert shown["due_at"]
    assert doubtful in waiting_for(sales, QUALIFIER)
    assert sales.company.asks(CAMILLE, "GET", "leads", "qualification").status_code == 403
    assert doubtful not in [
        row["id"]
        for row in sales.company.asks(CAMILLE, "GET", "leads", "queues?place=qualification&names=false").json()["rows"]
    ]


def waiting_for(sales: Sales, who: str) -> list[str]:
    """All that somebody is to judge."""
    found: list[str] = []
    after = ""
    while True:
        page = sales.company.asks(who, "GET", "leads", f"qualification?names=false&limit=200{after}").json()
        found += [row["id"] for row in page["rows"]]
        if page["after"] is None:
            return found
        after = f"&after={page['after']}"


NEAR = {"verdict": "near_term", "grade": "B"}


def test_who_may_not_judge_is_refused_on_record_and_who_is_elsewhere_finds_nothing(
    stage: Stage, sales: Sales, doubtful: str
) -> None:
    """Case 9 of leads' acceptance."""
    for _ in range(2):
        answer = sales.step(ANNA, doubtful, "qualification", NEAR)
        assert answer.status_code == 403, answer.text
    rows = stage.sql("leads", "select person from refusal where lead_id = $1::uuid", doubtful)
    assert [row["person"] for row in rows] == [ANNA, ANNA]
    told = until("it is told", lambda: sales.said("leads.lead", doubtful, "qualification_refused"))
    assert [body["person"] for _, body in told] == [ANNA], "once a minute"
    there, never = (sales.step(CAMILLE, lead, "qualification", NEAR, '"1"') for lead in (doubtful, str(uuid4())))
    assert (there.status_code, there.content) == (404, never.content)


def test_a_qualifier_makes_it_a_lead_to_be_worked_and_a_stale_reader_is_told_what_changed(
    sales: Sales, doubtful: str
) -> None:
    """Case 10 of leads' acceptance."""
    stale = sales.shown(doubtful)["etag"]
    answer = sales.step(QUALIFIER, doubtful, "qualification", NEAR)
    assert answer.status_code == 200, answer.text
    assert sales.becomes(doubtful, within=5, place="person")["grade"] == "B"
    [again] = [body for _, body in sales.said("leads.lead", doubtful, "qualified") if body["revision"] == 2]
    assert (again["by"], again["grade"], again["disposition"]) == (QUALIFIER, "B", "near_term")
    assert [body["stands"] for _, body in sales.said("leads.lead", doubtful, "opened")][-1] == "opportunity"
    late = sales.step(LEADER, doubtful, "discard", {"code": "spam"}, stale)
    assert late.status_code == 412, late.text
    assert "place" in {one["field"] for one in late.json()["errors"]}


def test_what_may_be_bought_later_rests_until_the_morning_of_its_day(stage: Stage, sales: Sales) -> None:
    """Case 11 of leads' acceptance."""
    doubtful = sales.decided(stage.submit(later_on() | {"channel": (channel := mark("later"))}))
    stage.counted("channel", channel, leads=1, valid=0)
    assert sales.shown(doubtful)["party_class"] == "unknown"
    past = sales.step(QUALIFIER, doubtful, "qualification", {"verdict": "nurture", "revisit_on": "2020-11-01"})
    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "revisit_on")
    day = date(datetime.now(UTC).year + 1, 1, 11)
    answer = sales.step(QUALIFIER, doubtful, "qualification", {"verdict": "nurture", "revisit_on": str(day)})
    assert answer.status_code == 200, answer.text
    shown = sales.shown(doubtful)
    assert (shown["place"], shown["party_class"]) == ("nurture", "potential")
    assert datetime.fromisoformat(shown["due_at"]).date() == day
    [said] = [body for _, body in sales.said("leads.lead", doubtful, "qualified") if body["revision"] == 2]
    assert (said["disposition"], said["revisit_on"]) == ("nurture", str(day))
    stage.counted("channel", channel, leads=1, valid=1)


def test_what_is_set_aside_is_kept_a_while_and_can_come_back_until_then(
    stage: Stage, sales: Sales, doubtful: str
) -> None:
    """Case 12 of leads' acceptance."""
    assert sales.step(QUALIFIER, doubtful, "discard", {"code": "spam"}).status_code == 200
    [said] = [body for _, body in sales.said("leads.lead", doubtful, "discarded")]
    kept = datetime.fromisoformat(said["keep_until_at"]) - datetime.fromisoformat(said["discarded_at"])
    assert kept == timedelta(days=30)
    assert sales.shown(doubtful)["place"] == "discarded"
    back = {"code": "discarded_wrongly"}
    assert sales.step(QUALIFIER, doubtful, "restore", back).status_code == 200
    until("territory has heard it too", lambda: sales.shown(doubtful)["history"][-1]["what"] == "routed")
    assert sales.becomes(doubtful, place="qualification")["due_at"]
    assert sales.step(QUALIFIER, doubtful, "discard", {"code": "spam"}).status_code == 200
    passed = """
        update lead_place set later = jsonb_set(later, '{keep_until}', to_jsonb(now() - interval '1 s')), next_at = now()
        where lead_id = $1::uuid
    """
    stage.sql("leads", passed, doubtful)
    until("its contact is gone", lambda: sales.shown(doubtful)["history"][-1]["what"] == "forgotten")
    late = sales.step(QUALIFIER, doubtful, "restore", back)
    assert late.status_code == 409, late.text
    call = sales.company.asks(QUALIFIER, "POST", "leads", f"leads/{doubtful}/contact", {"purpose": "qualify"})
    assert call.status_code == 410, call.text
    for path in ("timeline", "activities", "documents", "requests"):
        answer = sales.company.asks(QUALIFIER, "GET", "leads", f"leads/{doubtful}/{path}")
        assert answer.status_code == 200, answer.text
    listed = sales.company.asks(QUALIFIER, "GET", "leads", f"leads?team={BERLIN}&state=discarded&limit=200").json()
    assert [(row["name"], row["company"]) for row in listed["rows"] if row["id"] == doubtful] == [(None, None)]


def test_a_lead_that_is_given_back_goes_to_another_and_never_straight_back(sales: Sales) -> None:
    """Case 13 of leads' acceptance."""
    team = sales.team("anna", "jonas", "leyla")
    sales.known(team)
    leader = sales.led(team)
    lead = sales.comes(team)
    had: list[str] = []
    for _ in range(2):
        had.append(sales.gives_back(lead, "wrong_person"))
        sales.becomes(lead, place="person")
        assert sales.shown(lead)["person"] not in had
    had.append(sales.gives_back(lead, "wrong_person"))
    waits = sales.becomes(lead, place="queue", person=None)
    assert "returned" in waits["waits"]
    assert waits["due_at"]
    assert set(had) == set(team.people.values())
    mine = sales.company.asks(leader, "GET", "leads", f"queues?team={team.id}&place=queue").json()["rows"]
    assert [row["id"] for row in mine] == [lead]
    asked = f"queues?team={team.id}"
    until(
        "territory keeps it for the supervisor",
        lambda: (
            [one["code"] for one in sales.company.asks(leader, "GET", "territory", asked).json()["leads"]]
            == ["returned"]
        ),
    )
    holders = [one["person"] for one in sales.shown(lead)["history"] if one["what"] == "assigned"]
    assert len(holders) == len(set(holders)) == 3


def test_a_return_names_a_code_and_is_of_who_has_a_lead_that_is_open(sales: Sales) -> None:
    """Case 14 of leads' acceptance."""
    lead = sales.hers()
    for body in ({}, {"code": "bored"}):
        answer = sales.step(ANNA, lead, "return", body)
        assert answer.status_code == 422, answer.text
        assert "code" in [one["field"] for one in answer.json()["errors"]]
    assert sales.step(CAMILLE, lead, "return", {"code": "overload"}).status_code == 404
    won = {"result": "won", "amount": {"minor": 8_900_000, "currency": "EUR"}}
    without = sales.step(ANNA, lead, "outcome", won)
    assert without.status_code == 409, without.text
    assert "document:contract" in [one["field"] for one in without.json()["errors"]]
    said = {"outcomes": [{"lead_id": lead, **won}]}  # an outcome from outside is a fact
    assert sales.stage.post("leads", "/v1/outcomes", json=said).json()["accepted"] == 1
    sales.becomes(lead, state="won")
    answer = sales.step(ANNA, lead, "return", {"code": "overload"})
    assert answer.status_code == 409, answer.text
    assert "won" in answer.json()["detail"]


def test_a_lost_lead_is_reopened_by_who_leads_and_not_by_who_had_it(sales: Sales) -> None:
    """Case 28 of leads' acceptance, as far as it goes without documents."""
    lead = sales.hers()
    assert sales.step(ANNA, lead, "outcome", {"result": "lost"}).status_code == 422
    assert sales.step(ANNA, lead, "outcome", {"result": "lost", "code": "price"}).status_code == 200
    assert sales.step(ANNA, lead, "reopen", {"code": "back_again"}).status_code == 403
    answer = sales.step(LEADER, lead, "reopen", {"code": "back_again"})
    assert answer.status_code == 200, answer.text
    [said] = [body for _, body in sales.said("leads.lead", lead, "reopened")]
    assert (said["revision"], said["by"]) == (2, LEADER)
    assert sales.becomes(lead, place="person")["person"] == ANNA


def test_all_leads_are_somewhere_and_one_that_is_nowhere_is_missed(stage: Stage, sales: Sales) -> None:
    """Case 49 of leads' acceptance."""
    lead = sales.lead()

    def counted() -> dict[str, Any]:
        return dict(sales.company.asks(LEADER, "GET", "leads", "conservation").json())

    def gauge() -> float:
        return float(
            next(
                line for line in stage.telemetry("leads").splitlines() if line.startswith("leads_unaccounted ")
            ).split()[1]
        )

    begun = until("all were counted", lambda: (found := counted())["as_of"] and not found["unaccounted"] and found, 70)
    assert begun["captured"] == sum(begun["places"].values())
    place = stage.sql("leads", "delete from lead_place where lead_id = $1::uuid returning *", lead)[0]
    stage.sql("leads", "update lead set captured_at = captured_at - interval '2 min' where lead_id = $1::uuid", lead)
    until("it is missed", lambda: gauge() == 1, 70)
    columns = ", ".join(place.keys())
    values = ", ".join(f"${n}" for n in range(1, len(place) + 1))
    stage.sql("leads", f"insert into lead_place ({columns}) values ({values})", *place.values())
    stage.sql("leads", "update lead set captured_at = captured_at + interval '2 min' where lead_id = $1::uuid", lead)
    until("it is found", lambda: gauge() == 0, 70)
