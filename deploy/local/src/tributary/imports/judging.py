"""A file is judged before a row of it is sent: all of it is read once, and what is not sure is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tributary.child_process import StackError
from tributary.imports import dates
from tributary.imports.asked import Answers, Kind, Unsure
from tributary.imports.guessing import guessed
from tributary.imports.mapping import Plan, check_zone, columns_of, plan_for
from tributary.imports.table import Row, Table
from tributary.imports.vocabulary import meaning
from values.text import visible

SAMPLED = 200  # rows
NAMED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


@dataclass(frozen=True)
class Judged:
    """A file that can be played: its rows, what its columns mean, the list it is, how many rows, and what is said about it."""

    table: Table
    plan: Plan
    list: str
    rows: int
    remarks: tuple[str, ...]


def judged(kind: Kind, path: Path, mapping: Path | None, answers: Answers, list_name: str = "") -> Judged:
    """The verdict; raises ``Unsure`` where the file cannot be read without guessing. The list is the file's name if not told."""
    if answers.dates not in ("", "dmy", "mdy"):
        raise StackError("DATES is dmy (the day first) or mdy (the month first).")
    check_zone(answers.zone, "ZONE")
    columns = columns_of(kind, mapping)
    table = Table(path, lambda name: name.strip() in columns or meaning(kind, name) is not None, answers)
    sample = [row.cells for row in islice((row for row in table.rows() if not row.wrong), SAMPLED)]
    plan = plan_for(kind, table.header, mapping) or guessed(kind, table.header, sample, answers.zone)
    watched = {str(each.column): dates.Column() for each in plan.judged_times if each.column}
    naive, rows = _read_all(table, watched)
    orders: dict[str, dates.Order] = {}
    for column, seen in watched.items():
        order = seen.order(answers.dates)
        if order is None:
            raise _swapped(path, column, seen, [table.header, *(list(cells.values()) for cells in sample)])
        orders[column] = order
    name = visible(list_name or answers.list or path.stem)
    return Judged(
        table, plan.ordered(orders), name, rows, tuple(_said(table, plan, name, orders, watched, naive, answers))
    )


def _read_all(table: Table, watched: Mapping[str, dates.Column]) -> tuple[int, int]:
    """Every row, so that a quotation mark that nobody closes is found before anything is sent."""
    naive = rows = 0
    for row in table.rows():
        rows = row.number
        naive += _look(row, watched)
    return naive, rows


def _look(row: Row, watched: Mapping[str, dates.Column]) -> bool:
    naive = False
    for column, seen in watched.items():
        cell = row.cells.get(column, "")
        if cell and not row.wrong:
            seen.look(cell)
            naive = naive or not dates.names_a_zone(cell)
    return naive


def _swapped(path: Path, column: str, seen: dates.Column, rows: list[list[str]]) -> Unsure:
    both = (
        "has dates with the day first and dates with the month first"
        if seen.dmy
        else "may have the day or the month first"
    )
    shown = f" ({seen.example})" if seen.example and not seen.dmy else ""
    return Unsure(f"{path.name}: the column {column} {both}{shown}. Say which: DATES=dmy or DATES=mdy.", rows)


def _said(
    table: Table,
    plan: Plan,
    name: str,
    orders: Mapping[str, dates.Order],
    watched: Mapping[str, dates.Column],
    naive: int,
    answers: Answers,
) -> list[str]:
    """What the file was taken for, in a few lines."""
    separator = NAMED.get(table.layout.separator, table.layout.separator)
    encoding = table.encoding.removesuffix("-sig").upper()
    titles = f", {_many(table.layout.titles, 'title line')} above the header skipped" if table.layout.titles else ""
    lines = [f"list {name}; {encoding}, separated by {separator}{titles}"]
    meant = [f"{each.column} is {field}" for field, each in plan.fields.items() if each.column and plan.guessed]
    meant += [f"{', '.join(columns)} is {field}" for field, columns in plan.spare.items()]
    meant += [f"{' + '.join(columns)} is contact.{_PARTS[part]}" for part, columns in plan.joined.items()]
    if meant:
        lines.append("; ".join(meant))
    if plan.sealed:
        more = f" and {len(plan.sealed) - 8} more columns" if len(plan.sealed) > 8 else ""
        lines.append(
            f"sealed with who asks, because nothing says that they are harmless: {', '.join(plan.sealed[:8])}{more}"
        )
    for column, seen in watched.items():
        if orders.get(column):
            lines.append(f"{column}: the {'day' if orders[column] == 'dmy' else 'month'} stands first")
        if seen.serials:
            lines.append(f"{column}: {_many(seen.serials, 'number')} read as a spreadsheet's count of days")
    if naive and answers.zone == "UTC":
        lines.append(f"{_many(naive, 'time')} without a time zone, read as UTC (ZONE=Europe/Berlin says another)")
    return lines


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


_PARTS = {"whole": "name", "parts": "name", "address": "address"}
