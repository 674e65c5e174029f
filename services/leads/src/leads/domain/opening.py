"""Who a lead is about is opened for a purpose, and not without an end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Purpose = Literal[
    "call", "write", "visit", "qualify", "deliver", "correct", "duplicate", "request_of_the_person", "break_glass"
]
BREAK_GLASS: Purpose = "break_glass"
WITHIN = timedelta(hours=1)

# Purposes that no one gives: a page of names, the text of one lead's activities, the sealing of what is written down. They are
# counted apart from looks at contacts, and for a shorter time.
LIST, READ, RECORD = "list", "read", "record"
IN_PASSING = (LIST, READ, RECORD)
IN_PASSING_WITHIN = timedelta(minutes=5)


class TooMany(Exception):
    """Somebody has opened as many as one may within a time. ``again_at`` is when the oldest of them no longer counts."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__("So many were opened that no more can be opened now.")
        self.again_at = again_at


@dataclass(frozen=True)
class Recent:
    """How often somebody has opened within the time that counts, and when first."""

    times: int
    first_at: datetime | None
    within: timedelta = WITHIN

    def another(self, most: int) -> bool:
        """Whether one more is the last one for now.

        Raises TooMany where it would be one too many.
        """
        if self.first_at is not None and self.times >= most:
            raise TooMany(self.first_at + self.within)
        return self.times + 1 >= most
