"""Units, moves, absences, substitutions, break-glass and calendars, through the doors."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.access import AccessGranted
from contracts.territory.calendar import CalendarPublished
from contracts.territory.member import GlassClosed, GlassOpened, MemberMoved, RoleRevoked, SubstitutionEnded
from contracts.territory.structure import UnitDefined
from territory.use_cases.access import STRUCTURE

from .people import Company

UNIT = {"kind": "sales", "parent": "company", "name": "München"}


@pytest.fixture
async def company(service: ServiceUnderTest) -> Company:
    made = await Company.begin(service)
    await made.ok("adm", "PUT", "units/munich", UNIT)
    return made


def ahead(**of: float) -> str:
    """A moment to come."""
    return (datetime.now(UTC) + timedelta(**of)).isoformat()


async def test_a_unit_that_can_t_stand_there_is_refused_by_its_field(company: Company) -> None:
    await company.ok("adm", "PUT", "units/south", UNIT | {"parent": "munich"})
    for path, body, field in (
        ("units/munich", UNIT | {"parent": "south"}, "parent"),
        ("units/munich", UNIT | {"parent": "munich"}, "parent"),
        ("units/new", UNIT | {"parent": "nowhere"}, "parent"),
        ("units/new", UNIT | {"parent": None}, "parent"),
        ("units/new", UNIT | {"kind": "circus"}, "kind"),
        ("units/New", UNIT, "id"),
        ("units/munich", UNIT | {"kind": "management"}, "kind"),
    ):
        answer = await company.does("adm", "PUT", path, body, If_Match='"1"')
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), (path, body)
    parent = "south"
    for floor in range(4, 13):
        await company.ok("adm", "PUT", f"units/f{floor}", UNIT | {"parent": parent})
        parent = f"f{floor}"
    deepest = await company.does("adm", "PUT", "units/f13", UNIT | {"parent": parent})
    assert "deeper than 12" in deepest.json()["errors"][0]["reason"]


async def test_a_unit_changes_for_who_has_read_it(company: Company) -> None:
    assert (await company.does("adm", "PUT", "units/munich", UNIT)).status_code == 428
    changed = await company.does("adm", "PUT", "units/munich", UNIT | {"name": "M"}, If_Match='"1"')
    assert (changed.status_code, changed.headers["etag"], company.last(UnitDefined).name) == (200, '"2"', "M")
    assert (await company.does("adm", "PUT", "units/munich", UNIT, If_Match='"1"')).status_code == 412
    assert (await company.does("bo", "PUT", "units/munich", UNIT, If_Match='"2"')).status_code == 403
    assert (await company.does("bo", "GET", "units/nowhere")).status_code == 404


async def test_a_unit_that_moves_takes_itself_out_of_sight_and_into_it(company: Company) -> None:
    for name in ("north", "south"):
        await company.ok("adm", "PUT", f"units/{name}", UNIT)
        await company.joins(f"d.{name}", name, "director")
    await company.ok("adm", "PUT", "units/munich", UNIT | {"parent": "south"}, If_Match='"1"')
    assert "munich" in await company.sees("d.south")
    await company.ok("adm", "PUT", "units/munich", UNIT | {"parent": "north"}, If_Match='"2"')
    assert "munich" not in await company.sees("d.south")
    assert "munich" in await company.sees("d.north")
    told = {event.person: event for event in company.said if isinstance(event, AccessGranted)}
    assert (told["d.south"].cause, [grant.team for grant in told["d.south"].grants]) == (STRUCTURE, ["south"])


async def test_a_unit_closes_when_it_is_empty_or_says_where_what_is_left_goes(company: Company) -> None:
    closed = await company.ok("om", "POST", "units/munich/close", {}, If_Match='"1"')
    assert closed["state"] == "closed"
    assert (await company.does("adm", "PUT", "units/munich", UNIT, If_Match='"2"')).status_code == 409
    left = await company.does("om", "POST", "units/head-office/close", {}, If_Match='"1"')
    assert (left.status_code, "1 members" in left.json()["detail"]) == (409, True)
    assert (await company.does("om", "POST", "units/company/close", {}, If_Match='"1"')).status_code == 409
    await company.ok("adm", "PUT", "units/hamburg", UNIT)
    await company.ok("adm", "PUT", "units/altona", UNIT | {"parent": "hamburg"})
    await company.joins("mia", "hamburg")
    below = await company.does("om", "POST", "units/hamburg/close", {"to": "altona"}, If_Match='"1"')
    assert below.json()["errors"][0]["field"] == "to"
    await company.ok("om", "POST", "units/hamburg/close", {"to": "germany"}, If_Match='"1"')
    assert (await company.ok("om", "GET", "units/altona"))["parent"] == "germany"
    assert await company.sees("mia") == {}
    [proposal] = (await company.ok("adm", "GET", "proposals"))["proposals"]
    assert (proposal["person"], proposal["unit"]) == ("mia", "germany")


async def test_words_of_the_company_change_but_not_what_anybody_is_by_them(company: Company) -> None:
    ranks = (await company.ok("adm", "GET", "vocabularies/rank"))["items"]
    more = [*ranks, {"id": "trainee", "order": 1, "leads": False, "name": {"de": "Azubi"}}]
    await company.ok("adm", "PUT", "vocabularies/rank", {"items": more}, If_Match='"0"')
    leading = [rank | {"leads": True} for rank in more]
    refused = await company.does("adm", "PUT", "vocabularies/rank", {"items": leading}, If_Match='"1"')
    assert (refused.status_code, "expert" in refused.json()["detail"]) == (409, True)
    wrong = await company.does("adm", "PUT", "vocabularies/rank", {"items": [{"id": "X"}]}, If_Match='"1"')
    assert {one["field"] for one in wrong.json()["errors"]} >= {"items[0].id", "items[0].order", "items[0].leads"}
    await company.joins("azubi", "munich", "trainee")
    assert await company.sees("azubi") == {"munich": ("member", "own")}


async def test_who_moves_sees_what_is_of_the_new_team_and_nothing_of_the_old(company: Company) -> None:
    await company.joins("s.munich", "munich", "supervisor")
    body = {"person": "bo", "from_unit": "berlin", "to_unit": "munich", "book": "handover"}
    ordered = await company.does("adm", "POST", "moves", body)
    assert (ordered.status_code, ordered.json()["state"], await company.sees("bo")) == (
        202,
        "proposed",
        {"berlin": ("member", "own")},
    )
    await company.ok("s.munich", "POST", f"proposals/{ordered.json()['proposal']['id']}/confirm")
    assert await company.sees("bo") == {"munich": ("member", "own")}
    moved = company.last(MemberMoved)
    assert (moved.person, moved.unit, moved.to_unit, moved.book, moved.by) == (
        "bo",
        "berlin",
        "munich",
        "handover",
        ("adm", "s.munich"),
    )
    along = await company.does("bo", "POST", "moves", body | {"person": "anna.schmidt"})
    assert along.status_code == 403


async def test_a_planned_move_acts_by_the_clock_and_can_be_taken_back(company: Company) -> None:
    at = ahead(days=1)
    body = {"person": "bo", "from_unit": "berlin", "to_unit": "munich", "at": at}
    ordered = await company.ok("adm", "POST", "moves", body)
    await company.ok("om", "POST", f"proposals/{ordered['id']}/confirm")
    assert await company.sees("bo") == {"berlin": ("member", "own")}
    assert await company.sees("bo", at=ahead(days=2)) == {"munich": ("member", "own")}
    grants = {grant.team: (grant.begins_at, grant.ends_at) for grant in company.last(AccessGranted).grants}
    assert grants["berlin"][1] == grants["munich"][0] == datetime.fromisoformat(at)
    await company.ok("adm", "DELETE", f"moves/{ordered['id']}")
    assert await company.sees("bo", at=ahead(days=2)) == {"berlin": ("member", "own")}
    assert (await company.does("adm", "DELETE", f"moves/{ordered['id']}")).status_code == 409


async def test_who_leaves_the_company_sees_and_may_do_nothing(company: Company) -> None:
    await company.granted("bo", "territory_designer")
    assert (await company.does("adm", "POST", "moves", {"person": "bo"})).status_code == 201
    assert await company.sees("bo") == {}
    assert (await company.does("bo", "GET", "market")).status_code == 403
    back = await company.does("adm", "POST", "people/bo/memberships", {"unit": "munich"})
    assert back.json()["errors"] == [{"field": "person", "reason": "has left the company"}]
    assert [one.person for one in company.said if isinstance(one, RoleRevoked)] == ["bo"]


async def test_leads_are_taken_along_by_order_of_the_organisation_s_management_only(company: Company) -> None:
    await company.granted("eve", "people_administrator")
    body = {"person": "bo", "from_unit": "berlin", "to_unit": "munich", "book": "take_along"}
    assert (await company.does("eve", "POST", "moves", body)).status_code == 403
    assert (await company.does("om", "POST", "moves", body)).status_code == 202


async def test_a_substitute_stands_in_for_a_while_and_no_longer(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    body = {"absent": "anna.schmidt", "substitute": "bo", "unit": "berlin", "until_at": ahead(days=5)}
    await company.ok("s.berlin", "POST", "substitutions", body)
    answer = await company.service.http.get("/v1/access/bo")
    seen = [(one["why"], one["records"], one["on_behalf_of"]) for one in answer.json()["sees"]]
    assert seen == [("member", "own", None), ("substitute", "own", "anna.schmidt")]
    assert await company.sees("bo", at=ahead(days=6)) == {"berlin": ("member", "own")}
    for other, field in (
        ({"absent": "s.berlin"}, "substitute"),
        ({"substitute": "anna.schmidt"}, "substitute"),
        ({"substitute": "eve"}, "substitute"),
        ({"until_at": ahead(days=91)}, "until_at"),
        ({"absent": "bo", "substitute": "jo"}, "substitute"),
        ({"substitute": "jo"}, "substitute"),
    ):
        refused = await company.does("s.berlin", "POST", "substitutions", body | other)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), other
    assert (await company.does("eve", "POST", "substitutions", body)).status_code == 403
    [anna] = (await company.ok("adm", "GET", "people/anna.schmidt/memberships"))["memberships"]
    end = {"until_at": ahead()}
    await company.ok("adm", "PATCH", f"memberships/{anna['id']}", end, If_Match='"1"')
    ended = company.last(SubstitutionEnded)
    assert (ended.person, ended.for_person, ended.why) == ("bo", "anna.schmidt", "left")
    assert [one["why"] for one in (await company.service.http.get("/v1/access/bo")).json()["sees"]] == ["member"]


async def test_a_substitution_that_ends_with_the_absence_does(company: Company) -> None:
    absence = await company.ok("bo", "POST", "people/bo/absences", {"until_at": ahead(days=3)})
    body = {"absent": "bo", "substitute": "anna.schmidt", "unit": "berlin", "ends_with_absence": True}
    await company.ok("bo", "POST", "substitutions", body | {"until_at": ahead(days=9)})
    path = "/v1/access/anna.schmidt"

    async def stands_in(at: str) -> bool:
        answer = await company.service.http.get(path, params={"at": at})
        return any(one["why"] == "substitute" for one in answer.json()["sees"])

    assert [await stands_in(ahead(days=day)) for day in (1, 2.9, 3.1)] == [True, True, False]
    await company.ok("bo", "PATCH", f"absences/{absence['id']}", {"until_at": ahead(days=2)}, If_Match='"1"')
    assert [await stands_in(ahead(days=day)) for day in (1, 2.9)] == [True, False]
    await company.ok("bo", "DELETE", f"absences/{absence['id']}")
    assert not await stands_in(ahead(minutes=1))


async def test_an_absence_is_for_oneself_and_for_who_leads(company: Company) -> None:
    assert (await company.does("anna.schmidt", "POST", "people/bo/absences", {})).status_code == 403
    assert (await company.does("anna.schmidt", "POST", "people/nobody/absences", {})).status_code == 404
    wrong = await company.does("bo", "POST", "people/bo/absences", {"kind": "moon"})
    assert wrong.json()["errors"][0]["field"] == "kind"


async def test_behind_the_glass_one_asks_and_another_grants(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    for person, role in (("eve", "break_glass_asker"), ("anna.schmidt", "break_glass_granter")):
        await company.granted(person, role)
    await company.granted("eve", "break_glass_granter")
    body = {"unit": "berlin", "code": "complaint", "reason": "A customer calls in", "hours": 1}
    assert (await company.does("bo", "POST", "break-glass", body)).status_code == 403
    for more, field in (({"hours": 5}, "hours"), ({"unit": "nowhere"}, "unit"), ({"unit": "head-office"}, "unit")):
        refused = await company.does("eve", "POST", "break-glass", body | more)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    asked = await company.ok("eve", "POST", "break-glass", body)
    assert (asked["state"], await company.sees("eve")) == ("asked", {"head-office": ("member", "own")})
    himself = await company.does("eve", "POST", f"break-glass/{asked['id']}/grant")
    assert himself.status_code == 409
    both = company.signed_in
    for said in ({}, {"amr": ["pwd"]}, {"auth_time": both["auth_time"] - 301}, {"auth_time": None}):
        company.signed_in = both | said if said else {}
        found = await company.does("anna.schmidt", "POST", f"break-glass/{asked['id']}/grant")
        assert (found.status_code, "max_age=300" in found.headers["www-authenticate"]) == (401, True)
    company.signed_in = both
    await company.ok("anna.schmidt", "POST", f"break-glass/{asked['id']}/grant")
    history = await company.ok("adm", "GET", "organisation/changes?item=eve")
    assert "complaint" in str(history)
    assert "A customer calls in" not in str(history)
    assert (await company.sees("eve"))["berlin"] == ("break_glass", "none")
    assert "berlin" not in await company.sees("eve", at=ahead(minutes=61))
    opened = company.last(GlassOpened)
    assert (opened.person, opened.granter, opened.unit, opened.code) == ("eve", "anna.schmidt", "berlin", "complaint")
    assert [one["state"] for one in (await company.ok("bo", "GET", "break-glass"))["glasses"]] == ["open"]
    assert (await company.does("bo", "POST", f"break-glass/{asked['id']}/close")).status_code == 403
    await company.ok("s.berlin", "POST", f"break-glass/{asked['id']}/close")
    assert company.last(GlassClosed).by == ("s.berlin",)
    assert await company.sees("eve") == {"head-office": ("member", "own")}


async def test_nobody_grants_a_look_to_whom_he_obeys(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    await company.granted("s.berlin", "break_glass_asker")
    await company.granted("bo", "break_glass_granter")
    body = {"unit": "munich", "code": "audit", "reason": "Why", "hours": 4}
    asked = await company.ok("s.berlin", "POST", "break-glass", body)
    obeys = await company.does("bo", "POST", f"break-glass/{asked['id']}/grant")
    assert (obeys.status_code, "not below" in obeys.json()["detail"]) == (403, True)
    await company.service.sql("update break_glass set lapses_at = now()")
    lapsed = await company.does("bo", "POST", f"break-glass/{asked['id']}/grant")
    assert (lapsed.status_code, lapsed.json()["detail"]) == (409, "It is lapsed.")


async def test_a_calendar_is_published_version_by_version(company: Company) -> None:
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    body = {"zone": "Europe/Berlin", "week": week, "exceptions": {"2026-12-25": [], "2026-12-26": [["10:00", "12:00"]]}}
    made = await company.does("adm", "PUT", "calendars/berlin", body)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    said = company.last(CalendarPublished)
    assert (said.id, said.zone, len(said.week), [one.date for one in said.exceptions]) == (
        "berlin",
        "Europe/Berlin",
        5,
        ["2026-12-25", "2026-12-26"],
    )
    query = "calendars/berlin/at?from=2026-11-27T17:30:00Z&minutes=60"
    found = await company.ok("bo", "GET", query)
    assert found == {"open": False, "opens_at": "2026-11-30T08:00:00Z", "due_at": "2026-11-30T09:00:00Z"}
    assert (await company.does("adm", "PUT", "calendars/berlin", body)).status_code == 428
    for wrong, field in (
        ({"week": {}}, "week"),
        ({"zone": "Berlin"}, "zone"),
        ({"week": {"mon": [["10:00", "09:00"]]}}, "week.mon[0]"),
        ({"week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "week.mon"),
    ):
        refused = await company.does("adm", "PUT", "calendars/berlin", body | wrong, If_Match='"1"')
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await company.ok("adm", "PUT", "calendars/berlin", body, If_Match='"1"'))["version"] == 2


async def test_what_somebody_sees_is_for_himself_who_leads_and_who_administers(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    for who, status in (("bo", 200), ("s.berlin", 200), ("adm", 200), ("eve", 404), ("anna.schmidt", 404)):
        assert (await company.does(who, "GET", "access/bo")).status_code == status, who
    foreign, absent = [await company.does("eve", "GET", f"access/{name}") for name in ("bo", f"x{uuid4()}")]
    assert foreign.content == absent.content
