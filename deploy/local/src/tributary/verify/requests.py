"""What customers are owed an answer to: as leads' database has it, and as it was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

_when = datetime.fromisoformat
RequestName = tuple[str, int]


class Owed(NamedTuple):
    """A request as it is on record. ``step`` is how many of its times are over: due soon, due, and those behind it."""

    state: str
    step: int
    due: bool
    answered_at: datetime | None


class Step(NamedTuple):
    """A step of its clock was told: breached, escalated:1 and so on; that it is due soon may be left out."""

    request: RequestName
    name: str
    due_at: datetime


class Turned(NamedTuple):
    """What became of it was told, and which steps were taken back by that."""

    request: RequestName
    state: str
    answered_at: datetime | None = None
    withdraws: tuple[str, ...] = ()
    at: datetime | None = None  # when it was asked for, or cancelled
    due_at: datetime | None = None
    waited: tuple[bool, int, int] = (False, 0, 0)  # whether it was late, and the seconds with nobody and with somebody


def _of(b: Mapping[str, Any]) -> RequestName:
    return b["lead_id"], b["n"]


def _answered(b: Mapping[str, Any]) -> Turned:
    waited = b["late"], b["system_s"], b["human_s"]
    withdraws, due_at = tuple(b.get("withdraws", ())), _when(b["due_at"])
    return Turned(_of(b), "answered", _when(b["answered_at"]), withdraws, due_at=due_at, waited=waited)


TOLD: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "leads.request.received.v1": lambda b: Turned(_of(b), "open", at=_when(b["asked_at"])),
    "leads.request.offered.v1": lambda b: None,
    "leads.request.due_soon.v1": lambda b: Step(_of(b), "due_soon", _when(b["due_at"])),
    "leads.request.breached.v1": lambda b: Step(_of(b), "breached", _when(b["due_at"])),
    "leads.request.escalated.v1": lambda b: Step(_of(b), f"escalated:{b['step']}", _when(b["due_at"])),
    "leads.request.answered.v1": _answered,
    "leads.request.corrected.v1": _answered,
    "leads.request.reopened.v1": lambda b: Turned(_of(b), "open"),
    "leads.request.checked.v1": lambda b: None,
    "leads.request.cancelled.v1": lambda b: Turned(_of(b), "cancelled", at=_when(b["cancelled_at"])),
}


@dataclass
class RequestTables:
    """Every request by its lead and number."""

    owed: dict[RequestName, Owed] = field(default_factory=dict)


_OWED = "select lead_id::text, n, state, step, due_at is not null, answered_at from request"


async def read_requests(connection: Any) -> RequestTables:
    """Everything of it, of one moment."""
    return RequestTables({(row[0], row[1]): Owed(*row[2:]) for row in map(tuple, await connection.fetch(_OWED))})
