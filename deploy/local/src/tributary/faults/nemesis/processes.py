"""Faults of our own processes: killed anywhere and at named places, frozen, doubled, taken away."""

import os
import random
import signal
import time
from typing import Any

from tributary.faults.testbed import DidNotHappen, Testbed, happens, is_gone
from tributary.services import LocalService

SESSION_S = 6.0
FIRST_HITS = {"door.acked": 40, "relay.deleted": 3, "consumer.decided": 5, "consumer.committed": 5}


def kill(testbed: Testbed, draw: random.Random, service: str) -> dict[str, Any]:
    """kill -9 at a random moment, and a new process at once."""
    time.sleep(draw.random())
    struck = testbed.service(service)
    pid = struck.pid
    onset = time.monotonic()
    struck.kill()
    if not is_gone(pid):
        raise DidNotHappen(f"{service} ({pid}) lives after kill -9")
    struck.start()
    return {"onset": onset, "service": service, "pid": pid}


def crash(testbed: Testbed, draw: random.Random, service: str, point: str) -> dict[str, Any]:
    """kill -9 by itself at a named place in the code; then its keeper starts it again, with nothing armed."""
    struck = testbed.service(service)
    hit = draw.randrange(1, FIRST_HITS.get(point, 10))
    struck.stop()
    struck.start(TRIBUTARY_FAIL_POINTS="true", TRIBUTARY_FAIL_AT=f"{point}:{hit}:kill")
    pid = struck.pid
    happens(f"{service} dies at {point}", lambda: is_gone(pid))
    onset = time.monotonic()
    happens(f"{service} is started again", lambda: struck.pid != pid and struck.alive)
    return {"onset": onset, "service": service, "pid": pid, "point": point, "hit": hit}


def join(testbed: Testbed, draw: random.Random, service: str) -> dict[str, Any]:
    """A second process of the same service takes its share of the partitions."""
    first = testbed.service(service)
    report = {**testbed.report, "TRIBUTARY_INSTANCE": f"{service}-1"}
    second = LocalService(
        service, testbed.stack.home, database=first.owner, kafka=first.kafka, extra=report, usual_port=False
    )
    testbed.replicas[service] = second
    onset = time.monotonic()
    second.start()
    second.wait_until_ready()
    happens(f"two processes of {service} have partitions", lambda: testbed.owners(service) == 2)
    return {"onset": onset, "service": service, "pid": second.pid}


def freeze(testbed: Testbed, draw: random.Random, service: str) -> dict[str, Any]:
    """SIGSTOP for longer than the group waits for a member, until the other process has all; then it goes on where it was."""
    struck = testbed.service(service)
    pid = struck.pid
    onset = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        happens(f"{service} is stopped", lambda: state_of(pid) == "T", 5)
        time.sleep(SESSION_S)
        happens(f"the other {service} has taken over", lambda: testbed.owners(service) == 1)
        time.sleep(draw.random() * 2)
    finally:
        os.kill(pid, signal.SIGCONT)
    frozen = time.monotonic() - onset
    happens(f"both processes of {service} have partitions again", lambda: testbed.owners(service) == 2)
    return {"onset": onset, "service": service, "pid": pid, "frozen_s": round(frozen, 1)}


def leave(testbed: Testbed, draw: random.Random, service: str) -> dict[str, Any]:
    """The second process ends under load, and the first has all partitions again."""
    second, killed = testbed.replicas.pop(service), draw.random() < 0.5
    onset = time.monotonic()
    if killed:
        second.kill()
    else:
        second.stop()
    happens(f"the first {service} has all partitions", lambda: is_gone(second.pid) and testbed.owners(service) == 1)
    return {"onset": onset, "service": service, "killed": killed}


def state_of(pid: int) -> str:
    """The letter that the kernel has for what a process is doing; nothing when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""
