"""Every door of every service is asked by everybody, on what is his, what is another team's and what is not there."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadQualified
from contracts.territory.lead import LeadRouted

from .matrix import DOORS, OPEN
from .people import CALLERS, OTHER, OWN, callers, tell

SERVICES = ("leads", "campaigns", "territory", "metrics")
AT = datetime(2026, 1, 2, tzinfo=UTC)
OF_ANOTHER = "canary-of-munich"
METHODS = ("get", "post", "put", "patch", "delete")
ME = "/v1/access/me"


def expected(line: str) -> dict[str, int]:
    """What a line says of each caller."""
    said: dict[str, int] = {}
    rest = 0
    for part in line.split("|"):
        status, *names = part.split()
        for name in names:
            if name == "*":
                rest = int(status)
            else:
                assert name in CALLERS, name
                said[name] = int(status)
    return {name: said.get(name, rest) for name in CALLERS}


def doors_of(service: ServiceUnderTest) -> set[tuple[str, str]]:
    """What exists: as documented, as FastAPI routes it, and as it is mounted; the three have to agree."""
    made = service.service
    documented = {
        (method.upper(), path)
        for path, methods in made.api.openapi()["paths"].items()
        for method in methods
        if method in METHODS
    }
    routed = {(method, route.path) for route in _routes(made.api.routes) for method in route.methods or ()}
    mounted = {("POST", path) for path in made.asgi.mounts}
    hidden = {(m, p) for m, p in routed | mounted if not p.startswith("/v1/") or p.endswith("/")}
    assert documented >= {(m, _plain(p)) for m, p in (routed | mounted) - hidden if m != "HEAD"}
    return documented


def _plain(path: str) -> str:
    return re.sub(r":path}", "}", path)


def _routes(routes: Any) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(route, "original_router", None):
            yield from _routes(inner.routes)


@pytest.mark.parametrize("name", SERVICES)
def test_every_door_has_a_line_and_every_line_a_door(name: str, request: pytest.FixtureRequest) -> None:
    from . import conftest

    document = json.loads((conftest.HERE / f"services/{name}/openapi.json").read_text())
    there = {
        (name, method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method in METHODS
    }
    lines = {line for line in (*DOORS, *OPEN) if line[0] == name}
    assert there - lines == set(), "new doors: say in tests/access/matrix.py who may"
    assert lines - there == set(), "lines of doors that are no more"
    assert not DOORS.keys() & OPEN.keys()


async def ask(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    """One request that says nothing useful."""
    body: Any = {} if method in ("POST", "PUT", "PATCH") else None
    return await client.request(method, path + QUERIES.get(path, ""), json=body)


async def check(service: ServiceUnderTest, name: str, own: dict[str, str], other: dict[str, str]) -> None:
    """Asks every door of a service as everybody. ``own`` and ``other`` name the things that stand in paths."""
    await tell(service)
    there = callers(service)
    wrong = []
    for (_, method, template), line in ((door, line) for door, line in DOORS.items() if door[0] == name):
        for caller, status in expected(line).items():
            mine, theirs = template.format(**own), template.format(**other)
            answer = await ask(there[caller], method, mine)
            if answer.status_code != status:
                wrong.append(f"{method} {template} {caller}: {answer.status_code} instead of {status}")
            if caller != "nobody" and template != ME and caller not in SEES_OTHER:
                assert OF_ANOTHER not in answer.text, f"{method} {template} tells {caller} of another team"
            if mine == theirs:  # it has no team: the structure is the company's
                continue
            nowhere = own | {key: str(uuid4()) for key in own if own[key] != other[key]}
            absent = await ask(there[caller], method, template.format(**nowhere))
            foreign = await ask(there[caller], method, theirs)
            if caller not in SEES_OTHER:
                assert _bytes(foreign) == _bytes(absent), f"{method} {template} tells {caller} that it is there"
            if status == 404:
                assert _bytes(answer) == _bytes(absent), f"{method} {template} tells {caller} that it is there"
    assert not wrong, "\n".join(wrong)


QUERIES = {"/v1/kpis/stream": "?by=nothing"}  # what is asked rightly has no end
FIXED = {"by": "campaign"}
SEES_OTHER = {"manager", "general", "stranger", "mover", "substitute", "stood_in", "glass", "glass_over", "board"}


def _bytes(answer: httpx.Response) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    return answer.status_code, answer.content, sorted(answer.headers.raw)


def routed(lead_id: UUID, team: str, segment: str) -> LeadRouted:
    return LeadRouted(
        lead_id=lead_id, segment=segment, team=team, pipeline="contract", rule="r", ruleset=1, routed_at=AT
    )


async def a_lead(service: ServiceUnderTest, team: str) -> str:
    canary = OF_ANOTHER if team == OTHER else "ours"
    answer = await service.anonymous.post(
        "/v1/leads",
        json={"source": "web", "product": canary, "message": canary, "contact": {"email": f"{canary}@x.example"}},
    )
    assert answer.status_code == 202, answer.text
    await service.receives(service.intake.emitted[-1])
    await service.receives(routed(UUID(answer.json()["id"]), team, canary))
    return str(answer.json()["id"])


async def test_leads(leads: ServiceUnderTest) -> None:
    own, other = [await a_lead(leads, team) for team in (OWN, OTHER)]
    await check(leads, "leads", {"lead_id": own}, {"lead_id": other})


async def test_campaigns(campaigns: ServiceUnderTest) -> None:
    for team in (OWN, OTHER):
        plan = {"name": OF_ANOTHER if team == OTHER else "ours", "currency": "EUR", "team": team, "lines": []}
        answer = await callers(campaigns)["intake"].put(f"/v1/campaigns/of-{team}", json=plan)
        assert answer.status_code == 200, answer.text
    await check(campaigns, "campaigns", {"campaign": f"of-{OWN}"}, {"campaign": f"of-{OTHER}"})


async def test_metrics(metrics: ServiceUnderTest) -> None:
    for team in (OWN, OTHER):
        lead_id, campaign = uuid4(), f"of-{team}"
        planned = CampaignPlanned(campaign=campaign, name="x", currency="EUR", version=1, planned_at=AT, team=team)
        captured = LeadCaptured(lead_id=lead_id, source="web", campaign=campaign, occurred_at=AT, captured_at=AT)
        await metrics.receives(planned, captured, routed(lead_id, team, f"segment-{team}"))
    await check(metrics, "metrics", FIXED | {"key": f"of-{OWN}"}, FIXED | {"key": f"of-{OTHER}"})


MARKET: dict[str, Any] = {
    "segments": [{"id": "ours", "name": "Ours"}, {"id": "theirs", "name": "Theirs"}],
    "pipelines": [{"id": "contract", "name": "Contract", "stages": ["offer", "won"]}],
    "teams": [{"id": team, "name": team, "pipeline": "contract"} for team in (OWN, OTHER)],
    "rules": [
        {"name": "ours", "segment": "ours", "team": OWN, "when": {"country": "DE"}},
        {"name": "theirs", "segment": "theirs", "team": OTHER, "when": {"country": "FR"}},
    ],
}


async def test_territory(territory: ServiceUnderTest) -> None:
    await tell(territory)
    put = await callers(territory)["intake"].put("/v1/market", json=MARKET)
    assert put.status_code == 200, put.text
    ids = {}
    for country in ("DE", "FR"):
        ids[country] = lead_id = uuid4()
        about = LeadAttributes(source="web", country=country)
        await territory.receives(
            LeadQualified(
                lead_id=lead_id,
                genuine=True,
                grade="A",
                score=80,
                disposition="near_term",
                scorecard=1,
                about=about,
                qualified_at=AT,
            )
        )
    things = {
        name: str(uuid4()) for name in ("membership", "role", "move", "proposal", "absence", "substitution", "glass")
    }
    own = {
        "lead_id": str(ids["DE"]),
        "version": "1",
        "unit": OWN,
        "vocabulary": "rank",
        "person": "member",
        "calendar": "x",
    }
    await check(territory, "territory", own | things, own | things | {"lead_id": str(ids["FR"])})
