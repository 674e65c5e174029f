"""Alembic, set up once: every service's migrations lie inside its package and run as a job, never at the service's start.

Only that job imports this module: a running service needs neither Alembic nor SQLAlchemy, which are a quarter of its memory.
"""

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import failpoint, grants, schema


def config(service: str, database_url: str = "") -> Config:
    """The configuration for a service's migrations."""
    spec = importlib.util.find_spec(service)
    assert spec is not None
    assert spec.origin is not None
    made = Config()
    made.set_main_option("script_location", str(Path(spec.origin).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    made.attributes["database_url"] = database_url
    return made


def upgrade(service: str, database_url: str) -> None:
    """Brings the database to this build's revision. Two at once: the second waits and finds nothing to do."""
    command.upgrade(config(service, database_url), "head")


def run_migrations(metadata: MetaData) -> None:
    """The whole of a service's migrations/env.py."""
    asyncio.run(_run(metadata))


async def _run(metadata: MetaData) -> None:
    url = make_url(context.config.attributes["database_url"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)

    def work(connection: Any) -> None:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_name=lambda name, kind, _: not (kind == "table" and name in schema.TABLES),
            compare_type=True,
        )
        with context.begin_transaction():
            # One migration at a time, and never a queue of readers behind a lock that it waits for.
            connection.exec_driver_sql("set local lock_timeout = '30s'")
            connection.exec_driver_sql("select pg_advisory_xact_lock(4712)")
            connection.exec_driver_sql("set local lock_timeout = '3s'")
            connection.exec_driver_sql("set local statement_timeout = '60s'")
            context.run_migrations()
            grants.grant_doors(connection, metadata)
            failpoint.reach("migration.running")

    async with engine.connect() as connection:
        await connection.run_sync(work)
        await connection.commit()
    await engine.dispose()
