"""What was done about leads: as leads' database has it, and as it was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

_when = datetime.fromisoformat


class Activity(NamedTuple):
    """One activity, but for what was said or written."""

    lead_id: str
    kind: str
    direction: str
    reached: bool | None
    author: str | None
    on_behalf_of: str | None
    team: str | None
    occurred_at: datetime
    recorded_at: datetime


class Recorded(NamedTuple):
    """An activity was told."""

    activity_id: str
    activity: Activity


class Voided(NamedTuple):
    """An activity was told to count no more."""

    activity_id: str
    code: str
    by: str


def _recorded(b: Mapping[str, Any]) -> Recorded:
    words = (b["lead_id"], b["kind"], b["direction"], b.get("reached"), b.get("author"), b.get("on_behalf_of"))
    told = Activity(*words, b.get("team"), _when(b["occurred_at"]), _when(b["recorded_at"]))
    return Recorded(b["activity_id"], told)


TOLD: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "leads.activity.recorded.v1": _recorded,
    "leads.activity.voided.v1": lambda b: Voided(b["activity_id"], b["code"], b["by"]),
}

_DONE = """
select activity_id::text, lead_id::text, kind, direction, reached, author, on_behalf_of, team, occurred_at, recorded_at from activity
"""
_VOIDED = "select activity_id::text, code, by from activity_void"


@dataclass
class ActivityTables:
    """Every activity by its id, and those that count no more: why, and who said so."""

    done: dict[str, Activity] = field(default_factory=dict)
    voided: dict[str, tuple[str, str]] = field(default_factory=dict)


async def read_activities(connection: Any) -> ActivityTables:
    """Everything of it, of one moment."""
    done = {activity_id: Activity(*row) for activity_id, *row in await connection.fetch(_DONE)}
    return ActivityTables(done, {row[0]: (row[1], row[2]) for row in await connection.fetch(_VOIDED)})
