"""Databases: the schema and the build, who could see too much, what waits in the outbox and what is parked, and the clock."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from chassis.parking import SUSPECT
from chassis.schema import CATALOGUE, revisions, unfit
from tributary.doctor.finding import Installation, Report, span

SHOWN = 5
_OWNER = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
_WAITS = "select count(*) as n, min(at) as oldest, (array_agg(topic order by at))[1] as topic from outbox"
_PARKED = """
select count(*) as n, min(parked_at) as oldest, count(*) filter (where cause = any($1)) as suspect,
    (array_agg(cause order by parked_at))[1] as cause
from parked where ended_at is null
"""
_CONNECTIONS = """
select count(*) as used, current_setting('max_connections')::int as most from pg_stat_activity where backend_type = 'client backend'
"""


async def look(installation: Installation, report: Report) -> None:
    """Looks at all databases at the same time."""
    await asyncio.gather(*(_one(name, at, installation, report) for name, at in installation.databases.items()))


async def _one(service: str, database: str, installation: Installation, report: Report) -> None:
    where = f"database of {service}"
    try:
        connection = await asyncpg.connect(
            database, timeout=10, server_settings={"application_name": "tributary doctor"}
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as failure:
        report.critical(
            "database-away",
            where,
            f"it can't be entered: {str(failure) or type(failure).__name__}",
            "bring Postgres back, or give the address and the password that it knows",
            "not-ready",
        )
        return
    try:
        await _clock(connection, where, installation, report)
        if await _schema(connection, service, where, report):
            await _guards(connection, where, report)
            await _waiting(connection, service, where, installation, report)
            await _parked(connection, service, where, report)
        await _room(connection, where, installation, report)
        report.looked_at.append(where)
    except (asyncpg.PostgresError, OSError) as failure:
        report.unseen.append(f"{where}: {str(failure) or type(failure).__name__}")
    finally:
        await connection.close()


async def _clock(connection: Any, where: str, installation: Installation, report: Report) -> None:
    began = installation.clock()
    there: datetime = await connection.fetchval("select clock_timestamp()")
    ended = installation.clock()
    skew = (there - (began + (ended - began) / 2)).total_seconds()
    if abs(skew) > installation.limits.skew_s + (ended - began).total_seconds():
        report.warning(
            "clock",
            where,
            f"its clock is {span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} this machine's",
            "have every machine ask the same time servers; until then ages, deadlines and grants are off by as much",
            "clocks",
        )


async def _schema(connection: Any, service: str, where: str, report: Report) -> bool:
    try:
        found = [row[0] for row in await connection.fetch("select version_num from alembic_version")]
        oldest = [row[0] for row in await connection.fetch("select revision from oldest_build")]
    except asyncpg.UndefinedTableError:
        found, oldest = [], []
    if why := unfit(revisions(service), found, oldest):
        report.critical(
            "schema",
            where,
            why,
            f"`python -m {service} migrate` with this build, or start the build that fits",
            "not-ready",
        )
    return bool(found)


async def _guards(connection: Any, where: str, report: Report) -> None:
    owner = await connection.fetchval(_OWNER)
    faults = [row[0] for row in await connection.fetch(CATALOGUE, owner)]
    if faults:
        more = f", and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        report.critical(
            "row-policies",
            where,
            "; ".join(faults[:SHOWN]) + more,
            "find out who changed it; `migrate` writes rights and policies anew, deploy/postgres/10-services.sh the roles",
            "access",
        )


async def _waiting(connection: Any, service: str, where: str, installation: Installation, report: Report) -> None:
    row = await connection.fetchrow(_WAITS)
    if not row["n"]:
        return
    age = (await connection.fetchval("select clock_timestamp()") - row["oldest"]).total_seconds()
    if age > installation.limits.waits_s:
        report.critical(
            "outbox",
            where,
            f"{row['n']:,} events wait to be sent, the oldest, for {row['topic']}, since {span(age)}",
            f"read why at /readyz of {service}: no relay runs, or Kafka refuses the topic",
            "outbox",
        )


async def _parked(connection: Any, service: str, where: str, report: Report) -> None:
    row = await connection.fetchrow(_PARKED, SUSPECT)
    if not row["n"]:
        return
    age: timedelta = await connection.fetchval("select clock_timestamp()") - row["oldest"]
    say = report.critical if row["suspect"] else report.warning
    suspect = f", {row['suspect']:,} of them of numbers that their owner may not have given" if row["suspect"] else ""
    say(
        "parked",
        where,
        f"{row['n']:,} events are set aside since up to {span(age.total_seconds())}{suspect}; the oldest: {row['cause']}",
        f"`python -m {service} parked list`, then replay or discard each",
        "parked",
    )


async def _room(connection: Any, where: str, installation: Installation, report: Report) -> None:
    row = await connection.fetchrow(_CONNECTIONS)
    if row["used"] > installation.limits.connections * row["most"]:
        report.warning(
            "connections",
            where,
            f"{row['used']} of its server's {row['most']} connections are taken",
            "fewer replicas, smaller pools (TRIBUTARY_DATABASE_POOL, TRIBUTARY_DOOR_DATABASE_POOL), or a larger max_connections",
            "full",
        )
