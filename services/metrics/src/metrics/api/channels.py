"""What readers of the stream share: the part of the numbers that they asked for, of the teams that they see."""

import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from metrics.domain.catalogue import By
from metrics.domain.kpi import Kpi, Part, summed

if TYPE_CHECKING:
    from metrics.api.readers import Reader

AT_ONCE = 64 * 1024  # bytes of one write, unless a single event is larger


def encode(event: str, data: str, position: str = "") -> bytes:
    """One server-sent event."""
    numbered = f"id: {position}\n" if position else ""
    return f"{numbered}event: {event}\ndata: {data}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Slice:
    """What somebody asks the stream for: dimensions in the order of the catalogue, of them one row or all, of a row some
    numbers or all."""

    dimensions: tuple[By, ...]
    key: str | None = None
    numbers: frozenset[str] = frozenset()


class Frame(NamedTuple):
    """One event of a channel: its number, and its bytes."""

    number: int
    bytes: bytes


class Channel:
    """The readers of one slice who see the same teams, its position, and the ring of late frames that a reader can resume
    from. ``name`` tells its positions from those of any other, also of another process."""

    def __init__(self, of: Slice, teams: frozenset[str], ring_bytes: int) -> None:
        self.of, self.teams = of, teams
        self.name = secrets.token_hex(4)
        self.readers: set[Reader] = set()
        self.idle_since = 0.0
        self.number = 0
        self._ring: deque[Frame] = deque()
        self._room = self._ring_bytes = ring_bytes

    @property
    def position(self) -> str:
        """Where it stands."""
        return f"{self.name}-{self.number}"

    def tell(self, data: str) -> bytes:
        """The next event, remembered; the oldest ones are forgotten when the ring is full."""
        self.number += 1
        frame = Frame(self.number, encode("changed", data, self.position))
        self._ring.append(frame)
        self._room -= len(frame.bytes)
        while self._room < 0:
            self._room += len(self._ring.popleft().bytes)
        return frame.bytes

    def holds(self, position: str) -> int | None:
        """The number at this position, or None when it is another's, no position, or what followed it is gone."""
        name, _, text = position[:100].partition("-")
        number = int(text[:18]) if name == self.name and text.isdecimal() else -1
        return number if 0 <= self.number - number <= len(self._ring) and number >= 0 else None

    def between(self, after: int, last: int) -> list[Frame] | None:
        """The frames behind ``after`` up to ``last``, as many as one write takes; None when the first of them is gone."""
        oldest = self._ring[0].number if self._ring else self.number + 1
        if after + 1 < oldest:
            return None
        found, size = list[Frame](), 0
        for frame in islice(self._ring, after + 1 - oldest, last + 1 - oldest):
            size += len(frame.bytes)
            if found and size > AT_ONCE:
                break
            found.append(frame)
        return found

    def break_off(self) -> None:
        """Nobody can resume from before this position."""
        self._ring.clear()
        self._room = self._ring_bytes
        self.number += 1

    def news(self, rows: Iterable[dict[str, Part]], seen: int) -> list[Kpi]:
        """What these rows are for who sees these teams, where one of them has changed it since that version was the highest:
        what was read up to a transaction still running is read again at the next tick, and told once is enough."""
        found: list[Kpi] = []
        for of in rows:
            parts = [part for team, part in of.items() if team in self.teams]
            if any(part.version > seen for part in parts) and self.of.key in (None, parts[0].key):
                found += summed(parts)
        return found
