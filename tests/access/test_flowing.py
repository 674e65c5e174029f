"""What is no JSON: streams, opened by everybody with a token and with a ticket, and files, asked for by everybody."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import StreamingResponse

from chassis.service import Service
from chassis_testing import ServiceUnderTest

from .doors import Door, documented
from .matrix import DOORS, FILES, NOBODYS, OPEN, STREAMS, expected
from .people import CALLERS, OTHER, OWN, SIGHT, callers, grant, said
from .test_matrix import Matrix, Told
from .test_rows import ACTORS
from .things import Things, filled

STREAM, [FILE] = ("metrics", "GET", "/v1/kpis/stream"), [*FILES]
QUERY = "by=campaign"


def flowing(service: Service) -> set[Door]:
    """The doors whose document names an answer that is no JSON, and that are not for everybody."""
    found = set()
    for name, method, path in documented(service):
        responses = service.api.openapi()["paths"][path][method.lower()].get("responses", {})
        kinds = {kind for status, one in responses.items() if status[0] == "2" for kind in one.get("content", ())}
        if kinds - {"application/json"} and (name, method, path) not in OPEN:
            found.add((name, method, path))
    return found


async def test_what_flows_at_a_door_is_looked_at_here(
    leads: ServiceUnderTest, campaigns: ServiceUnderTest, territory: ServiceUnderTest, metrics: ServiceUnderTest
) -> None:
    every = [one.service for one in (leads, territory, metrics)]
    assert set().union(*map(flowing, every)) == STREAMS | FILES | NOBODYS.keys()
    sent: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}
    campaigns.service.api.add_api_route(
        "/v1/added", _nothing, methods=["GET"], response_class=StreamingResponse, responses=sent
    )
    assert flowing(campaigns.service) == {("campaigns", "GET", "/v1/added")}


async def _nothing(request: Any) -> Any:
    """Is never asked."""


@dataclass
class Stream:
    """One stream on ASGI itself, for clients of tests wait for the end of an answer."""

    status: int = 0
    raw: bytes = b""
    ended: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        """Is there until the test has seen enough."""
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        """What comes."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.raw += message["body"]
            self.ended = not message.get("more_body", False)
        self.news.set()

    async def until(self, word: str) -> None:
        """Waits for a word, or for the end."""
        async with asyncio.timeout(4):
            while word not in self.raw.decode() and not self.ended:
                self.news.clear()
                await self.news.wait()


@contextlib.asynccontextmanager
async def opened(service: ServiceUnderTest, client: httpx.AsyncClient, query: str) -> AsyncIterator[Stream]:
    """A stream that shows what this client shows."""
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": STREAM[2], "raw_path": STREAM[2].encode(), "root_path": "", "query_string": query.encode(),
        "headers": [(k.lower(), v) for k, v in client.headers.raw], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    stream = Stream()
    task = asyncio.create_task(service.service.asgi(scope, stream.receive, stream.send))
    try:
        yield stream
    finally:
        stream.hung_up.set()
        async with asyncio.timeout(4):
            await task


@pytest.fixture
async def feed(metrics: ServiceUnderTest) -> AsyncIterator[ServiceUnderTest]:
    """Metrics with the feed of its streams at work."""
    running = asyncio.ensure_future(metrics.service.background[0](metrics.service))
    yield metrics
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def betrayed(stream: Stream, things: Things) -> set[str]:
    """Of which teams a word was sent."""
    return {team for word, team in things.betray.items() if word in stream.raw.decode()}


async def test_everybody_is_sent_what_he_sees_and_nothing_else(feed: ServiceUnderTest) -> None:
    things, clients, wrong = await filled(feed), callers(feed), []
    line = expected(DOORS[STREAM].replace("422", "200"))  # the matrix asks for what there is no stream of
    tickets = expected(DOORS[("metrics", "POST", "/v1/kpis/stream/tickets")])
    for one in CALLERS:
        sight = SIGHT.get(one, set()) | things.passes.get(one, set())
        ways = {"token": (clients[one], QUERY)}
        answer = await clients[one].post("/v1/kpis/stream/tickets", json={})
        assert answer.status_code == tickets[one], one
        if answer.status_code == 200:  # whoever shows it is who it was given to
            ways["ticket"] = (clients["nobody"], f"{QUERY}&ticket={answer.json()['ticket']}")
        for way, (client, query) in ways.items():
            async with opened(feed, client, query) as stream:
                await stream.until("event: snapshot")
                found = betrayed(stream, things)
            if (stream.status, found) != (line[one], sight if line[one] == 200 else set()):
                wrong.append(f"{one} by {way}: {stream.status}, is sent what is of {sorted(found)}")
    assert not wrong, "\n".join(wrong)


async def test_what_a_move_takes_is_not_sent_any_more_and_who_has_left_is_sent_nothing(feed: ServiceUnderTest) -> None:
    things, turner = await filled(feed), feed.as_("turner")
    await feed.told(said("turner", grant(OWN), version=5))
    async with opened(feed, turner, QUERY) as stream:
        await stream.until("event: snapshot")
        assert betrayed(stream, things) == {OWN}
        await feed.told(said("turner", grant(OTHER), version=6))
        await stream.until("event: resync")
        stream.raw = stream.raw.partition(b"event: resync")[2]
        await stream.until("event: snapshot")
        assert betrayed(stream, things) == {OTHER}
        await feed.told(said("turner", version=7))
        await stream.until("event: closed")
        async with asyncio.timeout(4):
            while not stream.ended:
                await asyncio.sleep(0.01)


async def test_what_flows_is_asked_in_sql_as_the_role_of_the_doors(feed: ServiceUnderTest) -> None:
    """The rows that a stream is made of, and the teams whose frames a reader is sent."""
    from metrics.store import scope

    await filled(feed)
    for caller, actor in ACTORS.items():
        async with feed.service.database.at_door(actor) as tx:
            rows = {row["team"] for row in await tx.conn.fetch("select distinct team from kpi_part")}
        assert rows == SIGHT.get(caller, set()), caller
    async with feed.service.database.transaction() as tx:
        seen = await scope.of(tx, {one.principal for one in ACTORS.values()})
    for caller, actor in ACTORS.items():
        assert set(seen.get(actor.principal, ())) == SIGHT.get(caller, set()), caller


async def test_a_file_opens_for_whom_its_lead_is_there(leads: ServiceUnderTest, tmp_path: Path) -> None:
    leads.service.settings.documents_url = f"file://{tmp_path}/documents"  # type: ignore[attr-defined]
    things, clients = await filled(leads), callers(leads)
    for who, team in (("member", OWN), ("stranger", OTHER)):
        content = f"what-is-of-{team}"
        path = FILE[2].format(**things.of[team]).rpartition("/")[0]
        headers = {"content-type": "text/plain", "document-kind": "offer", "document-name": "a.txt"}
        answer = await clients[who].post(path, content=content, headers=headers)
        assert answer.status_code == 201, answer.text
        things.of[team]["document_id"] = answer.json()["id"]
        things.betray[content] = team
    matrix, line = Matrix(leads, things), expected(DOORS[FILE].replace("503", "200"))
    for one in CALLERS:
        await Told(matrix, clients[one], one, FILE, {}).holds(line[one])
    assert not matrix.wrong, "\n".join(matrix.wrong)
    for one in CALLERS:  # another lead's file, under a lead that is his
        for mine, other in ((OWN, OTHER), (OTHER, OWN)):
            thing = {**things.of[mine], "document_id": things.of[other]["document_id"]}
            answer = await clients[one].get(FILE[2].format(**thing))
            assert answer.status_code in (401, 403, 404), f"{one}: {json.dumps(thing)}"
