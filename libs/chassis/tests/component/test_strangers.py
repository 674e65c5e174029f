"""What is settled before a body is read, what all bodies together may take, and whose pages may call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from toy.answers import problem

from chassis import Problem, http, telemetry
from chassis.callers import Callers
from chassis_testing import ServiceUnderTest

TRACE = f"00-{'a' * 32}-{'b' * 16}-"
JSON = {"content-type": "application/json"}


class Body:
    """A body that says how much of it was read."""

    def __init__(self, pieces: int = 10) -> None:
        self.pieces, self.read = pieces, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.pieces):
            self.read += 1
            yield b" " * 1024


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/notes", JSON, 401),
        ("POST", "/v1/nowhere", JSON, 404),
        ("POST", "/nowhere", {}, 404),
        ("PUT", "/v1/notes", JSON, 405),
        ("PATCH", "/v1/notes/a", {"content-type": "text/plain"}, 405),
        ("POST", "/livez", JSON, 405),
        ("POST", "/v1/inside", JSON, 401),
    ],
)
async def test_of_a_body_that_no_door_takes_nothing_is_read(
    service: ServiceUnderTest, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    service.service.asgi.mounts = {"/v1/inside": http.Mount(reading, public=False)}
    body = Body()
    problem(await service.anonymous.request(method, path, content=body, headers=headers), status)
    assert body.read == 0


async def reading(scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
    await http.read_body(scope, receive, http.LIMIT)
    raise Problem(418, "Read")


@pytest.mark.parametrize(("length", "chunked"), [(http.LIMIT + 1, False), (10**12, False), (0, True)])
async def test_a_length_that_is_too_large_is_refused_when_it_is_told(
    service: ServiceUnderTest, length: int, chunked: bool
) -> None:
    body = Body(http.LIMIT // 1024 + 50)
    headers = JSON | ({} if chunked else {"content-length": str(length)})
    problem(await service.http.post("/v1/notes", content=body, headers=headers), 413)
    assert body.read <= (http.LIMIT // 1024 + 2 if chunked else 0)


async def test_a_method_that_a_path_does_not_have_is_405_and_says_which_it_has(service: ServiceUnderTest) -> None:
    answer = await service.http.put("/v1/notes", content=b"x", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = await service.http.delete("/v1/notes/a")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_door_that_can_not_be_looked_up_before_its_body_is_a_bug_at_the_start() -> None:
    router = APIRouter()
    router.add_route("/raw", lambda request: None, methods=["POST"])  # type: ignore[arg-type,return-value]
    with pytest.raises(TypeError, match="can't be looked up"):
        http.Routes([router])


# -- room for bodies


async def test_large_bodies_wait_for_room_and_small_ones_do_not(service: ServiceUnderTest) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def holding(scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        await http.read_body(scope, receive, http.LIMIT)
        entered.set()
        await go.wait()
        raise Problem(418, "Read")

    service.service.asgi.mounts = {"/v1/in": http.Mount(holding)}
    service.service.settings.body_room = 100 * 1024
    first = asyncio.create_task(service.anonymous.post("/v1/in", content=Body(90), headers=JSON))
    await entered.wait()
    refused = await service.anonymous.post("/v1/in", content=Body(20), headers=JSON)
    assert (problem(refused, 503)["title"], refused.headers["retry-after"]) == ("The door is full", "1")
    small = [asyncio.create_task(service.anonymous.post("/v1/in", content=Body(10), headers=JSON)) for _ in range(50)]
    await asyncio.sleep(0.05)
    go.set()
    assert {(await task).status_code for task in [first, *small]} == {418}
    assert service.service.asgi.held == 0
    assert (await service.anonymous.post("/v1/in", content=Body(90), headers=JSON)).status_code == 418
    assert service.service.asgi.held == 0


# -- rates


async def test_who_calls_too_often_is_told_so_before_he_is_read(service: ServiceUnderTest) -> None:
    shell, settings = service.service.asgi, service.service.settings
    settings.rate_exempt, settings.rate_per_address, settings.burst_per_address = [], 0.5, 3
    shell.callers = Callers(settings)
    shell.mounts = {"/v1/in": http.Mount(reading), "/v1/inside": http.Mount(reading, public=False)}
    for _ in range(3):
        assert (await service.anonymous.post("/v1/in", content=b"", headers=JSON)).status_code == 418
    body = Body()
    refused = await service.anonymous.post("/v1/in", content=body, headers=JSON)
    assert problem(refused, 429)["title"] == "Too many calls"
    assert (refused.headers["retry-after"], body.read) == ("2", 0)
    for _ in range(9):
        assert (await service.http.post("/v1/inside", content=b"", headers=JSON)).status_code == 418
    transport = httpx.ASGITransport(shell, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as other:
        assert (await other.post("/v1/in", content=b"", headers=JSON)).status_code == 418


async def test_the_mount_says_which_form_a_call_comes_from(service: ServiceUnderTest) -> None:
    shell, settings = service.service.asgi, service.service.settings
    settings.rate_exempt, settings.rate_per_form, settings.burst_per_form = [], 0.5, 2
    shell.callers = Callers(settings)
    shell.mounts = {"/v1/in": http.Mount(reading, form=lambda scope: http.header(scope, b"x-form"))}
    found = [
        (await service.anonymous.post("/v1/in", content=b"", headers={**JSON, "x-form": form})).status_code
        for form in ("a", "a", "a", "b", "b", "b")
    ]
    assert found == [418, 418, 429, 418, 418, 429]


# -- pages of other sites

PAGE = "https://shop.example"
ASKS = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}


async def test_any_page_may_call_a_public_door_and_read_its_answer(service: ServiceUnderTest) -> None:
    service.service.asgi.mounts = {"/v1/in": http.Mount(reading)}
    asked = await service.anonymous.options("/v1/in", headers=ASKS)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert {"content-type", "idempotency-key", "authorization"} <= listed(asked, "access-control-allow-headers")
    assert int(asked.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in asked.headers
    for body, status in ((b"{}", 418), (b" " * (http.LIMIT + 1), 413)):
        answer = await service.anonymous.post("/v1/in", content=body, headers={**JSON, "origin": PAGE})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")
        assert {"location", "retry-after"} <= listed(answer, "access-control-expose-headers")
    assert (
        "access-control-allow-origin"
        not in (await service.anonymous.post("/v1/in", content=b"{}", headers=JSON)).headers
    )


async def test_only_listed_pages_may_call_the_other_doors(service: ServiceUnderTest) -> None:
    for origins, may in (([], False), (["https://other.example"], False), (["https://other.example", PAGE], True)):
        service.service.settings.cors_origins = origins
        asked = await service.anonymous.options("/v1/notes", headers=ASKS)
        answer = await service.http.get("/v1/notes/a", headers={"origin": PAGE})
        refused = await service.anonymous.get("/v1/notes/a", headers={"origin": PAGE})
        assert (asked.status_code, answer.status_code, refused.status_code) == (204, 404, 401)
        for one in (asked, answer, refused):
            assert one.headers.get("access-control-allow-origin") == (PAGE if may else None)
            assert "origin" in listed(one, "vary")


async def test_a_page_that_asks_for_a_door_that_is_not_there_gets_404_and_a_plain_options_405(
    service: ServiceUnderTest,
) -> None:
    problem(await service.anonymous.options("/v1/nowhere", headers=ASKS), 404)
    answer = await service.anonymous.options("/v1/notes", headers={"origin": PAGE})
    assert (problem(answer, 405)["status"], answer.headers["allow"]) == (405, "POST")


def listed(answer: httpx.Response, name: str) -> set[str]:
    return {part.strip().lower() for part in answer.headers[name].split(",")}


# -- traces


@pytest.fixture
def seen(service: ServiceUnderTest) -> list[str]:
    """The trace of each call."""
    found: list[str] = []

    async def looks(scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        found.append(scope["tributary.trace"])
        raise Problem(418, "Seen")

    service.service.asgi.mounts = {"/v1/in": http.Mount(looks)}
    return found


async def call(client: httpx.AsyncClient, traceparent: str, **more: Any) -> None:
    answer = await client.post("/v1/in", content=b"", headers={**JSON, "traceparent": traceparent, **more})
    assert answer.status_code == 418


async def test_a_stranger_does_not_decide_whether_his_trace_is_recorded(
    service: ServiceUnderTest, seen: list[str]
) -> None:
    settings = service.service.settings
    settings.trace_ratio = 0.0
    await call(service.anonymous, TRACE + "01")
    await call(service.anonymous, TRACE + "01", authorization="Bearer wrong")
    assert seen == [TRACE + "00"] * 2, "its id goes on, its flag does not"
    settings.trace_ratio = 1.0
    await call(service.anonymous, TRACE + "00")
    assert seen.pop() == TRACE + "01"


async def test_the_operator_and_who_is_trusted_decide_it(service: ServiceUnderTest, seen: list[str]) -> None:
    settings = service.service.settings
    settings.trace_ratio = 0.0
    await call(service.http, TRACE + "01")
    settings.trust_traces = True
    await call(service.anonymous, TRACE + "01")
    settings.trace_ratio = 1.0
    await call(service.anonymous, TRACE + "00")
    await call(service.anonymous, "rubbish")
    assert seen[:3] == [TRACE + "01", TRACE + "01", TRACE + "00"]
    assert telemetry.is_sampled(seen[3])
