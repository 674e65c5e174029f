"""A scorecard that is in force judges anew who waits for a qualifier. Whom a person has judged no card judges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from leads.domain import lead as lifecycle
from leads.domain.codes import Reasons
from leads.domain.lead import Entry, Lead
from leads.domain.place import QUALIFIED, place_of
from leads.domain.qualification import Verdict
from leads.domain.rules import NotPossible, Version

WAITS = "qualification"


@dataclass(frozen=True)
class Application:
    """How far it is: ``leads`` were looked at, up to ``position`` in the order of their ids. Of them ``changed`` are judged otherwise
    than before, and ``unreadable`` are of people who were forgotten."""

    kind: str
    version: int
    state: Literal["waiting", "done"]
    by: str
    asked_at: datetime
    position: UUID | None = None
    leads: int = 0
    changed: int = 0
    unreadable: int = 0
    done_at: datetime | None = None


def asked(one: Version, by: str, at: datetime) -> Application:
    """It begins with the first lead. Raises NotPossible for a version that does not decide."""
    if one.state != "active":
        raise NotPossible("Only the version in force is applied.")
    return Application(one.kind, one.version, "waiting", by, at)


def judged_anew(lead: Lead, at: datetime, verdict: Verdict, reasons: Reasons) -> tuple[Lead, list[Entry]]:
    """The lead by a newer card's verdict; nothing where it says what stands, or a person has judged. ``reasons`` say how long the
    contact of one that it sets aside is kept."""
    says_the_same = (lead.grade, lead.disposition) == (verdict.grade, verdict.disposition) and verdict.genuine
    if place_of(lead) != WAITS or lead.life.revisited or says_the_same:
        return lead, []
    judged = verdict.grade, verdict.disposition, verdict.scorecard, verdict.score, dict(verdict.reasons)
    after, entry = lifecycle.qualified(lead, at, *judged)
    if entry is None:
        return lead, []
    after, entries = after.lived(verdict=lead.life.verdict + 1), [entry]
    if reason := verdict.discard_reason:
        after, aside = lifecycle.discarded(after, at, reason, reasons.kept_for(reason))
        entries += [aside] if aside else []
    elif verdict.disposition == "near_term":
        after = after._replace(waits=QUALIFIED)
    return after, entries
