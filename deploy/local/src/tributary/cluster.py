"""Several Kafka brokers on one machine as one cluster: every record on three of them, two of which must have it."""

import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from tributary.bus import Bus
from tributary.child_process import free_port
from tributary.kafka import LocalKafka
from tributary.stack import together


class LocalCluster:
    """Brokers that are also the controllers' quorum; any one of them may be lost. ``keys``: as for one broker."""

    def __init__(self, home: Path, brokers: int = 3, heap: str = "256m", keys: Path | None = None) -> None:
        ports: set[int] = set()
        while len(ports) < 2 * brokers:
            ports.add(free_port())
        free = sorted(ports)
        voters = dict(zip(range(1, brokers + 1), free[brokers:], strict=True))
        name, self._keys = str(uuid.uuid4()), keys
        self.nodes = [
            LocalKafka(home / f"kafka-{node}", port=port, node=node, voters=voters, cluster=name, heap=heap, keys=keys)
            for node, port in zip(voters, free[:brokers], strict=True)
        ]

    @property
    def bootstrap(self) -> str:
        """All brokers, for clients."""
        return ",".join(node.bootstrap for node in self.nodes)

    @property
    def bus(self) -> Bus:
        """How one comes to them."""
        return Bus(self.bootstrap, self._keys)

    def start(self) -> str:
        """All at once, because none answers before there is a quorum."""
        together(*(node.start for node in self.nodes))
        return self.bootstrap

    def stop(self) -> None:
        """All at once, because the last one would wait for a quorum that is gone."""
        for node in self.nodes:
            node.ask_to_stop()
        for node in self.nodes:
            node.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
