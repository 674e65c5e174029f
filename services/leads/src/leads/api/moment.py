"""A moment that somebody says."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _thinkable(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise ValueError(f"is not in the years {EARLIEST.year} to {LATEST.year - 1}")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_thinkable)]
"""With its offset, and so far from the ends of time that it can be moved by any offset and stored."""
