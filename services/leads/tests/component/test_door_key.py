"""The key that the door seals with: fetched once, by whoever needs it first, and never missing."""

import asyncio

import pytest

from chassis import Problem
from chassis.testing import ServiceUnderTest
from leads.api.seal import DoorKey


async def test_all_who_come_before_the_key_is_there_get_it(service: ServiceUnderTest) -> None:
    door = DoorKey()
    found = await asyncio.gather(*(door.current(service.service) for _ in range(20)))
    assert len(set(found)) == 1
    assert len(found[0][1]) == 32
    assert (await service.sql("select count(*) from intake_key"))[0][0] == 1


async def test_whoever_comes_without_a_key_while_the_database_is_away_is_told_so_and_the_next_one_asks_again(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = DoorKey()

    def away(**told: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(service.service.database, "transaction", away)
        answers = await asyncio.gather(*(door.current(service.service) for _ in range(3)), return_exceptions=True)
    assert [answer.status for answer in answers if isinstance(answer, Problem)] == [503] * 3
    assert len((await door.current(service.service))[1]) == 32
