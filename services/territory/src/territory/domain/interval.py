"""Half open intervals of time, ``[begins, ends)``: what begins and ends by the clock, and by nobody's hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From ``begins`` until before ``ends``. Empty when it ends where it begins."""

    begins: datetime
    ends: datetime = FOREVER

    @classmethod
    def of(cls, begins: datetime, ends: datetime | None) -> "Interval":
        """None as an end is: no end is known."""
        return cls(begins, FOREVER if ends is None else max(begins, ends))

    def covers(self, at: datetime) -> bool:
        """Whether this moment lies in it."""
        return self.begins <= at < self.ends

    def meets(self, other: "Interval") -> "Interval | None":
        """What lies in both, or None."""
        begins, ends = max(self.begins, other.begins), min(self.ends, other.ends)
        return Interval(begins, ends) if begins < ends else None

    def without(self, others: Iterable["Interval"]) -> tuple["Interval", ...]:
        """What lies in it and in none of the others, in order."""
        left, begins = [], self.begins
        for other in sorted(others):
            if other.begins > begins:
                left.append(Interval(begins, min(other.begins, self.ends)))
            begins = max(begins, other.ends)
            if begins >= self.ends:
                break
        else:
            left.append(Interval(begins, self.ends))
        return tuple([one for one in left if one.begins < one.ends])

    @property
    def until(self) -> datetime | None:
        """The end, or None where none is known."""
        return None if self.ends == FOREVER else self.ends


def joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same moments, in as few intervals as can be, in order."""
    found: list[Interval] = []
    for one in sorted(intervals):
        if found and one.begins <= found[-1].ends:
            found[-1] = Interval(found[-1].begins, max(found[-1].ends, one.ends))
        elif one.begins < one.ends:
            found.append(one)
    return tuple(found)
