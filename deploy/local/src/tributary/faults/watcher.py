"""Somebody who looks at the dashboard's numbers all the time: how far behind are they, and since when."""

import threading
import time
from dataclasses import dataclass

import httpx

from metrics.domain.catalogue import UNROUTED
from tributary.child_process import StackError
from tributary.faults.traffic import Load
from tributary.running import Running
from tributary.tokens import LOCAL, Bearer

EVERY_S, NORMAL_LAG_S = 0.1, 1.5


@dataclass(frozen=True)
class Seen:
    """What the KPIs said at one moment: leads that are counted and placed or set aside, and money spent."""

    at: float
    placed: int
    spent: int


@dataclass(frozen=True)
class Recovery:
    """Seconds from a fault to the first new thing counted, and to the moment when the numbers were as fresh as before."""

    first: float
    caught_up: float


class Watcher:
    """Reads /v1/kpis ten times a second, on a thread of its own."""

    def __init__(self, running: Running, load: Load) -> None:
        self._url, self._load = running.services["metrics"].url, load
        auth = Bearer(lambda: running.tokens.machine(LOCAL))
        self._client = httpx.Client(auth=auth, timeout=5, trust_env=False)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.seen: list[Seen] = []

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._over.set()
        self._thread.join()
        self._client.close()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            began = time.monotonic()
            try:
                answer = self._client.get(f"{self._url}/v1/kpis", params={"by": "segment"})
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                rows = answer.json()["rows"]
                placed = sum(row["leads"] for row in rows if row["key"] != UNROUTED)
                self.seen.append(Seen(began, placed, sum(sum(row["spend"].values()) for row in rows)))

    @property
    def fresh(self) -> bool:
        """Whether everything that was taken a moment ago is counted."""
        return bool(self.seen) and self._is_fresh(self.seen[-1])

    def _is_fresh(self, seen: Seen) -> bool:
        leads, spent = self._load.taken_until(seen.at - NORMAL_LAG_S)
        return seen.placed >= leads and seen.spent >= spent

    def recovery(self, onset: float, over: float, within: float) -> Recovery:
        """After a fault that struck at ``onset`` and was ``over`` then. Raises StackError when it does not come in time."""
        leads, spent = self._load.taken_until(onset)
        first: float | None = None
        looked = 0
        while True:
            for seen in self.seen[looked:]:
                looked += 1
                if seen.at <= onset:
                    continue
                if first is None and seen.placed > leads and seen.spent >= spent:
                    first = seen.at - onset
                if first is not None and seen.at >= over and self._is_fresh(seen):
                    return Recovery(round(first, 2), round(seen.at - onset, 2))
            if time.monotonic() > over + within:
                raise StackError(f"the numbers are not fresh again within {within:g} s: {self.behind()}")
            time.sleep(0.05)

    def behind(self) -> str:
        """How far the numbers are behind."""
        leads, spent = self._load.taken_until(time.monotonic())
        if not self.seen:
            return "no number was ever seen"
        last = self.seen[-1]
        return (
            f"{leads - last.placed} of {leads} leads and {spent - last.spent} of {spent} minor units are not counted,"
            f" as seen {time.monotonic() - last.at:.1f} s ago"
        )
