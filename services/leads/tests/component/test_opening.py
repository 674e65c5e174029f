"""Whose a lead is and who it is about: who has no grant finds nothing, and who looks is on record before he sees."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis_testing import ServiceUnderTest, tokens
from contracts.territory.access import AccessGranted, Subject
from contracts.territory.lead import LeadRouted

ISSUER_TIME = "2026-01-01T00:00:00Z"


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
    routed = LeadRouted.model_validate(
        {
            "lead_id": lead_id,
            "segment": "dach",
            "team": team,
            "pipeline": "contract",
            "rule": "r",
            "ruleset": 1,
            "routed_at": ISSUER_TIME,
        }
    )
    await service.receives(routed)
    return str(lead_id)


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
        seen = {(a.status_code, a.content, tuple(sorted(a.headers.items()))) for a in answers}
        assert len(seen) == 1
        assert answers[0].status_code == 404
        assert b"munich" not in answers[0].content
    assert (await nobody.get(f"/v1/leads/{berlin}")).status_code == 403
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
    assert (await service.as_("root").post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})).status_code == 403


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
    assert (await service.http.post(f"/v1/leads/{berlin}/contact", json={"purpose": "call"})).status_code in (200, 403)


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


async def test_the_doors_role_has_no_other_way_to_a_key(service: ServiceUnderTest) -> None:
    berlin = await a_lead(service, "berlin")
    await service.told(may("anna", {"team": "berlin"}))
    actor = service.service.database.actor.__class__("anna")
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
    stranger = service.service.database.actor.__class__("stranger")
    async with service.service.database.at_door(stranger, writes=True) as tx:
        assert await tx.conn.fetch("select * from open_key(array[$1::text::uuid], 'call')", berlin) == []
        assert await tx.conn.fetch("select * from lead") == []
