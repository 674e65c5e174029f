"""What the KPI engines count: the events of many leads, written to Kafka as the outboxes' relays would write them.

Two per cent of the records come twice with the same number, as after a relay's crash. What the numbers must be in the end is
counted apart, from what was decided for each lead and not from the events.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from confluent_kafka import Producer

from chassis.outbox import headers_of
from chassis.transaction import shard_of
from contracts import STREAM_OF
from contracts.event import Event, Money
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified, Reason
from contracts.territory.lead import LeadAssigned, LeadRouted

SEGMENTS, TEAMS, CAMPAIGNS = 1000, 100, 50
CHANNELS = ("search", "social", "e-mail", "fair", "partner", "phone", "walk-in", "affiliate")
BEGAN = datetime(2025, 3, 1, tzinfo=UTC)
CLOSED_AFTER = 3000  # so many leads later: long enough that a lead's outcome never meets its capture in one delivery

Row = tuple[str, str]  # by and key, as KpiChanged names them
Counts = Counter[str]


@dataclass
class Right:
    """The numbers that an engine must have in the end."""

    rows: dict[Row, Counts] = field(default_factory=lambda: defaultdict(Counter))
    leads: int = 0

    def count(self, keys: Iterable[Row], counts: dict[str, int]) -> None:
        """One lead counts here."""
        for key in keys:
            self.rows[key].update(counts)


def said(leads: int, right: Right, first: int = 0) -> Iterator[Event]:
    """The events of so many leads, from the lead of this number on, in the order in which their services say them."""
    rng, outcomes = random.Random(first), []
    for n in range(first, first + leads):
        events, outcome = _lead(n, rng, right)
        right.leads += 1
        yield from events
        outcomes.append(outcome)
        if len(outcomes) > CLOSED_AFTER and (due := outcomes[-CLOSED_AFTER - 1]):
            yield due
    yield from (event for event in outcomes[-CLOSED_AFTER:] if event)


def _lead(n: int, rng: random.Random, right: Right) -> tuple[list[Event], Event | None]:
    """One in ten is set aside, the rest is routed; seven of ten of those get a person, five of ten are won or lost."""
    lead_id, at = UUID(int=rng.getrandbits(122) << 4 | 7), BEGAN + timedelta(milliseconds=5 * n)
    channel, campaign = rng.choice(CHANNELS), f"campaign-{rng.randrange(CAMPAIGNS)}"
    segment, team = f"segment-{rng.randrange(SEGMENTS)}", f"team-{rng.randrange(TEAMS)}"
    good, near, fate = rng.random() < 0.9, rng.random() < 0.7, rng.random()
    events: list[Event] = [
        LeadCaptured(
            lead_id=lead_id,
            source="web",
            channel=channel,
            campaign=campaign,
            country="DE",
            occurred_at=at,
            captured_at=at,
        ),
        _judged(lead_id, at, channel, campaign, "near_term" if near else "nurture", good),
    ]
    counts = {"leads": 1, "qualified": 1, "valid": int(good)}
    keys = [("channel", channel), ("campaign", campaign)]
    if not good:
        events.append(LeadDiscarded(lead_id=lead_id, reason="not a target", discarded_at=at))
        right.count([*keys, ("segment", "(discarded)"), ("team", "(discarded)")], counts)
        return events, None
    place = {"segment": segment, "team": team, "ruleset": 1}
    events.append(LeadRouted(lead_id=lead_id, pipeline="contract", rule="rule-1", routed_at=at, **place))
    counts |= {"routed": 1, "assigned": int(near)}
    if near:
        events.append(LeadAssigned(lead_id=lead_id, person=f"person-{n % 300}", assigned_at=at, **place))
    outcome = None
    if fate < 0.5:
        won, minor = fate < 0.2, rng.randrange(10_000, 10_000_000)
        outcome = LeadClosed(
            lead_id=lead_id,
            result="won" if won else "lost",
            amount=Money(minor=minor, currency="EUR") if won else None,
            closed_at=at + timedelta(days=20),
        )
        counts |= {"won": 1, "won_amount": minor} if won else {"lost": 1}
    right.count([*keys, ("segment", segment), ("team", team)], counts)
    return events, outcome


def _judged(lead_id: UUID, at: datetime, channel: str, campaign: str, disposition: Any, good: bool) -> LeadQualified:
    return LeadQualified(
        lead_id=lead_id,
        genuine=good,
        grade="B",
        score=60,
        value=Money(minor=250_000, currency="EUR"),
        disposition=disposition,
        scorecard=3,
        reasons=(Reason(term="industry", points=20), Reason(term="amount", points=40)),
        about=LeadAttributes(
            source="web",
            country="DE",
            postcode_area="10",
            product="lathe",
            industry="metal",
            language="en",
            channel=channel,
            campaign=campaign,
            expected_amount=Money(minor=250_000, currency="EUR"),
            attributes={"size": 120, "utm_source": "newsletter"},
        ),
        qualified_at=at,
    )


class Writer:
    """Writes events to their topics under gapless numbers per shard, with the headers of the relay.

    ``prefix`` sends them to topics of other names, for engines that are given fewer leads.
    """

    def __init__(self, bootstrap: str, prefix: str = "", seed: int = 2) -> None:
        settings = {"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4", "acks": "all"}
        self._producer = Producer({**settings, "enable.idempotence": True, "batch.size": 1_000_000})
        self._prefix, self._rng = prefix, random.Random(seed)
        self.numbers: Counter[tuple[str, int]] = Counter()
        self.records = 0
        self.right = Right()

    @property
    def events(self) -> int:
        """How many events were written, not counting those that came twice."""
        return self.numbers.total()

    def lead_events(self, leads: int) -> None:
        """Writes the events of so many more leads and counts what they must make."""
        self.write(said(leads, self.right, first=self.right.leads))

    def write(self, events: Iterable[Event]) -> None:
        """Every event once, and two per cent twice."""
        for n, event in enumerate(events):
            stream = STREAM_OF[event.type]
            key = str(getattr(event, stream.key)).encode()
            shard = shard_of(key, stream.partitions)
            self.numbers[stream.topic, shard] += 1
            row = {
                "id": str(UUID(int=self._rng.getrandbits(128))),
                "type": event.type,
                "at": BEGAN + timedelta(milliseconds=n // 200),  # one transaction said about so many
                "traceparent": f"00-{self._rng.getrandbits(128):032x}-{n + 1:016x}-{'01' if n % 100 == 0 else '00'}",
                "key": key,
                "shard": shard,
                "seq": self.numbers[stream.topic, shard],
                "causation": "",
                "actor": "",
            }
            headers: list[tuple[str, str | bytes | None]] = [*headers_of(row, f"{stream.publisher}/bench".encode())]
            body = event.model_dump_json(exclude_none=True).encode()
            for _ in range(2 if self._rng.random() < 0.02 else 1):
                self._send(self._prefix + stream.topic, key, body, shard, headers)

    def _send(
        self, topic: str, key: bytes, body: bytes, shard: int, headers: list[tuple[str, str | bytes | None]]
    ) -> None:
        self.records += 1
        while True:
            try:
                self._producer.produce(topic, body, key, partition=shard, headers=headers)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def flush(self) -> None:
        """Returns when the broker has everything."""
        self._producer.flush()
