"""The key that the door seals with: fetched once, by whoever needs it first, never missing, and not lost with a database."""

import asyncio
from datetime import timedelta

import pytest

from chassis import Problem
from chassis.sealing import seal_bytes
from chassis_testing import ServiceUnderTest
from leads.api.seal import DoorKey
from leads.store import keys

DAY = timedelta(days=1)
AGES = "update intake_key set made_at = made_at - interval '2 days'"


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

    def away(**settings: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(service.service.database, "transaction", away)
        answers = await asyncio.gather(*(door.current(service.service) for _ in range(3)), return_exceptions=True)
    assert [answer.status for answer in answers if isinstance(answer, Problem)] == [503] * 3
    assert len((await door.current(service.service))[1]) == 32


async def key_of_another_day(service: ServiceUnderTest) -> tuple[str, bytes]:
    await service.sql(AGES)
    async with service.service.database.transaction() as tx:
        return await keys.current_intake_key(tx, DAY)


async def known(service: ServiceUnderTest, *names: str) -> dict[str, bytes]:
    service.service.database.process_cache.clear()
    async with service.service.database.transaction() as tx:
        return dict(await keys.intake_keys(tx, names))


async def test_a_key_lasts_a_day_and_the_next_is_another(service: ServiceUnderTest) -> None:
    async with service.service.database.transaction() as tx:
        first = await keys.current_intake_key(tx, DAY)
        assert await keys.current_intake_key(tx, DAY) == first
    second = await key_of_another_day(service)
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert await known(service, first[0], second[0]) == dict((first, second))


async def test_a_restored_database_opens_what_was_sealed_since_its_backup_and_makes_the_same_keys_again(
    service: ServiceUnderTest,
) -> None:
    await key_of_another_day(service)
    later = [await key_of_another_day(service) for _ in range(3)]
    await service.sql("delete from intake_key where name = any($1)", [name for name, _ in later])
    assert await known(service, later[2][0], later[0][0]) == dict((later[2], later[0]))
    assert await key_of_another_day(service) == later[0]


async def test_from_a_newer_key_no_older_one_follows(service: ServiceUnderTest) -> None:
    first = await key_of_another_day(service)
    await key_of_another_day(service)
    await service.sql("delete from intake_key where name = $1", first[0])
    assert await known(service, first[0]) == {}


async def test_a_name_that_is_not_ours_has_no_key(service: ServiceUnderTest) -> None:
    chain = (await key_of_another_day(service))[0].rpartition("-")[0]
    strange = [
        "",
        "-",
        "intake",
        "intake-x",
        "intake-00-2",
        "other-7",
        f"{chain}-02",
        f"{chain}-٢",
        f"{chain}-99999",
        chain,
    ]
    assert await known(service, *strange) == {}


async def test_a_key_with_a_name_of_another_kind_is_followed_too(service: ServiceUnderTest) -> None:
    await key_of_another_day(service)
    await service.sql("update intake_key set name = 'long-ago', wrapped_key = $1", await wrapped(service, "long-ago"))
    later = await key_of_another_day(service)
    assert later[0] == "long-ago-1"
    await service.sql("delete from intake_key where name = $1", later[0])
    assert await known(service, later[0]) == dict((later,))


async def wrapped(service: ServiceUnderTest, name: str) -> bytes:
    async with service.service.database.transaction() as tx:
        return seal_bytes(keys.Ring.of(tx).intake, bytes(32), name.encode())


async def test_the_newest_key_is_not_destroyed_however_old_it_is(service: ServiceUnderTest) -> None:
    for _ in range(3):
        newest = await key_of_another_day(service)
    await service.sql("update intake_key set made_at = made_at - interval '30 days'")
    await service.runs("rotate_intake_keys")
    assert [row["name"] for row in await service.sql("select name from intake_key")] == [newest[0]]
