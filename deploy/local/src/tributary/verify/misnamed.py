"""Records with a header whose name is no UTF-8: librdkafka's client can't say such headers, so they are read once more by the
services' client, as the services read them (``chassis.records``)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.records import read_leniently
from tributary.bus import WATCH, Bus
from tributary.child_process import StackError

Place = tuple[str, int]  # topic, partition
FAR = 5_000  # offsets; what is further away is sought, what is nearer is read on to
SILENCE_S = 20.0


class Misnamed(NamedTuple):
    """Such a record, asked as librdkafka's are."""

    found: Any

    def offset(self) -> int:
        """Where it stands."""
        return int(self.found.offset)

    def key(self) -> bytes | None:
        """What it is about."""
        key: bytes | None = self.found.key
        return key

    def value(self) -> bytes | None:
        """Its body."""
        value: bytes | None = self.found.value
        return value

    def headers(self) -> list[tuple[str, bytes | None]]:
        """Its headers; what is unreadable of a name is replaced."""
        return list(self.found.headers)


def read_again(bus: Bus, offsets: Mapping[Place, Sequence[int]]) -> dict[Place, list[Misnamed]]:
    """The records at these offsets. What has expired or was compacted away meanwhile is left out."""
    return asyncio.run(_read_again(bus, offsets)) if offsets else {}


async def _read_again(bus: Bus, offsets: Mapping[Place, Sequence[int]]) -> dict[Place, list[Misnamed]]:
    read_leniently()
    consumer = AIOKafkaConsumer(
        **bus.aiokafka(WATCH), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        return {place: [one async for one in _of(consumer, place, sorted(its))] for place, its in offsets.items()}
    finally:
        await consumer.stop()


async def _of(consumer: Any, place: Place, wanted: list[int]) -> AsyncIterator[Misnamed]:
    partition, here = TopicPartition(*place), -FAR
    consumer.assign([partition])
    while wanted:
        if wanted[0] > here + FAR:
            consumer.seek(partition, wanted[0])
        try:
            async with asyncio.timeout(SILENCE_S):
                record = await consumer.getone(partition)
        except TimeoutError:
            raise StackError(f"Kafka fell silent in {place[0]}.") from None
        here = record.offset
        if here == wanted[0]:
            yield Misnamed(record)
        while wanted and wanted[0] <= here:
            wanted.pop(0)
