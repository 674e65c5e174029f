"""Databases of a test's own."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

NewDatabase = Callable[[], Awaitable[str]]


@pytest.fixture
async def new_database(postgres_server: str) -> AsyncIterator[NewDatabase]:
    """Makes an empty database and returns its address; all are dropped at the end."""
    made: list[str] = []
    connection = await asyncpg.connect(postgres_server)

    async def new() -> str:
        made.append(f"test_{uuid.uuid4().hex[:12]}")
        await connection.execute(f"create database {made[-1]}")
        return urlunsplit(urlsplit(postgres_server)._replace(path=f"/{made[-1]}"))

    yield new
    for name in made:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()
