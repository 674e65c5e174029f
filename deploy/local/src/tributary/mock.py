"""What stands in where no Kafka can be had: a protocol-level mock inside this process. It keeps nothing and proves nothing."""

from collections.abc import Sequence
from typing import Any

from contracts import STREAMS, Stream


class MockKafka:
    """The mock cluster of librdkafka, alive as long as this object is."""

    def __init__(self) -> None:
        from confluent_kafka.admin import AdminClient

        self._client: Any = AdminClient({"test.mock.num.brokers": "1", "bootstrap.servers": "mock", "log_level": 0})
        brokers = self._client.list_topics(timeout=10).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def create_topics(self, streams: Sequence[Stream] = STREAMS) -> None:
        """The mock makes a topic when it is first asked for."""
        for stream in streams:
            self._client.list_topics(stream.topic, timeout=10)
