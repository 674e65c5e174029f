"""A Kafka and a Postgres that belong to one part of this benchmark."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tributary.child_process import free_port
from tributary.kafka import LocalKafka
from tributary.postgres import LocalPostgres


@contextlib.contextmanager
def servers(home: Path) -> Iterator[tuple[LocalKafka, LocalPostgres]]:
    """Started, and stopped at the end of the block."""
    home.mkdir(parents=True, exist_ok=True)
    # Ports by chance: two runs at once must not meet at one Kafka.
    kafka, postgres = LocalKafka(home / "kafka", port=free_port()), LocalPostgres(home / "postgres", port=free_port())
    try:
        kafka.start()
        postgres.start()
        yield kafka, postgres
    finally:
        kafka.stop()
        postgres.stop()
