"""How a table is laid out: its separator, the line in which its header stands, and whether it has one at all.

A separator is judged by what it makes of the first lines, with quotation marks honoured: the names that are known, and rows of
one width. Lines above the header are skipped only where they can be nothing but titles: narrower than the header, and with
nothing in them that belongs to a lead. Whatever is not sure is asked.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tributary.imports.asked import Answers, Unsure
from values.contact import email
from values.text import bare, digits

SEPARATORS = (",", ";", "\t", "|")
NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "\\t": "\t"}
LOOKED_AT = 60  # lines
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*$", re.I)
_PHONE = re.compile(r"(?=(?:\D*\d){7})(?:[pl]:)?\+?[\d\s()./-]{7,25}")
_NUMBER = re.compile(r"[+-]?[\d.,:/\s-]*\d[\d.,:/\s-]*(?:[TZ].*)?")

Known = Callable[[str], bool]


@dataclass(frozen=True)
class Layout:
    """``header`` are the names, ``line`` the number of lines up to the first row, ``titles`` how many above the header are skipped."""

    separator: str
    header: tuple[str, ...]
    line: int
    titles: int = 0


@dataclass(frozen=True)
class _Reading:
    """What one separator makes of the first lines: rows with the line each begins at and ends before."""

    separator: str
    rows: list[tuple[int, int, list[str]]]
    at: int | None  # which of them is the header
    known: int
    even: float


def layout_of(lines: Sequence[str], where: str, known: Known, answers: Answers) -> Layout:
    """The layout of the table in these first lines of it; ``known`` says whether a name is that of a field."""
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    report = _SEP_LINE.match(lines[first]) if lines else None
    skipped = first + 1 if report else 0
    separator = _separator(answers.separator) or (report[1] if report else "")
    readings = [_read(lines, skipped, each, known) for each in ([separator] if separator else SEPARATORS)]
    if answers.columns:
        best = max(readings, key=lambda one: (one.even * (_width(one) == len(answers.columns)), _width(one)))
        return _named(best, answers, skipped, where)
    if answers.header:
        return _told(readings, answers.header, where)
    best = max(readings, key=lambda one: (one.known, one.even, _width(one)))
    if best.at is None:
        raise _headless(readings, where)
    rivals = [
        one
        for one in readings
        if one is not best and one.known == best.known and one.even == best.even and _width(one) > 1
    ]
    if rivals and best.known and _width(best) == _width(rivals[0]):
        shown = [[f"SEPARATOR={_called(one.separator)}", *one.rows[one.at or 0][2]] for one in (best, *rivals)]
        raise Unsure(f"{where} may be separated in two ways. Say which reads right:", shown)
    return _laid_out(best, best.at, skipped)


def _laid_out(reading: _Reading, at: int, skipped: int) -> Layout:
    _, end, names = reading.rows[at]
    above = sum(any(cell.strip() for cell in row) for _, _, row in reading.rows[:at])
    return Layout(reading.separator, column_names(names), end, above)


def column_names(cells: Sequence[str]) -> tuple[str, ...]:
    """One name for each column: a name that stands there again, or is blank, is told apart by its place."""
    names = [bare(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(
        f"{name or 'column'} {at + 1}" if not name or name in names[:at] else name for at, name in enumerate(names)
    )


def _read(lines: Sequence[str], skipped: int, separator: str, known: Known) -> _Reading:
    rows: list[tuple[int, int, list[str]]] = []
    reader = csv.reader(lines[skipped:LOOKED_AT], delimiter=separator)
    begin = skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            cells = []
        end = skipped + reader.line_num
        if any(cell.strip() for cell in cells):
            rows.append((begin, end, cells))
        begin = end
    at, count = _header(rows, known)
    width = len(rows[at or 0][2]) if rows else 0
    below = [len(row) for _, _, row in rows[(at or 0) + 1 :]]
    even = sum(size == width for size in below) / len(below) if below else 1.0
    return _Reading(separator, rows, at, count, even)


def _header(rows: list[tuple[int, int, list[str]]], known: Known) -> tuple[int | None, int]:
    """Which row names the columns, and how many of its names are known."""
    best, most = None, 0
    for at, (_, _, row) in enumerate(rows[:20]):
        filled = [cell.strip() for cell in row if cell.strip()]
        count = sum(map(known, filled))
        if best is not None and at > 0 and not _are_titles([r for _, _, r in rows[:at]], len(filled), known):
            break
        if count > most and not any(map(is_data, filled)):
            if at and not (_are_titles([r for _, _, r in rows[:at]], len(filled), known) and (count > 1 or most == 0)):
                continue
            best, most = at, count
    return best, most


def _are_titles(rows: list[list[str]], width: int, known: Known) -> bool:
    """Whether rows above a header of that width can be nothing but titles: each narrower, none with a way to reach somebody."""
    for row in rows:
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) > max(1, width // 2) or any(_reaches(cell) for cell in filled) or sum(map(known, filled)) > 1:
            return False
    return True


def is_data(cell: str) -> bool:
    """Whether a cell holds what no column is called: an address, a number, a date."""
    return _reaches(cell) or bool(_NUMBER.fullmatch(digits(cell)))


def _reaches(cell: str) -> bool:
    return ("@" in cell and email(cell) is not None) or bool(_PHONE.fullmatch(digits(cell)))


def _width(reading: _Reading) -> int:
    return len(reading.rows[reading.at or 0][2]) if reading.rows else 0


def _separator(asked: str) -> str:
    if asked.lower() in NAMED:
        return NAMED[asked.lower()]
    if len(asked) > 1 or asked in ('"', "\n", "\r"):
        raise Unsure("A separator is one character, or one of comma, semicolon, tab, pipe.")
    return asked


def _called(separator: str) -> str:
    return next((name for name, sign in NAMED.items() if sign == separator), separator)


def _headless(readings: list[_Reading], where: str) -> Unsure:
    best = max(readings, key=lambda one: (one.even if _width(one) > 1 else 0, _width(one)))
    rows = [row for _, _, row in best.rows]
    if rows and any(map(is_data, rows[0])):
        what = f"{where} has no header: its first row reads like a lead. Name its columns, with - for one that is to be left out, like"
        return Unsure(f"{what} COLUMNS=name,email,phone. It would read:", rows)
    return Unsure(
        f"{where}: no row of it names columns that are known. Say in which line they stand (HEADER=3), name them in order "
        "(COLUMNS=name,email,phone), or say what they mean by a mapping (MAP=mapping.yaml). It would read:",
        rows,
    )


def _named(reading: _Reading, answers: Answers, skipped: int, where: str) -> Layout:
    if not reading.rows:
        raise Unsure(f"{where} holds no row.")
    if answers.header:
        at = max((at for at, (begin, _, _) in enumerate(reading.rows) if begin < answers.header), default=0)
        return Layout(reading.separator, answers.columns, reading.rows[at][1], at)
    return Layout(reading.separator, answers.columns, skipped)


def _told(readings: list[_Reading], line: int, where: str) -> Layout:
    """The header stands in the line that was told."""
    fits = []
    for one in readings:
        at = next((at for at, (begin, end, _) in enumerate(one.rows) if begin < line <= end), None)
        if at is not None:
            fits.append((len(one.rows[at][2]), one, at))
    if not fits:
        raise Unsure(f"{where} has no row in line {line}.")
    _, best, at = max(fits, key=lambda fit: fit[0])
    return _laid_out(best, at, 0)
