"""Moments as people and machines write them.

The rule: a date and a time with its zone, or a day alone, which begins at midnight of the zone that was told or else of UTC.
A year stands before its month (``2026-11-28``, ``20261128``, ``2026/11/28``), or behind it where nothing else can be meant
(``28.11.2026``, ``28/11/2026``, ``11/28/2026``, ``28 Nov 2026``). A clock may have twelve hours (``9:30 AM``). Ten and thirteen digits are seconds and milliseconds since 1970, as machines write
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
_NO_DATE = "is no date, like 2026-05-04T12:00:00Z"

_NUMBER = re.compile(r"-?\d+(?:[.,]\d*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_MAIL = re.compile(r"(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:.*[+-]\d{4}.*")
_BY_NAME = re.compile(r"(?:(\d{1,2})[ .-]{1,2})?([A-Za-z]{3,9})\.?[ -](?:(\d{1,2}),? )?(\d{4})(?!\d)")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})((?::\d{2})?)(?:\s?([ap])\.?m\.?)?(?![\d:])", re.I)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
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
    read = _counted(plain)
    written = "" if read else _by_standard(plain)
    read = read or _said(written)
    if read.tzinfo is None:
        if zone is None and not _DAY.fullmatch(written):
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
    if plain.isdigit() and len(plain) in (10, 13) and plain[0] != "0":
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(plain.ljust(13, "0")))
    raise Unreadable("is a bare number: write a date, like 2026-05-04T12:00:00Z")


def _by_standard(plain: str) -> str:
    """The same as ISO 8601 writes it, where it can be meant in one way only."""
    if _MAIL.fullmatch(plain):
        try:
            return parsedate_to_datetime(plain).isoformat()
        except ValueError:
            raise Unreadable(_NO_DATE) from None
    iso = _CLOCK.sub(_of_24_hours, plain, count=1)
    iso = _ZONE_APART.sub("Z" if iso.endswith(("UTC", "GMT")) else "", iso)
    for form, order in ((_YEAR_FIRST, (1, 2, 3)), (_DOTTED, (3, 2, 1))):
        if found := form.match(iso):
            year, month, day = (found[n] for n in order)
            return f"{year}-{month:0>2}-{day:0>2}{_clock_behind(iso[found.end() :])}"
    if found := _SLASHED.match(iso):
        return _slashed(*found.groups()) + _clock_behind(iso[found.end() :])
    if found := _BY_NAME.match(iso):
        return _named(*found.groups()) + _clock_behind(iso[found.end() :])
    return f"{iso[:8]}T{iso[8:]}" if len(iso) == 14 and iso.isdigit() else iso


def _said(iso: str) -> datetime:
    if not _ISO.fullmatch(iso):
        raise Unreadable(_NO_DATE)
    try:
        read = datetime.fromisoformat(iso)
    except ValueError:
        raise Unreadable(_NO_DATE) from None
    if 1300 <= read.year < 1500:
        raise Unreadable("is a date of another calendar: write it as 2026-05-04")
    return read


def _slashed(first: str, second: str, year: str) -> str:
    """27/11/2026 and 11/27/2026: which is the month shows itself. A day and a month that could be swapped are refused."""
    if int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
        raise Unreadable("may be read with the day or the month first: write it as 2026-05-04")
    day, month = (first, second) if int(first) > 12 else (second, first)
    return f"{year}-{month:0>2}-{day:0>2}"


def _named(before: str | None, name: str, behind: str | None, year: str) -> str:
    """27 Nov 2026 and November 27, 2026."""
    months = [number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower())]
    day = before or behind
    if len(months) != 1 or not day or (before and behind):
        raise Unreadable(_NO_DATE)
    return f"{year}-{months[0]:02}-{day:0>2}"


def _of_24_hours(found: re.Match[str]) -> str:
    hour, minute, second, half = found.groups()
    if half and not 1 <= int(hour) <= 12:
        raise Unreadable(_NO_DATE)
    hours = int(hour) if not half else int(hour) % 12 + 12 * (half.lower() == "p")
    return f"{hours:02}:{minute}{second}"


def _clock_behind(rest: str) -> str:
    """A comma or several blanks may stand before the time."""
    return re.sub(r"^\s*,?\s+", " ", rest)
