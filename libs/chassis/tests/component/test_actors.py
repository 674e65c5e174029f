"""Who acts is known in every transaction, to the database too, and what he says bears his name; a door can do no more than it needs."""

import asyncio
from enum import StrEnum

import asyncpg
import pytest
from fastapi import Request
from toy.answers import problem
from toy.facts import planned

from chassis import Problem, begin
from chassis.access import ANONYMOUS, OPERATOR, STRANGER, UNCHECKED, Actor
from chassis.outbox import headers_of
from chassis.service import actor_of
from chassis_testing import ServiceUnderTest

SETTINGS = "actor", "roles", "on_behalf_of", "trace"
SETTING = "select coalesce(current_setting('tributary.' || $1, true), '')"
ANNA = Actor("anna-1", frozenset({"expert", "clerk"}), "ben-2")


async def test_a_door_begins_in_the_name_of_who_is_there_and_leaves_nothing_behind(service: ServiceUnderTest) -> None:
    database = service.service.database
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    async with database.at_door(ANNA, trace) as tx:
        assert tx.actor == ANNA
        found = [await tx.conn.fetchval(SETTING, name) for name in SETTINGS]
        pid = await tx.conn.fetchval("select pg_backend_pid()")
    assert found == ["anna-1", "clerk,expert", "ben-2", "a" * 32]
    async with database.doors.connection() as conn:
        assert await conn.fetchval("select pg_backend_pid()") == pid
        assert [await conn.fetchval(SETTING, name) for name in SETTINGS] == ["", "", "", ""]


async def test_handlers_and_jobs_act_as_the_service_itself(service: ServiceUnderTest) -> None:
    async with service.service.database.transaction() as tx:
        assert tx.actor.principal == await tx.conn.fetchval(SETTING, "actor") == "service:toy"
        assert not tx.actor.named


@pytest.mark.parametrize("name", ["", "Anna", "a'b", "a b", "é", "x" * 81, "a\n"])
def test_a_name_that_could_not_stand_in_headers_and_sql_is_no_actors(name: str) -> None:
    with pytest.raises(ValueError, match="an actor's name"):
        Actor("anna", frozenset({name or "'"}))


async def test_what_is_said_at_a_door_bears_the_name_of_who_was_there(service: ServiceUnderTest) -> None:
    assert (await service.http.post("/v1/notes", json={"key": "a"})).status_code == 201
    await service.receives(planned("b"))
    rows = {r["key"]: r for r in await service.sql("select * from outbox")}
    assert (rows[b"a"]["actor"], rows[b"b"]["actor"]) == ("machine:tests", None)
    assert dict(headers_of(rows[b"a"], b"toy/x"))["ce_actor"] == b"machine:tests"
    assert "ce_actor" not in dict(headers_of(rows[b"b"], b"toy/x"))


@pytest.mark.parametrize(
    ("header", "actor"), [(None, ""), (b"anna", "anna"), (b"", ""), (b"An na", ""), (b"\xff", None), (b"a" * 300, "")]
)
async def test_whom_a_header_names_the_handler_can_ask_and_whom_it_can_not_nobody_is(
    service: ServiceUnderTest, header: bytes | None, actor: str | None
) -> None:
    given = {} if header is None else {"ce_actor": header}
    delivery = await service.receives_raw(service.record(planned("a"), **given))
    found = [metadata.actor for metadata in delivery.metadata.values()]
    assert found == ([] if actor is None else [actor])
    assert len(await service.parked()) == (actor is None)


async def test_who_may_not_is_told_so_before_anything_is_looked_at(
    service: ServiceUnderTest,
) -> None:
    service.service.operator = Actor("anna", frozenset({"guest"})).with_rights(service.service.roles)
    for answer in (await service.http.get("/v1/notes/none"), await service.http.post("/v1/notes", content=b"{")):
        assert problem(answer, 403)["title"] == "This needs the permission toy.note"


def test_an_actor_may_what_his_roles_permit_and_nobody_in_particular_nothing() -> None:
    class Permission(StrEnum):
        PUT = "put"
        SEE = "see"

    roles = {"market:write": frozenset({Permission.PUT}), "member": frozenset({Permission.SEE})}
    operator = OPERATOR.with_rights(roles)
    assert operator.may(Permission.PUT)
    assert not operator.may(Permission.SEE)
    assert not any(actor.with_rights(roles).may(Permission.PUT) for actor in (ANONYMOUS, UNCHECKED, STRANGER))


@pytest.mark.parametrize(
    "statement",
    [
        "create table mine (n int)",
        "alter table note add column more text",
        "drop table note",
        "truncate note",
        "delete from note",
        "select * from outbox",
        "select * from parked",
        "select * from watermark",
        "select * from epoch",
        "set role postgres",
    ],
)
async def test_the_doors_role_can_do_what_a_door_needs_and_nothing_else(
    service: ServiceUnderTest, statement: str
) -> None:
    async with service.service.database.doors.connection() as conn:
        assert await conn.fetchval("select not rolsuper from pg_roles where rolname = current_user")
        await conn.execute("begin read write")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)
        await conn.execute("rollback")


async def test_what_a_door_has_no_right_to_is_a_bug_and_not_an_outage(service: ServiceUnderTest) -> None:
    await service.alters("revoke insert on note from {owner}_door")
    problem(await service.http.post("/v1/notes", json={"key": "a"}), 500)


async def test_a_service_whose_doors_role_may_do_nothing_or_anything_is_not_ready(service: ServiceUnderTest) -> None:
    await service.alters("revoke insert on outbox from {owner}_door")
    assert await service.service._check_database() == "test_toy_door may do nothing yet: run the migrations"
    await service.service.database.close()
    settings = service.service.settings
    settings.door_database_url = settings.database_url
    assert await service.service._check_database() == "DOOR_DATABASE_URL has to name the role test_toy_door"


async def test_requests_that_lock_each_other_out_are_told_so_and_go_through_when_tried_again(
    service: ServiceUnderTest,
) -> None:
    await service.sql("insert into note (topic, key, what) values ('door', 'a', ''), ('door', 'b', '')")
    both = asyncio.Barrier(2)

    async def swap(first: str, second: str) -> str:
        request = Request({"type": "http", "method": "POST", "app": service.service.api, "headers": []})
        assert actor_of(request) is ANONYMOUS
        async with begin(request) as tx:
            await tx.conn.execute("update note set what = 'x' where key = $1", first)
            await both.wait()
            await tx.conn.execute("update note set what = 'x' where key = $1", second)
        return "done"

    ends = await asyncio.gather(swap("a", "b"), swap("b", "a"), return_exceptions=True)
    [refused] = [end for end in ends if isinstance(end, Problem)]
    assert "done" in ends
    assert (refused.status, refused.title) == (503, "Others were changing the same")
    assert refused.headers["Retry-After"] == "1"


@pytest.mark.parametrize("ends", ["statement", "transaction"])
async def test_what_takes_longer_than_a_door_waits_is_not_told_as_a_database_that_is_away(
    service: ServiceUnderTest, ends: str
) -> None:
    request = Request({"type": "http", "method": "GET", "app": service.service.api, "headers": []})

    async def sleep(long: int) -> None:
        async with begin(request) as tx:
            await tx.conn.execute(f"set local {ends}_timeout = '50ms'")
            await tx.conn.execute(f"select pg_sleep({long})")

    with pytest.raises(Problem) as refused:
        await sleep(5)
    assert (refused.value.status, refused.value.title) == (503, "The answer took too long")
    await sleep(0)


async def test_only_workers_never_scan(service: ServiceUnderTest) -> None:
    async with service.service.database.connection() as worker, service.service.database.doors.connection() as door:
        assert [await c.fetchval("show enable_seqscan") for c in (worker, door)] == ["off", "on"]
        plan = await door.fetch("explain select * from outbox_shard where topic = 'x' and shard = 1")
    assert "Index Scan" in plan[0][0], "also while the table is empty"
