"""Many rows in one body: the good ones are taken, and each bad one is named by its place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from chassis.problems import FieldError

T = TypeVar("T")


class RowRefused(BaseModel):
    """A row that was not taken, and why."""

    index: int
    errors: list[FieldError]


class RowFlagged(BaseModel):
    """A row that was taken, and what its sender should know of how it was read."""

    index: int
    flags: list[str]


class BatchAnswer(BaseModel):
    """How many rows were taken, and which were not."""

    accepted: int
    refused: list[RowRefused]


@dataclass(frozen=True)
class Rows(Generic[T]):
    """The good rows and the bad ones, each with its place in the body."""

    taken: list[tuple[int, T]] = field(default_factory=list)
    refused: list[tuple[int, list[FieldError]]] = field(default_factory=list)


def each(rows: Iterable[tuple[int, Any]], settled: Callable[[Any], T | list[FieldError]]) -> Rows[T]:
    """Settles row by row: what comes of one is taken, what is wrong with it refuses that one only."""
    found: Rows[T] = Rows()
    for index, row in rows:
        answer = settled(row)
        if isinstance(answer, list):
            found.refused.append((index, answer))
        else:
            found.taken.append((index, answer))
    return found


def refusals(rows: Rows[Any]) -> list[RowRefused]:
    """The rows that were not taken."""
    return [RowRefused(index=index, errors=errors) for index, errors in rows.refused]


def flagged(rows: Iterable[tuple[int, list[str]]]) -> list[RowFlagged]:
    """The rows of which there is something to say."""
    return [RowFlagged(index=index, flags=flags) for index, flags in rows if flags]
