"""One moment of a stack: what every topic holds and every database knows, and, by watermarks, who must know what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from contracts import STREAMS
from contracts.hearers import HEARS
from contracts.territory.access import UNPLACED
from metrics.domain import league
from metrics.domain.contributions import Number
from metrics.domain.facts import CampaignFact, LeadFact, LineFact
from tributary.verify.activities import ActivityTables
from tributary.verify.boxes import Boxes
from tributary.verify.events import EventRecord, Money
from tributary.verify.losses import Loss
from tributary.verify.numbering import Aside, Numbered, Owner, sort_out
from tributary.verify.openings import OpeningTables
from tributary.verify.opportunities import OpportunityTables
from tributary.verify.organisation import OrganisationTables
from tributary.verify.private import Private
from tributary.verify.requests import RequestTables

SERVICES = ("leads", "territory", "campaigns", "metrics")
STREAM = {stream.topic: stream for stream in STREAMS}
SEQUENCED = tuple(stream.topic for stream in STREAMS if stream.sequenced)

Shard = tuple[str, int]  # topic, shard
Position = tuple[str, str, int]  # topic, source, shard


class Entry(NamedTuple):
    """One entry of a lead's timeline."""

    n: int
    at: datetime
    what: str
    detail: str  # as JSON


class Known(NamedTuple):
    """One lead as the leads service has it: its present place, its record and its timeline."""

    state: str
    captured_at: datetime | None
    qualified_at: datetime | None
    discarded_at: datetime | None
    opened_at: datetime | None
    assigned_at: datetime | None
    segment: str | None
    team: str | None
    pipeline: str | None
    assignee: str | None
    waits: str | None
    outcomes: tuple[tuple[str, Money, str | None], ...]
    occurred_at: datetime | None
    grade: str | None
    disposition: str | None
    scorecard: int | None
    discard_reason: str | None
    about: str  # as JSON
    differing: int = 0
    entries: int = 0  # how many its place counts
    in_place_since: datetime | None = None  # since when it is on record, by its place
    place: str | None = None  # None where it was not filled in yet
    revisited: bool = False  # whether it waited for a day that has come
    timeline: tuple[Entry, ...] = ()


class Decision(NamedTuple):
    """One decision as the territory service has it."""

    disposition: str
    ruleset: int
    segment: str | None
    team: str | None
    pipeline: str | None
    assignee: str | None
    reason: str | None
    rule: str | None
    attributes: str  # as JSON
    refused: str
    turn: int | None = None
    number: int = 1
    cause: str = "new"
    roster: str | None = None
    code: str | None = None
    would_rule: str | None = None


class Case(NamedTuple):
    """How a lead stands with the territory service."""

    number: int
    team: str | None
    person: str | None
    code: str | None
    is_open: bool
    waits_turn: bool
    party: str | None = None


class MarketFile(NamedTuple):
    """One version of the market, as it was given."""

    document: str
    sha256: str


class Plan(NamedTuple):
    """What a campaign is planned to be."""

    version: int
    name: str | None
    channel: str | None
    segment: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    currency: str | None
    team: str = UNPLACED


class Line(NamedTuple):
    """One budget line as it stands."""

    planned: bool
    budget: int
    committed: int
    incurred: int
    available: int
    unmatched: int
    postings: int
    item: str
    owner: str


class Posting(NamedTuple):
    """One posting on a line with its entries, account by account."""

    posting: int
    kind: str
    amount: int
    spend_id: str | None
    entries: tuple[tuple[str, int], ...]


Place = tuple[str, str, str]  # campaign, line, currency


class Spend(NamedTuple):
    """One spend that was counted."""

    campaign: str
    amount: int
    currency: str
    kind: str


class KpiRow(NamedTuple):
    """One KPI row, or what one team adds to it. ``emitted`` is whether it must have been told since it changed last."""

    version: int
    numbers: Mapping[Number, int]  # what is not zero
    emitted: bool


@dataclass
class LeadsTables:
    """What is on record about leads."""

    leads: dict[str, Known] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)  # event id -> lead id
    astray: list[str] = field(default_factory=list)  # leads that have a timeline and nothing else
    boxes: Boxes = field(default_factory=Boxes)
    openings: OpeningTables = field(default_factory=OpeningTables)
    activities: ActivityTables = field(default_factory=ActivityTables)
    requests: RequestTables = field(default_factory=RequestTables)
    opportunities: OpportunityTables = field(default_factory=OpportunityTables)
    transfers: dict[tuple[str, str], str] = field(default_factory=dict)  # by transfer and lead: the hash of its content
    # By form and version: its state, and the consents it asks for by id and version of their texts.
    forms: dict[tuple[str, int], tuple[str, frozenset[tuple[str, int]]]] = field(default_factory=dict)


@dataclass
class TerritoryTables:
    """What was decided, and whose turn it is. Of a lead's decisions the newest stands; ``earlier`` has those before it."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    earlier: list[tuple[str, Decision]] = field(default_factory=list)
    credits: dict[str, dict[str, int]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)  # how many each team has taken
    markets: dict[int, MarketFile] = field(default_factory=dict)
    active: int = 0
    rosters: dict[str, str] = field(default_factory=dict)  # members as JSON, by what decisions call them
    organisation: OrganisationTables = field(default_factory=OrganisationTables)
    backs: dict[str, dict[int, int]] = field(default_factory=dict)  # by team: which turn booked which one back
    cases: dict[str, Case] = field(default_factory=dict)
    asleep: set[str] = field(default_factory=set)  # teams that nothing will look at again
    customers: set[str] = field(default_factory=set)  # parties that some team has

    def all_decisions(self) -> Iterator[tuple[str, Decision]]:
        """Every decision with its lead, those that stand and those before them."""
        yield from self.earlier
        yield from self.decisions.items()


@dataclass
class CampaignTables:
    """The ledger."""

    plans: dict[str, Plan] = field(default_factory=dict)
    lines: dict[Place, Line] = field(default_factory=dict)
    postings: dict[Place, list[Posting]] = field(default_factory=dict)
    spends: dict[str, Spend] = field(default_factory=dict)


class Counted(NamedTuple):
    """One step of a lead that a closed day has counted."""

    lead_id: str
    day: date
    entry: league.Entry


class ClosedPeriod(NamedTuple):
    """A closed period of the league: by team, the counts and the money that it shows, or None where they are withheld."""

    grain: str
    starts_on: date
    ends_on: date
    rows: dict[str, tuple[object, object]]


@dataclass
class MetricsTables:
    """Facts, and the numbers made of them."""

    leads: dict[str, LeadFact] = field(default_factory=dict)
    campaigns: dict[str, CampaignFact] = field(default_factory=dict)
    lines: dict[Place, LineFact] = field(default_factory=dict)
    kpis: dict[tuple[str, str, str], KpiRow] = field(default_factory=dict)  # team, dimension, key
    totals: dict[tuple[str, str], KpiRow] = field(default_factory=dict)
    as_of: dict[str, datetime] = field(default_factory=dict)  # by topic
    entries: list[Counted] = field(default_factory=list)
    periods: list[ClosedPeriod] = field(default_factory=list)


@dataclass
class Account:
    """What every service's database says of what it said and heard, in one snapshot.

    ``later`` are the next numbers as they were after the ends of the topics had been noted: nothing on a topic may be beyond
    them. ``parked_ids`` and ``parked_at`` are events set aside and not replayed, by id and by position; what may be somebody
    else's is there by its position only, since it may bear the id of a true one. Of those a person has ``discarded`` some, by
    position, and ``vouched`` for others by replaying them, by id. ``accepted`` are the losses that it does without.
    """

    source: str
    next_seq: dict[Shard, int] = field(default_factory=dict)
    later: dict[Shard, int] = field(default_factory=dict)
    outbox: dict[str, list[EventRecord]] = field(default_factory=dict)
    watermarks: dict[Position, int] = field(default_factory=dict)
    parked_ids: set[tuple[str, str]] = field(default_factory=set)
    parked_at: set[tuple[str, int, int]] = field(default_factory=set)
    discarded: set[tuple[str, int, int]] = field(default_factory=set)
    vouched: set[tuple[str, str]] = field(default_factory=set)
    accepted: list[Loss] = field(default_factory=list)


@dataclass
class Log:
    """One topic: its records in the order of their partitions, and where each partition begins and ended."""

    records: list[EventRecord] = field(default_factory=list)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    foreign: list[tuple[int, int]] = field(
        default_factory=list
    )  # partition and offset of what lacks an event's headers

    @property
    def complete(self) -> bool:
        """Whether nothing of it has expired yet."""
        return all(begin == 0 for begin, _ in self.spans.values())


@dataclass
class Snapshot:
    """Everything that was read."""

    logs: dict[str, Log]
    accounts: dict[str, Account]
    leads: LeadsTables = field(default_factory=LeadsTables)
    territory: TerritoryTables = field(default_factory=TerritoryTables)
    campaigns: CampaignTables = field(default_factory=CampaignTables)
    metrics: MetricsTables = field(default_factory=MetricsTables)
    accepted: frozenset[str] | None = None
    private: Private = field(default_factory=Private)
    logs_read: int = 0
    process_cache: dict[Any, Any] = field(default_factory=dict)

    def events(self, topic: str) -> list[EventRecord]:
        """What is on the topic, every event once. On a sequenced topic only what its owner has said."""
        return self.numbered(topic).true if STREAM[topic].sequenced else self.logs[topic].records

    def numbered(self, topic: str) -> Numbered:
        """What stands under the numbers of a sequenced topic, and what is aside."""
        if ("numbered", topic) not in self.process_cache:
            log = self.logs[topic]
            begins = {partition: begin for partition, (begin, _) in log.spans.items()}
            self.process_cache["numbered", topic] = sort_out(log.records, begins, self._owner(topic))
        found: Numbered = self.process_cache["numbered", topic]
        return found

    def _owner(self, topic: str) -> Owner:
        stream, accounts = STREAM[topic], self.accounts.values()
        account = self.accounts[stream.publisher]
        following = {shard: n for (of, shard), n in (account.next_seq | account.later).items() if of == topic}
        return Owner(
            stream.publisher,
            account.source,
            stream.compacted,
            {shard: n - 1 for shard, n in following.items()},
            {(row.shard, row.seq): row.id for row in account.outbox.get(topic, ())},
            frozenset(one for other in accounts for of, one in other.vouched if of == topic),
            frozenset(
                (s, n) for other in accounts for (of, s, n), last in other.watermarks.items() if of == topic and last
            ),
        )

    def is_set_aside(self, topic: str, aside: Aside) -> bool:
        """Whether everybody who hears the topic has parked this record, and a person has said that it is false where only a
        person can."""
        at = (topic, aside.event.partition, aside.event.offset)
        accounts = [self.accounts[service] for service, of in subscriptions() if of == topic]
        if not accounts or not all(at in account.parked_at for account in accounts):
            return False
        return not aside.open or all(at in account.discarded for account in accounts)

    def heard(self, service: str, topic: str) -> list[EventRecord]:
        """What the service must know: everything on the topic up to its watermarks that it has not parked."""
        if ("heard", service, topic) not in self.process_cache:
            self.process_cache["heard", service, topic] = list(self._heard(service, topic))
        found: list[EventRecord] = self.process_cache["heard", service, topic]
        return found

    def _heard(self, service: str, topic: str) -> Iterator[EventRecord]:
        for event in self.events(topic):
            if self.reached(service, topic, event) and not self.is_parked(service, topic, event):
                yield event

    def reached(self, service: str, topic: str, event: EventRecord) -> bool:
        """Whether the service has come as far as this event."""
        marks = self.accounts[service].watermarks
        if STREAM[topic].sequenced:
            return event.seq <= marks.get((topic, event.source, event.shard), 0)
        return event.offset <= marks.get((topic, "kafka", event.partition), -1)

    def is_parked(self, service: str, topic: str, event: EventRecord) -> bool:
        """Whether the service has set this event aside. Only our own outboxes' ids are sure to be unique."""
        account = self.accounts[service]
        if (topic, event.partition, event.offset) in account.parked_at:
            return True
        return STREAM[topic].sequenced and (topic, event.id) in account.parked_ids

    def emitted(self, topic: str) -> list[EventRecord]:
        """What the topic's owner had said when its snapshot was taken, sent or still in its outbox, every event once.

        What earlier histories of a restored database have said is part of it; ``is_current`` tells them apart.
        """
        if ("told", topic) not in self.process_cache:
            self.process_cache["told", topic] = self._told(topic)
        found: list[EventRecord] = self.process_cache["told", topic]
        return found

    def _told(self, topic: str) -> list[EventRecord]:
        account = self.accounts[STREAM[topic].publisher]
        sent: set[tuple[int, int]] = set()
        found = []
        for event in self.events(topic):
            if event.source == account.source:
                if event.seq >= account.next_seq.get((topic, event.shard), 1):
                    continue
                sent.add((event.shard, event.seq))
            found.append(event)
        found += (row for row in account.outbox.get(topic, ()) if (row.shard, row.seq) not in sent)
        return found

    def is_current(self, topic: str, event: EventRecord) -> bool:
        """Whether this was said by the database as it is now, and not by one that a backup replaced."""
        return event.source == self.accounts[STREAM[topic].publisher].source


def subscriptions() -> Iterator[tuple[str, str]]:
    """Every service and topic it hears."""
    for service, streams in HEARS.items():
        for stream in streams:
            yield service, stream.topic
