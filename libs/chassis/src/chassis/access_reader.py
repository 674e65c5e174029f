"""Who may see and do what, as territory said it last. Every replica reads all of ``territory.access`` by itself, without a
consumer group: a revocation waits for no member that died and for no delivery that is held.

What was read is written for the row policies (access_person, access_grant) and kept in memory for the doors. Versions order it,
never moments or offsets. When a term begins or ends the clock acts: nothing is said then. A replica that does not know whether it
is level with the topic, or that met a record that it can't read, lets nobody see anything until it knows.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import TypeAdapter, ValidationError

from chassis import broker, telemetry
from chassis.access import NAME, STRANGER, Actor, Held, Kind, Roles
from chassis.database import ACCESS_LOCK, Database
from chassis.errors import words
from chassis.headers import read_headers
from chassis.identity import Verified
from chassis.problems import Problem
from chassis.settings import Settings
from contracts.event import Stream
from contracts.territory.access import ACCESS, AccessGranted, AccessRevoked, Grant, RoleHeld

Changed = Callable[[frozenset[str]], None]
Said = AccessGranted | AccessRevoked
Term = RoleHeld | Grant

LOOK_MS, TICK_S, AGAIN_S, BATCH = 250, 0.25, 0.5, 500
MADE_BY = {  # what a running grant makes of a person
    "member": ("member",),
    "substitute": ("member",),
    "supervisor": ("member", "leader"),
    "management": ("management",),
    "break_glass": ("break_glass",),
}
_DECODERS: dict[str, TypeAdapter[Any]] = {e.event_type(): TypeAdapter(e) for e in ACCESS.events}

# Writes that are under way in the name of somebody whom this changes have ended before it acts; those that come later see it.
_LOCK = """
select pg_advisory_xact_lock($3, of.person) from (
    select distinct hashtext(p.person) as person
    from access_person p join unnest($1::text[], $2::bigint[]) as n(person, version) using (person)
    where p.version < n.version order by 1
) of
"""
_TAKE = """
insert into access_person (person, version)
select n.person, n.version from unnest($1::text[], $2::bigint[]) as n(person, version) order by n.person
on conflict (person) do update set version = excluded.version, heard_at = now()
where access_person.version < excluded.version returning person
"""
_FORGET = "delete from access_grant where person = any($1::text[])"
_GRANT = """
insert into access_grant (person, team, kind, on_behalf_of, begins_at, ends_at, records, opens, reference)
select distinct on (1, 2, 3, 4, 5) g.person, g.team, g.kind, coalesce(g.on_behalf_of, ''), g.begins_at,
    coalesce(g.ends_at, 'infinity'), g.records, g.opens, g.reference
from json_to_recordset($1::json) as g(person text, team text, kind text, on_behalf_of text, begins_at timestamptz,
    ends_at timestamptz, records text, opens boolean, reference uuid)
order by 1, 2, 3, 4, 5, g.ends_at
"""


@dataclass(slots=True)
class Standing:
    """The newest state of one person or machine. ``until`` (seconds of the epoch) is when its next term begins or ends."""

    version: int
    kind: str = "person"
    subjects: frozenset[tuple[str, str]] = frozenset()
    roles: tuple[RoleHeld, ...] = ()
    grants: tuple[Grant, ...] = ()
    until: float = 0.0
    actors: dict[frozenset[str], Actor] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Said) -> "Standing":
        """What this event says."""
        if isinstance(said, AccessRevoked):
            return cls(said.version)
        subjects = frozenset((one.issuer, one.subject) for one in said.subjects)
        return cls(said.version, said.kind, subjects, said.roles, said.grants)

    def running(self, now: float) -> list[Grant]:
        """The grants that run now."""
        return [grant for grant in self.grants if _runs(grant, now)]

    def next_turn(self, now: float) -> float:
        """When the next term begins or ends."""
        terms: tuple[Term, ...] = (*self.roles, *self.grants)
        moments = (at.timestamp() for one in terms for at in (one.begins_at, one.ends_at) if at)
        return min((at for at in moments if at > now), default=float("inf"))


def _runs(term: Term, now: float) -> bool:
    return term.begins_at.timestamp() <= now and (term.ends_at is None or now < term.ends_at.timestamp())


class AccessReader:
    """``changed`` are called with the persons whose access is another now, or may be, when nothing is known any more: for
    those who hold open streams. ``level_at`` is a moment of the monotonic clock."""

    def __init__(self, settings: Settings, database: Database, roles: Roles, stream: Stream = ACCESS) -> None:
        self.settings, self.database, self.roles, self.stream = settings, database, roles, stream
        self.log = telemetry.log("access")
        self.changed: list[Changed] = []
        self.people: dict[str, Standing] = {}
        self.level_at = float("-inf")
        self.unreadable: set[bytes] = set()  # keys of records that can't be read; a newer one of the same key heals it
        self._by_subject: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._scopes = frozenset(role for role in roles if ":" in role)
        self._written: dict[str, int] = {}  # versions that the database is known to have
        self._ticked_at, self._turn, self._was_stale = time.time(), float("inf"), True

    # -- what is known

    @property
    def age_s(self) -> float:
        """How long ago this replica was last seen to be level with the topic."""
        return time.monotonic() - self.level_at

    @property
    def stale(self) -> bool:
        """Whether what is known can't open a door of people."""
        return bool(self.unreadable) or self.age_s > self.settings.access_stale_s

    @property
    def not_ready_reason(self) -> str:
        """Why nobody is let in, or nothing."""
        if self.unreadable:
            return "a record of who may see what can't be read"
        return "it is not known who may see what now" if self.stale else ""

    def check(self) -> None:
        """503 while it is not known who may see what."""
        if self.stale:
            raise Problem(503, "Who may see what can't be checked just now", headers={"Retry-After": "2"})

    def actor(self, verified: Verified) -> Actor:
        """Who this is, with the roles that he holds at this moment. Of a token's scopes only a machine's count."""
        of_subject = self._by_subject.get((verified.issuer, verified.subject), ())
        if len(of_subject) == 1:  # whom two claim is nobody
            (person,) = of_subject
            return self._acting(person, self.people[person], verified.scopes)
        machine = f"machine:{verified.client}"
        of_itself = verified.client == verified.subject and NAME.fullmatch(machine)
        if of_subject or not of_itself or machine in self.people:
            return STRANGER
        return Actor(machine, verified.scopes & self._scopes, kind="machine").with_rights(self.roles)

    def _acting(self, person: str, standing: Standing, scopes: frozenset[str]) -> Actor:
        now = time.time()
        if now >= standing.until:
            standing.actors.clear()
            standing.until = standing.next_turn(now)
        if (known := standing.actors.get(scopes)) is not None:
            return known
        running, is_machine = standing.running(now), standing.kind == "machine"
        held = tuple(Held(r.role, r.unit, r.begins_at, r.ends_at) for r in standing.roles if _runs(r, now))
        made = ["reader"] if is_machine and running else chain(*(MADE_BY.get(g.kind, ()) for g in running))
        roles = frozenset((*(h.role for h in held), *made, *(scopes & self._scopes if is_machine else ())))
        teams = tuple(sorted({g.team for g in running}))
        kind: Kind = "machine" if is_machine else "person"
        actor = Actor(person, roles, kind=kind, held=held, teams=teams).with_rights(self.roles)
        return standing.actors.setdefault(scopes, actor)

    # -- what is heard

    async def hear(self, records: Sequence[Any]) -> None:
        """Takes these records: in one transaction for the policies, then in memory, then whoever wants to know is told."""
        newest: dict[str, Said] = {}
        unreadable, healed = set[bytes](), set[bytes]()
        for record in records:
            said, why = self._read(record)
            if said is None:
                self.log.error("access_unreadable", reason=why, offset=record.offset)
                unreadable.add(record.key or b"")
                healed.discard(record.key or b"")
                continue
            healed.add(record.key)
            unreadable.discard(record.key)
            if said.person not in newest or said.version > newest[said.person].version:
                newest[said.person] = said
        self.unreadable |= unreadable  # before anything can fail
        if unwritten := [said for said in newest.values() if said.version > self._written.get(said.person, 0)]:
            await self._save(unwritten)
            self._written |= {said.person: said.version for said in unwritten}
        nothing = Standing(0)
        if fresh := [said for said in newest.values() if said.version > self.people.get(said.person, nothing).version]:
            self._remember(fresh)
        self.unreadable -= healed

    def _read(self, record: Any) -> tuple[Said | None, str]:
        metadata, why = read_headers(record, self.stream.sequenced)
        if metadata is None:
            return None, why
        decoder, value = _DECODERS.get(metadata.type), record.value or b""
        if decoder is None or metadata.source.partition("/")[0] != self.stream.publisher:
            return None, "its type is not known here, or another has said it"
        if b"\\u0000" in value:
            return None, "it holds a character that can't be stored"
        try:
            said: Said = decoder.validate_json(value)
        except ValidationError as error:
            return None, words(error)
        return (said, "") if said.person.encode() == record.key else (None, "its key is another's")

    async def _save(self, fresh: Sequence[Said]) -> None:
        people, versions = [said.person for said in fresh], [said.version for said in fresh]
        async with self.database.connection() as conn, conn.transaction():
            await conn.execute(_LOCK, people, versions, ACCESS_LOCK)
            taken = [row["person"] for row in await conn.fetch(_TAKE, people, versions)]
            if taken:
                await conn.execute(_FORGET, taken)
                await conn.execute(_GRANT, _rows(said for said in fresh if said.person in taken))

    def _remember(self, fresh: Sequence[Said]) -> None:
        for said in fresh:
            was, now = self.people.get(said.person, Standing(0)), Standing.of(said)
            self.people[said.person] = now
            for subject in was.subjects - now.subjects:
                self._by_subject[subject].discard(said.person)
            for subject in now.subjects:
                self._by_subject[subject].add(said.person)
            self._turn = min(self._turn, now.next_turn(self._ticked_at))
            if not self._was_stale:
                at = said.granted_at if isinstance(said, AccessGranted) else said.revoked_at
                telemetry.ACCESS_CHANGE_AGE.observe(max(0.0, (datetime.now(UTC) - at).total_seconds()))
        self._tell(said.person for said in fresh)

    def _tell(self, people: Iterable[str]) -> None:
        if told := frozenset(people):
            for call in self.changed:
                call(told)

    # -- life

    async def run(self, stopping: asyncio.Event) -> None:
        """Reads until stopped; when Kafka or the database is away it begins again, from the start of the topic."""
        telemetry.ACCESS_LEVEL_AGE.set_function(lambda: self.age_s)
        telemetry.ACCESS_UNREADABLE.set_function(lambda: len(self.unreadable))
        watching = asyncio.create_task(self._watch(stopping))
        try:
            while not stopping.is_set():
                try:
                    await self._follow(stopping)
                except Exception as error:
                    self.log.warning("access_not_read", error=type(error).__name__, detail=words(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), AGAIN_S)
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _follow(self, stopping: asyncio.Event) -> None:
        consumer = broker.new_reader(self.settings)
        partitions = [TopicPartition(self.stream.topic, n) for n in range(self.stream.partitions)]
        answered: dict[TopicPartition, int | None] = {}
        self._written.clear()  # the database may be another, or an older one
        try:
            async with asyncio.timeout(15):
                await consumer.start()
            consumer.assign(partitions)
            while not stopping.is_set():
                looked = time.monotonic()
                broker.keep_looking(consumer._client)
                polled = await consumer.getmany(timeout_ms=LOOK_MS, max_records=BATCH)
                if records := list(chain.from_iterable(polled.values())):
                    await self.hear(records)
                # Only an answer of the broker's that came since the last look says anything about this moment.
                before, answered = answered, {tp: consumer.last_poll_timestamp(tp) for tp in partitions}
                if all(answered[tp] != before.get(tp) for tp in partitions) and await _is_level(consumer, partitions):
                    self.level_at = looked
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(consumer.stop(), 2)

    async def _watch(self, stopping: asyncio.Event) -> None:
        """The clock: terms that begin and end, and knowledge that grows old."""
        while not stopping.is_set():
            await asyncio.sleep(TICK_S)
            self.tick()

    def tick(self) -> None:
        """Tells whom a term's begin or end concerns, and everybody when it is no longer, or again, known who may see what."""
        now = time.time()
        if now >= self._turn:
            turned = [person for person, standing in self.people.items() if standing.next_turn(self._ticked_at) <= now]
            self._turn = min(standing.next_turn(now) for standing in self.people.values())
            self._tell(turned)
        self._ticked_at = now
        if self.stale != self._was_stale:
            self._was_stale = self.stale
            self._tell(self.people)


async def _is_level(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_MS / 1000):  # a position that is being looked up is not known
            return all([await consumer.position(tp) == consumer.highwater(tp) for tp in partitions])
    return False


def _rows(granted: Iterable[Said]) -> str:
    return json.dumps(
        [
            grant.model_dump(mode="json") | {"person": said.person}
            for said in granted
            if isinstance(said, AccessGranted)
            for grant in said.grants
        ]
    )
