"""People who keep sending while things break: what was not accepted they send again, under the same key."""

import threading
from collections import Counter
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from stage import Stage, a_lead, mark
from waiting import until

PACE_S = 0.02
GIVE_UP_S = 60.0


class Senders:
    """A form that keeps its lead until it is accepted, and an ad platform that keeps its spend, each on a thread."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.channel, self.campaign = mark("channel"), mark("campaign")
        stage.plan(self.campaign, mark("channel"), budget=10**9)
        self.accepted: list[str] = []
        self.spent = 0
        self.answers: Counter[tuple[str, Any]] = Counter()
        self.without_retry_after = 0
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._leads, self._spends)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.goes_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(GIVE_UP_S)

    def goes_on(self, more: int = 10) -> None:
        """Returns when so many more leads were accepted."""
        enough = len(self.accepted) + more
        until("leads are accepted", lambda: len(self.accepted) >= enough, 30)

    def gets(self, door: str, answer: Any) -> None:
        """Returns when this answer has come once more."""
        before = self.answers[door, answer]
        until(f"{door} answers {answer}", lambda: self.answers[door, answer] > before, 30)

    def arrives(self, within: float = 40) -> None:
        """Everything that was accepted is counted once, at the end of the walk, and every invariant holds."""
        assert not any(thread.is_alive() for thread in self._threads), "something was never accepted"
        n = len(self.accepted)
        assert n == len(set(self.accepted))
        self.stage.counted("channel", self.channel, within, leads=n, qualified=n, valid=n, routed=n, assigned=n)
        self.stage.counted("campaign", self.campaign, within, spend={"EUR": self.spent})
        self.stage.holds(self.accepted)
        assert self.without_retry_after == 0

    def _leads(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not self._ending.is_set():
                lead, headers = a_lead(channel=self.channel), {"idempotency-key": mark("key")}
                answer = self._until_taken(client, "leads", "/v1/leads", lead, headers)
                self.accepted.append(answer["id"])

    def _spends(self) -> None:
        token = {"authorization": f"Bearer {self.stage.stack.token}"}
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not self._ending.is_set():
                spend = {
                    "spend_id": mark("spend"),
                    "campaign": self.campaign,
                    "line": "ads",
                    "amount": {"minor": 7, "currency": "EUR"},
                    "occurred_at": datetime.now(UTC).isoformat(),
                }
                self._until_taken(client, "campaigns", "/v1/spend", {"spend": [spend]}, token)
                self.spent += 7

    def _until_taken(
        self, client: httpx.Client, service: str, path: str, body: Any, headers: dict[str, str]
    ) -> dict[str, Any]:
        while True:
            try:
                answer = client.post(self.stage.url(service, path), json=body, headers=headers)
                self.answers[service, answer.status_code] += 1
                if answer.status_code == 503 and not answer.headers.get("retry-after", "").isdecimal():
                    self.without_retry_after += 1
                if answer.is_success:
                    return dict(answer.json())
            except httpx.TransportError as away:
                self.answers[service, type(away).__name__] += 1
            threading.Event().wait(PACE_S)
