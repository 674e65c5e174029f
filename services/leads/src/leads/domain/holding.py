"""Who had a lead when, read off its timeline: each change of team or person stands there with its time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from leads.domain.lead import Entry

_RELEASES = ("returned", "unassigned")  # the team keeps it, and it is nobody's


@dataclass(frozen=True)
class Holding:
    """A team, and somebody of it or nobody yet, had the lead from ``since`` until before ``until``; without one, still.
    ``cause`` is the step that made it so."""

    team: str
    person: str | None
    since: datetime
    cause: str
    until: datetime | None = None


def holdings(timeline: Iterable[Entry]) -> list[Holding]:
    """One after the other, the oldest first. Nobody has a lead before its first team does."""
    found: list[Holding] = []
    for entry in sorted(timeline, key=lambda one: one["at"]):
        after = _after(found[-1] if found else None, entry)
        if after is None:
            continue
        if found:
            last = found.pop()
            if last.since < after.since:
                found.append(replace(last, until=after.since))
        found.append(after)
    return found


def holder_at(timeline: Iterable[Entry], at: datetime) -> Holding | None:
    """Who had it at this moment."""
    return next((one for one in reversed(holdings(timeline)) if one.since <= at), None)


def _after(before: Holding | None, entry: Entry) -> Holding | None:
    what, team = entry["what"], entry.get("team") or (before.team if before else None)
    nobody = what in _RELEASES or "released" in entry
    if team is None or not ({"team", "assignee"} & entry.keys() or nobody):
        return None
    stays = before is not None and before.team == team
    person = entry.get("assignee") or (before.person if before and stays and not nobody else None)
    if before is not None and stays and before.person == person:
        return None
    return Holding(team, person, entry["at"], what)
