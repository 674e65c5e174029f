"""What the database can't hold is not counted, and to blame for that is whoever said it."""

from datetime import datetime

from metrics.domain.facts import CannotCount
from metrics.domain.names import LONGEST


def can_be_kept(at: datetime, *texts: str | None) -> None:
    """Raises CannotCount for a time that no fact can have, and for texts that no column can hold."""
    if not 1900 <= at.year <= 2200:
        raise CannotCount("its time lies outside 1900 to 2200")
    for text in texts:
        if text and "\0" in text:
            raise CannotCount("a text holds a NUL character")


def can_be_a_key(*names: str) -> None:
    """Raises CannotCount for names that no row can have."""
    for name in names:
        if len(name) > LONGEST or "\0" in name:
            raise CannotCount("a segment or team has a name that no row can have")


def can_be_numbered(revision: int) -> None:
    """Raises CannotCount for what is no revision."""
    if not 0 < revision < 2**31:
        raise CannotCount("revision is none that can be kept")
