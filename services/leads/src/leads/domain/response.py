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


RESPONSE_1 = Response(
    version=1,
    queue=timedelta(hours=2),
    returned=timedelta(hours=4),
    qualification=timedelta(hours=4),
    unroutable=timedelta(hours=4),
    nurture=timedelta(days=90),
    again=1,
)
