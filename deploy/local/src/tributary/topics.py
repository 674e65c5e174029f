"""The topics of the contracts, made before anybody speaks: nothing is created by whoever comes first."""

from collections.abc import Sequence
from typing import Any

from contracts import STREAMS, Stream
from contracts.topics import definition
from tributary.bus import ADMIN, Bus
from tributary.child_process import StackError


def create_topics(bus: Bus, streams: Sequence[Stream] = STREAMS, copies: int = 1) -> list[str]:
    """Creates the topics that are missing and returns their names; those that are there stay as they are."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    client: Any = AdminClient(bus.librdkafka(ADMIN))
    wanted = [
        NewTopic(topic["topic"], topic["partitions"], replication_factor=copies, config=topic["config"])
        for topic in map(definition, streams)
    ]
    made = []
    for topic, answer in client.create_topics(wanted, operation_timeout=100, request_timeout=120).items():
        try:
            answer.result()
            made.append(topic)
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise StackError(f"Topic {topic} could not be created: {failure.args[0].str()}.") from failure
    return made
