"""People at every door while its service is exchanged: each call has a connection of its own, and none is made
twice but where the door said when to come again."""

import contextlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tributary.traffic import Traffic

PACE_S, PATIENCE_S = 0.05, 10.0
Tokens = Callable[[str], str]
LOOKS = {
    "leads": "/v1/leads?limit=1",
    "territory": "/v1/access/me",
    "campaigns": "/v1/campaigns?limit=1",
    "metrics": "/v1/kpis?by=segment",
}


class Callers:
    """A thread for each service. ``wrong`` is what was answered otherwise than ever, or not at all, and while what was done."""

    def __init__(self, doors: Mapping[str, str], token: Callable[[], str]) -> None:
        self._doors, self._token = dict(doors), token
        self.doing = "beginning"
        self.answers: Counter[tuple[str, str]] = Counter()
        self.wrong: list[str] = []
        self.asked_again = 0  # where a door said when: while a table is being changed, it may
        self.accepted: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(name,), daemon=True) for name in self._doors]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)

    def heard(self, doing: str, each: int = 10) -> None:
        """Returns when every door has answered so many calls under this name."""
        self.doing = doing
        end = time.monotonic() + 60
        while any(self.answers[doing, name] < each for name in self._doors):
            assert time.monotonic() < end, f"{doing}: {self.answers} {self.wrong[:5]}"
            time.sleep(0.05)

    def _call(self, name: str) -> None:
        made = Traffic(sum(name.encode()))
        while not self._over.wait(PACE_S):
            doing = self.doing
            if self._expect(doing, name, 200, "GET", LOOKS[name]) and name == "leads":
                lead = {**made.lead(), "source": "web"}
                if answer := self._expect(doing, name, 202, "POST", "/v1/leads", json.dumps(lead)):
                    self.accepted.append(str(answer["id"]))
            self.answers[doing, name] += 1

    def _expect(self, doing: str, name: str, wanted: int, *asked: Any) -> Any:
        """The answer, or nothing where it is another than it should be, which is noted."""
        try:
            status, text, later = self._ask(name, *asked)
            end = time.monotonic() + PATIENCE_S
            while status == 503 and later.isdecimal() and time.monotonic() < end:
                self.asked_again += 1
                time.sleep(min(int(later), 2))
                status, text, later = self._ask(name, *asked)
        except (OSError, http.client.HTTPException) as away:
            status, text = 0, f"no answer: {type(away).__name__} {away}"
        if status != wanted:
            self.wrong.append(f"{doing}: {asked[0]} {asked[1]} of {name}: {status} {text[:200]}")
            return None
        return json.loads(text)

    def _ask(self, name: str, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        """Status, text and when to come again, on a connection of its own."""
        headers = {"content-type": "application/json"}
        if method == "GET":
            headers["authorization"] = f"Bearer {self._token()}"
        connection = http.client.HTTPConnection(urlsplit(self._doors[name]).netloc, timeout=15)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("retry-after", "")
