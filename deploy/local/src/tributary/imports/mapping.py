"""How the columns of somebody's file become the fields of a door: by a mapping file, or by their names.

A mapping file has a part ``leads`` and a part ``outcomes``; each has ``fields``, by the door's dotted names, and may have
``recognise``, the columns by which such a file is known without being told. A field is a column's name, or:

    {column: origin, values: {"": (none)}, default: other}   the cell, some values said differently, blanks filled
    {constant: import}                                        the same for every row
    {column: day, time: "%d.%m.%Y", zone: Europe/Berlin}      a time written this way, in UTC if no zone is given
    {column: day, time: any}                                  a time whose form is judged from the whole column
    {column: price, decimals: 2}                              money as written, as minor units of the row's currency
    {column: staff, number: true}                             a number
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from tributary.child_process import StackError
from tributary.imports import dates
from tributary.imports.asked import Kind
from values.money import CURRENCIES
from values.numbers import number
from values.times import Unreadable

MONEY = ("minor", "currency")
CONTACT = ("name", "phone", "email", "company", "address")
FIELDS: Mapping[Kind, frozenset[str]] = {
    "leads": frozenset(
        (
            *("source", "message", "country", "region", "postcode", "product", "industry", "language", "channel"),
            *("campaign", "external_id", "occurred_at"),
            *(f"contact.{name}" for name in CONTACT),
            *(f"expected_amount.{name}" for name in MONEY),
        )
    ),
    "outcomes": frozenset(
        ("lead_id", "source", "external_id", "result", "reason", "at", *(f"amount.{name}" for name in MONEY))
    ),
}
OWN, SEALED = "attributes.", "answers."


class Misread(ValueError):
    """A cell does not hold what its column is said to hold; ``reason`` says why without repeating it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Field:
    """Where one field comes from."""

    column: str | None = None
    constant: str | int | float | bool | None = None
    values: Mapping[str, Any] | None = None
    default: Any = None
    time: str | None = None
    zone: str = "UTC"
    decimals: int | None = None
    number: bool = False
    order: dates.Order = ""

    def of(self, cells: Mapping[str, str], now: datetime) -> Any:
        """What the row says, or None for nothing; raises ``Misread``."""
        if self.column is None:
            return self.constant
        cell = cells.get(self.column, "").strip()
        if self.values and cell in self.values:
            return self.values[cell]
        if not cell:
            return self.default
        if self.time:
            return self._time(cell, now)
        return self._number(cell) if self.number else cell

    def _time(self, cell: str, now: datetime) -> str:
        if self.time == "any":
            try:
                return dates.read(cell, self.order, self._zone, now).isoformat()
            except Unreadable as error:
                raise Misread(error.reason) from None
        written = str(self.time)
        try:
            at = datetime.fromisoformat(cell) if written == "iso" else datetime.strptime(cell, written)  # noqa: DTZ007 - zone below
        except ValueError:
            raise Misread(f"is not written as the mapping says ({written})") from None
        return (at if at.tzinfo else at.replace(tzinfo=self._zone)).isoformat()

    @cached_property
    def _zone(self) -> tzinfo:
        return ZoneInfo(self.zone)

    def _number(self, cell: str) -> Any:
        read = number(cell)
        if read is None or read.adjusted() > 15:
            raise Misread("is not a number")
        whole = read == read.to_integral_value()
        return int(read) if whole else float(read)


@dataclass(frozen=True)
class Plan:
    """How every row of a file becomes the body of one lead or one outcome.

    ``fields`` are read from one column each. What a guess adds: further columns of addresses and numbers (``spare``), fields
    that several columns make (``joined``), the column of a status, and the columns whose cells travel ``sealed``.
    """

    kind: Kind
    fields: Mapping[str, Field]
    unused: tuple[str, ...] = ()
    guessed: bool = False
    spare: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amount: str | None = None
    status: str | None = None
    sealed: tuple[str, ...] = ()

    @property
    def judged_times(self) -> tuple[Field, ...]:
        """The fields whose dates are read in a way that the whole column decides."""
        return tuple(each for each in self.fields.values() if each.time == "any")

    def ordered(self, orders: Mapping[str, dates.Order]) -> "Plan":
        """The plan once it is decided, by column, whether the day or the month stands first."""
        fields = {
            name: replace(each, order=orders.get(str(each.column), "")) if each.time == "any" else each
            for name, each in self.fields.items()
        }
        return replace(self, fields=fields)


def plan_for(kind: Kind, header: Sequence[str], mapping: Path | None) -> Plan | None:
    """The plan that a mapping file gives, else that of the first known kind of file with these columns, else None."""
    if mapping:
        part = _part(_text(mapping), kind, str(mapping))
        return _plan(kind, part, header, str(mapping)) if part is not None else None
    for name, part in _bundled(kind):
        if part.get("recognise") and set(part["recognise"]) <= set(header):
            return _plan(kind, part, header, name)
    return None


def columns_of(kind: Kind, mapping: Path | None) -> frozenset[str]:
    """The columns that a mapping file names, or those by which a known kind of file is recognised: a header has them."""
    parts = [_part(_text(mapping), kind, str(mapping))] if mapping else [part for _, part in _bundled(kind)]
    found = set[str]()
    for part in parts:
        for source in part["fields"].values() if part else ():
            named = source.get("column") if isinstance(source, dict) else source
            found |= {named} if isinstance(named, str) else set()
        found |= set(part.get("recognise", ())) if part else set()
    return frozenset(found)


def _bundled(kind: Kind) -> list[tuple[str, dict[str, Any]]]:
    known = sorted((files("tributary") / "mappings").iterdir(), key=lambda file: file.name)
    parts = [(file.name, _part(file.read_text(), kind, file.name)) for file in known if file.name.endswith(".yaml")]
    return [(name, part) for name, part in parts if part]


def _text(mapping: Path) -> str:
    try:
        return mapping.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise StackError(f"{mapping} cannot be read.") from None


def _part(text: str, kind: Kind, where: str) -> dict[str, Any] | None:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        raise StackError(f"{where} is not YAML.") from None
    if not isinstance(document, dict) or not set(document) <= {"leads", "outcomes"}:
        raise StackError(f"{where}: a mapping has the parts leads and outcomes.")
    part = document.get(kind)
    if part is not None and not (isinstance(part, dict) and isinstance(part.get("fields"), dict)):
        raise StackError(f"{where}: the part {kind} has no fields.")
    return part


def _plan(kind: Kind, part: Mapping[str, Any], header: Sequence[str], where: str) -> Plan:
    fields = {}
    for name, source in part["fields"].items():
        if name not in FIELDS[kind] and not (kind == "leads" and str(name).startswith((OWN, SEALED))):
            raise StackError(f"{where}: {name} is not a field of {kind}.")
        fields[name] = _field(source, f"{where}: {kind}.{name}")
        if fields[name].column is not None and fields[name].column not in header:
            raise StackError(f"{where}: {kind}.{name}: the file has no column {fields[name].column}.")
    _check_money(fields, where)
    used = {field.column for field in fields.values()}
    return Plan(kind, fields, tuple(column for column in header if column not in used))


def _check_money(fields: Mapping[str, Field], where: str) -> None:
    """Decimals that are said for one currency must be its own: the minor unit of yen is the yen."""
    for name in ("expected_amount", "amount"):
        minor, currency = fields.get(f"{name}.minor"), fields.get(f"{name}.currency")
        if minor and currency and minor.decimals is not None and currency.column is None:
            own = CURRENCIES.get(str(currency.constant).upper())
            if own is not None and own != minor.decimals:
                raise StackError(f"{where}: {name}: {currency.constant} has {own} decimals, not {minor.decimals}.")


def _field(source: Any, where: str) -> Field:
    if isinstance(source, str):
        return Field(column=source)
    known = {"column", "constant", "values", "default", "time", "zone", "decimals", "number"}
    if not isinstance(source, dict) or not set(source) <= known or ("column" in source) == ("constant" in source):
        raise StackError(f"{where}: is a column's name, or has a column or a constant and {', '.join(sorted(known))}.")
    check_zone(source.get("zone", "UTC"), where)
    if not isinstance(source.get("values", {}), dict) or not isinstance(source.get("decimals", 0), int):
        raise StackError(f"{where}: values is a table, decimals a whole number.")
    return Field(**source)


def check_zone(name: Any, where: str) -> None:
    """Refuses a zone that does not exist."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise StackError(f"{where}: there is no such zone.") from None
