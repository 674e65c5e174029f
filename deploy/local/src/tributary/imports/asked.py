"""What somebody may be asked about a file, and how the question is put: nothing is taken until it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tributary.child_process import StackError

Kind = Literal["leads", "outcomes"]
PREVIEW_ROWS, PREVIEW_CELL = 3, 40


@dataclass(frozen=True)
class Answers:
    """What was said beforehand about a file, by options; what is empty is judged from the file itself."""

    encoding: str = ""
    separator: str = ""
    header: int = 0
    columns: tuple[str, ...] = ()
    dates: str = ""
    zone: str = "UTC"
    list: str = ""


class Unsure(StackError):
    """A file that cannot be read without guessing, or is no list at all: what was seen, and the option that answers it."""

    def __init__(self, what: str, rows: Sequence[Sequence[str]] = ()) -> None:
        lines = [what, *preview(rows)]
        super().__init__("\n".join(lines) + "\nNo row was sent.")


def preview(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first rows as they would be read, a line each."""
    return [f"  {' | '.join(map(_short, row))}" for row in rows[:PREVIEW_ROWS]]


def _short(cell: str) -> str:
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in cell).split())
    return plain if len(plain) <= PREVIEW_CELL else f"{plain[: PREVIEW_CELL - 1]}…"
