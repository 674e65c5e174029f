"""The tables as the code expects them are the tables that the migrations make."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from campaigns.store.tables import METADATA
from chassis import schema
from chassis_testing import ServiceUnderTest


async def test_the_migrations_make_the_tables_that_the_code_expects(service: ServiceUnderTest) -> None:
    def differences(connection: Any) -> list[Any]:
        ours = {"include_name": lambda name, kind, _: not (kind == "table" and name in schema.TABLES)}
        context = MigrationContext.configure(connection, opts=ours | {"compare_type": True})
        return list(compare_metadata(context, METADATA))

    url = make_url(service.service.settings.database_url.get_secret_value())
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
