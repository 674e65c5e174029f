"""What a request gets: an effect, or a problem document that names what is wrong and echoes nothing."""

import asyncio
import json

import pytest
from prometheus_client import generate_latest
from toy.answers import SECRET, problem
from toy.facts import posted

from chassis import Problem, http, telemetry
from chassis.intake import Intake
from chassis_testing import ServiceUnderTest
from contracts.campaigns.ledger import LEDGER


async def noted(service: ServiceUnderTest) -> list[str]:
    return [r["key"] for r in await service.sql("select key from note order by n")]


async def test_a_request_has_its_effect_and_says_its_event_in_one_transaction(service: ServiceUnderTest) -> None:
    answer = await service.http.post("/v1/notes", json={"key": "a"})
    assert (answer.status_code, answer.json()) == (201, {"key": "a"})
    assert await noted(service) == ["a"]
    assert await service.emitted() == [posted("a")]
    assert (await service.http.get("/v1/notes/a")).json() == {"key": "a", "what": ""}


@pytest.mark.parametrize(("what", "status"), [("refused", 409), ("bug", 500)])
async def test_a_request_that_fails_has_no_effect_and_says_nothing(
    service: ServiceUnderTest, what: str, status: int
) -> None:
    problem(await service.http.post("/v1/notes", json={"key": SECRET, "what": what}), status)
    assert await noted(service) == []
    assert await service.emitted() == []


async def test_a_bug_at_a_door_is_counted(service: ServiceUnderTest) -> None:
    await service.http.post("/v1/notes", json={"key": "a", "what": "bug"})
    chosen = generate_latest(telemetry.REGISTRY).decode()
    assert 'http_request_duration_seconds_count{method="POST",route="/v1/notes",status="500"}' in chosen


async def test_what_a_stranger_asks_for_makes_no_label(service: ServiceUnderTest) -> None:
    await service.http.request("BREW", "/v1/notes")
    await service.http.get("/v1/no/such/door")
    chosen = generate_latest(telemetry.REGISTRY).decode()
    assert 'method="other"' in chosen
    assert 'method="GET",route="other",status="404"' in chosen
    assert "BREW" not in chosen
    assert "such" not in chosen


async def test_without_the_operators_token_a_door_is_closed(service: ServiceUnderTest) -> None:
    for token in ("", "Bearer", "Bearer wrong", "Basic the-operator-of-the-tests", "Bearer é"):
        headers = {"authorization": token.encode()} if token else {}
        answer = await service.anonymous.post("/v1/notes", json={"key": "a"}, headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await noted(service) == []


async def test_where_no_token_is_set_none_opens(service: ServiceUnderTest) -> None:
    from pydantic import SecretStr

    service.service.settings.operator_token = SecretStr("")
    problem(await service.anonymous.get("/v1/notes/a", headers={"authorization": "Bearer "}), 401)


async def test_what_is_not_there_is_404(service: ServiceUnderTest) -> None:
    assert problem(await service.http.get("/v1/notes/nobody"), 404)["title"] == "No such note"
    problem(await service.http.get("/nowhere"), 404)
    problem(await service.http.delete("/v1/notes"), 405)


async def test_each_wrong_field_is_named_with_a_reason(service: ServiceUnderTest) -> None:
    body = problem(await service.http.post("/v1/notes", json={"key": SECRET * 9, "what": 7, "more": SECRET}), 422)
    errors = body["errors"]
    assert isinstance(errors, list)
    assert {e["field"] for e in errors} == {"key", "what", "more"}
    assert all(e["reason"] for e in errors)


async def test_another_content_type_is_415(service: ServiceUnderTest) -> None:
    for content_type in ("text/plain", "application/xml", "", "application/jsonx", "multipart/form-data"):
        headers = {"content-type": content_type} if content_type else {}
        problem(await service.http.post("/v1/notes", content=b'{"key":"a"}', headers=headers), 415)


async def test_a_content_type_with_parameters_is_taken(service: ServiceUnderTest) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await service.http.post("/v1/notes", content=b'{"key":"a"}', headers=headers)).status_code == 201


BROKEN = [b"", b"{", b'{"key": "' + SECRET.encode() + b'"', b"\xff\xfe{}", b"[" * 100_000, b"nul", b'{"key":"a"}x']


async def test_broken_json_is_a_clear_no(service: ServiceUnderTest) -> None:
    for body in BROKEN:
        answer = await service.http.post("/v1/notes", content=body, headers={"content-type": "application/json"})
        problem(answer, 422 if body == b"" else 400)


ODD = ['{"key": NaN}', '{"key": "a\\u0000b"}', '{"key": "\\ud800"}', '{"key": 1e999}', '"just a word"', "null", "[]"]


async def test_odd_json_is_never_a_500(service: ServiceUnderTest) -> None:
    for body in ODD:
        answer = await service.http.post("/v1/notes", content=body, headers={"content-type": "application/json"})
        assert 400 <= problem(answer, answer.status_code)["status"] < 500, body  # type: ignore[operator]
    assert await noted(service) == []


async def test_a_body_over_the_limit_is_413_and_is_not_read_to_its_end(service: ServiceUnderTest) -> None:
    body = json.dumps({"key": "a", "what": "x" * (4 << 20)}).encode()
    problem(await service.http.post("/v1/notes", content=body, headers={"content-type": "application/json"}), 413)
    read = []

    async def endless():  # type: ignore[no-untyped-def]
        for n in range(1000):
            read.append(n)
            yield b"x" * (1 << 20)

    problem(await service.http.post("/v1/notes", content=endless(), headers={"content-type": "application/json"}), 413)
    assert len(read) < 10


async def test_a_sender_that_dawdles_does_not_keep_its_place(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "RECEIVE_WITHIN_S", 0.05)

    async def slow():  # type: ignore[no-untyped-def]
        yield b"{"
        await asyncio.sleep(30)

    problem(await service.http.post("/v1/notes", content=slow(), headers={"content-type": "application/json"}), 408)


async def test_a_path_that_no_database_holds_is_a_4xx(service: ServiceUnderTest) -> None:
    problem(await service.http.get("/v1/notes/a%00b"), 422)
    problem(await service.http.get("/v1/notes/%ff%fe"), 404)


async def test_without_a_database_the_answer_is_503_and_says_when_to_come_again(service: ServiceUnderTest) -> None:
    from pydantic import SecretStr

    await service.service.database.close()
    service.service.database.settings.door_database_url = SecretStr("postgresql://u:p@127.0.0.1:1/x")
    answer = await service.http.post("/v1/notes", json={"key": "a"})
    problem(answer, 503)
    assert answer.headers["retry-after"] == "2"


async def test_when_every_connection_is_taken_the_answer_is_503(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import contextlib

    from chassis import database

    monkeypatch.setattr(database, "ACQUIRE_WITHIN_S", 0.1)
    async with contextlib.AsyncExitStack() as taken:
        for _ in range(service.service.settings.door_database_pool):
            await taken.enter_async_context(service.service.database.doors.connection())
        problem(await service.http.post("/v1/notes", json={"key": "a"}), 503)
    assert (await service.http.post("/v1/notes", json={"key": "a"})).status_code == 201


async def test_a_connection_killed_under_a_request_is_503_and_the_next_request_goes_through(
    service: ServiceUnderTest,
) -> None:
    async with (
        service.service.database.doors.connection() as conn,
        service.service.database.doors.connection() as other,
    ):
        pid = await conn.fetchval("select pg_backend_pid()")
        await other.execute("select pg_terminate_backend($1)", pid)  # of its own role: that much a role may
    first = await service.http.post("/v1/notes", json={"key": "a"})
    assert first.status_code in (201, 503)
    assert (await service.http.post("/v1/notes", json={"key": "b"})).status_code == 201


async def test_readiness_says_why_not(service: ServiceUnderTest) -> None:
    answer = await service.anonymous.get("/readyz")
    assert answer.status_code == 503
    caused_by = answer.json()["because"]
    assert "no partitions are assigned yet" in caused_by
    assert "the relay has not started" in caused_by
    service.intake.not_ready_reason = "the door lost Kafka"
    assert "the door lost Kafka" in (await service.anonymous.get("/readyz")).json()["because"]
    assert (await service.anonymous.get("/livez")).status_code == 200


async def test_a_database_without_schema_or_of_another_build_is_said_in_a_sentence(service: ServiceUnderTest) -> None:
    check = service.service._check_database
    assert await check() == ""
    await service.alters("update alembic_version set version_num = '0000' where version_num = '0001'")
    assert await check() == "the schema is at 0000 and this build needs 0001: run the migrations"
    await service.alters("delete from alembic_version where version_num like 'chassis%'")
    assert await check() == "the schema is at nothing and this build needs chassis_0006: run the migrations"
    await service.alters("drop table oldest_build")
    assert await check() == "the database has no schema yet: run the migrations"


async def test_every_shard_has_its_counter_before_anything_is_said(service: ServiceUnderTest) -> None:
    rows = await service.sql("select topic, shard, next_seq from outbox_shard order by shard")
    assert [tuple(r) for r in rows] == [(LEDGER.topic, n, 1) for n in range(LEDGER.partitions)]


async def test_health_and_telemetry_need_no_token(service: ServiceUnderTest) -> None:
    chosen = await service.anonymous.get("/metrics/")
    assert chosen.status_code == 200
    assert "outbox_rows" in chosen.text
    document = (await service.anonymous.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")


async def test_a_full_capture_door_says_so_before_it_reads_anything(service: ServiceUnderTest) -> None:
    intake, read = Intake("toy", service.service.settings), []
    service.service.intake, memory = intake, service.service.intake

    async def capture(scope: http.Scope, receive: http.Receive, send: http.Send) -> None:
        read.append(await http.read_body(scope, receive, http.LIMIT))
        raise Problem(422, "Read")

    service.service.asgi.mounts = {"/v1/capture": http.Mount(capture)}
    problem(await service.http.post("/v1/capture", json={}), 422)
    intake._senders = service.service.settings.door_limit
    full = await service.http.post("/v1/capture", json={})
    assert (problem(full, 503)["title"], full.headers["retry-after"]) == ("The door is full", "1")
    assert len(read) == 1
    intake._senders -= 1
    problem(await service.http.post("/v1/capture", json={}), 422)
    service.service.intake = memory


async def test_a_body_that_is_there_already_is_taken_without_waiting_and_has_its_limit_too() -> None:
    async def never() -> dict[str, object]:
        raise AssertionError("nobody asks for what is there")

    scope: http.Scope = {http.WHOLE: bytearray(b"12345"), "headers": []}
    assert await http.read_body(scope, never, 5) == b"12345"
    with pytest.raises(Problem) as refused:
        await http.read_body(scope, never, 4)
    assert refused.value.status == 413


async def test_what_was_read_in_part_is_read_on_and_not_taken_for_the_whole() -> None:
    scope: http.Scope = {"headers": []}
    chunks = [{"type": "http.request", "body": b"1", "more_body": True}, {"type": "http.request", "body": b"2"}]

    async def receive() -> http.Scope:
        scope.setdefault(http.WHOLE, bytearray(b"2"))  # as the protocol does at the end of the body
        return chunks.pop(0)

    assert await http.read_body(scope, receive, 9) == b"12"
    assert scope[http.WHOLE] is None
