"""Each way in which a door could see or do more than its row policies say is a sentence, and keeps the service from being ready."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import Column, MetaData, Table, Text

from chassis import migrations, schema
from chassis.row_policies import free, own, team, wanted
from chassis_testing import ServiceUnderTest

FAULTS = {
    "a table without row security": (
        "alter table piece disable row level security",
        "a door reaches piece, which is not guarded",
    ),
    "a table that its owner is above": (
        "alter table piece no force row level security",
        "a door reaches piece, which is not guarded",
    ),
    "a new table that a door reaches": (
        "create table fresh (n int); grant select on fresh to {o}_door",
        "a door reaches fresh, which is not",
    ),
    "a column of a table that is shut": (
        "grant select (payload) on parked to {o}_door",
        "a door reaches parked, which is not guarded",
    ),
    "a partition beside its guarded parent": (
        "create table part () inherits (piece); grant select on part to {o}_door",
        "a door reaches part, which is not guarded",
    ),
    "no policy of its own": ("drop policy team on remark; drop policy team_insert on remark", None),
    "no policy at all": (
        "drop policy through on remark; drop policy through_insert on remark",
        "a door reaches remark and no policy says which",
    ),
    "a policy for everybody": (
        "create policy all_of_it on piece for select to public using (true)",
        "policy all_of_it on piece is for -",
    ),
    "a second policy for a door": (
        "create policy more on piece for select to {o}_door using (true)",
        "more on piece is not as migrate",
    ),
    "a policy that is true": (
        "alter policy team on piece using (true)",
        "the policy team on piece lets a door through to every row",
    ),
    "a policy that is true under another's name": (
        "create policy free_too on piece for select to {o}_door using (true)",
        "free_too on piece lets a door through",
    ),
    "a policy that asks nobody": (
        "alter policy team on piece using (team = 'red')",
        "team on piece does not ask who is there",
    ),
    "a policy that asks not until when": (
        "alter policy team on piece using (team = any (array(select g.team from access_grant g where g.person = access_me())))",
        "the policy team on piece does not ask until when",
    ),
    "a policy that somebody altered": (
        "alter policy team_update on piece using (owner = (select access_me()) or piece < 3)",
        "team_update on piece is not as migrate",
    ),
    "a policy for the owner": (
        "create policy mine on piece for select to {o} using (true)",
        "mine on piece is for {o}, which has no part",
    ),
    "no policy of the workers": ("drop policy worker on piece", "the workers do not see all of piece"),
    "a view with its owner's eyes": (
        "create view seen as select * from piece; grant select on seen to {o}_door",
        "the view seen, which",
    ),
    "a materialised view": (
        "create materialized view kept as select * from piece; grant select on kept to {o}_door",
        "kept, which no policy can guard",
    ),
    "a definer's function": (
        "create function open_all() returns bigint language sql security definer return (select count(*) from piece);"
        "revoke all on function open_all() from public; grant execute on function open_all() to {o}_door",
        "open_all() works with its owner's rights",
    ),
    "a definer's function without a path": (
        "create function open_all() returns bigint language sql security definer return 1; alter function open_all() owner to {o}_keys;"
        "comment on function open_all() is 'counts'; revoke all on function open_all() from public",
        "with a search_path and a reason",
    ),
    "a function for everybody": (
        "create function anyones() returns int language sql return 1",
        "everybody may call anyones()",
    ),
    "a function that says it leaks nothing": (
        "create function quiet(text) returns boolean language sql leakproof return true; revoke all on function quiet from public",
        "quiet(text) says of itself",
    ),
    "a right of everybody": ("grant select on epoch to public", "everybody may use epoch"),
    "a column's right of everybody": ("grant select (name) on epoch to public", "everybody may use epoch"),
    "a right to truncate": ("grant truncate on piece to {o}_door", "a door may truncate, reference or trigger piece"),
    "a right to watch rows change": (
        "grant trigger on piece to {o}_door",
        "a door may truncate, reference or trigger piece",
    ),
    "default privileges": (
        "alter default privileges for role {o} grant select on tables to {o}_door",
        "default privileges give rights to {o}_door",
    ),
    "a door that owns": ("alter table desk owner to {o}_door", "{o}_door owns desk"),
    "a table of somebody else": ("alter table desk owner to postgres", "desk is not the owner's"),
    "a door that makes things": (
        "grant create on schema public to {o}_door",
        "{o}_door may make things in the schema public",
    ),
    "a door that makes temporary tables": (
        "grant temporary on database {d} to {o}_door",
        "{o}_door may make schemas or temporary tables",
    ),
    "temporary tables for everybody": (
        "grant temporary on database {d} to public",
        "{o}_door may make schemas or temporary tables",
    ),
    "a door that may become the worker": ("grant {o}_worker to {o}_door", "{o}_door may become {o}_worker"),
    "a stranger who may become the owner": (
        "create role stranger_{d}; grant {o} to stranger_{d}",
        "stranger_{d} may become {o}",
    ),
    "an owner who is the worker at all times": (
        "grant {o}_worker to {o} with inherit true",
        "{o} may become {o}_worker",
    ),
    "a door above the rules": ("alter role {o}_door bypassrls", "{o}_door is above the rules"),
    "a worker above the rules": ("alter role {o}_worker superuser", "{o}_worker is above the rules"),
    "a door that writes by itself": (
        "alter role {o}_door reset default_transaction_read_only",
        "{o}_door may write by itself",
    ),
    "a door whose session is a replica's": (
        "alter role {o}_door set session_replication_role = replica",
        "a setting of {o}_door",
    ),
    "a rule": (
        "create rule too as on insert to note do also insert into spent values ('x')",
        "a rule rewrites what is said to note",
    ),
    "a watch that sees keys": ("grant select (sealed) on piece to {o}_watch", "{o}_watch sees sealed of piece"),
    "a watch that changes": ("grant update on piece to {o}_watch", "{o}_watch may change piece"),
}


@contextmanager
def _named(service: ServiceUnderTest) -> Iterator[dict[str, str]]:
    parts = urlsplit(service.service.settings.owners_url())
    yield {"o": str(parts.username), "d": parts.path[1:]}


@pytest.mark.parametrize("fault", [name for name, (_, sentence) in FAULTS.items() if sentence])
async def test_a_planted_fault_is_named(service: ServiceUnderTest, postgres_server: str, fault: str) -> None:
    """In a transaction that is rolled back: the roles are shared by every test of the run."""
    statements, sentence = FAULTS[fault]
    with _named(service) as names:
        connection = await asyncpg.connect(urlsplit(postgres_server)._replace(path=f"/{names['d']}").geturl())
        try:
            async with connection.transaction():
                assert await connection.fetch(schema.CATALOGUE, names["o"]) == []
                await connection.execute(statements.format(**names))
                found = [row["fault"] for row in await connection.fetch(schema.CATALOGUE, names["o"])]
                assert any(str(sentence).format(**names) in one for one in found), found
                raise _Undone
        except _Undone:
            pass
        finally:
            await connection.close()


class _Undone(Exception):
    """Ends a planting."""


async def test_a_service_whose_door_sees_too_much_is_not_ready_until_migrate_has_mended_it(
    service: ServiceUnderTest,
) -> None:
    await service.alters("alter policy team on piece using (true)", "drop policy worker on note")
    why = await service.service._check_database()
    assert why.startswith("a door could see too much: ")
    assert "the policy team on piece" in why
    assert "the workers do not see all of note" in why
    await _migrates(service)
    assert await service.service._check_database() == ""


async def _migrates(service: ServiceUnderTest) -> None:
    await asyncio.to_thread(migrations.upgrade, "toy", service.service.settings.owners_url())


async def test_migrate_leaves_alone_what_stands_and_ends_where_a_door_would_see_too_much(
    service: ServiceUnderTest,
) -> None:
    made = "select oid, polname from pg_policy order by oid"
    before = await service.sql(made)
    await _migrates(service)
    assert await service.sql(made) == before
    await service.alters("create policy mine on piece for select to {owner} using (true)")
    await _migrates(service)
    assert await service.sql(made) == before, "what nobody asked for goes"
    await service.alters(
        "create function all_of_it() returns bigint language sql security definer return (select count(*) from piece)",
        "drop policy worker on desk",
    )
    broken = await service.sql(made)
    with pytest.raises(schema.Unguarded, match=r"all_of_it\(\) works with its owner's rights"):
        await _migrates(service)
    assert await service.sql(made) == broken, "nothing was run"


async def test_without_its_roles_a_schema_is_not_made(postgres_server: str) -> None:
    with pytest.raises(schema.RolesMissing, match="postgres_worker, postgres_door, postgres_watch are missing"):
        await asyncio.to_thread(migrations.upgrade, "toy", postgres_server)


def test_a_table_that_doors_reach_says_which_rows_exist_for_whom() -> None:
    def table(**info: Any) -> Table:
        return Table("t", MetaData(), Column("team", Text), info=info)

    assert wanted(table(), "o") == []
    assert wanted(table(rows=team()), "o") == [], "shut is shut"
    for silent in (table(door="select"), table(door="select", rows="all")):
        with pytest.raises(TypeError, match="its info has to say which rows exist for whom"):
            wanted(silent, "o")
    names = [p.name for p in wanted(table(door="select, delete", rows=own("team")), "o")]
    assert names == ["worker", "watch", "own", "own_delete"]
    assert [p.reason for p in wanted(table(door="select", rows=free("it's old")), "o")][-1] == "it's old"
