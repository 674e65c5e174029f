"""Alembic, set up once: every service's revisions lie inside its package and run as a job, never at the service's start.

Only that job imports this module: a running service needs neither Alembic nor SQLAlchemy, which are a quarter of its memory.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import failpoint, grants, row_policies, schema
from chassis.schema import Phase, Revision

CONTENDED = ("40P01", "55P03")  # a deadlock with traffic, and a lock that did not come in time: nothing was changed
PAUSES_S = (0.5, 1, 2, 4)


class OutOfTurn(Exception):
    """A revision would be run while one before it waits for the other side of the deploy; nothing was run."""


def pending(known: Sequence[Revision], found: Iterable[str], phase: Phase | None = None) -> list[Revision]:
    """What is to be run on a schema at ``found``, of one side of the deploy or of both. What a later build has run counts as
    run: a former build's job finds nothing to do.

    Raises OutOfTurn.
    """
    at = {schema.branch_of(name): name for name in found}
    waits: dict[str, str] = {}
    chosen = []
    for revision in known:
        if revision.name <= at.get(revision.branch, ""):
            continue
        if phase is not None and revision.phase != phase:
            waits[revision.branch] = revision.name
        elif before := waits.get(revision.branch):
            raise OutOfTurn(f"{revision.name} comes after {before}, which is not to be run {phase} the deploy")
        else:
            chosen.append(revision)
    return chosen


def scripts(service: str) -> ScriptDirectory:
    """The revisions as Alembic reads them."""
    folders = schema.folders(service)
    return ScriptDirectory(folders[0].parent, version_locations=folders)


def upgrade(service: str, database_url: str, phase: Phase | None = None, tls: Mapping[str, Any] | None = None) -> None:
    """Brings the database to this build's revisions: those of one side of the deploy, or all. Two at once: the second waits
    and finds nothing to do. ``database_url`` is the owner's, ``tls`` as ``database.tls`` says. Traffic that holds what is to be
    changed is let pass, some times.

    Raises OutOfTurn, schema.RolesMissing, and schema.Unguarded where a door could still see too much.
    """
    for pause in (*PAUSES_S, None):
        try:
            asyncio.run(_upgrade(service, database_url, phase, tls or {}))
            return
        except DBAPIError as error:
            if pause is None or getattr(error.orig, "sqlstate", "") not in CONTENDED:
                raise
            time.sleep(pause)


async def _upgrade(service: str, database_url: str, phase: Phase | None, tls: Mapping[str, Any]) -> None:
    engine = create_async_engine(make_url(database_url).set(drivername="postgresql+asyncpg"), connect_args=dict(tls))

    def steps(found: Iterable[str], _: MigrationContext) -> list[MigrationStep]:
        read = scripts(service)
        return [
            MigrationStep.upgrade_from_script(read.revision_map, read.get_revision(revision.name))
            for revision in pending(schema.revisions(service), found, phase)
        ]

    def work(connection: Any) -> None:
        # One migration at a time, and never a queue of readers behind a lock that it waits for.
        connection.exec_driver_sql("set local lock_timeout = '30s'")
        connection.exec_driver_sql("select pg_advisory_xact_lock(4712)")
        connection.exec_driver_sql("set local lock_timeout = '3s'")
        connection.exec_driver_sql("set local statement_timeout = '60s'")
        owner = grants.owner_of(connection)
        grants.grant_workers(connection, owner)
        context = MigrationContext.configure(connection, opts={"fn": steps})
        with Operations.context(context):
            context.run_migrations()
        its = grants.tables_of(service)
        grants.grant_rights(connection, its, owner, phase)
        row_policies.write_policies(connection, its, owner)
        if faults := connection.exec_driver_sql(schema.CATALOGUE, (owner,)).scalars().all():
            raise schema.Unguarded("; ".join(faults))
        failpoint.reach("migration.running")

    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()
