"""Batches are compressed lightly."""

import os

from aiokafka.codec import lz4_decode, lz4_encode
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from chassis import broker

LZ4 = 3


def test_a_batch_is_built_with_the_lightest_level_and_can_be_read() -> None:
    assert broker.compress_lightly
    builder = DefaultRecordBatchBuilder(2, LZ4, False, -1, -1, -1, 1 << 20)
    values = [(f"lead {n} " + os.urandom(16).hex() * 2 + "metal lathe Berlin" * 4).encode() for n in range(500)]
    for n, value in enumerate(values):
        builder.append(n, None, b"key", value, [])
    built = bytes(builder.build())
    records = list(DefaultRecordBatch(built))
    assert [r.value for r in records] == values
    body = lz4_decode(built[61:])  # what follows the head of a batch of format 2
    assert len(built) - 61 == len(lz4_encode(body, level=1)) != len(lz4_encode(body))
