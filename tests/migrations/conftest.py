"""Databases of a test's own."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

import chassis_testing

NewDatabase = Callable[[], Awaitable[str]]


@pytest.fixture
async def new_database(postgres_server: str) -> AsyncIterator[NewDatabase]:
    """Makes an empty database and returns its owner's address; all are dropped at the end."""
    made: list[str] = []

    async def new() -> str:
        made.append(f"test_{uuid.uuid4().hex[:12]}")
        await chassis_testing.new_database(postgres_server, made[-1], "test_empty")
        return chassis_testing.url_of(postgres_server, made[-1], "test_empty", "owner")

    yield new
    connection = await asyncpg.connect(postgres_server)
    for name in made:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()
