"""A place of its own for each test on the shared Kafka."""

from collections.abc import AsyncIterator

import pytest
from toy.place import Place, a_place


@pytest.fixture
async def place(kafka_server: str, postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """This test's topics and databases."""
    async with a_place(kafka_server, postgres_server, monkeypatch) as made:
        yield made
