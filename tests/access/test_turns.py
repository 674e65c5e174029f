"""What somebody may see turns at a moment: by a word of territory's, or by the clock; and while nobody knows, nobody sees."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chassis_testing import ServiceUnderTest
from contracts.territory.access import AccessRevoked

from .matrix import DOORS, OPEN, expected
from .people import AGO, CALLERS, OTHER, OWN, callers, grant, said
from .things import Things, filled

LOOKS = {
    "leads": "/v1/leads/{lead_id}",
    "campaigns": "/v1/campaigns/{campaign}",
    "territory": "/v1/leads/{lead_id}/decision",
    "metrics": "/v1/kpis/{by}/{key}/facts",
}
LISTS = {"campaigns": "/v1/campaigns", "metrics": "/v1/kpis?by=campaign"}
MACHINES = {"operator", "intake", "bare", "ungranted", "board"}
SHORT = timedelta(seconds=0.8)


async def sees(service: ServiceUnderTest, things: Things, client: httpx.AsyncClient) -> set[str]:
    """Of which teams somebody is shown something now: thing by thing, and in the list where there is one."""
    name, shown, listed = service.service.name, set(), set()
    for team, thing in things.of.items():
        answer = await client.get(LOOKS[name].format(**thing))
        shown |= {of for word, of in things.betray.items() if word in answer.text}
        assert answer.status_code != 200 or shown >= {team} or name == "metrics"
    if name in LISTS:
        text = (await client.get(LISTS[name])).text
        listed = {of for word, of in things.betray.items() if word in text}
        assert listed == shown
    return shown


async def turns(service: ServiceUnderTest) -> None:
    """One person: a member, moved, a word of before once more, gone, back; and two whose time runs out, with no word said."""
    things, turner = await filled(service), service.as_("turner")
    assert await sees(service, things, turner) == set()
    await service.told(said("turner", grant(OWN), version=5))
    assert await sees(service, things, turner) == {OWN}
    await service.told(said("turner", grant(OTHER), version=6))
    assert await sees(service, things, turner) == {OTHER}
    await service.told(said("turner", grant(OWN), version=5), said("turner", grant(OWN), grant(OTHER), version=4))
    assert await sees(service, things, turner) == {OTHER}
    await service.told(AccessRevoked(person="turner", version=7, cause="left", revoked_at=AGO))
    assert await sees(service, things, turner) == set()
    # Numbers are of no thing in particular: who may see none is told so.
    gone = 403 if service.service.name == "metrics" else 404
    assert (await turner.get(LOOKS[service.service.name].format(**things.of[OTHER]))).status_code == gone
    await service.told(said("turner", grant(OWN), version=8))
    assert await sees(service, things, turner) == {OWN}
    until = datetime.now(UTC) + SHORT
    soon = {"kind": "substitute", "on_behalf_of": "member"}, {"kind": "break_glass"}
    for person, how in zip(("stand_in", "glass_breaker"), soon, strict=True):
        await service.told(said(person, grant(OTHER), grant(OWN, ends_at=until, **how)))
        assert await sees(service, things, service.as_(person)) == {OWN, OTHER}
    await asyncio.sleep((until - datetime.now(UTC)).total_seconds() + 0.02)
    for person in ("stand_in", "glass_breaker"):
        assert await sees(service, things, service.as_(person)) == {OTHER}
    await nobody_sees_what_nobody_knows(service, things)


async def nobody_sees_what_nobody_knows(service: ServiceUnderTest, things: Things) -> None:
    """This replica does not know any more who may see what. Machines do what they did where no team's rows are; whoever would be
    shown some is told that it can't be checked, and nothing else."""
    service.service.access.level_at = float("-inf")
    clients, wrong = callers(service), []
    for (name, method, path), line in DOORS.items():
        if name != service.service.name or path == "/v1/access/me":
            continue
        said_of, without_rows = expected(line), "intake" in line.partition("|")[0]
        for caller in CALLERS:
            answer = await clients[caller].request(method, path.format(**things.of[OWN]), **_body(method))
            status = 401 if caller in ("nobody", "forged", "expired") else 503
            if without_rows and caller in MACHINES:
                status = said_of[caller]
            if answer.status_code != status or any(word in answer.text for word in things.betray):
                wrong.append(f"{method} {path} {caller}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)
    for name, method, path in OPEN:
        if name == service.service.name and path != "/readyz":
            known = (404, 503) if "{form}" in path else (200, 422)  # there is no such form, or none was ever known here
            assert (await clients["nobody"].request(method, path, **_body(method))).status_code in known, path


def _body(method: str) -> dict[str, Any]:
    return {"json": {}} if method in ("POST", "PUT", "PATCH") else {}


async def test_leads(leads: ServiceUnderTest) -> None:
    await turns(leads)


async def test_campaigns(campaigns: ServiceUnderTest) -> None:
    await turns(campaigns)


async def test_metrics(metrics: ServiceUnderTest) -> None:
    await turns(metrics)


async def test_territory(territory: ServiceUnderTest) -> None:
    await turns(territory)
