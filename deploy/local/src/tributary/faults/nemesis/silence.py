"""Somebody is moved while no broker answers: after a while nobody is let in, and when the brokers are back the move acts at once."""

import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tributary import kafka
from tributary.faults.nemesis.people import MOVERS, TEAMS, leads_of, ordered
from tributary.faults.sight import GONE_WITHIN_S, Sight, Spell
from tributary.faults.testbed import DidNotHappen, Testbed, happens
from tributary.running import Running

MOVER = next(iter(MOVERS))
SHUT_WITHIN_S = (
    15.0 + 5.0
)  # a service that has not been level with the topic for 15 s lets nobody in; the rest is for looking
TITLE = "Who may see what can't be checked just now"
DOORS = {
    "leads": "/v1/leads/{lead}",
    "territory": "/v1/leads/{lead}/decision",
    "campaigns": "/v1/campaigns",
    "metrics": "/v1/kpis?by=team",
}


def move(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """There while the brokers are silent, and back when they have answered for a while."""
    running, sight = testbed.stack.running, Sight()
    home = MOVERS[MOVER]
    [there] = [team for team in TEAMS if team != home]
    old, new = leads_of(running, home)[0], leads_of(running, there)[0]
    look = Look(running)
    happens(f"{MOVER} sees what is of {home}", lambda: look.status("leads", old) == 200)
    onset = time.monotonic()
    sight.spells = [Spell(MOVER, home, onset)]
    with _silent(testbed):
        ordered(running, MOVER, sight)
        happens("nobody is let in anywhere", lambda: all(look.is_shut(one, old) for one in DOORS), SHUT_WITHIN_S)
        shut_s = time.monotonic() - onset
    happens("a broker answers", lambda: kafka.answers(testbed.stack.bus, 1))
    back = time.monotonic()
    wanted = {"leads": (404, 200), "territory": (404, 200)}

    def acts() -> bool:
        found = {name: (look.status(name, old), look.status(name, new)) for name in wanted}
        return found == wanted and look.teams() == {there} and not any(look.is_shut(one, new) for one in DOORS)

    happens(f"{MOVER} sees what is of {there} and nothing else", acts, GONE_WITHIN_S)
    acted_s = time.monotonic() - back
    ordered(running, MOVER, sight)
    happens(f"{MOVER} is back", lambda: look.status("leads", old) == 200)
    return {"onset": onset, "shut_s": round(shut_s, 1), "acted_s": round(acted_s, 2)}


@contextmanager
def _silent(testbed: Testbed) -> Iterator[None]:
    """No broker answers until the end of the block: each stands still, with all its connections."""
    nodes = testbed.cluster.nodes if testbed.cluster else [testbed.stack.kafka]
    pids = [node.pid for node in nodes if node is not None]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        if kafka.answers(testbed.stack.bus, 1):
            raise DidNotHappen("a broker that stands still answers")
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Look:
    """What the doors answer the one who is moved, each time with a new token."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def ask(self, service: str, lead: str) -> httpx.Response:
        """A door of a service; of this lead, where it shows leads."""
        url = self._running.services[service].url + DOORS[service].format(lead=lead)
        headers = {"authorization": f"Bearer {self._running.tokens.person(MOVER)}"}
        return httpx.get(url, headers=headers, timeout=10, trust_env=False)

    def status(self, service: str, lead: str) -> int:
        """Its answer."""
        return self.ask(service, lead).status_code

    def is_shut(self, service: str, lead: str) -> bool:
        """Whether it says that it does not know who may see what."""
        answer = self.ask(service, lead)
        body: Mapping[str, Any] = answer.json() if answer.status_code == 503 else {}
        return body.get("title") == TITLE

    def teams(self) -> set[str]:
        """Of which of the two teams metrics shows numbers."""
        answer = self.ask("metrics", "")
        rows = answer.json()["rows"] if answer.status_code == 200 else ()
        return {row["key"] for row in rows} & set(TEAMS)
