"""How long the KPIs stand still after kill -9, while events go on and the engine is started again at once."""

import threading
import time
from collections.abc import Callable
from typing import Any

from bench.peers.events import Writer
from bench.peers.watching import Watcher

PER_SECOND, LEADS_A_TURN = 2000, 46  # so many leads say about 200 events


class Flow(threading.Thread):
    """About 2,000 events a second until told to stop."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(daemon=True)
        self._writer, self._enough = writer, threading.Event()

    def run(self) -> None:
        """Writes a tenth of a second's events ten times a second."""
        due = time.monotonic()
        while not self._enough.is_set():
            self._writer.lead_events(LEADS_A_TURN)
            due += 200 / PER_SECOND
            self._enough.wait(max(0.0, due - time.monotonic()))
        self._writer.flush()

    def stop(self) -> None:
        """Returns when the broker has what was written."""
        self._enough.set()
        self.join()


def next_kpi_after_a_kill(
    writer: Writer,
    watcher: Watcher,
    dimensions: tuple[str, ...],
    kill: Callable[[], None],
    start: Callable[[], object],
    within: float = 90,
) -> dict[str, Any]:
    """Seconds from kill -9 until a reader of the KPI topic sees more leads than before it, and whether all is right after it.

    An engine that begins again at an older state publishes older numbers first: they do not count as the next.
    """
    flow = Flow(writer)
    flow.start()
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            watcher.look(0.1)
        killed = time.monotonic()
        kill()
        while watcher.look(0.2):  # what the dead one had still published
            pass
        start()
        seen = watcher.leads()
        while not (changed := watcher.leads() > seen) and time.monotonic() - killed < within:
            watcher.look(0.02)
        took = time.monotonic() - killed
    finally:
        flow.stop()
    wrong = watcher.until_right(writer.right, dimensions, within)
    return {"kill_to_kpi_s": round(took, 2) if changed else None, "wrong_after_kill": wrong[:5]}
