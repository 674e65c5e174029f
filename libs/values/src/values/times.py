"""Moments as people and machines write them.

The rule: a date and a time with its zone, or a day alone, which begins at midnight of the zone that was told or else of UTC.
A year stands before its month (``2026-11-28``, ``20261128``, ``2026/11/28``), or the day stands first where nothing else can
be meant (``28.11.2026``, ``28/11/2026``). Ten and thirteen digits are seconds and milliseconds since 1970, as machines write
them. Other bare numbers are refused: a spreadsheet's count of days and a year alone look like seconds after 1970 and are none.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from values.text import bare, digits

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # a sender's clock or zone may be off by that much
FURTHEST_ZONE = timedelta(hours=16)  # exclusive; no place on earth is further from UTC, and no database takes more
LONGEST = 64

_NUMBER = re.compile(r"-?\d+(?:[.,]\d*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_BY_NAME = re.compile(r"(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} .*")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:?\d{2}.*)?|\d{8}(?:T?\d{4}.*)?")
_ZONE_APART = re.compile(r"(?<=\d) (?=Z$|[+-]\d\d)|(?<=\d) ?(?:UTC|GMT)$")


class Unreadable(ValueError):
    """No moment can be read from it; ``reason`` says why in words that hold no input."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def moment(text: str, zone: tzinfo | None = None) -> datetime:
    """The moment in UTC. ``zone`` is that of a day, or of a time that names none; without it such a time is refused."""
    plain = digits(bare(text))
    if len(plain) > LONGEST:
        raise Unreadable("is no date")
    read = _counted(plain) or _said(plain)
    if read.tzinfo is None:
        if zone is None and not _is_day(plain):
            raise Unreadable("must name its time zone, like 2026-05-04T12:00:00Z")
        read = read.replace(tzinfo=zone or UTC)
    if abs(read.utcoffset() or timedelta()) >= FURTHEST_ZONE:
        raise Unreadable("names a time zone that does not exist")
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise Unreadable("lies outside the calendar") from None


def bounds(at: datetime, now: datetime) -> str | None:
    """What is wrong with a moment at which something is said to have happened; None when it may be so."""
    if at < EARLIEST:
        return "lies before 1900"
    return "lies more than a day ahead" if at > now + AHEAD else None


def _counted(plain: str) -> datetime | None:
    """Seconds or milliseconds since 1970; None when it is no bare number, or one that is a date."""
    if not _NUMBER.fullmatch(plain):
        return None
    if plain.isdigit() and len(plain) in (8, 14):
        return None
    if plain.isdigit() and len(plain) in (10, 13):
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(plain.ljust(13, "0")))
    raise Unreadable("is a bare number: write a date, like 2026-05-04T12:00:00Z")


def _said(plain: str) -> datetime:
    try:
        if _BY_NAME.fullmatch(plain):
            return parsedate_to_datetime(plain)
        iso = _ZONE_APART.sub("", plain) if not plain.endswith(("UTC", "GMT")) else _ZONE_APART.sub("Z", plain)
        iso = _day_first(_YEAR_FIRST.sub(_ordered, iso, count=1))
        if len(iso) == 14 and iso.isdigit():
            iso = f"{iso[:8]}T{iso[8:]}"
        if not _ISO.fullmatch(iso):
            raise Unreadable("is no date, like 2026-05-04T12:00:00Z")
        read = datetime.fromisoformat(iso)
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("is no date, like 2026-05-04T12:00:00Z") from None
    if 1300 <= read.year < 1500:
        raise Unreadable("is a date of another calendar: write it as 2026-05-04")
    return read


def _ordered(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def _day_first(plain: str) -> str:
    """28.11.2026, and 28/11/2026 where the first can be no month. A day and a month that could be swapped are refused."""
    if found := _DOTTED.match(plain):
        day, month, year = found.groups()
    elif found := _SLASHED.match(plain):
        first, second, year = found.groups()
        if int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
            raise Unreadable("may be read with the day or the month first: write it as 2026-05-04")
        day, month = (first, second) if int(first) > 12 else (second, first)
    else:
        return plain
    return f"{year}-{month:0>2}-{day:0>2}{plain[found.end() :]}"


def _is_day(plain: str) -> bool:
    return re.fullmatch(r"[\d./-]{8,10}", plain) is not None
