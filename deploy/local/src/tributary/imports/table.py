"""A CSV file as rows, one at a time, with the place after each: the rows of a file of any length are never all in memory."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tributary.child_process import StackError
from tributary.imports import encodings, kinds
from tributary.imports.asked import Answers, Unsure
from tributary.imports.layout import LOOKED_AT, Known, Layout, layout_of
from values.contact import email

LONGEST_CELL = 1_000_000  # a quotation mark that nobody closes would otherwise swallow the file
csv.field_size_limit(LONGEST_CELL)
_BROKEN = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Mark:
    """Up to where a file has been played: rows after the header, lines."""

    row: int = 0
    line: int = 0


@dataclass(frozen=True)
class Row:
    """A row by the names of the header, or why it cannot be read. ``after`` is where the next one begins."""

    number: int
    line: int
    cells: dict[str, str]
    wrong: str
    after: Mark


class Table:
    """A CSV file that was judged: what it is, its encoding, its separator and its header. ``Unsure`` where that cannot be known."""

    def __init__(self, path: Path, known: Known, answers: Answers | None = None) -> None:
        answers = answers or Answers()
        self.path = path
        try:
            with path.open("rb") as file:
                head = file.read(encodings.SAMPLE)
        except OSError as error:
            raise StackError(f"{path} cannot be read: {error.strerror}.") from None
        if why := kinds.of_bytes(head):
            raise Unsure(f"{path.name} {why}.")
        self.encoding = encodings.encoding_of(path, answers.encoding)
        lines = []
        with self._open() as text:
            for line in text:
                lines.append(line)
                if len(lines) >= LOOKED_AT or sum(map(len, lines)) > encodings.SAMPLE:
                    break
        if why := kinds.of_text("".join(lines)):
            raise Unsure(f"{path.name} {why}.")
        try:
            self.layout: Layout = layout_of(lines, path.name, known, answers)
        except Unsure:
            if kinds.is_prose(lines) and not (answers.columns or answers.header):
                raise Unsure(
                    f"{path.name} reads like prose, not like a list: choose a CSV file. It begins:", [[lines[0]]]
                ) from None
            raise
        self.header = list(self.layout.header)

    def _open(self) -> io.TextIOWrapper:
        # newline="" ends lines at CR, LF and CRLF, and nowhere else: U+2028 and its like may stand inside a cell
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="")

    def rows(self, begin: Mark | None = None) -> Iterator[Row]:
        """The rows from a place on. Rows of nothing but separators are none."""
        begin = begin or Mark()
        with self._open() as text:
            for _ in range(self.layout.line):
                next(text, None)
            yield from (row for row in self._rows(text) if row.number > begin.row)

    def _rows(self, text: io.TextIOWrapper) -> Iterator[Row]:
        lines = _Lines(text, self.layout.line)
        reader = csv.reader(lines, delimiter=self.layout.separator, strict=True)
        number = 0
        while True:
            begin = lines.count + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = self._mended(lines, begin, str(error))
            if not any(cell and not cell.isspace() for cell in cells):
                continue
            number += 1
            named = dict(zip(self.header, cells, strict=False))
            yield Row(number, begin, named, self._wrong(cells), Mark(number, lines.count))

    def _mended(self, lines: "_Lines", begin: int, error: str) -> list[str]:
        """A quotation mark that is followed by more than a separator: within one line it is text, else nobody closed it."""
        if lines.count > begin or "unexpected end" in error or "field larger" in error:
            at = lines.opened(begin, self.layout.separator)
            raise Unsure(
                f"{self.path.name}, line {at}: a quotation mark opens there and is not closed. Close it, or write it twice within "
                "the cell's own quotation marks, and play the file again."
            )
        return next(csv.reader([lines.last], delimiter=self.layout.separator))

    def _wrong(self, cells: list[str]) -> str:
        width = len(self.header)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            return f"has {len(cells)} cells where the header names {width}"
        for cell in cells:
            if not cell.isascii() and _BROKEN.search(cell):
                return f"is not {self.encoding.upper().removesuffix('-SIG')}"
            if ("\n" in cell or "\r" in cell) and self._swallowed(cell):
                return "has a cell that runs over lines which look like rows: is its quotation mark closed?"
        if [cell.strip() for cell in cells[:width]] == self.header:
            return "is the header again"
        return ""

    def _swallowed(self, cell: str) -> bool:
        """Whether whole rows stand in one cell: a line of it has the header's width and an address in a cell of its own."""
        width = len(self.header)
        for line in cell.splitlines()[1:]:
            parts = line.split(self.layout.separator)
            if width > 1 and len(parts) >= width and any("@" in part and email(part) for part in parts):
                return True
        return False


class _Lines:
    """Lines on their way to the reader, counted, and those of the row at hand kept."""

    def __init__(self, text: io.TextIOWrapper, skipped: int) -> None:
        self._text, self.count, self.last, self._kept = text, skipped, "", dict[int, str]()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.last = next(self._text)
        self.count += 1
        return self.last

    def opened(self, begin: int, separator: str) -> int:
        """The line in which the quotation mark opens that is not closed, of the row that begins there."""
        self._text.seek(0)
        at = quoted = 0
        was = separator
        for number, line in enumerate(self._text, 1):
            if number < begin or number > self.count:
                continue
            for sign in line:
                if sign == '"' and (quoted or was in (separator, "\n", "\r")):
                    quoted = not quoted
                    at = number if quoted else at
                was = sign if sign != "\ufeff" else was
        return at or begin
