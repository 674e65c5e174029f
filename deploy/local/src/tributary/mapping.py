"""How the columns of somebody's file become the fields of a door: by a mapping file, or by their names.

A mapping file has a part ``leads`` and a part ``outcomes``; each has ``fields``, by the door's dotted names, and may have
``recognise``, the columns by which such a file is known without being told. A field is a column's name, or:

    {column: origin, values: {"": (none)}, default: other}   the cell, some values said differently, blanks filled
    {constant: import}                                        the same for every row
    {column: day, time: "%d.%m.%Y", zone: Europe/Berlin}      a time written this way, in UTC if no zone is given
    {column: price, decimals: 2}                              money with a decimal point, as minor units
    {column: staff, number: true}                             a number
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from tributary.owned import StackError

Kind = Literal["leads", "outcomes"]
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
OWN = "attributes."


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

    def of(self, cells: Mapping[str, str]) -> Any:
        """What the row says, or None for nothing. What cannot be read is passed on as it is: the door says what is wrong with it."""
        if self.column is None:
            return self.constant
        cell = cells.get(self.column, "").strip()
        if self.values and cell in self.values:
            return self.values[cell]
        if not cell:
            return self.default
        if self.time:
            return self._time(cell)
        if self.decimals is not None or self.number:
            return self._number(cell)
        return cell

    def _time(self, cell: str) -> str:
        try:
            written = str(self.time)
            at = datetime.fromisoformat(cell) if written == "iso" else datetime.strptime(cell, written)  # noqa: DTZ007 - zone below
        except ValueError:
            return cell
        return (at if at.tzinfo else at.replace(tzinfo=self._zone)).isoformat()

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _number(self, cell: str) -> Any:
        try:
            number = Decimal(cell)
        except InvalidOperation:
            return cell
        if not number.is_finite() or number.adjusted() > 15:
            return cell
        if self.decimals is not None:
            number = number.scaleb(self.decimals)
        return int(number) if number == number.to_integral_value() else float(number)


@dataclass(frozen=True)
class Plan:
    """How every row of a file becomes the body of one lead or one outcome."""

    kind: Kind
    fields: Mapping[str, Field]
    unused: tuple[str, ...] = ()

    def body(self, cells: Mapping[str, str], name: str) -> dict[str, Any]:
        """The row as the door takes it. A lead that its file gives no id is called ``name``, so that it is the same lead next time."""
        body: dict[str, Any] = {}
        for field, source in self.fields.items():
            value = source.of(cells)
            if value is None:
                continue
            outer, _, inner = field.partition(".")
            if inner:
                body.setdefault(outer, {})[inner] = value
            else:
                body[outer] = value
        if self.kind == "leads":
            body.setdefault("external_id", name)
            body.setdefault("source", "import")
        elif "lead_id" not in body:
            body.setdefault("source", "import")
        return body


def plan_for(kind: Kind, header: Sequence[str], mapping: Path | None) -> Plan | None:
    """The plan that a mapping file gives, else that of the first known kind of file with these columns, else None."""
    if mapping:
        try:
            text = mapping.read_text()
        except (OSError, UnicodeDecodeError):
            raise StackError(f"{mapping} cannot be read.") from None
        part = _part(text, kind, str(mapping))
        if part is not None:
            return _plan(kind, part, header, str(mapping))
        return None
    for known in sorted((files("tributary") / "mappings").iterdir(), key=lambda file: file.name):
        part = _part(known.read_text(), kind, known.name) if known.name.endswith(".yaml") else None
        if part and part.get("recognise") and set(part["recognise"]) <= set(header):
            return _plan(kind, part, header, known.name)
    return None


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
        if name not in FIELDS[kind] and not (kind == "leads" and str(name).startswith(OWN)):
            raise StackError(f"{where}: {name} is not a field of {kind}.")
        fields[name] = _field(source, f"{where}: {kind}.{name}")
        if fields[name].column is not None and fields[name].column not in header:
            raise StackError(f"{where}: {kind}.{name}: the file has no column {fields[name].column}.")
    used = {field.column for field in fields.values()}
    return Plan(kind, fields, tuple(column for column in header if column not in used))


def _field(source: Any, where: str) -> Field:
    if isinstance(source, str):
        return Field(column=source)
    known = {"column", "constant", "values", "default", "time", "zone", "decimals", "number"}
    if not isinstance(source, dict) or not set(source) <= known or ("column" in source) == ("constant" in source):
        raise StackError(f"{where}: is a column's name, or has a column or a constant and {', '.join(sorted(known))}.")
    try:
        ZoneInfo(source.get("zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise StackError(f"{where}: there is no such zone.") from None
    if not isinstance(source.get("values", {}), dict) or not isinstance(source.get("decimals", 0), int):
        raise StackError(f"{where}: values is a table, decimals a whole number.")
    return Field(**source)
