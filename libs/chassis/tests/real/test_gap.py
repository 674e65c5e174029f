"""A loss is accepted by a person and with a reason, once, and only where it is one; then its partition goes on."""

import asyncio
from typing import Any

import pytest
from toy.facts import planned
from toy.place import Place, at_work, noted, numbers, say
from toy.waiting import until

from chassis import Service
from chassis.gap import NotAccepted, accept, gaps, listed

WHY = {"reason": "retention was shorter than the outage", "by": "anna.ops"}


def named(first: int, last: int) -> list[Any]:
    """Events of one key, and so of one partition, whose name is their number less one."""
    return [planned("same", f"n{n}", version=n) for n in range(first, last)]


def names(*spans: tuple[int, int]) -> list[str]:
    return [f"n{n}" for span in spans for n in range(*span)]


async def has_noted(service: Service, count: int) -> bool:
    return len(await noted(service)) >= count


async def partition_of(place: Place) -> tuple[int, int]:
    """Where the events lie, and how many are there."""
    [((_, partition), found)] = numbers(await place.on_topic(place.metadata)).items()
    return partition, len(found)


async def are_on(place: Place, count: int) -> bool:
    return len(await place.on_topic(place.metadata)) >= count


async def a_loss(place: Place, up: Service, database: str) -> int:
    """Ten were heard; of the next ten the first four were deleted from the topic before anybody heard them."""
    down = place.downstream(database)
    async with at_work(down):
        await say(up, named(0, 10))
        await until("heard", lambda: has_noted(down, 10))
    await say(up, named(10, 20))
    await until("sent", lambda: are_on(place, 20))
    partition, _ = await partition_of(place)
    await place.delete_before(place.metadata, partition, 14)
    return partition


async def test_a_loss_that_was_accepted_is_gone_past_exactly_once_by_a_service_at_work(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    async with at_work(up):
        partition = await a_loss(place, up, database)
        down, hand = place.downstream(database), place.downstream(database, "hand")
        async with at_work(down, ready=False):
            await until("the gap is shown", lambda: "gap: " in down.kafka_consumer.not_ready_reason)
            [gap] = await gaps(hand)
            assert (gap.first, gap.last, gap.partition, gap.offset, gap.recoverable) == (11, 14, partition, 14, False)
            assert gap.heard_at is not None
            assert gap.heard_at < gap.next_at
            told = await accept(hand, place.metadata.topic, partition, **WHY)
            assert (told["accepted"]["first"], told["accepted"]["last"]) == (11, 14)
            await until("it goes on", lambda: has_noted(down, 16), within=40)
            await until("it is ready", lambda: not down.not_ready_reasons())
            await say(up, named(20, 25))
            await until("what comes is heard", lambda: has_noted(down, 21))
            assert await noted(down) == names((0, 10), (14, 25))
            [kept] = (await listed(hand))["accepted"]
            assert (kept["first_seq"], kept["last_seq"], kept["reason"], kept["accepted_by"]) == (11, 14, *WHY.values())
            with pytest.raises(NotAccepted, match="stands before no gap"):
                await accept(hand, place.metadata.topic, partition, **WHY)
        await hand.database.close()


async def test_of_two_who_accept_at_once_one_is_told_that_it_is_done(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    async with at_work(up):
        partition = await a_loss(place, up, database)
    hand = place.downstream(database, "hand")
    both = await asyncio.gather(
        *(accept(hand, place.metadata.topic, partition, **WHY) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["NotAccepted", "dict"]
    assert len((await listed(hand))["accepted"]) == 1
    async with at_work(place.downstream(database)):
        await until("it goes on", lambda: has_noted(hand, 16))
        assert await noted(hand) == names((0, 10), (14, 20))
    await hand.database.close()


async def test_what_can_still_be_heard_is_not_accepted(place: Place) -> None:
    """A database as an older backup knew it, and a group that is further: all of it is on the topic."""
    up, database = place.upstream(await place.database()), await place.database()
    async with at_work(up):
        down = place.downstream(database)
        async with at_work(down):
            await say(up, named(0, 5))
            await until("heard", lambda: has_noted(down, 5))
        backup = await place.database(like=database)
        later = place.downstream(database)
        async with at_work(later):
            await say(up, named(5, 10))
            await until("heard", lambda: has_noted(later, 10))
        await say(up, named(10, 12))
        await until("sent", lambda: are_on(place, 12))
        partition, _ = await partition_of(place)
        hand = place.downstream(backup, "hand")
        [gap] = await gaps(hand)
        assert (gap.first, gap.last, gap.recoverable) == (6, 10, True)
        with pytest.raises(NotAccepted, match=r"6 of .* stands on the topic and is not lost"):
            await accept(hand, place.metadata.topic, partition, **WHY)
        await hand.database.close()


async def test_a_number_that_a_stranger_put_ahead_is_no_loss_once_its_owner_has_said_the_next(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    async with at_work(up):
        down = place.downstream(database)
        async with at_work(down):
            await say(up, named(0, 5))
            await until("heard", lambda: has_noted(down, 5))
        partition, _ = await partition_of(place)
        [*_, last] = await place.on_topic(place.metadata)
        ahead = [(k, v) for k, v in last.headers if k != "seq"] + [("seq", b"9")]
        await place.put_on(place.metadata, partition, (last.value, ahead))
        hand = place.downstream(database, "hand")
        [gap] = await gaps(hand)
        assert (gap.first, gap.last, gap.recoverable) == (6, 8, False)
        await say(up, named(5, 7))
        await until("sent", lambda: are_on(place, 8))
        [gap] = await gaps(hand)
        assert gap.recoverable
        await hand.database.close()


async def test_nothing_is_accepted_where_there_is_no_gap_or_nobody_or_nothing_is_named(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    async with at_work(up):
        partition = await a_loss(place, up, database)
    hand = place.downstream(database, "hand")
    topic = place.metadata.topic
    for args, words in (
        ((topic, 1 - partition, {}), "before no gap in partition"),
        ((topic, 77, {}), "before no gap in partition 77"),
        (("some.where", partition, {}), "hears no numbers on some.where"),
        ((place.taken.topic, partition, {}), "hears no numbers on"),
        ((topic, partition, {"reason": "  "}), "--reason must say why"),
        ((topic, partition, {"by": "Anna Ops"}), "--by must be who decides"),
    ):
        with pytest.raises(NotAccepted, match=words):
            await accept(hand, args[0], args[1], **{**WHY, **args[2]})
    assert (await listed(hand))["accepted"] == []
    assert len(await gaps(hand)) == 1
    await hand.database.close()
