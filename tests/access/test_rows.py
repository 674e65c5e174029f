"""The same in SQL, as the role of the doors: which rows of which tables there are for whom, and which of them he changes."""

from chassis.access import ANONYMOUS, STRANGER, Actor
from chassis_testing import ServiceUnderTest

from .people import OTHER, OWN, RECORDS, SIGHT, TOLD, callers
from .rows import FREE, ROWS, WRITTEN
from .things import filled

_READ = """
select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
    and has_any_column_privilege(oid, 'select')
"""
ACTORS = {one.person.removeprefix("machine:"): Actor(one.person) for one in TOLD}
ACTORS |= {
    "auditor": Actor("auditor", frozenset({"auditor"})),
    "unknown": STRANGER,
    "nobody": ANONYMOUS,
    "intake": Actor("machine:intake", frozenset({"leads:capture"})),
}


async def there_as(service: ServiceUnderTest, actor: Actor, table: str) -> set[str]:
    """The rows of a table that exist for an actor at a door."""
    async with service.service.database.at_door(actor) as tx:
        return {row[0] for row in await tx.conn.fetch(f"select ctid::text from {table}")}


async def holds(service: ServiceUnderTest) -> None:
    """Every table that the doors read, as everybody."""
    its, free = ROWS[service.service.name], FREE[service.service.name]
    async with service.service.database.doors.connection() as conn:  # nobody has entered
        readable = {row["relname"] for row in await conn.fetch(_READ)}
        assert readable == its.keys() | free.keys(), "say in tests/access/rows.py whose rows they are"
        assert {table: await conn.fetchval(f"select count(*) from {table}") for table in its} == dict.fromkeys(its, 0)
    wrong = []
    for table, whose in its.items():
        rows = await service.sql(f"select ctid::text as at, {whose} as whose from {table} t")
        both = {"member", "stranger"} if table.startswith(("access_", "job")) or table == "refusal" else {OWN, OTHER}
        assert both <= {one for row in rows for one in row["whose"]}, f"{table} has too few rows to tell anything"
        for caller, actor in ACTORS.items():
            sight = SIGHT.get(caller, set()) | {actor.principal}
            expected = {row["at"]: row["whose"] for row in rows if sight & {*row["whose"]}}
            if (found := await there_as(service, actor, table)) != expected.keys():
                wrong.append(f"{caller} sees {len(found)} rows of {table} instead of {len(expected)}")
    assert not wrong, "\n".join(wrong)


async def test_leads(leads: ServiceUnderTest) -> None:
    things, there = await filled(leads), callers(leads)
    for who, team in (("member", OWN), ("stranger", OTHER), ("substitute", OWN)):  # so that there are looks to see
        path = f"/v1/leads/{things.of[team]['lead_id']}/contact"
        answer = await there[who].post(path, json={"purpose": "call"})
        assert answer.status_code == 200, answer.text
    await holds(leads)


async def test_campaigns(campaigns: ServiceUnderTest) -> None:
    await filled(campaigns)
    await holds(campaigns)
    planner = Actor("machine:planner", frozenset({"campaigns:plan"}))
    for statement in WRITTEN.values():
        for caller, actor in (ACTORS | {"planner": planner}).items():
            async with campaigns.service.database.at_door(actor, writes=True) as tx:
                changed = {row["campaign"] for row in await tx.conn.fetch(statement)}
            teams = {OWN, OTHER, "nobody"} if caller == "planner" else RECORDS.get(caller, set())
            assert changed == {f"of-{team}" for team in teams}, f"{statement} as {caller}"


async def test_metrics(metrics: ServiceUnderTest) -> None:
    await filled(metrics)
    await holds(metrics)


async def test_territory(territory: ServiceUnderTest) -> None:
    await filled(territory)
    await holds(territory)
