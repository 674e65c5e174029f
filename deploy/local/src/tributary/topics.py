"""The topics of the contracts, made before anybody speaks: nothing is created by whoever comes first."""

from collections.abc import Sequence
from typing import Any

from contracts import STREAMS, Stream
from tributary.owned import StackError

LARGEST_MESSAGE = 2_000_000


def settings(stream: Stream) -> dict[str, str]:
    """How long a topic keeps what, and how large one message may be."""
    kept = {"max.message.bytes": str(LARGEST_MESSAGE)}
    if stream.compacted:
        day = str(24 * 3600 * 1000)
        return {**kept, "cleanup.policy": "compact", "segment.ms": day, "max.compaction.lag.ms": day}
    return {
        **kept,
        "cleanup.policy": "delete",
        "retention.ms": str(int(stream.retention.total_seconds() * 1000)),
    }


def create_topics(bootstrap: str, streams: Sequence[Stream] = STREAMS, copies: int = 1) -> list[str]:
    """Creates the topics that are missing and returns their names; those that are there stay as they are."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    client: Any = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    wanted = [
        NewTopic(stream.topic, num_partitions=stream.partitions, replication_factor=copies, config=settings(stream))
        for stream in streams
    ]
    made = []
    for topic, answer in client.create_topics(wanted, operation_timeout=20, request_timeout=30).items():
        try:
            answer.result()
            made.append(topic)
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise StackError(f"Topic {topic} could not be created: {failure.args[0].str()}.") from failure
    return made
