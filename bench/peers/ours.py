"""The metrics service of this project, as it is deployed: one process, a Postgres, a Kafka."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import asyncpg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bench.peers.events import Writer
from bench.peers.killing import next_kpi_after_a_kill
from bench.peers.sampling import Sampler
from bench.peers.watching import Watcher
from tributary.kafka import LocalKafka
from tributary.postgres import LocalPostgres
from tributary.services import LocalService

DIMENSIONS = ("segment", "channel", "team", "campaign")


class Ours:
    """The service with an empty database of its own, at the beginning of the topics."""

    def __init__(self, home: Path, kafka: LocalKafka, postgres: LocalPostgres, number: int) -> None:
        self.kafka, self.postgres = kafka, postgres
        _forget_the_group(kafka.bootstrap)
        database = postgres.ensure_role_and_database(f"metrics_{number}")
        self.service = LocalService("metrics", home, database=database, kafka=kafka.bus, usual_port=False)
        self.service.migrate()

    def measure(self, writer: Writer, kill: bool) -> dict[str, Any]:
        """Starts it before full topics, lets it count everything, and kills it then."""
        watcher = Watcher(self.kafka.bootstrap, "metrics.kpi")
        try:
            self.service.start()
            row = asyncio.run(self._count(writer, watcher))
            if kill:
                row |= next_kpi_after_a_kill(writer, watcher, DIMENSIONS, self.service.kill, self.service.start)
            return row
        finally:
            watcher.close()
            self.service.stop()

    async def _count(self, writer: Writer, watcher: Watcher) -> dict[str, Any]:
        pids = {"engine": self.service.pid, "database": self.postgres.pid, "broker": self.kafka.pid}
        sampler, began = Sampler(pids), time.perf_counter()
        connection = await asyncpg.connect(self.service.database)
        done = 0
        while done < writer.events:
            await asyncio.sleep(0.2)
            watcher.look()
            # The watermarks move in the transaction that counts: what they have passed is durable.
            done = int(await connection.fetchval("select coalesce(sum(last_seq), 0)::bigint from watermark"))
            sampler.sample(done)
            if not self.service.alive or time.perf_counter() - began > 300:
                raise SystemExit(f"metrics has counted {done} of {writer.events} events; see {self.service.log}")
        await connection.close()
        return {
            **sampler.summary(),
            "leads": writer.right.leads,
            "wrong": watcher.until_right(writer.right, DIMENSIONS, 15),
        }


def _forget_the_group(bootstrap: str) -> None:
    """The next round begins at the beginning; the seat of the last one's process lapses after its session."""
    client, end = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}), time.monotonic() + 20
    if not any(g.group_id == "metrics" for g in client.list_consumer_groups().result().valid):
        return
    while True:
        with contextlib.suppress(KafkaException):
            client.delete_consumer_groups(["metrics"])["metrics"].result()
            return
        if time.monotonic() > end:
            raise SystemExit("the consumer group of the last round does not go")
        time.sleep(0.5)
