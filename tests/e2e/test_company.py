"""Who sees what and may do what, through the doors of the four processes: management, administrators, substitutes, a look behind the
glass, and the market file beside an organisation that people have changed."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from company import FIRST, Company
from stage import SERVICES, Stage, a_lead
from waiting import until

from tributary.people import MANAGER, SUPERVISOR, SYSTEM
from tributary.traffic import market

pytestmark = pytest.mark.xdist_group("stack")

ANNA, JONAS, LEYLA = "anna.schmidt", "jonas.weber", "leyla.kaya"
GM, ROOT, LEADER, OTHER_LEADER = MANAGER, SYSTEM, SUPERVISOR, "s.munich"  # a unit has its first leader once
ASKER, GRANTER = "ari", "gil"
FRANZ = "franz.huber"
BERLIN, MUNICH = "berlin", "munich"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def company(session_stage: Stage) -> Company:
    """Everybody who is not in the market file."""
    company = Company(session_stage)
    company.comes(GM, "general_manager", unit="company", rank="manager")
    company.comes(ROOT, "system_administrator")
    company.comes(LEADER, unit=BERLIN, rank="supervisor", second=GM)
    company.comes(OTHER_LEADER, unit=MUNICH, rank="supervisor", second=GM)
    company.comes(ASKER, "break_glass_asker", "break_glass_granter")
    company.comes(GRANTER, "break_glass_granter", unit="company", rank="expert", second=GM)
    return company


@pytest.fixture(scope="module")
def lead(session_stage: Stage) -> str:
    """A lead of berlin."""
    return decided(session_stage, session_stage.submit(a_lead()))


@pytest.fixture
def away(company: Company) -> Iterator[Callable[[str], None]]:
    """Says that somebody is away, until the test is over."""
    absences: list[str] = []

    def says(person: str) -> None:
        absences.append(str(company.does(LEADER, "POST", f"people/{person}/absences", {"kind": "leave"})["id"]))

    yield says
    for absence in absences:
        company.does(LEADER, "DELETE", f"absences/{absence}")


def decided(stage: Stage, lead_id: str) -> str:
    stage.lead(lead_id)
    return lead_id


def put_market(stage: Stage, text: str) -> int:
    answer = stage.http.put(
        stage.url("territory", "/v1/market"), content=text, headers={"content-type": "application/yaml"}
    )
    assert answer.status_code == 200, answer.text
    return int(answer.json()["version"])


def whose(company: Company, lead: str) -> dict[str, Any]:
    """Who got a lead, and who did not and why."""
    return dict(company.asks(GM, "GET", "territory", f"leads/{lead}/decision").json()["person"])


def later(**how: float) -> str:
    return (datetime.now(UTC) + timedelta(**how)).isoformat()


def absences(company: Company, person: str) -> list[dict[str, Any]]:
    """Those that are running."""
    found = company.does(FIRST, "GET", f"people/{person}/absences")["absences"]
    now = datetime.now(UTC)
    return [one for one in found if one["until_at"] is None or datetime.fromisoformat(one["until_at"]) > now]


def test_the_same_market_file_changes_nothing_that_people_have_said(
    stage: Stage, company: Company, away: Callable[[str], None]
) -> None:
    """Case 32 of territory's acceptance, but for what comes with rules that are drafted: a plan of the differences, and a file that
    holds the organisation too."""
    version = put_market(stage, market())
    assert put_market(stage, market()) == version
    away(LEYLA)
    assert put_market(stage, market()) == version
    assert [one["source"] for one in absences(company, LEYLA)] == ["door"]
    assert [one["source"] for one in absences(company, "otto.braun")] == ["file"]
    there = market().replace("{person: otto.braun, weight: 1, available: false}", "{person: otto.braun, weight: 1}")
    assert put_market(stage, there) != version
    assert absences(company, "otto.braun") == []
    assert [one["source"] for one in absences(company, LEYLA)] == ["door"]
    put_market(stage, market())
    assert [one["source"] for one in absences(company, "otto.braun")] == ["file"]


def test_management_reads_and_writes_nothing_and_an_administrator_sees_no_lead(
    stage: Stage, company: Company, lead: str
) -> None:
    """Cases 35 of territory's and 47 of leads' acceptance."""
    assert company.sees(GM, lead) == {"leads": 200, "territory": 200}
    note = a_lead(source="phone")
    plan = {"name": "Messe", "currency": "EUR", "lines": []}
    membership = company.does(FIRST, "GET", f"people/{ANNA}/memberships")["memberships"][0]["id"]
    writes = (
        ("POST", "leads", "calls", note),
        ("POST", "leads", "leads/batch", {"leads": [note]}),
        ("POST", "leads", "outcomes", {"outcomes": [{"lead_id": lead, "result": "lost"}]}),
        ("PUT", "campaigns", "campaigns/fair", plan),
        ("POST", "campaigns", "spend", {"spend": []}),
        ("PATCH", "territory", f"memberships/{membership}", {"weight": 9}),
        ("POST", "territory", f"leads/{lead}/assignment", {"person": ANNA}),
        ("POST", "territory", f"leads/{lead}/assignment", {"person": "rotation"}),
        ("PUT", "territory", "market", {}),
    )
    for method, service, path, body in writes:
        assert company.asks(GM, method, service, path, body).status_code == 403, path
    doors: tuple[tuple[str, str, Any, str], ...] = (
        ("GET", f"leads/{lead}", None, "leads.see"),
        ("GET", f"leads/{lead}/openings", None, "leads.see_openings"),
        ("POST", f"leads/{lead}/contact", {"purpose": "call"}, "leads.open_contact"),
        ("GET", f"leads/{lead}/timeline", None, "leads.see"),
        ("GET", f"leads/{lead}/activities", None, "leads.see"),
        ("GET", "leads", None, "leads.see"),
        ("GET", "work", None, "leads.see"),
        ("GET", "queues", None, "leads.see"),
        ("GET", "summary", None, "leads.see"),
    )
    for method, path, body, permission in doors:
        refused = company.asks(ROOT, method, "leads", path, body)
        absent = company.asks(ROOT, method, "leads", path.replace(lead, "0" * 8 + lead[8:]), body)
        # A lead is absent for who sees none; where no lead is named he is told that the door is not his.
        told = (404, "No such lead") if lead in path else (403, "This needs the permission " + permission)
        assert (refused.status_code, refused.json()["title"]) == told, path
        assert refused.content == absent.content, path
    assert set(company.sees(ROOT, lead).values()) == {404}
    for method, path, body in (
        ("GET", f"leads/{lead}/decision", None),
        ("POST", f"leads/{lead}/assignment", {"person": ANNA}),
    ):
        refused, absent = (
            company.asks(ROOT, method, "territory", one, body) for one in (path, path.replace(lead, "0" * 8 + lead[8:]))
        )
        assert (refused.status_code, refused.content) == (404, absent.content), path
    assert company.asks(ROOT, "POST", "territory", "decisions/try", {"about": {}}).status_code == 403
    assert company.asks(ROOT, "GET", "territory", f"teams/{BERLIN}/rotation").status_code in (403, 404)
    assert company.asks(ROOT, "GET", "metrics", "kpis?by=team").status_code == 403


def test_the_leader_of_another_team_is_told_what_is_told_of_a_lead_that_never_was(company: Company, lead: str) -> None:
    """Case 35 of territory's acceptance."""
    never = "0" * 8 + lead[8:]
    assert company.sees(LEADER, lead) == {"leads": 200, "territory": 200}
    assert company.sees(OTHER_LEADER, lead) == {"leads": 404, "territory": 404}
    for method, service, path, body in (
        ("GET", "leads", "leads/{}", None),
        ("GET", "territory", "leads/{}/decision", None),
        ("GET", "leads", "leads/{}/openings", None),
        ("POST", "territory", "leads/{}/assignment", {"person": FRANZ}),
    ):
        other, absent = (company.asks(OTHER_LEADER, method, service, path.format(one), body) for one in (lead, never))
        assert (other.status_code, other.content) == (absent.status_code, absent.content), path
        assert dict(other.headers).keys() == dict(absent.headers).keys(), path


# Tables that a door's role reads and whose rows are somebody's; what is there for everybody has another policy.
GUARDED = """
select distinct c.relname from pg_class c join pg_policy p on p.polrelid = c.oid
where p.polroles = array[to_regrole($1)::oid] and p.polname <> 'free' and p.polcmd in ('r', '*')
    and has_any_column_privilege($1, c.oid, 'select')
order by 1
"""


def rows_seen(stage: Stage, service: str, actor: str) -> dict[str, int]:
    """How many rows of each guarded table exist for somebody in SQL, in the role of the service's doors; an empty name has said
    nothing of who it is."""
    environment = stage.services[service].environment()

    async def count() -> dict[str, int]:
        connection = await asyncpg.connect(environment["DOOR_DATABASE_URL"], timeout=5)
        found = {}
        try:
            for table in [row["relname"] for row in stage_tables]:
                async with connection.transaction(readonly=True):
                    if actor:
                        await connection.execute("select set_config('tributary.actor', $1, true)", actor)
                    found[table] = len(await connection.fetch(f"select from {table} limit 3"))
        finally:
            await connection.close()
        return found

    stage_tables = stage.sql(service, GUARDED, f"{service}_door")
    return asyncio.run(count())


@pytest.mark.parametrize("service", SERVICES)
def test_in_sql_too_nothing_is_there_for_a_door_that_names_nobody_or_an_administrator(
    stage: Stage, company: Company, lead: str, service: str
) -> None:
    """Cases 35 of territory's and 47 of leads' acceptance, for every service; management sees rows by the same statements."""
    for nobody in ("", "nobody.at.all"):
        found = rows_seen(stage, service, nobody)
        assert found, service
        assert not any(found.values()), found
    administrators = rows_seen(stage, service, ROOT)
    administrators.pop("access_person", None)  # what is said of himself
    administrators.pop("access_subject", None)
    assert not any(administrators.values()), administrators
    seen = rows_seen(stage, service, GM)
    assert seen["access_grant"], seen
    assert any(count for table, count in seen.items() if not table.startswith("access_")), seen


def test_management_changes_no_row_in_sql(stage: Stage, company: Company, lead: str) -> None:
    """Case 47 of leads' acceptance: what its doors may write at all is of no use to who records nothing."""

    async def write() -> str:
        connection = await asyncpg.connect(stage.services["campaigns"].environment()["DOOR_DATABASE_URL"], timeout=5)
        try:
            await connection.execute("begin read write")
            try:
                await connection.execute("select set_config('tributary.actor', $1, true)", GM)
                assert await connection.fetchval("select count(*) from campaign") > 0
                return str(await connection.execute("update campaign set name = name"))
            finally:
                await connection.execute("rollback")
        finally:
            await connection.close()

    stage.plan("company-fair", "fair")
    until("campaigns has it", lambda: stage.sql("campaigns", "select 1 from campaign where campaign = 'company-fair'"))
    assert asyncio.run(write()) == "UPDATE 0"


def test_a_substitute_records_for_who_is_away_and_for_no_longer(stage: Stage, company: Company) -> None:
    """Case 36 of territory's acceptance; who is refused is told by field."""
    term = {"absent": ANNA, "substitute": JONAS, "unit": BERLIN}

    def refused(by: str, **body: Any) -> list[dict[str, str]]:
        answer = company.asks(by, "POST", "territory", "substitutions", body)
        assert answer.status_code == 422, answer.text
        return list(answer.json()["errors"])

    [rank] = refused(LEADER, absent=LEADER, substitute=JONAS, unit=BERLIN, until_at=later(hours=1))
    assert rank["field"] == "substitute"
    assert "rank" in rank["reason"]
    [long] = refused(LEADER, **term, until_at=later(days=91))
    assert long["field"] == "until_at"
    assert "90 days" in long["reason"]
    until_at = later(seconds=1.5)
    company.does(LEADER, "POST", "substitutions", {**term, "until_at": until_at})

    def behalf(at: str = "") -> list[str]:
        path = f"access/{JONAS}" + (f"?at={quote(at)}" if at else "")
        sees = company.does(JONAS, "GET", path)["sees"]
        return [str(one["on_behalf_of"]) for one in sees if one["records"] == "own" and one["on_behalf_of"]]

    assert behalf() == [ANNA]
    assert behalf(later(hours=1)) == []

    def told(mine: dict[str, Any]) -> bool:
        return ANNA in [team["on_behalf_of"] for team in mine["teams"]]

    company.acts(JONAS, told)
    version = company.asks(JONAS, "GET", "leads", "access/me").json()["version"]
    company.acts(JONAS, lambda mine: not told(mine))
    assert datetime.now(UTC) >= datetime.fromisoformat(until_at)
    assert company.asks(JONAS, "GET", "leads", "access/me").json()["version"] == version, "by the clock, and by no word"
    assert behalf() == []


def test_who_is_away_gets_no_lead_and_who_stands_in_records_on_those_they_have(
    stage: Stage, company: Company, away: Callable[[str], None]
) -> None:
    """Case 37 of territory's acceptance as far as it goes without customers: that the substitute gets the next lead of the absent
    person's customer, and the customer stays theirs, comes with customers."""
    hers = ""
    while not hers:  # until it is her turn
        one = decided(stage, stage.submit(a_lead()))
        hers = one if whose(company, one)["value"] == ANNA else ""
    away(ANNA)
    body = {"absent": ANNA, "substitute": JONAS, "unit": BERLIN, "ends_with_absence": True, "until_at": later(hours=1)}
    company.does(LEADER, "POST", "substitutions", body)
    company.acts(JONAS, lambda mine: ANNA in [team["on_behalf_of"] for team in mine["teams"]])
    for _ in range(4):
        again = decided(stage, stage.submit(a_lead()))
        person = whose(company, again)
        assert person["value"] not in (None, ANNA)
        assert [one["why"] for one in person["refused"] if one["candidate"] == ANNA] == ["absent"]
    assert whose(company, hers)["value"] == ANNA
    assert company.sees(JONAS, hers) == {"leads": 200, "territory": 200}


def test_a_look_behind_the_glass_is_granted_by_another_told_read_only_and_over_by_the_clock(
    stage: Stage, company: Company, lead: str
) -> None:
    """Case 38 of territory's acceptance."""
    assert set(company.sees(ASKER, lead).values()) == {404}
    wanted = {"unit": BERLIN, "code": "complaint", "reason": "A customer has complained", "hours": 1}
    glass = company.does(ASKER, "POST", "break-glass", wanted)["id"]
    assert company.asks(ASKER, "POST", "territory", f"break-glass/{glass}/grant").status_code == 409
    company.does(GRANTER, "POST", f"break-glass/{glass}/grant")
    company.acts(ASKER, lambda mine: [(one["team"], one["kind"]) for one in mine["teams"]] == [(BERLIN, "break_glass")])
    assert company.sees(ASKER, lead) == {"leads": 200, "territory": 200}
    assert company.asks(ASKER, "POST", "leads", f"leads/{lead}/contact", {"purpose": "call"}).status_code == 403
    opened = company.asks(ASKER, "POST", "leads", f"leads/{lead}/contact", {"purpose": "break_glass"})
    assert opened.status_code == 200, opened.text
    for method, service, path, body in (
        ("POST", "leads", "calls", a_lead(source="phone")),
        ("PUT", "campaigns", "campaigns/fair", {"name": "Messe", "currency": "EUR", "lines": []}),
        ("POST", "territory", f"people/{ANNA}/absences", {"kind": "leave"}),
    ):
        assert company.asks(ASKER, method, service, path, body).status_code == 403, path
    [told] = [one for one in company.does(LEADER, "GET", "break-glass")["glasses"] if one["id"] == glass]
    assert (told["asker"], told["granter"], told["state"]) == (ASKER, GRANTER, "open")
    assert company.asks(OTHER_LEADER, "GET", "territory", "break-glass").json()["glasses"] == []
    said = [one.body for one in stage.topic("territory.member") if one.body.get("glass") == glass]
    assert [(one["person"], one["granter"], one["unit"]) for one in said] == [(ASKER, GRANTER, BERLIN)]
    looks = company.asks(LEADER, "GET", "leads", f"leads/{lead}/openings").json()["openings"]
    assert [one["person"] for one in looks if one["grant_kind"] == "break_glass"] == [ASKER]
    for service in SERVICES:  # an hour goes by: nobody is told that it is over
        past = (
            "update access_grant set begins_at = begins_at - $2::interval, ends_at = ends_at - $2::interval"
            " where person = $1"
        )
        stage.sql(service, past, ASKER, HOUR)
    assert company.sees(ASKER, lead) == {"leads": 404, "territory": 404}
    company.does(LEADER, "POST", f"break-glass/{glass}/close")
    company.acts(ASKER, lambda mine: mine["teams"] == [])
    assert set(company.sees(ASKER, lead).values()) == {404}


def test_a_page_of_fifty_leads_is_one_opening_and_their_leader_lists_who_looked(
    stage: Stage, company: Company, lead: str
) -> None:
    """Case 48 of leads' acceptance: the names on a page of a list are looked at together, and that is on record."""
    answer = company.asks(ANNA, "POST", "leads", f"leads/{lead}/contact", {"purpose": "call"})
    assert answer.status_code == 200, answer.text
    for who in (LEADER, GM):
        looks = company.asks(who, "GET", "leads", f"leads/{lead}/openings").json()["openings"]
        assert (ANNA, answer.json()["opening"], "call") in [(o["person"], o["opening"], o["purpose"]) for o in looks]
    assert company.asks(FRANZ, "GET", "leads", f"leads/{lead}/openings").status_code == 404
    calls = {"leads": [a_lead(contact={"name": f"Nr. {n}", "email": f"n{n}@werk.example"}) for n in range(50)]}
    for one in stage.post("leads", "/v1/leads/batch", json=calls).json()["ids"]:
        decided(stage, one)
    before = {row["opening"] for row in stage.sql("leads", "select opening from opened where purpose = 'list'")}
    rows = company.asks(ANNA, "GET", "leads", f"leads?team={BERLIN}&limit=50").json()["rows"]
    assert len(rows) == 50
    assert all(row["name"] for row in rows)
    written = stage.sql("leads", "select opening, lead_id, person from opened where purpose = 'list'")
    written = [row for row in written if row["opening"] not in before]
    assert len(written) == 50
    assert {str(row["lead_id"]) for row in written} == {row["id"] for row in rows}
    [(opening, person)] = {(row["opening"], row["person"]) for row in written}
    assert person == ANNA
    for who in (LEADER, GM):
        looks = company.asks(who, "GET", "leads", f"leads/{rows[0]['id']}/openings").json()["openings"]
        assert (ANNA, str(opening), "list") in [(o["person"], o["opening"], o["purpose"]) for o in looks]
    assert company.asks(FRANZ, "GET", "leads", f"leads/{rows[0]['id']}/openings").status_code == 404
