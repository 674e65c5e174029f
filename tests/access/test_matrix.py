"""Every door of every service is asked by everybody, on what is his, what is another team's and what is not there."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from chassis.service import Service
from chassis_testing import ServiceUnderTest

from .doors import Door, documented, there
from .matrix import AUDITED, DOORS, OPEN, SHUT, UNDOCUMENTED, USEFUL, expected
from .people import CALLERS, OTHER, OWN, SIGHT, callers
from .things import Things, bytes_of, filled


def lines_of(name: str) -> set[Door]:
    """What matrix.py has for a service."""
    return {door for door in (*DOORS, *OPEN, *UNDOCUMENTED) if door[0] == name}


def disagreements(service: Service) -> list[str]:
    """Between what answers, what the document tells, and what was written by hand."""
    found, told, lines = there(service), documented(service), lines_of(service.name)
    hidden = found - told - UNDOCUMENTED.keys()
    return [
        *(f"new door {door}: say in tests/access/matrix.py who may" for door in sorted(found - lines)),
        *(f"{door} is a line of a door that is no more" for door in sorted(lines - found)),
        *(f"{door} is in the document and does not answer" for door in sorted(told - found)),
        *(f"{door} answers and is in no document" for door in sorted(hidden)),
    ]


async def test_a_door_of_any_make_without_a_line_is_seen(leads: ServiceUnderTest, monkeypatch: Any) -> None:
    made, included = leads.service, APIRouter()
    included.add_api_route("/v1/included", _nothing, methods=["PATCH"])
    made.api.include_router(included)
    made.api.add_api_route("/v1/added", _nothing, methods=["DELETE"])
    made.api.add_route("/v1/plain", _nothing, methods=["PUT"])
    made.api.mount("/v1/whole", made.api)
    made.asgi.mounts["/v1/raw"] = made.asgi.mounts["/v1/leads"]
    monkeypatch.delitem(DOORS, ("leads", "GET", "/v1/leads/{lead_id}"))
    monkeypatch.setitem(DOORS, ("leads", "GET", "/v1/gone"), SHUT)
    said = "\n".join(disagreements(made))
    for door in (
        "PATCH', '/v1/included",
        "DELETE', '/v1/added",
        "PUT', '/v1/plain",
        "*', '/v1/whole",
        "POST', '/v1/raw",
    ):
        assert f"new door ('leads', '{door}')" in said
    assert "new door ('leads', 'GET', '/v1/leads/{lead_id}')" in said
    assert "('leads', 'GET', '/v1/gone') is a line of a door that is no more" in said
    made.api.host("elsewhere", made.api)
    with pytest.raises(TypeError, match="may be a door"):
        there(made)


async def _nothing(request: Any) -> Any:
    """Is never asked."""


async def ask(client: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response:
    """One request; a body goes with methods that take one."""
    path += QUERIES.get((method, path), "")
    return await client.request(method, path, json=body if method in ("POST", "PUT", "PATCH") else None)


def named_in(body: Any, thing: dict[str, str]) -> Any:
    """The body with a thing's names in it."""
    return json.loads(re.sub(r'"{(\w+)}"', lambda found: json.dumps(thing.get(found[1], "")), json.dumps(body)))


@dataclass
class Matrix:
    """One service, what stands in it, and what is wrong with its answers."""

    service: ServiceUnderTest
    things: Things
    wrong: list[str] = field(default_factory=list)

    def sight(self, caller: str) -> set[str]:
        """Of which teams a caller may be shown a word."""
        return SIGHT.get(caller, set()) | self.things.passes.get(caller, set())

    async def holds(self) -> None:
        """Asks every door as everybody, on everything. Whose bodies may change something, one after the other."""
        assert disagreements(self.service.service) == []
        assert not DOORS.keys() & OPEN.keys()
        clients = callers(self.service)
        for door, line in DOORS.items():
            if door[0] == self.service.service.name:
                said = expected(line)
                await asyncio.gather(*(Told(self, clients[one], one, door, {}).holds(said[one]) for one in CALLERS))
        for door, body, line, elsewhere in USEFUL:
            if door[0] == self.service.service.name:
                said, there = expected(line), expected(elsewhere or line)
                for one in CALLERS:
                    await Told(self, clients[one], one, door, body).holds(said[one], there[one] if elsewhere else None)
        assert not self.wrong, "\n".join(self.wrong)


@dataclass
class Told:
    """What one caller is told at one door."""

    matrix: Matrix
    client: httpx.AsyncClient
    caller: str
    door: Door
    body: Any

    def __str__(self) -> str:
        return f"{' '.join(self.door)} {self.body or ''} {self.caller}:"

    async def of(self, team: str) -> httpx.Response:
        """The answer on a thing of this team, or on what is absent; no answer betrays a thing of a team out of his sight."""
        thing = self.matrix.things.of.get(team, self.matrix.things.absent)
        body = named_in(self.body, thing)
        answer = await ask(self.client, self.door[1], self.door[2].format(**thing), body)
        sent, sight = json.dumps(body), self.matrix.sight(self.caller)
        told = {word: of for word, of in self.matrix.things.betray.items() if word in answer.text}
        if strange := {word for word, of in told.items() if of not in sight and word not in sent}:
            self.matrix.wrong.append(f"{self} is told {strange}: {answer.text[:300]}")
        if self.door in LISTS and answer.status_code == 200 and set(told.values()) != sight:
            self.matrix.wrong.append(f"{self} has {set(told.values())} in the list")
        return answer

    def sees(self) -> set[str]:
        """Of which teams the things of this door are there for him."""
        audits = self.caller == "auditor" and self.door in AUDITED
        return {*self.matrix.things.of} if audits else SIGHT.get(self.caller, set())

    async def holds(self, status: int, elsewhere: int | None = None) -> None:
        """What he is told of a thing of his own team is this. What is out of his sight is what is absent, byte for byte, and what
        is in it is not; where what is absent is made, or another's is not all there is to know, ``elsewhere`` is said."""
        own = await self.of(OWN)
        if own.status_code != status:
            self.matrix.wrong.append(f"{self} {own.status_code} instead of {status}: {own.text[:200]}")
        if elsewhere is not None:
            if (other := await self.of(OTHER)).status_code != elsewhere:
                self.matrix.wrong.append(f"{self} {other.status_code} instead of {elsewhere} there: {other.text[:200]}")
            return
        path = self.door[2]
        if path.format(**self.matrix.things.of[OWN]) == path.format(**self.matrix.things.absent):
            return  # it is about nothing in particular
        absent = await self.of("")
        for team in self.matrix.things.of:
            answer = own if team == OWN else await self.of(team)
            if team not in self.sees():
                if bytes_of(answer) != bytes_of(absent):
                    self.matrix.wrong.append(f"{self} is told that a thing of {team} is there: {answer.text[:200]}")
            elif absent.status_code in (200, 404) and bytes_of(answer) == bytes_of(absent):
                self.matrix.wrong.append(f"{self} does not find what is of {team}")


QUERIES = {
    ("GET", "/v1/kpis/stream"): "?by=nothing",  # what is asked rightly has no end
    ("GET", "/v1/kpis"): "?by=campaign",
    ("GET", "/v1/kpis/series"): "?by=campaign&each=100&count=100",
    ("GET", "/v1/summary"): "?by=team",
}
LISTS = {("leads", "GET", "/v1/leads"), ("campaigns", "GET", "/v1/campaigns"), ("metrics", "GET", "/v1/kpis")}


async def test_leads(leads: ServiceUnderTest) -> None:
    await Matrix(leads, await filled(leads)).holds()


async def test_campaigns(campaigns: ServiceUnderTest) -> None:
    await Matrix(campaigns, await filled(campaigns)).holds()


async def test_metrics(metrics: ServiceUnderTest) -> None:
    await Matrix(metrics, await filled(metrics)).holds()


async def test_territory(territory: ServiceUnderTest) -> None:
    await Matrix(territory, await filled(territory)).holds()
