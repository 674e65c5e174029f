"""Somebody who watches the numbers change: a reader of server-sent events."""

import json
import threading
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx
from waiting import until


class Frame(NamedTuple):
    """One server-sent event."""

    event: str
    id: str
    data: Any


class Watcher:
    """Reads a stream on a thread of its own until it ends."""

    def __init__(self, url: str, token: str, by: str, last_event_id: str = "") -> None:
        self.frames: list[Frame] = []
        self.ended = threading.Event()
        self._client = httpx.Client(timeout=httpx.Timeout(10, read=None), trust_env=False)
        headers = {"authorization": f"Bearer {token}", **({"last-event-id": last_event_id} if last_event_id else {})}
        self._asked = self._client.build_request("GET", f"{url}/v1/kpis/stream", params={"by": by}, headers=headers)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        until("the stream's first event", lambda: self.frames)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._answer is not None and not self.ended.is_set():
            self._answer.close()
        self._client.close()

    _answer: httpx.Response | None = None

    def _read(self) -> None:
        try:
            self._answer = self._client.send(self._asked, stream=True)
            part: dict[str, str] = {}
            for line in self._answer.iter_lines():
                if not line and part.get("event"):
                    self.frames.append(Frame(part["event"], part.get("id", ""), json.loads(part["data"])))
                    part = {}
                name, _, value = line.partition(": ")
                part[name] = value
        except (httpx.HTTPError, httpx.StreamError, RuntimeError, OSError):
            pass
        finally:
            self.ended.set()

    def row(self, key: str) -> dict[str, Any]:
        """The newest state of a row that the stream has told."""
        for frame in reversed(self.frames):
            for row in frame.data.get("rows", ()):
                if row["key"] == key:
                    return dict(row)
        return {}
