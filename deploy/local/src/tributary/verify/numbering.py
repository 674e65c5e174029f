"""Which record stands under each number of a sequenced topic, decided over the whole log as its hearers decide it over theirs.

A number belongs to the event that its owner gave it to: the one that the owner's outbox still names, or a person has named by
replaying it, else the first that comes when it is the number's turn. Every other record is *aside*: it stands for nothing, and
hides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from chassis.consumer import FAR
from tributary.verify.events import EventRecord

Number = tuple[str, int, int]  # source, shard, seq
Kind = Literal["doubled", "invented", "wrong"]


class Aside(NamedTuple):
    """A record that stands under no number of its owner. ``open`` is whether only a person can say that this one is false."""

    event: EventRecord
    kind: Kind
    what: str
    open: bool = False


@dataclass(frozen=True)
class Owner:
    """What is known beside the log: whose topic it is, its history now, the last number given in each shard, the ids that its
    outbox or a person names, and the histories that somebody has obeyed."""

    service: str
    source: str
    compacted: bool
    given: Mapping[int, int]
    outbox: Mapping[tuple[int, int], str]
    vouched: frozenset[str] = frozenset()
    obeyed: frozenset[tuple[str, int]] = frozenset()


@dataclass
class Numbered:
    """A log sorted out: every true event once and in order, what is aside, and how many records repeat a true event."""

    true: list[EventRecord] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    again: int = 0


def sort_out(records: Sequence[EventRecord], begins: Mapping[int, int], owner: Owner) -> Numbered:
    """Goes through the records in the order of their partitions; ``begins`` says where each partition begins by now."""
    return _Sorting(records, begins, owner).done()


class _Sorting:
    def __init__(self, records: Sequence[EventRecord], begins: Mapping[int, int], owner: Owner) -> None:
        self.records, self.begins, self.owner = records, begins, owner
        self.named = {(owner.source, *number): one for number, one in owner.outbox.items()}
        if owner.vouched:
            self.named |= {number_of(event): event.id for event in records if event.id in owner.vouched}
        self.stands: dict[Number, EventRecord] = {}
        self.last: dict[tuple[str, int], int] = {}

    @cached_property
    def places(self) -> dict[Number, int]:
        """Where each number comes last. Needed only where one comes too early."""
        return {number_of(event): n for n, event in enumerate(self.records)}

    def done(self) -> Numbered:
        found = Numbered()
        for n, event in enumerate(self.records):
            number = number_of(event)
            stands = self.stands.get(number)
            if stands is not None and _same(stands, event):
                found.again += 1
            elif aside := self._aside(n, event, number, stands):
                found.aside.append(aside)
            else:
                self.stands[number] = event
                history = number[:2]
                self.last[history] = max(event.seq, self.last.get(history, 0))
        found.true = list(self.stands.values())
        return found

    def _aside(self, n: int, event: EventRecord, number: Number, stands: EventRecord | None) -> Aside | None:
        owner, begin = self.owner, self.begins.get(event.partition, 0)
        service, _, history = event.source.partition("/")
        if service != owner.service or not history:
            return Aside(event, "invented", f"{event.source} speaks on a stream of {owner.service}")
        if event.shard != event.partition:
            return Aside(event, "wrong", f"{event.number} lies in partition {event.partition}")
        given = owner.given.get(event.shard, 0)
        if event.source == owner.source and event.seq > given:
            return Aside(event, "invented", f"{event.number} is on the topic, and its owner gave no more than {given}")
        named = self.named.get(number)
        if named not in (None, event.id):
            return Aside(event, "doubled", f"{event.number} is given to two events, {named} and {event.id}")
        if stands is not None:
            what = f"{event.number} is given to two events, {stands.id} and {event.id}"
            return Aside(event, "doubled", what, open=named is None)
        last = self.last.get(number[:2])
        if owner.compacted or event.seq <= (last or 0) + 1:
            return self._far(event, last) if owner.compacted and last else None
        before = (last or 0) + 1
        if self.places.get((event.source, event.shard, before), -1) > n:
            return Aside(event, "invented", f"{event.number} comes before its turn: {before} comes after it")
        if last is None and begin < event.offset and not begin and number[:2] not in owner.obeyed:
            return Aside(event, "invented", f"{event.number} is of a history whose beginning was never there")
        return self._far(event, last) if last else None

    def _far(self, event: EventRecord, last: int) -> Aside | None:
        if event.seq <= last + FAR:
            return None
        return Aside(event, "invented", f"{event.number} is far ahead of {last}, the last before it")


def number_of(event: EventRecord) -> Number:
    """The number under which it was said."""
    return event.source, event.shard, event.seq


def _same(one: EventRecord, other: EventRecord) -> bool:
    return (one.id, one.type, one.key, one.body) == (other.id, other.type, other.key, other.body)
