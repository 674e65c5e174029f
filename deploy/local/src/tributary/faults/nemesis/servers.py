"""Faults of what we stand on: the broker, the database, its disk, its past, and the clock."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from tributary import kafka
from tributary.child_process import run
from tributary.faults.testbed import DidNotHappen, Testbed, happens, is_gone
from tributary.postgres import binaries
from tributary.server import Server

SERVICES = ("leads", "territory", "campaigns", "metrics")


def kill_broker(testbed: Testbed, draw: random.Random, node: int = 0) -> dict[str, Any]:
    """kill -9 of a broker, and its restart; of three, one in turn."""
    onset = time.monotonic()
    if testbed.cluster:
        broker = testbed.cluster.nodes[node]
        pid = broker.pid
        broker.kill()
        time.sleep(3 + draw.random() * 2)  # long enough for its partitions to have another leader
        broker.start()
    else:
        assert testbed.stack.kafka is not None
        bus = testbed.stack.bus
        pid = struck(testbed.stack.kafka, signal.SIGKILL, lambda: kafka.answers(bus, 1))
    if not is_gone(pid):
        raise DidNotHappen(f"the broker ({pid}) lives after kill -9")
    return {"onset": onset, "pid": pid, "node": node, "down_s": round(time.monotonic() - onset, 1)}


def struck(server: Server, how: signal.Signals, answers: Callable[[], bool]) -> int:
    """The process that was ended by this signal; its keeper has started another when this returns."""
    pid = server.pid
    os.kill(pid, how)
    happens(f"{server.name} ends by {how.name}", lambda: not server.alive or server.pid != pid)
    happens(f"{server.name} is started again and answers", lambda: server.pid != pid and answers(), 90)
    return pid


def kill_postgres(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """kill -9 of the postmaster, or what Postgres calls an immediate stop: without a checkpoint; and its restart."""
    server = testbed.stack.postgres
    assert server is not None
    how, before = draw.choice((signal.SIGKILL, signal.SIGQUIT)), recoveries(server)
    onset = time.monotonic()
    pid = struck(server, how, lambda: takes_connections(testbed))
    happens("Postgres recovers from a crash", lambda: recoveries(server) > before)
    return {"onset": onset, "pid": pid, "how": how.name, "down_s": round(time.monotonic() - onset, 1)}


def takes_connections(testbed: Testbed) -> bool:
    """Whether Postgres answers a question."""
    try:
        return bool(testbed.sql("postgres", "select true"))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def recoveries(server: Server) -> int:
    """How often it has said that it recovers from a crash."""
    return server.log.read_text(errors="replace").count("automatic recovery in progress")


def terminate_backends(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """pg_terminate_backend of every connection that the services have."""
    onset = time.monotonic()
    ended = testbed.sql(
        "postgres",
        "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity "
        "where usename ~ '^(leads|territory|campaigns|metrics)(_worker|_door)?$'",
    )
    if not ended:
        raise DidNotHappen("no connection was open")
    return {"onset": onset, "backends": ended}


def jump_clock(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """Two days pass between two submissions: the key that seals them is too old, and a new one is made."""
    before = testbed.sql("leads", "select count(*) from intake_key")
    testbed.sql("leads", "update intake_key set made_at = made_at - interval '2 days'", "select 1")
    struck = testbed.service("leads")
    pid = struck.pid
    onset = time.monotonic()
    struck.kill()  # a running door looks at the clock every five minutes, a new one at once
    struck.start()
    after = happens(
        "a new intake key is made", lambda: max(0, testbed.sql("leads", "select count(*) from intake_key") - before)
    )
    return {"onset": onset, "pid": pid, "keys_made": after}


def migrate(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """kill -9 inside a migration: nothing of it stays, and the next attempt makes the whole schema."""
    name = draw.choice(SERVICES)
    service, spare = testbed.service(name), f"spare_{draw.randrange(1_000_000)}"
    assert testbed.stack.postgres is not None
    onset = time.monotonic()
    report = {**service.environment(), "OWNER_DATABASE_URL": testbed.stack.postgres.ensure_role_and_database(spare)}
    words, log = [sys.executable, "-m", name, "migrate"], testbed.folder / "migration.log"
    armed = {**report, "TRIBUTARY_FAIL_POINTS": "true", "TRIBUTARY_FAIL_AT": "migration.running:1:kill"}
    killed = subprocess.run(words, env=armed, capture_output=True, check=False)
    if killed.returncode != -signal.SIGKILL:
        raise DidNotHappen(f"the migration of {name} ended with status {killed.returncode}")
    tables = "select count(*) from pg_tables where schemaname = 'public'"
    if left := testbed.sql(spare, tables):
        raise DidNotHappen(f"{left} tables are left of a migration that was killed")
    run(f"Migrating a spare database of {name}", words, log=log, env=report)
    made = testbed.sql(spare, tables)
    testbed.sql("postgres", f"drop database {spare} with (force)", *forget(spare))
    return {"onset": onset, "service": name, "tables": made}


def forget(name: str) -> list[str]:
    """What takes a spare database's roles away when it has gone."""
    roles = ", ".join((name, *(f"{name}_{part}" for part in ("worker", "door", "watch", "keys"))))
    return [f"drop role {roles}", "select 1"]


def back_up(testbed: Testbed, name: str) -> None:
    """A dump of one service's database as it is now, while it is at work."""
    file = testbed.folder / f"{name}.dump"
    command: list[str | Path] = [binaries() / "pg_dump", "-Fc", "-f", file, "-d", testbed.database(name)]
    run(f"Backing up {name}", command, log=testbed.folder / "backup.log")
    testbed.backups[name] = file


def restore(testbed: Testbed, draw: random.Random, name: str) -> dict[str, Any]:
    """The database comes back as it was some time ago, and its service begins a new history."""
    service = testbed.service(name)
    heard = "select coalesce(sum(last_seq), 0) from watermark"
    before = testbed.sql(name, "select name from epoch"), testbed.sql(name, heard)
    onset = time.monotonic()
    service.kill()
    testbed.sql("postgres", f"drop database {name} with (force)", "select 1")
    assert testbed.stack.postgres is not None
    testbed.stack.postgres.ensure_role_and_database(name)
    command: list[str | Path] = [binaries() / "pg_restore", "-d", testbed.database(name)]
    run(f"Restoring {name}", [*command, testbed.backups[name]], log=testbed.folder / "backup.log")
    older = testbed.sql(name, heard)
    if older >= before[1]:
        raise DidNotHappen(f"the backup of {name} is not older than what it replaced")
    words = [sys.executable, "-m", name, "restored"]
    run(f"A new history of {name}", words, log=testbed.folder / "backup.log", env=service.environment())
    if testbed.sql(name, "select name from epoch") == before[0]:
        raise DidNotHappen(f"{name} goes on in its old history")
    service.start()
    return {"onset": onset, "service": name, "events_forgotten": int(before[1] - older)}
