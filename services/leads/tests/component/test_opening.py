"""Whose a lead is and who it is about: who has no grant finds nothing, and who looks is on record before he sees."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import Actor
from chassis_testing import ServiceUnderTest, tokens
from contracts.leads.audit import ContactOpened
from contracts.territory.access import UNPLACED, AccessGranted, RoleHeld, Subject
from contracts.territory.lead import LeadRouted
from leads.store import keys
from leads.use_cases.opening import open_contacts

ISSUER_TIME = "2026-01-01T00:00:00Z"


def headers_of(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    """What an answer's head betrays: all of it but the trace, which is the call's own."""
    return tuple(sorted((name, value) for name, value in answer.headers.items() if name != "traceresponse"))


def may(person: str, *grants: dict[str, Any], version: int = 1) -> AccessGranted:
    return AccessGranted.model_validate(
        {
            "person": person,
            "kind": "person",
            "subjects": [Subject(issuer=tokens.ISSUER, subject=person).model_dump()],
            "grants": [
                {"kind": "member", "records": "own", "opens": True, "begins_at": ISSUER_TIME, **one} for one in grants
            ],
            "version": version,
            "cause": "joined",
            "granted_at": ISSUER_TIME,
        }
    )


async def a_lead(service: ServiceUnderTest, team: str) -> str:
    contact = {"email": f"canary-{uuid4().hex[:8]}@{team}.example", "name": f"Canary {team}"}
    answer = await service.anonymous.post(
        "/v1/leads", json={"source": "web", "country": "DE", "contact": contact, "message": f"Secret of {team}."}
    )
    assert answer.status_code == 202, answer.text
    lead_id = answer.json()["id"]
    await service.receives(service.intake.emitted[-1])
    await service.receives(routed(lead_id, team))
    return str(lead_id)


def routed(lead_id: str, team: str, at: str = ISSUER_TIME) -> LeadRouted:
    where = {"segment": "dach", "team": team, "pipeline": "contract", "rule": "r", "ruleset": 1}
    return LeadRouted.model_validate({"lead_id": lead_id, "routed_at": at, **where})


async def test_what_is_another_teams_answers_byte_for_byte_as_what_does_not_exist(service: ServiceUnderTest) -> None:
    berlin, munich = await a_lead(service, "berlin"), await a_lead(service, "munich")
    await service.told(may("anna", {"team": "berlin"}), may("nobody"))
    anna, nobody = service.as_("anna"), service.as_("nobody")
    assert (await anna.get(f"/v1/leads/{berlin}")).status_code == 200
    for path, body in (("", None), ("/openings", None), ("/contact", {"purpose": "call"})):
        answers = [
            await (anna.post(f"/v1/leads/{one}{path}", json=body) if body else anna.get(f"/v1/leads/{one}{path}"))
            for one in (munich, str(uuid4()))
        ]
        seen = {(a.status_code, a.content, headers_of(a)) for a in answers}
        assert len(seen) == 1
        assert answers[0].status_code == 404
        assert b"munich" not in answers[0].content
    assert (await nobody.get(f"/v1/leads/{berlin}")).status_code == 404
    assert await service.sql("select 1 from opened") == []


async def test_who_looks_is_on_record_and_told_before_he_sees(service: ServiceUnderTest) -> None:
    berlin = await a_lead(service, "berlin")
    await service.emitted()
    await service.told(may("anna", {"team": "berlin"}), may("root"))
    anna = service.as_("anna")
    opened = await anna.post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})
    assert opened.status_code == 200, opened.text
    assert opened.headers["cache-control"] == "no-store"
    assert opened.json()["contact"]["name"] == "Canary berlin"
    assert opened.json()["message"] == "Secret of berlin."
    [event] = await service.emitted()
    assert (event.person, event.purpose, event.team) == ("anna", "call", "berlin")  # type: ignore[attr-defined]
    assert "Canary" not in event.model_dump_json()
    looks = (await anna.get(f"/v1/leads/{berlin}/openings")).json()["openings"]
    assert [(look["person"], look["purpose"], look["grant_kind"]) for look in looks] == [("anna", "call", "member")]
    assert (await service.as_("root").post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})).status_code == 404


async def test_broken_glass_opens_for_that_purpose_alone_and_a_grant_that_opens_nothing_opens_nothing(
    service: ServiceUnderTest,
) -> None:
    berlin = await a_lead(service, "berlin")
    await service.told(
        may("glass", {"team": "berlin", "kind": "break_glass", "records": "none"}),
        may("looker", {"team": "berlin", "opens": False}),
    )
    glass, looker = service.as_("glass"), service.as_("looker")
    assert (await glass.post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})).status_code == 403
    assert (await glass.post(f"/v1/leads/{berlin}/contact", json={"purpose": "break_glass"})).status_code == 200
    for purpose in ("call", "break_glass"):
        refused = await looker.post(f"/v1/leads/{berlin}/contact", json={"purpose": purpose})
        assert refused.status_code == 403
        assert "Canary" not in refused.text
    board = may("machine:board", {"team": "berlin", "kind": "machine", "records": "none", "opens": False})
    subject = Subject(issuer=tokens.ISSUER, subject="board")
    await service.told(board.model_copy(update={"kind": "machine", "subjects": (subject,)}))
    machine = service.as_("board", client_id="board")
    assert (await machine.get(f"/v1/leads/{berlin}")).status_code == 200
    assert (await machine.post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})).status_code == 403


async def test_who_opens_too_many_waits_and_it_is_told(service: ServiceUnderTest) -> None:
    service.service.settings.contact_openings_per_hour = 2  # type: ignore[attr-defined]
    leads = [await a_lead(service, "berlin") for _ in range(3)]
    await service.emitted()
    await service.told(may("anna", {"team": "berlin"}))
    anna = service.as_("anna")
    answers = [await anna.post(f"/v1/leads/{one}/contact", json={"purpose": "call"}) for one in leads]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 3000
    assert [event.limit_reached for event in await service.emitted()] == [False, True]  # type: ignore[attr-defined]
    await service.told(may("mia", {"team": "berlin"}))
    assert (await service.as_("mia").post(f"/v1/leads/{leads[2]}/contact", json={"purpose": "call"})).status_code == 200


async def test_the_doors_role_has_no_other_way_to_a_key(service: ServiceUnderTest) -> None:
    berlin = await a_lead(service, "berlin")
    await service.told(may("anna", {"team": "berlin"}))
    actor = Actor("anna")
    for statement in (
        "select wrapped_key from person",
        "select * from intake_key",
        "insert into opened (opening, lead_id, at, team, person, on_behalf_of, purpose, grant_kind) "
        "values (gen_random_uuid(), gen_random_uuid(), now(), 'berlin', 'anna', '', 'call', 'member')",
        "delete from opened",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with service.service.database.at_door(actor, writes=True) as tx:
                await tx.conn.execute(statement)
    stranger = Actor("stranger")
    async with service.service.database.at_door(stranger, writes=True) as tx:
        assert await tx.conn.fetch("select * from open_key(array[$1::text::uuid], 'call')", berlin) == []
        assert await tx.conn.fetch("select * from lead") == []


async def test_a_lead_that_no_team_has_yet_is_there_for_the_catch_all_desk_alone(service: ServiceUnderTest) -> None:
    answer = await service.anonymous.post("/v1/leads", json={"source": "web", "contact": {"email": "x@y.example"}})
    path = answer.headers["location"]
    await service.receives(service.intake.emitted[-1])
    assert [row["team"] for row in await service.sql("select team from lead_place")] == [UNPLACED]
    await service.told(may("anna", {"team": "berlin"}), may("desk", {"team": UNPLACED}))
    assert (await service.as_("desk").get(path)).json()["team"] is None
    for query in ("", "?wait=0.02", "?wait=0.02&until=decided"):
        unplaced, absent = [await service.as_("anna").get(one + query) for one in (path, f"/v1/leads/{uuid4()}")]
        assert unplaced.status_code == 404
        assert (unplaced.content, headers_of(unplaced)) == (absent.content, headers_of(absent))


async def test_who_waits_for_a_lead_sees_it_when_it_becomes_his(service: ServiceUnderTest) -> None:
    lead_id = await a_lead(service, "munich")
    await service.told(may("anna", {"team": "berlin"}))
    asked = asyncio.create_task(service.as_("anna").get(f"/v1/leads/{lead_id}?wait=5"))
    await asyncio.sleep(0.1)
    await service.receives(routed(lead_id, "berlin", "2026-02-01T00:00:00Z"))
    found = await asked
    assert (found.status_code, found.json()["team"]) == (200, "berlin")


async def test_a_lead_that_moved_on_is_gone_for_its_former_team_and_its_looks_are_the_new_ones_to_see(
    service: ServiceUnderTest,
) -> None:
    lead_id = await a_lead(service, "berlin")
    await service.told(may("anna", {"team": "berlin"}), may("franz", {"team": "munich"}))
    anna, franz = service.as_("anna"), service.as_("franz")
    assert (await anna.post(f"/v1/leads/{lead_id}/contact", json={"purpose": "visit"})).status_code == 200
    await service.receives(routed(lead_id, "munich", "2026-02-01T00:00:00Z"))
    for path in ("", "/openings"):
        assert (await anna.get(f"/v1/leads/{lead_id}{path}")).status_code == 404
    [look] = (await franz.get(f"/v1/leads/{lead_id}/openings")).json()["openings"]
    assert (look["person"], look["purpose"], look["team"]) == ("anna", "visit", "berlin")


async def test_an_auditor_of_the_company_sees_who_looked_and_no_lead(service: ServiceUnderTest) -> None:
    looked, unseen = await a_lead(service, "berlin"), await a_lead(service, "berlin")
    audits = [
        may(name).model_copy(update={"roles": (RoleHeld(role="auditor", unit=unit, begins_at=ISSUER_TIME),)})
        for name, unit in (("dpo", None), ("local", "berlin"))
    ]
    await service.told(may("anna", {"team": "berlin"}), *audits)
    assert (await service.as_("anna").post(f"/v1/leads/{looked}/contact", json={"purpose": "visit"})).status_code == 200
    dpo = service.as_("dpo")
    [look] = (await dpo.get(f"/v1/leads/{looked}/openings")).json()["openings"]
    assert (look["person"], look["purpose"]) == ("anna", "visit")
    for path in (f"{looked}", f"{looked}/timeline", f"{unseen}/openings", f"{uuid4()}/openings"):
        assert (await dpo.get(f"/v1/leads/{path}")).status_code == 404, path
    assert (await service.as_("local").get(f"/v1/leads/{looked}/openings")).status_code == 404


async def test_the_limit_is_a_persons_wherever_he_moves(service: ServiceUnderTest) -> None:
    service.service.settings.contact_openings_per_hour = 1  # type: ignore[attr-defined]
    berlin, munich = await a_lead(service, "berlin"), await a_lead(service, "munich")
    await service.told(may("anna", {"team": "berlin"}))
    anna = service.as_("anna")
    assert (await anna.post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})).status_code == 200
    await service.told(may("anna", {"team": "munich"}, version=2))
    refused = await anna.post(f"/v1/leads/{munich}/contact", json={"purpose": "call"})
    assert (refused.status_code, "Canary" in refused.text) == (429, False)
    absent = await anna.post(f"/v1/leads/{uuid4()}/contact", json={"purpose": "call"})
    assert absent.content == refused.content  # whatever is asked for, so that the limit tells nothing of it
    await service.alters(
        "alter table opened no force row level security", "update opened set at = at - interval '1 hour'"
    )
    assert (await anna.post(f"/v1/leads/{munich}/contact", json={"purpose": "call"})).status_code == 200


async def test_who_stands_in_opens_on_the_absent_persons_behalf(service: ServiceUnderTest) -> None:
    lead_id = await a_lead(service, "berlin")
    await service.told(may("mia", {"team": "berlin", "kind": "substitute", "on_behalf_of": "anna"}))
    assert (await service.as_("mia").post(f"/v1/leads/{lead_id}/contact", json={"purpose": "call"})).status_code == 200
    [row] = await service.sql("select person, on_behalf_of, grant_kind, trace from opened")
    assert (row["person"], row["on_behalf_of"], row["grant_kind"]) == ("mia", "anna", "substitute")
    assert len(row["trace"]) == 32
    opened = (await service.emitted())[-1]
    assert isinstance(opened, ContactOpened)
    assert opened.on_behalf_of == "anna"


async def test_a_grant_that_has_ended_opens_nothing(service: ServiceUnderTest) -> None:
    lead_id = await a_lead(service, "berlin")
    await service.told(
        may("late", {"team": "berlin", "ends_at": "2026-01-02T00:00:00Z"}, {"team": "munich"}),
        may("early", {"team": "berlin", "begins_at": "2999-01-01T00:00:00Z"}, {"team": "munich"}),
    )
    for person in ("late", "early"):
        answer = await service.as_(person).post(f"/v1/leads/{lead_id}/contact", json={"purpose": "call"})
        assert answer.status_code == 404
    assert await service.sql("select from opened") == []


@pytest.mark.parametrize("comes_again", [False, True])
async def test_of_a_forgotten_person_nothing_is_shown_and_that_is_said(
    service: ServiceUnderTest, comes_again: bool
) -> None:
    lead_id = await a_lead(service, "berlin")
    [(person_id,)] = await service.sql("select person_id from lead")
    await service.sql("update person set wrapped_key = null")
    if comes_again:
        await keyed_anew(service, person_id)
    await service.told(may("anna", {"team": "berlin"}))
    await service.emitted()
    answer = await service.as_("anna").post(f"/v1/leads/{lead_id}/contact", json={"purpose": "call"})
    assert (answer.status_code, answer.json()["title"]) == (410, "This person was forgotten")
    assert (await service.as_("anna").get(f"/v1/leads/{lead_id}")).status_code == 200
    assert len(await service.sql("select from opened")) == len(await service.emitted()) == int(comes_again)


async def keyed_anew(service: ServiceUnderTest, person_id: UUID) -> None:
    """Somebody who was forgotten has come again: the same person, under another key."""
    async with service.service.database.transaction() as tx:
        await keys.person_keys(tx, [person_id])


async def test_a_page_of_leads_is_one_look_with_a_row_and_an_event_for_each(service: ServiceUnderTest) -> None:
    mine = [UUID(await a_lead(service, "berlin")) for _ in range(3)]
    theirs = UUID(await a_lead(service, "munich"))
    await service.told(may("anna", {"team": "berlin"}))
    await service.emitted()
    async with service.service.database.at_door(Actor("anna"), writes=True) as tx:
        found = await open_contacts([*mine, theirs], "list", tx)
    assert set(found.shown) == set(mine)
    assert {row["opening"] for row in await service.sql("select opening from opened")} == {found.opening}
    assert {event.lead_id for event in await service.emitted()} == set(mine)  # type: ignore[attr-defined]


async def test_no_answer_to_a_stranger_of_the_team_holds_anything_of_it(service: ServiceUnderTest) -> None:
    lead_id = await a_lead(service, "munich")
    await service.told(may("franz", {"team": "munich"}), may("anna", {"team": "berlin"}))
    await service.as_("franz").post(f"/v1/leads/{lead_id}/contact", json={"purpose": "call"})
    said = ""
    for method, path in (("GET", ""), ("GET", "?wait=0.02"), ("GET", "/openings"), ("POST", "/contact")):
        for purpose in ("call", "break_glass", "nonsense"):
            body = {"purpose": purpose} if method == "POST" else None
            answer = await service.as_("anna").request(method, f"/v1/leads/{lead_id}{path}", json=body)
            said += answer.text + str(answer.headers)
    for canary in ("munich", "Canary", "Secret", "dach", "contract", "franz", "DE"):
        assert canary not in said


async def test_one_lead_is_read_by_its_key_however_many_there_are(service: ServiceUnderTest) -> None:
    """A policy whose rows are their parent's may not gather all parents that somebody sees."""
    await service.told(may("anna", {"team": "berlin"}))
    for table in ("lead", "timeline", "opened"):
        async with service.service.database.at_door(Actor("anna")) as tx:
            plan = [row[0] for row in await tx.conn.fetch(f"explain select from {table}")]
        assert any("EXISTS(SubPlan" in line for line in plan), plan
        assert any("lead_place_pkey" in line for line in plan), plan
