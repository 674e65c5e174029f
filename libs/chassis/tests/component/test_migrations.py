"""Migrations run as a job, once, however many start them."""

import asyncio
import os
import subprocess
import sys
import uuid
from pathlib import Path

import asyncpg
import pytest
from toy.waiting import until

from chassis import migrations, schema
from chassis.schema import Phase, Revision
from chassis_testing import ServiceUnderTest, new_database, url_of

_WAITING = "select count(*) from pg_stat_activity where wait_event = 'advisory' and datname = current_database()"
UPGRADE = "import sys; from chassis import migrations; migrations.upgrade('toy', sys.argv[1])"


@pytest.fixture
async def empty(postgres_server: str) -> str:
    name = f"test_{uuid.uuid4().hex[:12]}"
    await new_database(postgres_server, name, "test_empty")
    return url_of(postgres_server, name, "test_empty", "owner")


def upgraded_twice_at_once(url: str) -> list[tuple[int, str]]:
    env = {**os.environ, "PYTHONPATH": f"{Path(__file__).parents[1]}:{os.environ.get('PYTHONPATH', '')}"}
    runs = [subprocess.Popen([sys.executable, "-c", UPGRADE, url], env=env, stderr=subprocess.PIPE) for _ in range(2)]
    words = [run.communicate(timeout=60)[1].decode()[-500:] for run in runs]
    return [(run.returncode, emitted) for run, emitted in zip(runs, words, strict=True)]


async def test_two_at_once_make_one_schema_and_both_succeed(empty: str) -> None:
    holder = await asyncpg.connect(empty)
    watcher = await asyncpg.connect(empty)
    async with holder.transaction():
        await holder.execute("select pg_advisory_xact_lock(4712)")
        running = asyncio.create_task(asyncio.to_thread(upgraded_twice_at_once, empty))

        async def both_wait() -> bool:
            return bool(await watcher.fetchval(_WAITING) == 2)

        await until("both wait for their turn", both_wait, 30)
    ends = await running
    await holder.close()
    await watcher.close()
    assert [code for code, _ in ends] == [0, 0], ends
    connection = await asyncpg.connect(empty)
    assert {r[0] for r in await connection.fetch("select version_num from alembic_version")} == {"0001", "chassis_0006"}
    assert len(await connection.fetch("select name from epoch where length(name) = 32")) == 1
    assert await connection.fetch("select * from note, spent") == []
    await connection.close()


BUILD = [Revision("chassis_0001", "before"), Revision("0001", "before"), Revision("0002", "before")]
LATER = [*BUILD, Revision("0003", "after"), Revision("0004", "before")]


def names(revisions: list[Revision]) -> list[str]:
    return [revision.name for revision in revisions]


def test_each_branch_goes_on_from_where_it_is() -> None:
    assert names(migrations.pending(BUILD, ())) == ["chassis_0001", "0001", "0002"]
    assert names(migrations.pending(BUILD, ("chassis_0001",))) == ["0001", "0002"]
    assert names(migrations.pending(BUILD, ("chassis_0001", "0001"))) == ["0002"]


def test_a_former_builds_job_finds_nothing_to_do_on_a_later_schema() -> None:
    assert migrations.pending(BUILD, ("chassis_0007", "0009")) == []


def test_one_side_of_a_deploy_is_run_alone_and_never_out_of_turn() -> None:
    until_the_third = LATER[:4]
    assert names(migrations.pending(until_the_third, ("chassis_0001", "0001"), "before")) == ["0002"]
    assert names(migrations.pending(until_the_third, ("chassis_0001", "0002"), "after")) == ["0003"]
    with pytest.raises(migrations.OutOfTurn, match="0003 comes after 0002, which is not to be run after the deploy"):
        migrations.pending(until_the_third, ("chassis_0001", "0001"), "after")
    with pytest.raises(migrations.OutOfTurn, match="0004 comes after 0003, which is not to be run before the deploy"):
        migrations.pending(LATER, ("chassis_0001", "0002"), "before")
    assert names(migrations.pending(LATER, ("chassis_0001", "0001"))) == ["0002", "0003", "0004"]


REVISION = """
from alembic import op

revision = "{name}"
down_revision = "{down}"


def upgrade() -> None:
    for statement in {statements!r}:
        op.execute(statement)
"""
EXPANDS = ("alter table note add column added text",)
CONTRACTS = ("alter table note drop column what", "insert into oldest_build (revision) values ('0002')")


async def test_a_former_build_works_beside_a_later_schema_until_that_leaves_it_behind(
    service: ServiceUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a roll-back rests on: the former build is started again on what the later one's revisions have made."""
    for file, down, statements in (
        ("0002_more_before.py", "0001", EXPANDS),
        ("0003_less_after.py", "0002", CONTRACTS),
    ):
        text = REVISION.format(name=file[:4], down=down, statements=statements)
        (tmp_path / file).write_text(text)
    folders, url = schema.folders("toy"), service.service.settings.owners_url()

    async def later_build(phase: Phase | None = None) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(schema, "folders", lambda _: [*folders, tmp_path])
            if phase:
                await asyncio.to_thread(migrations.upgrade, "toy", url, phase)
            return await service.service._check_database()

    async def former_build() -> str:
        await asyncio.to_thread(migrations.upgrade, "toy", url)
        return await service.service._check_database()

    assert await later_build() == "the schema is at 0001 and this build needs 0002: run the migrations"
    assert await later_build("before") == "", "what contracts is not waited for"
    assert await former_build() == ""
    assert (await service.http.post("/v1/notes", json={"key": "a"})).status_code == 201
    assert await later_build("after") == ""
    assert await former_build() == "the schema has left builds behind that do not know 0002: start a newer one"
    assert {r[0] for r in await service.sql("select version_num from alembic_version")} == {"chassis_0006", "0003"}
