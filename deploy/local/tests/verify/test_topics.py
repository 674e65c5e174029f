"""What verify reads of topics on which somebody else has written as well."""

import asyncio
import uuid
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from confluent_kafka.admin import AdminClient, NewTopic

from tributary.bus import Bus
from tributary.verify.private import CANARY, Private
from tributary.verify.snapshot import Log
from tributary.verify.topics import Topics

TYPE = ("ce_type", b"somebody.spoke.v1")
MANY = 300


class Unreadable(str):
    """A header's name that is no UTF-8."""

    def encode(self, *_: object, **__: object) -> bytes:
        return b"\xff\xfe\xed\xa0"


@pytest.fixture
def topic(kafka_server: str) -> str:
    """A topic of this test's own."""
    name = f"verify-{uuid.uuid4().hex[:8]}"
    admin: Any = AdminClient({"bootstrap.servers": kafka_server})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result()
    return name


async def say(kafka: str, topic: str, *records: tuple[bytes, list[tuple[str, bytes | None]]]) -> None:
    """Puts them on the topic, each with its body and headers, by the builder that asks a name for its bytes."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    try:
        batch = producer.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 1 << 20)
        for body, headers in records:
            batch.append(key=b"k", value=body, timestamp=None, headers=headers)
        await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()


def read(kafka: str, topic: str, private: Private) -> Log:
    topics = Topics(Bus(kafka))
    try:
        return topics.read(topics.spans([topic]), lambda *_: None, private)[topic]
    finally:
        topics.close()


async def test_a_record_with_a_header_whose_name_is_no_text_is_read_in_its_place_like_any_other(
    kafka_server: str, topic: str
) -> None:
    odd = (Unreadable("odd"), b"x")
    await say(
        kafka_server,
        topic,
        # So many that the interpreter has learned to call the client by a shorter way, on which nobody looks for errors.
        *[(b"{}", [TYPE, ("ce_id", b"a")])] * MANY,
        (CANARY, [odd, TYPE, ("ce_id", b"b")]),
        (b"{}", [TYPE, ("ce_id", b"c")]),
        (b"{}", [("other", None), odd]),
        (b"{}", [TYPE, ("ce_id", b"d"), odd]),
    )
    private = Private()
    log = await asyncio.to_thread(read, kafka_server, topic, private)
    assert [(event.offset, event.id, event.type) for event in log.records] == [
        (n, name, "somebody.spoke.v1")
        for n, name in (*((n, "a") for n in range(MANY)), (MANY, "b"), (MANY + 1, "c"), (MANY + 3, "d"))
    ]
    assert log.foreign == [(0, MANY + 2)]
    assert private.texts == MANY + 4
    assert private.found == [(topic, "a canary")]
