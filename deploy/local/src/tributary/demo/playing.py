"""Plays traffic through the doors that the world would use: forms, calls, imports, spend, outcomes."""

import asyncio
import contextlib
import json
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from tributary.demo.tally import Sent
from tributary.running import Running
from tributary.traffic import Traffic

OUTCOME_AFTER_S, WALK_EVERY_S, IMPORT_ROWS = 3.0, 1.0, 8


class Player:
    """One run's traffic. ``walk`` is the newest lead that was followed from the form to its person, with its times in ms."""

    def __init__(self, running: Running, per_second: float, seed: int) -> None:
        self.urls = {name: service.url for name, service in running.services.items()}
        self.kafka, self.per_second = running.kafka, per_second
        self.traffic = Traffic(seed)
        self.sent = Sent()
        self.walk: dict[str, Any] = {}
        self.stopping = asyncio.Event()
        self._token = {"authorization": f"Bearer {running.token}"}
        self._open: deque[tuple[float, str, dict[str, Any]]] = deque()
        self._import: list[dict[str, Any]] = []

    async def play(self) -> None:
        """Until told to stop; then everything that was begun is finished."""
        limits = httpx.Limits(max_connections=64)
        async with (
            httpx.AsyncClient(timeout=20, limits=limits, trust_env=False) as self._http,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._leads())
            group.create_task(self._spends())
            group.create_task(self._outcomes())
            group.create_task(self._follow())

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def _leads(self) -> None:
        due = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while not self.stopping.is_set():
                lead = self.traffic.call() if len(self.sent.leads) % 6 == 5 else self.traffic.lead()
                group.create_task(self._lead(lead))
                due += 1 / self.per_second
                await self._pause(max(0.0, due - time.monotonic()))

    async def _lead(self, lead: dict[str, Any]) -> None:
        if lead["source"] == "import":
            self._import.append(lead)
            if len(self._import) >= IMPORT_ROWS:
                rows, self._import = self._import, []
                answer = await self._post("leads", "/v1/leads/batch", {"leads": rows}, self._token)
                for lead_id, row in zip(answer["ids"], rows, strict=True):
                    self._accepted(lead_id, row)
            return
        door, headers = ("/v1/calls", self._token) if lead["source"] == "phone" else ("/v1/leads", {})
        answer = await self._post("leads", door, lead, {**headers, "idempotency-key": str(uuid.uuid4())})
        self._accepted(answer["id"], lead)

    def _accepted(self, lead_id: str, lead: dict[str, Any]) -> None:
        self.sent.leads[lead_id] = lead
        self._open.append((time.monotonic() + OUTCOME_AFTER_S, lead_id, lead))

    async def _spends(self) -> None:
        """By the door as our own people do, and straight onto the topic as an ad platform does; now and then twice."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka, acks="all")
        await producer.start()
        try:
            turn = 0
            while not self.stopping.is_set():
                turn += 1
                rows = [self.traffic.spend() for _ in range(3)]
                if turn % 2:
                    await self._post("campaigns", "/v1/spend", {"spend": rows}, self._token)
                else:
                    for row in rows + rows[:1]:  # a card feed that repeats itself
                        await producer.send_and_wait(
                            "campaigns.spend", json.dumps(row).encode(), row["campaign"].encode(), headers=_headers()
                        )
                for row in rows:
                    if row["kind"] == "incurred":
                        self.sent.spends[row["spend_id"]] = (row["amount"]["currency"], row["amount"]["minor"])
                await self._pause(0.8)
        finally:
            await producer.stop()

    async def _outcomes(self) -> None:
        """Some of the leads that a salesperson has had for a while are won or lost."""
        while not self.stopping.is_set():
            due = []
            while self._open and self._open[0][0] <= time.monotonic():
                _, lead_id, lead = self._open.popleft()
                if len(self.sent.leads) % 3 == 0 and await self._state(lead_id) == "assigned":
                    due.append(self.traffic.outcome(lead_id, lead))
            if due:
                answer = await self._post("leads", "/v1/outcomes", {"outcomes": due}, self._token)
                self.sent.outcomes += answer["accepted"]
            await self._pause(0.5)

    async def _state(self, lead_id: str) -> str:
        answer = await self._http.get(f"{self.urls['leads']}/v1/leads/{lead_id}", headers=self._token)
        return str(answer.json().get("state", ""))

    async def _follow(self) -> None:
        """Now and then one lead is watched all the way."""
        while not self.stopping.is_set():
            lead = self.traffic.lead() | {"source": "web"}
            began = time.perf_counter()
            answer = await self._post("leads", "/v1/leads", lead, {"idempotency-key": str(uuid.uuid4())})
            accepted = time.perf_counter() - began
            self.sent.leads[answer["id"]] = lead
            url = f"{self.urls['leads']}/v1/leads/{answer['id']}?wait=3&until=decided"
            found = (await self._http.get(url, headers=self._token)).json()
            decided = time.perf_counter() - began
            self.walk = {"accepted_ms": accepted * 1000, "decided_ms": decided * 1000, "lead": lead, **found}
            await self._pause(WALK_EVERY_S)

    async def _post(self, service: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        """Until it is taken: a form keeps its lead while the door says 503."""
        while True:
            answer = await self._http.post(self.urls[service] + path, json=body, headers=headers)
            if answer.status_code in (200, 202):
                found = answer.json()
                self.sent.refused[path] += len(found.get("refused", ()))
                return found
            if answer.status_code != 503:
                raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:300]}")
            await asyncio.sleep(1)


def _headers() -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", uuid.uuid4().hex.encode()),
        ("ce_type", b"campaigns.spend.reported.v1"),
        ("ce_source", b"/ad-platform"),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
        ("content-type", b"application/json"),
    ]
