"""One running Tributary as people outside see it: doors, topics, pages, logs and the operator's command line."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import httpx
from confluent_kafka import Consumer, Producer, TopicPartition
from waiting import until

from contracts import STREAMS
from contracts.principals import WATCH, WATCH_GROUP
from tributary.bus import ADMIN, FEED
from tributary.services import LocalService
from tributary.stack import Stack
from tributary.tokens import Bearer
from tributary.verify.command import verified
from tributary.verify.verdict import Verdict

SERVICES = ("leads", "territory", "campaigns", "metrics")
SAMPLED = "00-{trace}-00f067aa0ba902b7-01"


class Said(NamedTuple):
    """One record of a topic."""

    topic: str
    key: bytes
    headers: dict[str, bytes]
    value: bytes
    partition: int = 0

    @property
    def body(self) -> Any:
        """The event as it is written."""
        return json.loads(self.value)


class Stage:
    """The stack, and somebody who uses it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.home: Path = stack.home
        self.http = httpx.Client(auth=Bearer(lambda: stack.token), timeout=30, trust_env=False)
        self.public = httpx.Client(timeout=30, trust_env=False)
        self.before_market = ""  # a lead that came when there were no rules yet

    @property
    def services(self) -> dict[str, LocalService]:
        """The four processes."""
        return self.stack.services

    def url(self, service: str, path: str = "") -> str:
        """Where a service answers."""
        return self.services[service].url + path

    # -- doors

    def post(self, service: str, path: str, **asked: Any) -> httpx.Response:
        """A POST by the operator."""
        return self.http.post(self.url(service, path), **asked)

    def submit(self, lead: dict[str, Any], **headers: str) -> str:
        """A form by anybody, or what somebody sends who may say another source; the lead's id."""
        sender = self.public if lead["source"] == "web" else self.http
        answer = sender.post(self.url("leads", "/v1/leads"), json=lead, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a door shows, None where there is nothing."""
        answer = self.http.get(self.url(service, path), params=query)
        assert answer.status_code in (200, 404), f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.status_code == 200 else None

    def lead(self, lead_id: str) -> dict[str, Any]:
        """A lead's record once nothing more comes by itself."""
        found: dict[str, Any] = self.get("leads", f"/v1/leads/{lead_id}", wait=20, until="decided")
        return found

    def kpi(self, by: str, key: str) -> dict[str, Any]:
        """One KPI row, empty while there is none."""
        rows = self.get("metrics", "/v1/kpis", by=by)["rows"]
        return next((row for row in rows if row["key"] == key), {})

    def counted(self, by: str, key: str, within: float = 20, **numbers: Any) -> dict[str, Any]:
        """The KPI row once it says these numbers."""

        def row() -> dict[str, Any]:
            found = self.kpi(by, key)
            return found if numbers.items() <= found.items() else {}

        try:
            return until(f"{by} {key} counts {numbers}", row, within)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.kpi(by, key)}") from None

    def plan(self, campaign: str, channel: str, *, currency: str = "EUR", budget: int = 100_000) -> None:
        """A campaign with one budget line, known to leads when this returns."""
        lines = [{"line": "ads", "item": "Anzeigen", "budget": budget, "owner": "anna.schmidt"}]
        body = {"name": campaign, "channel": channel, "segment": "dach-machines", "currency": currency, "lines": lines}
        answer = self.http.put(self.url("campaigns", f"/v1/campaigns/{campaign}"), json=body)
        assert answer.status_code == 200, answer.text
        known = "select count(*) from campaign where campaign = $1"
        until("leads knows the campaign", lambda: self.sql("leads", known, campaign)[0][0])

    # -- topics

    def topic(self, *topics: str) -> list[Said]:
        """Everything that stands on these topics now."""
        consumer = Consumer(self.stack.bus.librdkafka(WATCH, group_id=WATCH_GROUP, fetch_wait_max_ms=10))
        found: list[Said] = []
        try:
            ends = {}
            for topic in topics:
                for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
                    low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
                    if high > low:
                        ends[topic, number] = (low, high)
            consumer.assign([TopicPartition(topic, n, low) for (topic, n), (low, _) in ends.items()])
            while ends:
                for record in consumer.consume(500, timeout=0.1):
                    assert record.error() is None, record.error()
                    headers, value = dict(record.headers() or []), record.value() or b""
                    found.append(Said(record.topic(), record.key() or b"", headers, value, record.partition()))
                at = consumer.position([TopicPartition(topic, n) for topic, n in ends])
                ends = {(p.topic, p.partition): e for p in at if p.offset < (e := ends[p.topic, p.partition])[1]}
        finally:
            consumer.close()
        return found

    def put(self, topic: str, value: bytes, headers: dict[str, bytes], key: bytes, partition: int = -1) -> None:
        """A record by an outsider where one may say it, and elsewhere by somebody who has stolen the admin's name."""
        allowed = any(stream.outsiders for stream in STREAMS if stream.topic == topic)
        producer = Producer(self.stack.bus.librdkafka(FEED if allowed else ADMIN))
        failed: list[Any] = []
        where = {} if partition < 0 else {"partition": partition}
        producer.produce(topic, value, key, headers=headers, on_delivery=lambda e, _: failed.append(e), **where)
        assert producer.flush(10) == 0
        assert failed == [None]

    # -- the operator at the machine

    def sql(self, service: str, statement: str, *given: Any) -> list[asyncpg.Record]:
        """A look into a service's database, as who keeps the server: none of the service's own roles sees all of it."""
        import asyncio

        assert self.stack.postgres is not None
        place = urlsplit(self.stack.postgres.url)._replace(path=f"/{service}").geturl()

        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(place, timeout=5)
            try:
                return list(await connection.fetch(statement, *given))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def run(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """`python -m <service> <words>`, as an operator types it."""
        command = [sys.executable, "-m", service, *words]
        env = self.services[service].environment()
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    def code(self, service: str) -> int | None:
        """The exit status of a service that has ended; 128 and the signal's number if one ended it."""
        process = self.services[service]._process
        return process.code if process else None

    def telemetry(self, service: str, accept: str = "text/plain") -> str:
        """The page that Prometheus reads."""
        return self.public.get(self.url(service, "/metrics/"), headers={"accept": accept}).text

    def readiness(self, service: str) -> str:
        """What /readyz says."""
        return self.services[service].readiness()[1]

    def logs(self) -> dict[str, str]:
        """Every line the services have written."""
        return {path.name: path.read_text(errors="replace") for path in (self.home / "log").glob("*.log")}

    def up(self, names: Sequence[str] = SERVICES) -> None:
        """Starts what is down and waits until all of it is ready."""
        for server in (self.stack.kafka, self.stack.postgres):
            if server is not None and not server.alive:
                server.start()
        for name in names:
            if not self.services[name].alive:
                self.services[name].start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self.services[name].wait_until_ready(), names))

    def verdict(self, accepted: Iterable[str], settle: float = 20) -> Verdict:
        """The verdict of every invariant over the stack at rest, given the ids that were accepted."""
        journal = self.home / f"accepted-{uuid.uuid4().hex[:8]}"
        journal.write_text("\n".join(accepted))
        return verified(self.stack.running, settle=settle, accepted=journal, at_rest=True)

    def holds(self, accepted: Iterable[str]) -> None:
        """Nothing is lost, doubled, invented or wrong, in any stage."""
        verdict = self.verdict(accepted)
        wrong = {f.invariant.id: [v.what for v in f.violations][:3] for f in verdict.findings if f.found}
        assert verdict.holds, f"{wrong} {list(verdict.moving)}"
        assert verdict.unaccounted == 0


def mark(what: str = "e2e") -> str:
    """A name nobody else uses. It has no digits: ten in a row are taken for a telephone number."""
    return f"{what}-{uuid.uuid4().hex[:12].translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def a_lead(**more: Any) -> dict[str, Any]:
    """A good lead from Berlin, near-term by every scorecard, of a customer of its own: who is known goes to the team that has him."""
    contact = {
        "name": "Marta Beispiel",
        "phone": "030 901820",
        "email": f"{uuid.uuid4().hex}@werk.example",
        "company": "Werk GmbH",
    }
    lead = {
        "source": "web",
        "contact": contact,
        "message": "Wir suchen eine Drehmaschine für kleine Serien, Lieferung im Herbst.",
        "country": "DE",
        "postcode": "10115",
        "product": "lathe",
        "attributes": {"size": 20},
    }
    return {**lead, **more}
