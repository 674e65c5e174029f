"""Who belongs where, through the doors: a gain of access needs a second person who is inside, a loss acts at once."""

from uuid import uuid4

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.access import AccessGranted, AccessRevoked
from contracts.territory.member import MemberJoined, MemberLeft, RoleGranted, RoleRevoked

from .people import Company


@pytest.fixture
async def company(service: ServiceUnderTest) -> Company:
    return await Company.begin(service)


async def test_a_joiner_sees_nothing_before_a_second_person_has_confirmed(company: Company) -> None:
    await company.ok("adm", "PUT", "people/mia", {"name": "Mia"})
    proposal = await company.ok("adm", "POST", "people/mia/memberships", {"unit": "berlin"})
    assert (proposal["state"], proposal["what"], await company.sees("mia")) == ("open", "join", {})
    own = await company.does("adm", "POST", f"proposals/{proposal['id']}/confirm")
    assert (own.status_code, own.json()["detail"]) == (409, "You proposed it yourself: somebody else confirms it.")
    await company.ok("om", "POST", f"proposals/{proposal['id']}/confirm")
    assert await company.sees("mia") == {"berlin": ("member", "own")}
    joined = company.last(MemberJoined)
    assert (joined.person, joined.unit, joined.by) == ("mia", "berlin", ("adm", "om"))
    again = await company.does("om", "POST", f"proposals/{proposal['id']}/confirm")
    assert (again.status_code, again.json()["detail"]) == (409, "It is confirmed.")


async def test_where_a_leader_is_inside_no_administrator_confirms(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    await company.ok("adm", "PUT", "people/mia", {})
    proposal = await company.ok("adm", "POST", "people/mia/memberships", {"unit": "berlin"})
    refused = await company.does("om", "POST", f"proposals/{proposal['id']}/confirm")
    assert (refused.status_code, refused.json()["title"]) == (403, "This is not yours to do")
    await company.ok("s.berlin", "POST", f"proposals/{proposal['id']}/confirm")
    assert await company.sees("mia") == {"berlin": ("member", "own")}
    own = await company.ok("s.berlin", "POST", "people/adm/memberships", {"unit": "berlin"})
    himself = await company.does("adm", "POST", f"proposals/{own['id']}/confirm")
    assert (himself.status_code, himself.json()["detail"]) == (
        409,
        "It is about yourself: somebody else confirms it.",
    )


async def test_nobody_gives_himself_anything(company: Company) -> None:
    for path, body in (("memberships", {"unit": "berlin"}), ("roles", {"role": "auditor"})):
        answer = await company.does("adm", "POST", f"people/adm/{path}", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "person")
    assert await company.sees("adm") == {}


async def test_a_proposal_is_seen_by_whom_it_concerns_and_absent_for_others(company: Company) -> None:
    await company.joins("s.germany", "germany", "supervisor")
    proposal = await company.ok("adm", "POST", "people/eve/memberships", {"unit": "berlin"})
    for who, count in (("adm", 1), ("om", 1), ("eve", 1), ("s.germany", 0), ("bo", 0)):
        assert len((await company.ok(who, "GET", "proposals"))["proposals"]) == count, who
    foreign = await company.does("s.germany", "POST", f"proposals/{proposal['id']}/confirm")
    absent = await company.does("s.germany", "POST", f"proposals/{uuid4()}/confirm")
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    await company.ok("adm", "POST", f"proposals/{proposal['id']}/withdraw")
    assert (await company.ok("om", "GET", "proposals"))["proposals"] == []
    assert await company.sees("eve") == {"head-office": ("member", "own")}


async def test_a_membership_is_sent_twice_and_proposed_once(company: Company) -> None:
    key = str(uuid4())
    body = {"unit": "germany"}
    first, again = [
        await company.ok("adm", "POST", "people/bo/memberships", body, Idempotency_Key=key) for _ in range(2)
    ]
    assert first == again
    assert len((await company.ok("om", "GET", "proposals"))["proposals"]) == 1


async def test_what_a_membership_may_not_be_is_named_by_its_field(company: Company) -> None:
    for body, field in (
        ({"unit": "berlin"}, "from_at"),
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "germany", "rank": "king"}, "rank"),
        ({"unit": "germany", "from_at": "2026-05-01T00:00:00Z", "until_at": "2026-04-01T00:00:00Z"}, "until_at"),
        ({"unit": "germany", "weight": 1001}, "weight"),
    ):
        answer = await company.does("adm", "POST", "people/bo/memberships", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_end_acts_at_once_by_one_and_a_share_needs_the_version(company: Company) -> None:
    [bo] = (await company.ok("adm", "GET", "people/bo/memberships"))["memberships"]
    path = f"memberships/{bo['id']}"
    assert (await company.does("adm", "PATCH", path, {"weight": 3})).status_code == 428
    edited = await company.ok("adm", "PATCH", path, {"weight": 3}, If_Match='"1"')
    assert (edited["weight"], edited["version"]) == (3, 2)
    late = await company.does("adm", "PATCH", path, {"weight": 4}, If_Match='"1"')
    assert (late.status_code, late.headers["etag"]) == (412, '"2"')
    await company.ok("adm", "PATCH", path, {"until_at": "2020-01-01T00:00:00Z"}, If_Match='"2"')
    assert await company.sees("bo") == {}
    assert company.last(AccessRevoked).person == "bo"
    assert (company.last(MemberLeft).person, company.last(MemberLeft).unit) == ("bo", "berlin")
    assert (await company.does("bo", "GET", "units")).status_code == 403


async def test_a_higher_rank_waits_for_a_second_and_a_lower_one_does_not(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    [bo] = (await company.ok("adm", "GET", "people/bo/memberships"))["memberships"]
    up = await company.ok("adm", "PATCH", f"memberships/{bo['id']}", {"rank": "manager"}, If_Match='"1"')
    assert (up["rank"], up["proposal"]["what"]) == ("expert", "rank")
    assert await company.sees("bo") == {"berlin": ("member", "own")}
    await company.ok("s.berlin", "POST", f"proposals/{up['proposal']['id']}/confirm")
    assert await company.sees("bo") == {"berlin": ("supervisor", "all")}
    down = await company.ok("adm", "PATCH", f"memberships/{bo['id']}", {"rank": "senior"}, If_Match='"2"')
    assert (down["rank"], down["proposal"]) == ("senior", None)
    assert await company.sees("bo") == {"berlin": ("member", "own")}


async def test_a_leader_sees_what_is_below_and_keeps_his_own_people_only(company: Company) -> None:
    await company.ok("adm", "PUT", "units/south", {"kind": "sales", "parent": "company", "name": "South"})
    await company.joins("d.south", "south", "director")
    await company.ok("om", "PUT", "units/munich", {"kind": "sales", "parent": "south", "name": "München"})
    assert await company.sees("d.south") == {"south": ("supervisor", "all"), "munich": ("supervisor", "all")}
    proposal = await company.ok("d.south", "POST", "people/eve/memberships", {"unit": "munich"})
    assert proposal["unit"] == "munich"
    other = await company.does("d.south", "POST", "people/eve/memberships", {"unit": "germany"})
    assert other.status_code == 403


async def test_the_management_sees_every_team_and_records_on_none(company: Company) -> None:
    await company.joins("gm", "company", "director")
    seen = await company.sees("gm")
    assert seen == dict.fromkeys(("(unplaced)", "company", "berlin", "germany", "head-office"), ("management", "none"))
    await company.ok("om", "PUT", "units/munich", {"kind": "sales", "parent": "company", "name": "München"})
    assert (await company.sees("gm"))["munich"] == ("management", "none")
    grant = next(one for one in company.last(AccessGranted).grants if one.team == "munich")
    assert (company.last(AccessGranted).person, grant.opens) == ("gm", True)


async def test_a_machine_reads_what_its_unit_holds_and_opens_nothing(company: Company) -> None:
    await company.joins("machine:wallboard", "berlin", second="om")
    said = company.last(AccessGranted)
    assert (said.person, said.kind) == ("machine:wallboard", "machine")
    assert [(g.team, g.kind, g.records, g.opens) for g in said.grants] == [("berlin", "machine", "none", False)]


async def test_roles_that_open_doors_need_a_second_administrator(company: Company) -> None:
    await company.ok("adm", "PUT", "people/pa2", {})
    asked = await company.does("adm", "POST", "people/pa2/roles", {"role": "people_administrator"})
    assert (asked.status_code, asked.json()["what"]) == (202, "role")
    assert (await company.ok("adm", "GET", "people/pa2/roles"))["roles"] == []
    await company.ok("om", "POST", f"proposals/{asked.json()['id']}/confirm")
    assert company.last(RoleGranted).by == ("adm", "om")
    [role] = (await company.ok("adm", "GET", "people/pa2/roles"))["roles"]
    await company.bound("pa2")
    assert (await company.does("pa2", "PUT", "people/new", {})).status_code == 201
    await company.ok("om", "DELETE", f"roles/{role['id']}")
    assert (company.last(RoleRevoked).person, company.last(RoleRevoked).by) == ("pa2", ("om",))
    assert (await company.does("pa2", "PUT", "people/newer", {})).status_code == 403
    assert await company.sees("pa2") == {}


async def test_an_ordinary_role_is_granted_at_once_and_shows_no_row(company: Company) -> None:
    granted = await company.does("adm", "POST", "people/bo/roles", {"role": "territory_designer"})
    assert granted.status_code == 201
    answer = await company.does("adm", "POST", "people/bo/roles", {"role": "emperor"})
    assert answer.json()["errors"] == [{"field": "role", "reason": "no such role"}]
    await company.ok("adm", "PUT", "people/root", {})
    await company.ok("adm", "POST", "people/root/roles", {"role": "system_administrator"})
    assert await company.sees("root") == {}


async def test_who_is_suspended_sees_nothing_and_comes_back_by_two(company: Company) -> None:
    await company.joins("s.berlin", "berlin", "supervisor")
    await company.ok("adm", "PUT", "people/bo/suspension")
    assert (await company.sees("bo"), (await company.does("bo", "GET", "units")).status_code) == ({}, 403)
    proposal = await company.ok("adm", "DELETE", "people/bo/suspension")
    assert await company.sees("bo") == {}
    await company.ok("s.berlin", "POST", f"proposals/{proposal['id']}/confirm")
    assert await company.sees("bo") == {"berlin": ("member", "own")}


async def test_a_subject_is_bound_by_two_and_unbound_by_one(company: Company) -> None:
    body = {"issuer": "https://another.test", "subject": "0815"}
    proposal = await company.ok("adm", "POST", "people/bo/subjects", body)
    await company.ok("om", "POST", f"proposals/{proposal['id']}/confirm")
    subjects = {(one.issuer, one.subject) for one in company.last(AccessGranted).subjects}
    assert ("https://another.test", "0815") in subjects
    taken = await company.does("adm", "POST", "people/eve/subjects", body)
    assert (taken.status_code, taken.json()["detail"]) == (409, "It is somebody else's.")
    await company.ok("adm", "POST", "people/bo/subjects/unbind", body)
    subjects = {(one.issuer, one.subject) for one in company.last(AccessGranted).subjects}
    assert ("https://another.test", "0815") not in subjects


async def test_a_name_is_for_who_sees_a_unit_of_theirs(company: Company) -> None:
    etag = f'"{(await company.ok("adm", "GET", "people/bo"))["version"]}"'
    await company.ok("adm", "PUT", "people/bo", {"name": "Bo Li"}, If_Match=etag)
    for who, name in (("adm", "Bo Li"), ("bo", "Bo Li"), ("anna.schmidt", "Bo Li"), ("eve", None)):
        assert (await company.ok(who, "GET", "people/bo"))["name"] == name
    people = (await company.ok("eve", "GET", "people?unit=berlin"))["people"]
    assert [(one["id"], one["name"]) for one in people] == [("anna.schmidt", None), ("bo", None), ("jo", None)]


async def test_what_is_wrong_with_an_id_is_said(company: Company) -> None:
    for name in ("Anna", "a:b", "operator", "service:leads"):
        answer = await company.does("adm", "PUT", f"people/{name}", {})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")


async def test_every_change_is_on_record_by_whom(company: Company) -> None:
    await company.joins("mia", "berlin")
    found = (await company.ok("adm", "GET", "organisation/changes?item=mia"))["changes"]
    joined = next(one for one in found if one["what"] == "membership")
    assert (joined["by"], joined["second"], joined["after"]["unit"]) == ("om", "adm", "berlin")
    assert (await company.does("bo", "GET", "organisation/changes")).status_code == 403


async def test_why_somebody_is_away_is_for_those_who_see_their_unit(company: Company) -> None:
    await company.joins("s.germany", "germany", "supervisor")
    await company.ok("anna.schmidt", "POST", "people/anna.schmidt/absences", {"kind": "sick"})
    kinds = {
        who: [one["kind"] for one in (await company.ok(who, "GET", "people/anna.schmidt/absences"))["absences"]]
        for who in ("anna.schmidt", "bo", "adm", "s.germany", "eve")
    }
    assert kinds == {"anna.schmidt": ["sick"], "bo": ["sick"], "adm": ["sick"], "s.germany": ["away"], "eve": ["away"]}


async def test_a_move_is_seen_by_those_who_decide_about_one_of_its_units(company: Company) -> None:
    for leader, unit in (("s.berlin", "berlin"), ("s.germany", "germany"), ("s.head", "head-office")):
        await company.joins(leader, unit, "supervisor")
    await company.ok("adm", "POST", "moves", {"person": "bo", "from_unit": "berlin", "to_unit": "germany"})
    seen = {
        who: len((await company.ok(who, "GET", "moves"))["moves"]) for who in ("adm", "s.berlin", "s.germany", "s.head")
    }
    assert seen == {"adm": 1, "s.berlin": 1, "s.germany": 1, "s.head": 0}
