"""What a door may see and change is Postgres' word, not a query's: asked in SQL, as the door's role."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from toy.answers import problem
from toy.waiting import until

from chassis.access import Actor
from chassis.consumer import Held
from chassis_testing import ServiceUnderTest

# Each piece's team and owner. The last is nobody's team's.
PIECES = {1: ("red", "anna"), 2: ("red", "ben"), 3: ("blue", "carl"), 4: ("(unplaced)", None)}
GRANTS = """
insert into access_grant (person, team, kind, on_behalf_of, begins_at, ends_at, records, opens) values
    ('anna', 'red', 'member', '', '-infinity', 'infinity', 'own', true),
    ('ben', 'red', 'supervisor', '', '-infinity', 'infinity', 'all', true),
    ('carl', 'blue', 'member', '', '-infinity', 'infinity', 'own', true),
    ('dora', 'red', 'substitute', 'anna', '-infinity', 'infinity', 'own', true),
    ('eve', 'red', 'member', '', '-infinity', now(), 'all', true),
    ('fred', 'red', 'member', '', now() + interval '1 hour', 'infinity', 'all', true),
    ('gina', 'red', 'management', '', '-infinity', 'infinity', 'none', true),
    ('gina', 'blue', 'management', '', '-infinity', 'infinity', 'none', true),
    ('hugo', '(unplaced)', 'member', '', '-infinity', 'infinity', 'all', true),
    ('ida', 'red', 'member', '', '-infinity', 'infinity', 'all', true),
    ('ida', 'blue', 'member', '', '-infinity', 'infinity', 'own', true)
"""
SEES = {
    "anna": {1, 2}, "ben": {1, 2}, "carl": {3}, "dora": {1, 2}, "eve": set(), "fred": set(), "gina": {1, 2, 3}, "hugo": {4},
    "ida": {1, 2, 3}, "nobody": set(),
}  # fmt: skip
RECORDS = {
    "anna": {1}, "ben": {1, 2}, "carl": {3}, "dora": {1}, "eve": set(), "fred": set(), "gina": set(), "hugo": {4}, "ida": {1, 2},
    "nobody": set(),
}  # fmt: skip


@asynccontextmanager
async def entered(service: ServiceUnderTest, person: str, writes: bool = True) -> AsyncIterator[asyncpg.Connection]:
    """A door's transaction in this person's name, that is rolled back."""
    try:
        async with service.service.database.at_door(Actor(person), writes=writes) as tx:
            yield tx.conn
            raise _Undone
    except _Undone:
        pass


class _Undone(Exception):
    """Ends a look."""


async def _filled(service: ServiceUnderTest) -> None:
    for piece, (team, owner) in PIECES.items():
        await service.sql("insert into piece (piece, team, owner) values ($1, $2, $3)", piece, team, owner)
        await service.sql("insert into remark values ($1, $1, 'x')", piece)
    await service.sql("insert into desk values ('a', 'red'), ('b', null)")
    await service.sql(GRANTS)


async def test_each_person_sees_and_changes_the_rows_of_his_running_grants_and_no_other(
    service: ServiceUnderTest,
) -> None:
    await _filled(service)
    for person, seen in SEES.items():
        async with entered(service, person) as conn:
            assert {r["piece"] for r in await conn.fetch("select piece from piece")} == seen, person
            assert {r["piece"] for r in await conn.fetch("select piece from remark")} == seen, person
            assert await conn.fetchval("select count(*) from piece") == len(seen), person
            changed = await conn.fetch("update piece set what = 'mine' returning piece")
            assert {r["piece"] for r in changed} == RECORDS[person], person
        async with entered(service, person) as conn:
            await conn.execute("set constraints all deferred")
            deleted = (
                await conn.fetch(
                    "delete from piece where not exists (select from remark r where r.n < 0) returning piece"
                )
                if not RECORDS[person]
                else []
            )
            assert deleted == [], person
    for person, written in RECORDS.items():
        for piece in PIECES:
            async with entered(service, person) as conn:
                add = conn.execute("insert into remark values ($1, $2, 'new')", 100 + piece, piece)
                if piece in written:
                    await add
                else:
                    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                        await add


async def test_a_row_without_a_team_is_the_unplaced_desks(service: ServiceUnderTest) -> None:
    await _filled(service)
    for person, desks in (("hugo", ["b"]), ("anna", ["a"]), ("carl", [])):
        async with entered(service, person) as conn:
            assert [r["name"] for r in await conn.fetch("select name from desk")] == desks


async def test_no_row_is_given_away_or_taken(service: ServiceUnderTest) -> None:
    await _filled(service)
    for person, statement in {
        "anna": "update piece set team = 'blue' where piece = 1",
        "ben": "update piece set team = 'blue' where piece = 1",
        "carl": "insert into piece (piece, team, owner) values (9, 'red', 'carl')",
        "gina": "insert into piece (piece, team, owner) values (9, 'red', 'gina')",
        "dora": "insert into piece (piece, team, owner) values (9, 'red', 'dora')",
    }.items():
        async with entered(service, person) as conn:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await conn.execute(statement)
    assert {r["piece"]: (r["team"], r["owner"]) for r in await service.sql("select * from piece")} == PIECES


async def test_a_grant_ends_by_the_clock_alone(service: ServiceUnderTest) -> None:
    await _filled(service)
    await service.sql(
        "insert into access_grant select 'kim', 'red', 'break_glass', '', now(), now() + interval '3 s', 'none', true"
    )

    async def seen() -> int:
        async with entered(service, "kim", writes=False) as conn:
            return len(await conn.fetch("select * from piece"))

    assert await seen() == 2

    async def gone() -> bool:
        return await seen() == 0

    await until("the grant has ended", gone)


WAYS_OUT = [
    "create temporary table piece (n int)",
    "create table mine (n int)",
    "truncate piece",
    "alter table piece disable row level security",
    "drop policy team on piece",
    "set role {o}",
    "set role {o}_worker",
    "set session authorization {o}_worker",
    "select * from parked",
    "select * from spent",
    "select * from outbox",
    "delete from access_grant",
    "insert into access_grant values ('anna', 'blue', 'member', '', now(), 'infinity', 'all', true)",
    "update access_grant set ends_at = 'infinity'",
    "grant {o}_worker to {o}_door",
    "create function f() returns int language sql return 1",
    "copy piece to program 'cat'",
    "select lo_import('/etc/passwd')",
]


@pytest.mark.parametrize("statement", WAYS_OUT)
async def test_the_doors_role_has_no_other_way_to_a_row(service: ServiceUnderTest, statement: str) -> None:
    await _filled(service)
    owner = str(service.service.settings.owners_url()).split("//")[1].split(":")[0]
    async with entered(service, "anna") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement.format(o=owner))


async def test_row_security_switched_off_is_an_error_and_no_row(service: ServiceUnderTest) -> None:
    await _filled(service)
    async with entered(service, "anna") as conn:
        await conn.execute("set local row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="would be affected by row-level security"):
            await conn.fetch("select * from piece")


async def test_statistics_and_errors_of_other_rows_tell_nothing(service: ServiceUnderTest) -> None:
    await _filled(service)
    await service.alters("analyze piece")
    async with entered(service, "anna") as conn:
        assert await conn.fetch("select most_common_vals::text from pg_stats where tablename = 'piece'") == []
        # A condition that fails on a row of another team is not asked there.
        found = await conn.fetch("select piece from piece where 1 / (case piece when 3 then 0 else 1 end) = 1")
        assert {r["piece"] for r in found} == {1, 2}


async def test_who_has_not_entered_sees_nothing_and_nothing_is_left_of_who_had(service: ServiceUnderTest) -> None:
    await _filled(service)
    doors = service.service.database.doors
    async with doors.connection() as conn:
        assert await conn.fetch("select * from piece") == []
        pid = await conn.fetchval("select pg_backend_pid()")
    async with service.service.database.at_door(Actor("anna")) as tx:
        assert len(await tx.conn.fetch("select * from piece")) == 2
        assert await tx.conn.fetchval("select pg_backend_pid()") == pid
    async with doors.connection() as conn:
        assert await conn.fetch("select * from piece") == []
        assert await conn.fetchval("select pg_backend_pid()") == pid, "the pool gave the same connection"
        assert await conn.fetchval("select access_me()") is None


async def test_a_door_that_does_not_say_that_it_writes_can_not(service: ServiceUnderTest) -> None:
    await _filled(service)
    async with entered(service, "ben", writes=False) as conn:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await conn.execute("update piece set what = 'x'")
    async with service.service.database.doors.connection() as conn:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await conn.execute("update piece set what = 'x'")


async def test_both_pools_work_as_roles_that_policies_bind(service: ServiceUnderTest) -> None:
    database = service.service.database
    asks = "select current_user, session_user, rolsuper or rolbypassrls as above from pg_roles where rolname = current_user"
    for pool, name in ((database.workers, "test_toy_worker"), (database.doors, "test_toy_door")):
        async with pool.connection() as conn:
            assert tuple(await conn.fetchrow(asks)) == (name, name, False)


async def test_the_owner_sees_no_row_and_a_revision_moves_rows_as_the_worker(service: ServiceUnderTest) -> None:
    await _filled(service)
    connection = await asyncpg.connect(service.service.settings.owners_url())
    async with connection.transaction():
        assert await connection.fetchval("select count(*) from piece") == 0
        assert await connection.execute("update piece set what = 'moved'") == "UPDATE 0", "in silence"
        await connection.execute("select set_config('role', current_user || '_worker', true)")
        assert await connection.execute("update piece set what = 'moved'") == "UPDATE 4"
        await connection.execute("reset role")
        assert await connection.fetchval("select count(*) from piece") == 0
    await connection.close()


async def test_who_watches_reads_every_row_but_no_key_and_changes_nothing(service: ServiceUnderTest) -> None:
    await _filled(service)
    watch = await asyncpg.connect(service.service.settings.owners_url().replace("test_toy:", "test_toy_watch:"))
    assert await watch.fetchval("select count(*) from piece") == 4
    assert await watch.fetchval("select count(payload) from outbox") == 0
    for refused in ("select sealed from piece", "select * from piece", "select payload from parked"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await watch.fetch(refused)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await watch.execute("delete from piece")
    await watch.close()


async def test_a_write_waits_for_no_reader_and_a_revocation_for_the_writes_under_way(service: ServiceUnderTest) -> None:
    """The race: a statement that waits for a row keeps what it saw of the grants before."""
    await _filled(service)
    order: list[str] = []
    lock = "select pg_advisory_xact_lock(4713, hashtext('ben'))"

    async def revoke() -> None:
        async with service.service.database.transaction() as tx:
            await tx.conn.execute(lock)
            await tx.conn.execute("delete from access_grant where person = 'ben'")
        order.append("revoked")

    async with service.service.database.at_door(Actor("ben"), writes=True) as tx:
        revoking = asyncio.create_task(revoke())
        await asyncio.sleep(0.2)
        async with entered(service, "ben", writes=False) as conn:
            assert len(await conn.fetch("select * from piece")) == 2
        assert await tx.conn.execute("update piece set what = 'x' where team = 'red'") == "UPDATE 2"
        order.append("written")
    await revoking
    assert order == ["written", "revoked"]
    async with entered(service, "ben") as conn:
        assert await conn.execute("update piece set what = 'y'") == "UPDATE 0"


async def test_fifty_people_through_two_connections_never_see_each_others_rows(service: ServiceUnderTest) -> None:
    """Cancelled at random points: what is in doubt is thrown away, and nobody enters in another's name."""
    database, people, draw = service.service.database, 50, random.Random(7)
    await database.close()
    database.doors.size = 2
    rows = [(n, f"team-{n % people}") for n in range(people * 4)]
    await service.sql(
        "insert into piece (piece, team) select * from unnest($1::int[], $2::text[])", *zip(*rows, strict=True)
    )
    for n in range(people):
        await service.grants(f"person-{n}", f"team-{n}")
    seen = 0

    async def asks(n: int) -> None:
        nonlocal seen
        async with database.at_door(Actor(f"person-{n}"), writes=draw.random() < 0.5) as tx:
            for statement in ("select team from piece", "select team from piece where piece = any($1)"):
                args: list[Any] = [[p for p, _ in rows]] if "$1" in statement else []
                found = await tx.conn.fetch(statement, *args)
                assert {r["team"] for r in found} == {f"team-{n}"}
                assert len(found) == 4
                seen += len(found)

    for _ in range(8):
        running = [asyncio.create_task(asks(n)) for n in draw.sample(range(people), people)]
        await asyncio.sleep(draw.random() * 0.02)
        for task in draw.sample(running, 15):
            task.cancel()
            await asyncio.sleep(draw.random() * 0.003)
        ends = await asyncio.gather(*running, return_exceptions=True)
        assert all(end is None or isinstance(end, asyncio.CancelledError) for end in ends), ends
    assert seen > 8 * 20 * 8


async def test_a_refusal_at_a_door_is_a_bug_that_is_counted_and_no_outage(service: ServiceUnderTest) -> None:
    async def count() -> float:
        page = (await service.anonymous.get("/metrics/")).text
        return float(page.partition("\naccess_violations_total ")[2].splitlines()[0])

    before = await count()
    await service.alters("drop policy free_insert on note")
    problem(await service.http.post("/v1/notes", json={"key": "a"}), 500)
    assert await count() == before + 1


async def test_a_row_that_a_worker_may_not_write_is_parked_and_holds_nobody_up(service: ServiceUnderTest) -> None:
    """Waiting gives no row; rights to a table may still be given by a migration that is under way."""
    from toy.facts import planned

    await service.alters(
        "create policy not_this on note as restrictive for insert to {owner}_worker with check (key <> 'a')"
    )
    delivery = await service.receives(planned("a"), planned("b"))
    assert delivery.outcomes["campaigns.campaign.planned.v1", "parked"] == 1
    assert [r["key"] for r in await service.sql("select key from note")] == ["b"]
    [parked] = await service.parked()
    assert parked["cause"] == "InsufficientPrivilegeError"
    await service.alters("revoke insert on note from {owner}_worker")
    with pytest.raises(Held):
        await service.receives(planned("c"))
