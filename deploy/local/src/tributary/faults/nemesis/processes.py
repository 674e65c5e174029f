"""Faults of our own processes: killed anywhere and at named places, frozen, doubled, taken away."""

import os
import random
import signal
import time
from typing import Any

from tributary.faults.ground import DidNotHappen, Ground, happens, is_gone
from tributary.services import LocalService

SESSION_S = 6.0
FIRST_HITS = {"door.acked": 40, "relay.deleted": 3, "consumer.decided": 5, "consumer.committed": 5}


def kill(ground: Ground, draw: random.Random, service: str) -> dict[str, Any]:
    """kill -9 at a random moment, and a new process at once."""
    time.sleep(draw.random())
    struck = ground.service(service)
    pid = struck.pid
    onset = time.monotonic()
    struck.kill()
    if not is_gone(pid):
        raise DidNotHappen(f"{service} ({pid}) lives after kill -9")
    struck.start()
    return {"onset": onset, "service": service, "pid": pid}


def crash(ground: Ground, draw: random.Random, service: str, point: str) -> dict[str, Any]:
    """kill -9 by itself at a named place in the code; then its keeper starts it again, with nothing armed."""
    struck = ground.service(service)
    hit = draw.randrange(1, FIRST_HITS.get(point, 10))
    struck.stop()
    struck.start(TRIBUTARY_FAIL_POINTS="true", TRIBUTARY_FAIL_AT=f"{point}:{hit}:kill")
    pid = struck.pid
    happens(f"{service} dies at {point}", lambda: is_gone(pid))
    onset = time.monotonic()
    happens(f"{service} is started again", lambda: struck.pid != pid and struck.alive)
    return {"onset": onset, "service": service, "pid": pid, "point": point, "hit": hit}


def join(ground: Ground, draw: random.Random, service: str) -> dict[str, Any]:
    """A second process of the same service takes its share of the partitions."""
    first = ground.service(service)
    told = {**ground.told, "TRIBUTARY_INSTANCE": f"{service}-1"}
    second = LocalService(
        service, ground.stack.home, database=first.database, kafka=first.kafka, extra=told, usual_port=False
    )
    ground.replicas[service] = second
    onset = time.monotonic()
    second.start()
    second.wait_until_ready()
    happens(
        "both replicas have handled events",
        lambda: all(ground.counter(one, "events", outcome="handled") > 0 for one in (first, second)),
    )
    return {"onset": onset, "service": service, "pid": second.pid}


def freeze(ground: Ground, draw: random.Random, service: str) -> dict[str, Any]:
    """SIGSTOP for longer than the group waits for a member, so that another takes over; then it goes on where it was."""
    struck, other = ground.service(service), ground.replicas.get(service)
    before = 0.0 if other is None else ground.counter(other, "events", outcome="handled")
    pid = struck.pid
    onset = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        happens(f"{service} is stopped", lambda: state_of(pid) == "T", 5)
        time.sleep(SESSION_S + 2 + draw.random() * 2)
    finally:
        os.kill(pid, signal.SIGCONT)
    happens(f"{service} goes on", lambda: state_of(pid) not in ("T", ""), 5)
    frozen = time.monotonic() - onset
    handled = 0.0 if other is None else ground.counter(other, "events", outcome="handled") - before
    if other is not None and handled <= 0:
        raise DidNotHappen(f"nobody took over what the frozen {service} had")
    return {"onset": onset, "service": service, "pid": pid, "frozen_s": round(frozen, 1), "by_the_other": handled}


def leave(ground: Ground, draw: random.Random, service: str) -> dict[str, Any]:
    """The second process ends under load, and the first has all partitions again."""
    first, second = ground.service(service), ground.replicas.pop(service)
    before = ground.counter(second, "events", outcome="handled")
    onset = time.monotonic()
    if draw.random() < 0.5:
        second.kill()
    else:
        second.stop()
    if not is_gone(second.pid):
        raise DidNotHappen(f"the second {service} lives on")
    handled = ground.counter(first, "events", outcome="handled")
    happens(
        "the first replica goes on",
        lambda: ground.counter(first, "events", outcome="handled") > handled,
        SESSION_S + 10,
    )
    return {"onset": onset, "service": service, "handled_by_second": before}


def state_of(pid: int) -> str:
    """The letter that the kernel has for what a process is doing; nothing when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""
