"""While a former build is still at work on an expanded schema, what it writes is complete for the build that comes after it."""

import asyncio
import uuid

import asyncpg

from chassis import migrations

from .conftest import NewDatabase

# What the build of territory before 0003 writes of a decision, and with it nothing else.
DECIDES = """
insert into decision (lead_id, number, cause, disposition, ruleset, rule, segment, team, pipeline, assignee, turn, reason, attributes,
    excluded_teams, excluded_people, decided_at, refused)
values ($1, 1, 'new', $2, 3, 'r1', 's', 'berlin', 'direct', $3, $4, 'r', '{}', '{}', '{}', now(), '{}')
"""
STANDS = "select number, team, person, code, waits_turn from lead_case where lead_id = $1"


async def test_a_lead_that_the_former_build_decides_stands_as_decided(new_database: NewDatabase) -> None:
    url = await new_database()
    await asyncio.to_thread(migrations.upgrade, "territory", url, "before")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select set_config('role', current_user || '_worker', false)")
        has, waits, later = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        await connection.execute(DECIDES, has, "near_term", "mia", 1)
        await connection.execute(DECIDES, waits, "near_term", None, 2)
        assert tuple(await connection.fetchrow(STANDS, has)) == (1, "berlin", "mia", None, False)
        assert tuple(await connection.fetchrow(STANDS, waits)) == (1, "berlin", None, "absent", True)
        await asyncio.to_thread(migrations.upgrade, "territory", url, "after")
        await connection.execute(DECIDES, later, "near_term", "mia", 3)
        assert await connection.fetchrow(STANDS, later) is None, "each build that is left does that itself"
    finally:
        await connection.close()
