"""Dates of a column, read in one way for all of it: whether the day or the month stands first is decided by its values."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from values.text import bare, digits
from values.times import Unreadable, bounds, moment

Order = Literal["", "dmy", "mdy"]

_PARTS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(.*)", re.S)
_EAST = re.compile(r"(?!\d{4}-\d\d-\d\d)(\d{4})\s*[年년/.-]\s*(\d{1,2})\s*[月월/.-]\s*(\d{1,2})\s*[日일]?(.*)", re.S)
_MONTHS = {
    name: at + 1
    for at, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_DAY_NAMED = re.compile(
    r"(?:[A-Za-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})(?!\d)(.*)", re.S
)
_MONTH_NAMED = re.compile(
    r"(?:[A-Za-z]{3,9},? )?([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)(.*)", re.S
)
_CLOCK = re.compile(r"[\sT,]*(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(.*)", re.S)
_ZONE = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{2}):?(\d{2})")
_SERIAL = re.compile(r"[1-9]\d{4}(?:[.,]\d+)?")
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock, as a spreadsheet keeps it
SERIALS = (20_000, 80_000)  # 1954 to 2119


@dataclass
class Column:
    """What the values of one column of dates say about the order of day and month."""

    open: int = 0
    dmy: int = 0
    mdy: int = 0
    serials: int = 0
    naive: int = 0
    example: str = ""

    def look(self, cell: str) -> None:
        """Takes one more value into account."""
        plain = digits(bare(cell))
        self.serials += bool(_SERIAL.fullmatch(plain))
        found = _PARTS.match(plain)
        if not found:
            return
        first, sign, second = int(found[1]), found[2], int(found[3])
        if first > 12 or second > 12:
            self.dmy += first > 12 >= second
            self.mdy += second > 12 >= first
        elif sign == ".":
            self.dmy += not self.mdy  # with points the day stands first, unless a value shows otherwise
        elif first != second:
            self.open += 1
            self.example = self.example or found[0][:10]

    def order(self, report: str) -> Order | None:
        """The order for the whole column; None where it has to be asked."""
        if report in ("dmy", "mdy"):
            return "dmy" if report == "dmy" else "mdy"
        if self.dmy and self.mdy:
            return None
        if self.open and not (self.dmy or self.mdy):
            return None
        return "mdy" if self.mdy else "dmy" if self.dmy else ""


def read(cell: str, order: Order, zone: tzinfo, now: datetime) -> datetime:
    """The moment that a cell says, in UTC; raises ``Unreadable``. A serial number is a spreadsheet's count of days."""
    plain = digits(bare(cell))
    at = _serial(plain, zone) or _parted(plain, order, zone)
    at = moment(plain, zone) if at is None else at.astimezone(UTC)
    if reason := bounds(at, now):
        raise Unreadable(reason)
    return at


def names_a_zone(cell: str) -> bool:
    """Whether the cell says in which zone its time is."""
    plain = digits(bare(cell))
    return plain.endswith("Z") or bool(re.search(r"\d\s*(?:UTC|GMT|[+-]\d{2}:?\d{2})$", plain)) or plain.isdigit()


def _serial(plain: str, zone: tzinfo) -> datetime | None:
    if not _SERIAL.fullmatch(plain):
        return None
    days = float(plain.replace(",", "."))
    if not SERIALS[0] <= days < SERIALS[1]:
        return None
    return (EXCEL_EPOCH + timedelta(seconds=round(days * 86_400))).replace(tzinfo=zone)


def _parted(plain: str, order: Order, zone: tzinfo) -> datetime | None:
    """A date whose parts stand apart, in the column's order or with the month by its name; None when it is none."""
    if found := _PARTS.match(plain):
        first, _, second, year, rest = found.groups()
        if order == "mdy":
            month, day = first, second
        elif order == "dmy" or int(first) > 12 or first == second:
            day, month = first, second
        elif int(second) > 12:
            month, day = first, second
        else:
            raise Unreadable("may be read with the day or the month first")
    elif found := _EAST.match(plain):
        year, month, day, rest = found.groups()
    elif (found := _DAY_NAMED.match(plain)) and found[2][:3].lower() in _MONTHS:
        day, name, year, rest = found.groups()
        month = str(_MONTHS[name[:3].lower()])
    elif (found := _MONTH_NAMED.match(plain)) and found[1][:3].lower() in _MONTHS:
        name, day, year, rest = found.groups()
        month = str(_MONTHS[name[:3].lower()])
    else:
        return None
    full = int(year) + (2000 if len(year) == 2 else 0)
    if 1300 <= full < 1500:
        raise Unreadable("is a date of another calendar")
    try:
        return _clocked(datetime(full, int(month), int(day)), rest, zone)  # noqa: DTZ001 - the zone follows
    except ValueError:
        raise Unreadable("is no date") from None


def _clocked(day: datetime, rest: str, zone: tzinfo) -> datetime | None:
    """The day with the time of day behind it; None leaves what is there to the general rule."""
    if not rest.strip():
        return day.replace(tzinfo=zone)
    found = _CLOCK.fullmatch(rest)
    if not found:
        raise Unreadable("is no date")
    hour, minute, second, half, behind = found.groups()
    hours = int(hour) % 12 + (12 if half[0] in "pP" else 0) if half else int(hour)
    at = day.replace(hour=hours, minute=int(minute), second=int(second or 0))
    if not behind:
        return at.replace(tzinfo=zone)
    return moment(f"{at:%Y-%m-%dT%H:%M:%S}{_offset(behind)}")


def _offset(behind: str) -> str:
    if behind in ("Z", "UTC", "GMT"):
        return "Z"
    found = _ZONE.fullmatch(behind)
    if not found:
        raise Unreadable("names a time zone that is not known")
    return f"{found[1]}{found[2]}:{found[3]}"
