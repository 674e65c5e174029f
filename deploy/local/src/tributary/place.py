"""How far a file has been played: one small file beside reports of the refused and of the noted rows, so that a kill costs
nothing but time."""

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tributary.imports.table import Mark
from tributary.state import private, state

HEADER = ("row", "line", "field", "reason")


@dataclass(frozen=True)
class Refused:
    """One thing wrong with one row: ``row`` counts from 1 after the header, ``line`` from 1 in the file."""

    row: int
    line: int
    field: str
    reason: str


def places() -> Path:
    """Where the places of all files are kept."""
    return state() / "replay"


@dataclass
class Report:
    """Rows and what is said about them, as CSV. What a batch told that was not settled is told again, once."""

    path: Path
    length: int = 0  # bytes that belong to settled batches
    rows: int = 0

    def open(self) -> None:
        """Begins it, or goes on after what was settled."""
        with self.path.open("ab") as report:
            report.truncate(self.length)
        if not self.length:
            self._write([HEADER])

    def tell(self, report: Sequence[Refused]) -> None:
        """Writes what a batch says, in the order of the rows."""
        self._write([(one.row, one.line, one.field, one.reason) for one in sorted(report, key=lambda one: one.row)])
        self.rows += len({one.row for one in report})

    def finish(self) -> None:
        """A report without rows is not kept."""
        if not self.rows:
            self.path.unlink(missing_ok=True)

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        with self.path.open("a", newline="", encoding="utf-8") as report:
            csv.writer(report).writerows(rows)
            report.flush()
            os.fsync(report.fileno())
        self.length = self.path.stat().st_size


@dataclass
class Place:
    """The place in one file. It is written after each batch that the door has answered, after the reports."""

    kept: Path
    refusals: Report
    notes: Report
    mark: Mark | None = None
    accepted: int = 0

    @property
    def refused(self) -> int:
        """Rows that were not taken."""
        return self.refusals.rows

    @property
    def noted(self) -> int:
        """Rows of which something is said, taken or left out."""
        return self.notes.rows

    @classmethod
    def found(cls, home: Path, name: str, digest: str) -> "Place":
        """Where an earlier run of the same file was killed, or its beginning."""
        home.mkdir(parents=True, exist_ok=True)
        place = cls(
            home / f"{digest[:24]}.json", Report(home / f"{name}-refused.csv"), Report(home / f"{name}-noted.csv")
        )
        if place.kept.exists():
            found = json.loads(place.kept.read_text())
            place.mark, place.accepted = Mark(**found["mark"]), found["accepted"]
            for report, kept in ((place.refusals, found["refused"]), (place.notes, found["noted"])):
                report.length, report.rows = kept
        for report in (place.refusals, place.notes):
            report.open()
        return place

    def settle(self, after: Mark, accepted: int, refused: Sequence[Refused], noted: Sequence[Refused] = ()) -> None:
        """A batch was answered: what is said of its rows is on the reports, and the file is played up to here."""
        self.refusals.tell(refused)
        self.notes.tell(noted)
        self.mark = after
        self.accepted += accepted
        found = {
            "mark": asdict(after),
            "accepted": self.accepted,
            "refused": (self.refusals.length, self.refusals.rows),
            "noted": (self.notes.length, self.notes.rows),
        }
        private(self.kept, json.dumps(found))

    def finish(self) -> None:
        """The whole file is played."""
        self.kept.unlink(missing_ok=True)
        self.refusals.finish()
        self.notes.finish()
