"""How long a lead may wait where nobody has it. It is data with versions; these are the first ones."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Response:
    """A version of the promises: within what time somebody takes a lead from each place, and after how many working days it is said
    again that nobody did. ``nurture`` is for a lead without a day of its own."""

    version: int
    queue: timedelta
    returned: timedelta
    qualification: timedelta
    unroutable: timedelta
    nurture: timedelta
    again: int

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by field."""
        lengths = {name: getattr(self, name) for name in LENGTHS}
        found = {
            name: f"is more than nothing, and {MOST.days} days at most"
            for name, it in lengths.items()
            if not timedelta() < it <= MOST
        }
        if not 1 <= self.again <= AGAIN_AT_MOST:
            found["again"] = f"is a number of working days from 1 to {AGAIN_AT_MOST}"
        return found


LENGTHS = ("queue", "returned", "qualification", "unroutable", "nurture")
MOST = timedelta(days=3 * 366)
AGAIN_AT_MOST = 60

RESPONSE_1 = Response(
    version=1,
    queue=timedelta(hours=2),
    returned=timedelta(hours=4),
    qualification=timedelta(hours=4),
    unroutable=timedelta(hours=4),
    nurture=timedelta(days=90),
    again=1,
)
