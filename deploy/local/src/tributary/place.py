"""How far a file has been played: one small file beside a report of the refused rows, so that a kill costs nothing but time."""

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tributary.state import private, state
from tributary.table import Mark

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
class Place:
    """The place in one file. It is written after each batch that the door has answered, after the report."""

    kept: Path
    report: Path
    mark: Mark | None = None
    accepted: int = 0
    refused: int = 0
    reported: int = 0  # bytes of the report that belong to settled batches

    @classmethod
    def found(cls, home: Path, name: str, digest: str) -> "Place":
        """Where an earlier run of the same file was killed, or its beginning."""
        home.mkdir(parents=True, exist_ok=True)
        place = cls(home / f"{digest[:24]}.json", home / f"{name}-refused.csv")
        if place.kept.exists():
            found = json.loads(place.kept.read_text())
            place.mark = Mark(**found["mark"])
            place.accepted, place.refused, place.reported = found["accepted"], found["refused"], found["reported"]
        with place.report.open("ab") as report:
            report.truncate(place.reported)  # rows told by a batch that was not settled are told again
        if not place.reported:
            place._tell([HEADER])
        return place

    def settle(self, after: Mark, accepted: int, refused: Sequence[Refused]) -> None:
        """A batch was answered: its refused rows are on the report, and the file is played up to here."""
        self._tell([(one.row, one.line, one.field, one.reason) for one in sorted(refused, key=lambda one: one.row)])
        self.mark = after
        self.accepted += accepted
        self.refused += len({one.row for one in refused})
        found = {"mark": asdict(after), "accepted": self.accepted, "refused": self.refused, "reported": self.reported}
        private(self.kept, json.dumps(found))

    def finish(self) -> None:
        """The whole file is played. A report without rows is not kept."""
        self.kept.unlink(missing_ok=True)
        if not self.refused:
            self.report.unlink(missing_ok=True)

    def _tell(self, rows: Sequence[Sequence[object]]) -> None:
        with self.report.open("a", newline="", encoding="utf-8") as report:
            csv.writer(report).writerows(rows)
            report.flush()
            os.fsync(report.fileno())
        self.reported = self.report.stat().st_size
