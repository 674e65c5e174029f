"""The tables that the code expects are the tables that the revisions make: the chassis' and each service's own."""

import asyncio
import importlib

import asyncpg
import pytest
from sqlalchemy import MetaData
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import migrations, tables

from .conftest import NewDatabase

SERVICES = ("leads", "territory", "campaigns", "metrics")
# Everything by which two tables can differ, in the server's own words.
SHAPE = """
with ours as (
    select c.oid, c.relname, c.reloptions from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'alembic_version'
)
select relname || ' with ' || (select coalesce(string_agg(o, ', ' order by o), 'defaults') from unnest(reloptions) o) from ours
union all
select concat_ws(' ', relname || '.' || attname, format_type(atttypid, atttypmod),
    case when attnotnull then 'not null' end, nullif(attidentity, ''), nullif(attgenerated, ''),
    'default ' || pg_get_expr(adbin, adrelid), 'comment ' || col_description(ours.oid, attnum))
from ours join pg_attribute on attrelid = ours.oid and attnum > 0 and not attisdropped
left join pg_attrdef on adrelid = attrelid and adnum = attnum
union all
select concat_ws(' ', relname, conname, pg_get_constraintdef(c.oid))
from ours join pg_constraint c on conrelid = ours.oid and contype <> 'n'
union all
select pg_get_indexdef(indexrelid) from ours join pg_index on indrelid = ours.oid
"""


async def shape(url: str) -> set[str]:
    """What can be said of every table of a database, a line each."""
    connection = await asyncpg.connect(url)
    try:
        return {row[0] for row in await connection.fetch(SHAPE)}
    finally:
        await connection.close()


async def create(url: str, *expected: MetaData) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        for metadata in expected:
            await connection.run_sync(metadata.create_all)
    await engine.dispose()


@pytest.mark.parametrize("name", SERVICES)
async def test_the_revisions_make_the_tables_that_the_code_expects(name: str, new_database: NewDatabase) -> None:
    migrated, expected = await new_database(), await new_database()
    await asyncio.to_thread(migrations.upgrade, name, migrated)
    await create(expected, tables.METADATA, importlib.import_module(f"{name}.store.tables").METADATA)
    made, wanted = await shape(migrated), await shape(expected)
    assert {"made by the revisions alone": made - wanted, "expected and not made": wanted - made} == {
        "made by the revisions alone": set(),
        "expected and not made": set(),
    }


@pytest.mark.parametrize(
    "change",
    [
        "alter table outbox drop column causation",
        "alter table outbox alter column shard type bigint",
        "alter table outbox alter column causation set not null",
        "alter table outbox_shard alter column next_seq set default 2",
        "alter table outbox drop constraint outbox_payload_check",
        "alter table outbox drop constraint outbox_pkey",
        "alter table outbox_shard reset (fillfactor)",
        "drop index parked_ended",
        "comment on column epoch.name is 'which history'",
        "create table stranger ()",
    ],
)
async def test_a_drift_of_any_kind_is_seen(change: str, new_database: NewDatabase) -> None:
    url = await new_database()
    await create(url, tables.METADATA)
    before = await shape(url)
    connection = await asyncpg.connect(url)
    await connection.execute(change)
    await connection.close()
    assert await shape(url) != before


@pytest.mark.parametrize(
    ("name", "spared"),
    [
        ("leads", {"timeline.detail"}),
        (
            "territory",
            {f"decision.{c}" for c in ("attributes", "refused", "excluded_teams", "excluded_people")}
            | {"lead_case.not_to", "lead_case.excluded"},
        ),
    ],
)
async def test_no_statistics_are_made_of_what_nothing_is_chosen_by(
    name: str, spared: set[str], new_database: NewDatabase
) -> None:
    """Samples of documents and lists are dear to sort."""
    url = await new_database()
    await asyncio.to_thread(migrations.upgrade, name, url)
    connection = await asyncpg.connect(url)
    found = await connection.fetch(
        "select attrelid::regclass || '.' || attname as name from pg_attribute where attstattarget = 0 and attnum > 0"
    )
    many = await connection.fetch(
        "select attname from pg_attribute where attrelid = to_regclass('lead') and attnum > 0 and attstattarget is distinct from 10"
    )
    await connection.close()
    assert {row["name"] for row in found} == spared
    assert not many  # one column of which many are wanted makes the sample large for all
