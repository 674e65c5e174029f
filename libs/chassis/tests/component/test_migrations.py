"""Migrations run as a job, once, however many start them."""

import asyncio
import os
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from toy.waiting import until

from chassis import schema

_WAITING = "select count(*) from pg_stat_activity where wait_event = 'advisory' and datname = current_database()"
UPGRADE = "import sys; from chassis import migrations; migrations.upgrade('toy', sys.argv[1])"


@pytest.fixture
async def empty(postgres_server: str) -> str:
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(postgres_server)
    await connection.execute(f"create database {name}")
    await connection.close()
    return urlunsplit(urlsplit(postgres_server)._replace(path=f"/{name}"))


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
    assert await connection.fetch("select version_num from alembic_version") == [("0001",)]
    tables = await connection.fetch("select table_name from information_schema.tables where table_schema = 'public'")
    assert {r[0] for r in tables} == (schema.TABLES - {"oldest_build"}) | {"note", "spent"}
    assert len(await connection.fetch("select name from epoch where length(name) = 32")) == 1
    await connection.close()


def test_the_newest_revision_is_known_without_the_migration_tool() -> None:
    from alembic.script import ScriptDirectory

    from chassis import migrations

    assert schema.head("toy") == ScriptDirectory.from_config(migrations.config("toy")).get_current_head() == "0001"
