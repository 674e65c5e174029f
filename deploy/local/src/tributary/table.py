"""A CSV file as rows, one at a time, with the place in the file after each: a file of any length takes the same memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tributary.owned import StackError

LONGEST_CELL = 1_000_000  # a quotation mark that nobody closes would otherwise swallow the file
csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True)
class Mark:
    """Up to where a file has been read: bytes, rows after the header, lines."""

    offset: int = 0
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
    """A CSV file with a header. The separator is the one the header uses; UTF-8, with or without a byte order mark."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise StackError(f"{path} cannot be read: {error.strerror}.") from None
        self.size = path.stat().st_size
        self._offset = self._line = 0
        first = self._file.readline().decode("utf-8-sig", "surrogateescape")
        self._file.seek(0)
        self.separator = max(",;\t|", key=first.count)
        names = [name.strip() for name in next(self._cells(), [])]
        if not any(names):
            raise StackError(f"{path} has no header: its first row must name the columns.")
        self.header = [name if name not in names[:at] else f"{name} {at + 1}" for at, name in enumerate(names)]
        self._first = Mark(self._offset, 0, self._line)

    def rows(self, begin: Mark | None = None) -> Iterator[Row]:
        """The rows from a place on."""
        begin = begin or self._first
        self._file.seek(begin.offset)
        self._offset, self._line = begin.offset, begin.line
        number = begin.row
        line = self._line + 1
        for cells in self._cells():
            if cells:
                number += 1
                after = Mark(self._offset, number, self._line)
                yield Row(number, line, dict(zip(self.header, cells, strict=False)), self._wrong(cells), after)
            line = self._line + 1

    def _wrong(self, cells: list[str]) -> str:
        if len(cells) != len(self.header):
            return f"has {len(cells)} cells where the header names {len(self.header)}"
        if any(0xDC80 <= ord(sign) <= 0xDCFF for cell in cells if not cell.isascii() for sign in cell):
            return "is not UTF-8"
        return ""

    def _cells(self) -> Iterator[list[str]]:
        try:
            yield from csv.reader(self._lines(), delimiter=self.separator)
        except csv.Error:
            raise StackError(f"{self.path}, line {self._line}: a quotation mark opens and is not closed.") from None

    def _lines(self) -> Iterator[str]:
        # the reader takes one line at a time and never ahead of its row, so the offset is exact after each row
        for raw in self._file:
            encoding = "utf-8" if self._offset else "utf-8-sig"
            self._offset += len(raw)
            self._line += 1
            yield raw.decode(encoding, "surrogateescape")
