"""Plays traffic through the doors that the world would use: forms, calls, imports, spend, outcomes."""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tributary.bus import FEED
from tributary.child_process import StackError
from tributary.demo.tally import Sent
from tributary.demo.walk import Walk
from tributary.running import Running
from tributary.tokens import LOCAL
from tributary.traffic import Traffic

CALL_SHARE, OUTCOME_SHARE, OUTCOME_AFTER_S = 0.16, 0.25, 2.0
SPENDS_EVERY_S, WALK_EVERY_S, IMPORT_ROWS = 0.8, 1.0, 8
PATIENCE_S = 60.0
RECENT = 80
NOT_NOW = frozenset((429, 503))


class Player:
    """One run's traffic. ``walk`` is the newest lead that was followed from the form to its person."""

    def __init__(self, running: Running, per_second: float, seed: int) -> None:
        self.urls = {name: service.url for name, service in running.services.items()}
        self.bus, self.per_second = running.bus, per_second
        self.traffic, self.draw = Traffic(seed), random.Random(seed)
        self.sent = Sent()
        self.walk: Walk | None = None
        self.recent: deque[str] = deque(maxlen=RECENT)
        self.stopping = asyncio.Event()
        self._running = running
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

    def _as(self, machine: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self._running.tokens.machine(machine)}"}

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def _leads(self) -> None:
        due = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while not self.stopping.is_set():
                lead = self.traffic.call() if self.draw.random() < CALL_SHARE else self.traffic.lead()
                group.create_task(self._lead(lead))
                due += 1 / self.per_second
                await self._pause(max(0.0, due - time.monotonic()))

    async def _lead(self, lead: dict[str, Any]) -> None:
        if lead["source"] == "import":
            self._import.append(lead)
            if len(self._import) >= IMPORT_ROWS:
                rows, self._import = self._import, []
                answer = await self._post("leads", "/v1/leads/batch", {"leads": rows}, self._as("web-form"))
                for lead_id, row in zip(answer["ids"], rows, strict=True):
                    self._accepted(lead_id, row)
            return
        door = "/v1/calls" if lead["source"] == "phone" else "/v1/leads"
        token = {} if lead["source"] == "web" else self._as("web-form")  # the public door takes leads of the web
        answer = await self._post("leads", door, lead, {**token, "idempotency-key": str(uuid.uuid4())})
        self._accepted(answer["id"], lead)

    def _accepted(self, lead_id: str, lead: dict[str, Any]) -> None:
        self.sent.leads.add(lead_id)
        self.recent.append(lead_id)
        if self.draw.random() < OUTCOME_SHARE:
            self._open.append((time.monotonic() + OUTCOME_AFTER_S, lead_id, lead))

    async def _spends(self) -> None:
        """By the door as our own people do, and straight onto the topic as an ad platform does; now and then twice."""
        async with AIOKafkaProducer(**self.bus.aiokafka(FEED), acks="all") as producer:
            by_door = False
            while not self.stopping.is_set():
                by_door = not by_door
                rows = [self.traffic.spend() for _ in range(3)]
                if by_door:
                    await self._post("campaigns", "/v1/spend", {"spend": rows}, self._as("ads"))
                else:
                    await _say_as_outsider(producer, [*rows, rows[0]])  # a card feed that repeats itself
                for row in rows:
                    self.sent.spend(row)
                await self._pause(SPENDS_EVERY_S)

    async def _outcomes(self) -> None:
        """Some of the leads that a salesperson has had for a while are won or lost."""
        while not self.stopping.is_set():
            due = []
            while self._open and self._open[0][0] <= time.monotonic():
                _, lead_id, lead = self._open.popleft()
                if (await self._lead_now(lead_id, "")).get("state") == "assigned":
                    due.append(self.traffic.outcome(lead_id, lead))
            if due:
                answer = await self._post("leads", "/v1/outcomes", {"outcomes": due}, self._as("crm"))
                self.sent.outcomes += answer["accepted"]
            await self._pause(0.5)

    async def _follow(self) -> None:
        """Now and then one lead is watched all the way."""
        while not self.stopping.is_set():
            lead = self.traffic.lead() | {"source": "web"}
            began, clock = datetime.now(UTC), time.perf_counter()
            answer = await self._post("leads", "/v1/leads", lead, {"idempotency-key": str(uuid.uuid4())})
            accepted_ms = 1000 * (time.perf_counter() - clock)
            self.sent.leads.add(answer["id"])
            found = await self._lead_now(answer["id"], "?wait=10&until=decided")
            shown_ms = 1000 * (time.perf_counter() - clock)
            if found:
                self.walk = Walk.of(lead, found, began, accepted_ms, shown_ms)
            await self._pause(WALK_EVERY_S)

    async def _lead_now(self, lead_id: str, how: str) -> dict[str, Any]:
        """The lead as its door shows it; nothing while it is still on its way."""
        answer = await self._answer("GET", "leads", f"/v1/leads/{lead_id}{how}", None, self._as(LOCAL))
        return dict(answer.json()) if answer.status_code == 200 else {}

    async def _post(self, service: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        report = (await self._answer("POST", service, path, body, headers)).json()
        if report.get("refused"):
            raise StackError(f"{path} refused what it should have taken: {report['refused'][0]}")
        return report

    async def _answer(self, method: str, service: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        """Until there is one: a form keeps its lead while nobody answers or the door says 503."""
        until = time.monotonic() + PATIENCE_S
        while True:
            why = "does not answer"
            with contextlib.suppress(httpx.TransportError):
                answer = await self._http.request(method, self.urls[service] + path, json=body, headers=headers)
                if answer.is_success or (method == "GET" and answer.status_code == 404):
                    return answer
                why = f"answered {answer.status_code}: {answer.text[:300]}"
                if answer.status_code not in NOT_NOW:
                    raise StackError(f"{path} {why}")
            if time.monotonic() > until:
                raise StackError(f"{path} {why}; given up after {PATIENCE_S:.0f} s")
            await asyncio.sleep(0.5)


async def _say_as_outsider(producer: AIOKafkaProducer, spends: list[dict[str, Any]]) -> None:
    try:
        for spend in spends:
            body, key = json.dumps(spend).encode(), spend["campaign"].encode()
            await producer.send_and_wait("campaigns.spend", body, key, headers=_headers())
    except KafkaError as failure:
        raise StackError(f"Kafka did not take a spend: {failure}") from failure


def _headers() -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", uuid.uuid4().hex.encode()),
        ("ce_type", b"campaigns.spend.reported.v1"),
        ("ce_source", b"/ad-platform"),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
        ("content-type", b"application/json"),
    ]
