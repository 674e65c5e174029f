"""What the faults strike: a stack, its servers and what is known of them; and what a fault says when it did not happen."""

import asyncio
import contextlib
import os
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tributary.bus import ADMIN
from tributary.child_process import StackError
from tributary.cluster import LocalCluster
from tributary.faults.journal import Journal
from tributary.faults.traffic import Load
from tributary.faults.watcher import Watcher
from tributary.services import LocalService
from tributary.stack import Stack

T = TypeVar("T")


class DidNotHappen(StackError):
    """The fault was meant to strike and there is no sign that it did."""


class NotHere(StackError):
    """This machine can't have this fault; the sentence says why."""


@dataclass
class Testbed:
    """One run's stack under load."""

    stack: Stack
    cluster: LocalCluster | None
    load: Load
    watcher: Watcher
    journal: Journal
    folder: Path
    report: Mapping[str, str]  # to every service, by its environment
    backups: dict[str, Path] = field(default_factory=dict)
    replicas: dict[str, LocalService] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)  # to somebody who had no right to it

    def service(self, name: str) -> LocalService:
        """One of the four."""
        return self.stack.services[name]

    def database(self, name: str) -> str:
        """The superuser's address of a service's database."""
        assert self.stack.postgres is not None
        return urlunsplit(urlsplit(self.stack.postgres.url)._replace(path=f"/{name}"))

    def sql(self, database: str, *statements: str) -> Any:
        """Runs statements as the superuser, each by itself; returns the last one's first value."""

        async def ask() -> Any:
            connection = await asyncpg.connect(self.database(database), timeout=10)
            try:
                for statement in statements[:-1]:
                    await connection.execute(statement)
                return await connection.fetchval(statements[-1])
            finally:
                await connection.close()

        return asyncio.run(ask())

    def owners(self, group: str) -> int:
        """How many members of a consumer group have partitions just now; 0 while the brokers do not say."""
        admin: Any = AdminClient(self.stack.bus.librdkafka(ADMIN))
        try:
            described = admin.describe_consumer_groups([group], request_timeout=5)[group].result()
        except KafkaException:
            return 0
        return sum(bool(member.assignment.topic_partitions) for member in described.members)

    def counter(self, service: LocalService, name: str, **labels: str) -> float:
        """A counter's sum on a service's telemetry page over the series with these labels; 0 while it does not answer."""
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{service.url}/metrics/", timeout=5) as answer:
                page = answer.read().decode()
            wanted = [f'{key}="{value}"' for key, value in labels.items()]
            lines = re.findall(rf"^{name}_total\{{?(.*?)\}}? ([0-9.e+-]+)$", page, re.MULTILINE)
            return sum(float(value) for had, value in lines if all(one in had for one in wanted))
        return 0.0


def is_gone(pid: int) -> bool:
    """Whether no process has this id any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def happens(what: str, check: Callable[[], T], within: float = 30) -> T:
    """Waits for the sign that a fault happened, and gives it."""
    end = time.monotonic() + within
    while not (found := check()):
        if time.monotonic() > end:
            raise DidNotHappen(f"not within {within:g} s: {what}")
        time.sleep(0.02)
    return found
