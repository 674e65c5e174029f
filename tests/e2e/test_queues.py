"""What nobody has waits for something and moves when it comes: who is back, other rules, working time. Through the doors."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sales import ADMINISTRATOR, ANNA, BERLIN, GM, Sales, Team, jule
from stage import Stage, a_lead, mark
from waiting import until

from tributary.tokens import ADMINISTRATORS

pytestmark = pytest.mark.xdist_group("stack")

AT_ONCE_S = 3.0  # "within 1 s" of the design, on two cores that others use too


def three(sales: Sales) -> Team:
    return sales.team(anna=2, jonas=2, leyla=1)


def waiting(sales: Sales, team: Team) -> list[dict[str, object]]:
    return list(sales.company.asks(GM, "GET", "territory", f"queues?team={team.id}").json()["leads"])


def case(stage: Stage, lead: str) -> dict[str, object]:
    return dict(stage.sql("territory", "select * from lead_case where lead_id = $1::uuid", lead)[0])


def test_what_all_have_returned_waits_for_the_supervisor_and_for_no_fourth(stage: Stage, sales: Sales) -> None:
    """Case 9 of territory's acceptance."""
    team = three(sales)
    sales.known(team)
    leads = [sales.comes(team) for _ in range(3)]
    for _ in range(3):
        sales.becomes(leads[0], place="person")
        sales.gives_back(leads[0])
    sales.becomes(leads[0], place="queue", person=None)
    until("territory has heard it", lambda: [one["code"] for one in waiting(sales, team)] == ["returned"])
    later = sales.comes(team)
    assert stage.lead(later)["person"]
    assert sales.shown(leads[0])["person"] is None, "a turn is no reason to give it to who has returned it"
    had = [one["person"] for one in sales.shown(leads[0])["history"] if one["what"] == "assigned"]
    assert sorted(had) == sorted(team.people.values())
    leader = sales.led(team)
    mine = sales.company.asks(leader, "GET", "leads", f"queues?team={team.id}&names=false").json()["rows"]
    assert [row["id"] for row in mine] == [leads[0]]


def test_what_was_sent_to_the_wrong_area_goes_where_no_rule_of_that_team_sends_it(stage: Stage, sales: Sales) -> None:
    """Case 10 of territory's acceptance."""
    team = three(sales)
    sales.known(team)
    lead = sales.comes(team, country="NZ", postcode="6011")
    assert sales.taker(team, lead) == "anna"
    rules = f"rulesets/{sales.decision(lead)['ruleset']}"
    sales.gives_back(lead, "wrong_area")
    sales.becomes(lead, team="head-office", place="person")
    assert sales.shown(lead)["person"] in ("export.desk", "key.accounts")
    made = sales.decision(lead)
    assert (made["team"]["value"], made["team"]["rule"]) == ("head-office", "fallback")
    assert sales.company.asks(team.anna, "GET", "leads", f"leads/{lead}").status_code == 404
    assert sales.company.does(GM, "GET", rules)["returned_as_wrong"] == {team.id: 1}


def test_while_all_are_away_leads_wait_and_go_the_oldest_first_when_the_first_is_back(
    stage: Stage, sales: Sales
) -> None:
    """Case 14 of territory's acceptance."""
    team = three(sales)
    soon = datetime.now(UTC) + timedelta(seconds=4)
    for person, until_at in ((team.anna, soon), (team.jonas, soon + timedelta(days=1)), (team.leyla, None)):
        sales.away(person, until_at=until_at and until_at.isoformat())
    first, second = sales.comes(team), sales.comes(team)
    assert [one["code"] for one in waiting(sales, team)] == ["absent", "absent"]
    [told] = [body for _, body in sales.said("territory.lead", first, "unassigned")]
    assert (told["code"], datetime.fromisoformat(told["wakes_at"])) == ("absent", soon)
    assert sales.shown(first)["due_at"]
    sales.becomes(first, within=4 + AT_ONCE_S, person=team.anna)
    sales.becomes(second, person=team.anna)
    owned = stage.sql(
        "territory", "select min(decided_at) as at from decision where team = $1 and assignee is not null", team.id
    )
    assert owned[0]["at"] - soon < timedelta(seconds=AT_ONCE_S)
    absence = sales.away(team.anna)
    waits = [sales.comes(team) for _ in range(3)]
    assert [one["lead_id"] for one in waiting(sales, team)] == waits
    sales.back(absence)
    for lead in waits:
        sales.becomes(lead, person=team.anna)
    rows = stage.sql(
        "territory", "select lead_id::text from decision where team = $1 and turn > 2 order by turn", team.id
    )
    assert [row["lead_id"] for row in rows] == waits


def test_outside_working_time_a_lead_waits_until_it_begins(stage: Stage, sales: Sales) -> None:
    """Case 15 of territory's acceptance, of a lead that comes: today is a holiday, as the clock can't be set."""
    team, calendar = three(sales), mark("c")
    today = datetime.now(UTC).date()
    hours = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    closed: dict[str, list[list[str]]] = {str(today + timedelta(days=n)): [] for n in (-1, 0, 1)}
    body = {"zone": "Europe/Berlin", "week": hours, "exceptions": closed}
    assert sales.company.asks(ADMINISTRATOR, "PUT", "territory", f"calendars/{calendar}", body).status_code == 201
    sales.settings(team, calendar, hours="respect")
    lead = sales.comes(team)
    [told] = [body for _, body in sales.said("territory.lead", lead, "unassigned")]
    opens = sales.company.asks(
        ADMINISTRATOR,
        "GET",
        "territory",
        f"calendars/{calendar}/at?from={datetime.now(UTC).isoformat().replace('+00:00', 'Z')}",
    ).json()
    assert opens["open"] is False
    assert (told["code"], datetime.fromisoformat(told["wakes_at"])) == (
        "closed",
        datetime.fromisoformat(opens["opens_at"]),
    )
    sales.settings(team, calendar, hours="ignore")
    sales.becomes(lead, person=team.anna)


def test_a_decision_on_a_friday_evening_is_tried_and_would_wait_for_monday(stage: Stage, sales: Sales) -> None:
    """Case 15 of territory's acceptance, on the next Friday but one: on one that has been, nobody was a member of the team."""
    team, calendar, zone = three(sales), mark("c"), ZoneInfo("Europe/Berlin")
    hours = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    body = {"zone": zone.key, "week": hours, "exceptions": {}}
    assert sales.company.asks(ADMINISTRATOR, "PUT", "territory", f"calendars/{calendar}", body).status_code == 201
    sales.settings(team, calendar, hours="respect")
    today = datetime.now(zone)
    friday = (today + timedelta(days=11 - today.weekday())).replace(hour=18, minute=30, second=0, microsecond=0)
    leader = sales.led(team)
    found = sales.tried(leader, team, at=friday.isoformat())
    monday = (friday + timedelta(days=3)).replace(hour=9, minute=0)
    assert (found["code"], datetime.fromisoformat(found["wakes_at"])) == ("closed", monday)
    assert (found["team"]["value"], found["person"]["value"]) == (team.id, None)
    assert sales.tried(leader, team, at=monday.isoformat())["person"]["value"] == team.anna
    assert sales.by_turn(team) == [], "no turn was taken"


def test_a_years_holidays_are_proposed_and_published_by_somebody(stage: Stage, sales: Sales) -> None:
    """Case 18 of territory's acceptance."""
    calendar = mark("c")
    hours = {day: [["09:00", "17:00"]] for day in ("sat", "sun", "mon", "tue", "wed", "thu")}
    path, body = f"calendars/{calendar}", {"zone": "Asia/Tehran", "week": hours, "exceptions": {}}
    assert sales.company.asks(ADMINISTRATOR, "PUT", "territory", path, body).status_code == 201

    def proposed(country: str, year: int) -> httpx.Response:
        answer = sales.company.asks(
            ADMINISTRATOR, "POST", "territory", f"{path}/propose", {"country": country, "year": year}
        )
        assert answer.status_code == 200, answer.text
        return answer

    teheran = proposed("IR", 2027)
    assert sum(one["estimated"] for one in teheran.json()["holidays"]) == 18
    assert sales.company.does(ADMINISTRATOR, "GET", path)["exceptions"] == {}, "nothing is changed by asking"
    china = proposed("CN", 2026).json()
    days = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert (china["made_working"], china["warnings"]) == (days, [])
    early = proposed("CN", 2027).json()
    assert (early["made_working"], len(early["warnings"])) == ([], 1)
    kept = sales.company.asks(
        ADMINISTRATOR, "PUT", "territory", path, teheran.json()["calendar"], teheran.headers["etag"]
    )
    assert (kept.status_code, kept.json()["exceptions"]["2027-03-21"]) == (200, [])


def test_what_no_rule_claims_is_placed_by_the_next_market_once(stage: Stage, sales: Sales) -> None:
    """As case 19 of territory's acceptance, of a market that claims nothing of the kind."""
    nobodys = {name: value for name, value in sales.market.items() if name != "fallback"}
    sales.put(nobodys)
    try:
        lead = stage.submit(a_lead(country="NZ", postcode="6011"))
        until(
            "it is on record", lambda: stage.sql("territory", "select 1 from lead_case where lead_id = $1::uuid", lead)
        )
        assert (case(stage, lead)["code"], case(stage, lead)["team"]) == ("no_rule", None)
        until(
            "leads knows",
            lambda: stage.sql(
                "leads", "select 1 from lead_place where lead_id = $1::uuid and place = 'unroutable'", lead
            ),
        )
        [place] = stage.sql("leads", "select due_at from lead_place where lead_id = $1::uuid", lead)
        assert place["due_at"]
    finally:
        sales.put(sales.market)
    sales.becomes(lead, within=2 + AT_ONCE_S, team="head-office", place="person")
    sales.put(sales.market | {"segments": [*sales.market["segments"], {"id": mark("s"), "name": "Another"}]})
    sales.put(sales.market)
    sales.lead()
    [told] = [body for _, body in sales.said("territory.lead", lead, "routed")]
    assert told["cause"] == "swept"
    swept = {one["version"]: one["swept"] for one in sales.company.does(GM, "GET", "rulesets")["rulesets"]}
    assert swept[told["ruleset"]] >= 1


def test_a_lead_that_came_before_any_market_is_placed_by_the_first_once(stage: Stage, sales: Sales) -> None:
    """Case 19 of territory's acceptance: it came when the stack was up and nothing else had been done."""
    lead = stage.before_market
    told = sales.said("territory.lead", lead, "unroutable", "routed", "assigned")
    assert [kind for kind, _ in told[:3]] == ["unroutable", "routed", "assigned"]
    [nowhere, routed, assigned] = [body for _, body in told[:3]]
    assert (nowhere["code"], nowhere["ruleset"]) == ("no_ruleset", 0)
    assert (routed["team"], routed["rule"], routed["cause"], routed["ruleset"]) == (
        BERLIN,
        "de-berlin-lathes",
        "swept",
        1,
    )
    assert assigned["person"] in (ANNA, "jonas.weber", "leyla.kaya")
    assert [kind for kind, body in told if body["cause"] == "swept" or kind == "unroutable"] == [
        "unroutable",
        "routed",
        "assigned",
    ]
    [first] = sales.company.does(GM, "GET", "rulesets?before=2")["rulesets"]
    assert (first["version"], first["swept"]) == (1, 1)
    took = datetime.fromisoformat(routed["routed_at"]) - datetime.fromisoformat(first["activated_at"])
    assert took < timedelta(seconds=2 + AT_ONCE_S)


def test_another_market_takes_no_lead_from_who_has_it(stage: Stage, sales: Sales) -> None:
    """Case 20 of territory's acceptance."""
    team, munich = three(sales), sales.team("eva")
    form = sales.form(team)
    lead = sales.decided(stage.submit(form))
    absence, *_ = [sales.away(person) for person in (team.anna, team.jonas, team.leyla)]
    waits = sales.comes(team)
    assert stage.lead(waits)["person"] is None
    rule = next(one for one in sales.market["rules"] if one["name"] == team.id)
    rule["team"] = munich.id
    sales.put(sales.market)
    sales.becomes(waits, within=2 + AT_ONCE_S, team=munich.id, person=munich.eva)
    assert [body["cause"] for _, body in sales.said("territory.lead", waits, "routed")] == ["new", "swept"]
    sales.back(absence)
    strangers = sales.decided(stage.submit(sales.form(team)))
    assert stage.lead(strangers)["person"] == munich.eva
    further = sales.decided(stage.submit(form | {"product": "laser"}))
    assert stage.lead(further)["person"] == stage.lead(lead)["person"] == team.anna
    assert len(sales.said("territory.lead", lead, "routed")) == 1


def test_a_market_is_drafted_tried_and_put_in_force_by_another(stage: Stage, sales: Sales) -> None:
    """As leads' rules are: a draft sends nothing until another than its author says so, and what was is gone back to as a copy."""
    team, munich = three(sales), sales.team("eva")
    lead = sales.comes(team)
    for person, role in (("d.market", "territory_designer"), ("a.market", "rule_activator")):
        sales.company.comes(person, role)
    stands = sales.company.does("d.market", "GET", "rulesets")["active"]
    file = sales.company.does("d.market", "GET", "market")
    file["rules"] = [one | ({"team": munich.id} if one["name"] == team.id else {}) for one in file["rules"]]

    def does(who: str, method: str, path: str, body: Any = None, etag: str | None = None) -> httpx.Response:
        return sales.company.asks(who, method, "territory", f"market/drafts{path}", body, etag)

    draft = does("d.market", "POST", "", {"content": file})
    assert draft.status_code == 201, draft.text
    number = draft.json()["draft"]
    assert does("d.market", "POST", f"/{number}/try", {"last": 1}).status_code == 202
    tried = until(
        "it is tried",
        lambda: (it := does(GM, "GET", f"/{number}").json()["tried"])["state"] == "done" and it,
    )
    assert (tried["leads"], tried["changed"]) == (1, 1)
    assert tried["teams"] == [{"before": team.id, "after": munich.id, "leads": 1}]
    assert [one["lead_id"] for one in tried["examples"]] == [lead]
    assert does("d.market", "GET", f"/{number}").json()["tried"]["examples"] == [], (
        "no lead of it exists for the author"
    )
    assert sales.company.does("d.market", "GET", "rulesets")["active"] == stands
    seen = draft.headers["etag"]
    assert does("d.market", "POST", f"/{number}/activate", None, seen).status_code == 403
    done = does("a.market", "POST", f"/{number}/activate", None, seen)
    assert (done.status_code, done.json()["state"]) == (200, "active"), done.text
    moved = sales.comes(team)
    assert stage.lead(moved)["person"] == munich.eva
    assert sales.shown(lead)["person"] == team.anna, "who has a lead keeps it"
    [newest] = sales.company.does(GM, "GET", "rulesets?limit=1")["rulesets"]
    assert (newest["version"], newest["by"], newest["draft"]) == (done.json()["version"], "a.market", number)
    back = does("a.market", "POST", "", {"copy_of": stands})
    assert does(GM, "POST", f"/{back.json()['draft']}/activate", None, back.headers["etag"]).status_code == 200
    assert stage.lead(sales.comes(team))["person"] == team.jonas


def test_nobody_grants_himself_and_an_administrator_is_made_by_two(sales: Sales) -> None:
    """Case 51 of territory's acceptance."""
    first, second = ADMINISTRATORS
    person = mark("p")
    sales.company.comes(person)
    own = sales.company.asks(first, "POST", "territory", f"people/{first}/roles", {"role": "auditor"})
    assert (own.status_code, own.json()["errors"][0]["field"]) == (422, "person"), own.text
    asked = sales.company.asks(first, "POST", "territory", f"people/{person}/roles", {"role": "people_administrator"})
    assert asked.status_code == 202, asked.text

    def reads() -> int:
        return sales.company.asks(person, "GET", "territory", "organisation/changes").status_code

    assert reads() == 403
    sales.company.confirmed(asked.json(), second)
    sales.company.acts(person, lambda me: "people_administrator" in me["roles"])
    assert reads() == 200
    [role] = sales.company.does(second, "GET", f"people/{person}/roles")["roles"]
    sales.company.does(second, "DELETE", f"roles/{role['id']}")
    until("the next request is refused", lambda: reads() == 403, 5)


def test_no_lead_without_a_person_is_without_a_reason_and_a_due_time(stage: Stage, sales: Sales) -> None:
    """Case 52 of territory's acceptance: after all that these tests have done."""
    for lead in (sales.lead(), sales.hers(ANNA), sales.decided(stage.submit(jule(country="FR", postcode="75001")))):
        assert sales.shown(lead)["place"] == "person"
    forgotten = "select lead_id, team, place from lead_place where due_at is null and place in ('queue', 'qualification', 'nurture', 'unroutable')"
    until("each has a due time", lambda: not stage.sql("leads", forgotten))
    without = "select lead_id from lead_case where person is null and ended_at is null and code is null"
    assert stage.sql("territory", without) == []
    asleep = """
        select distinct c.team from lead_case c left join rotation r using (team)
        where c.waits_turn and c.person is null and c.ended_at is null and r.wakes_at is null
    """
    assert stage.sql("territory", asleep) == [], "waiting without a time at which it is looked at again"
