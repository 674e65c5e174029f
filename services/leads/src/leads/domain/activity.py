"""What somebody did about a lead: never edited, and voided where it was recorded by mistake."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["call", "email", "message", "meeting", "visit", "note", "document_sent"]
Direction = Literal["outbound", "inbound", "internal"]
VoidCode = Literal["wrong_lead", "wrong_kind", "wrong_time", "recorded_twice", "did_not_happen", "other"]

NOTE: Kind = "note"
AHEAD = timedelta(minutes=1)  # how much a sender's clock may be fast
BACK = timedelta(days=5 * 365)
OWN_VOID_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Did:
    """What was done, without what was said. ``seconds`` is how long it lasted, ``result`` a code of the company's."""

    kind: Kind
    direction: Direction
    occurred_at: datetime
    reached: bool | None = None
    seconds: int | None = None
    result: str | None = None


@dataclass(frozen=True)
class Right:
    """One of the grants that somebody has for a lead's team. ``for_whom`` is the one he stands in for, or nobody."""

    kind: str
    records: bool
    for_whom: str


class MayNotRecord(Exception):
    """Who sees the lead may not write anything about it."""


class MayNotVoid(Exception):
    """Neither its author of late, nor one who leads the lead's team."""


def faults(did: Did, now: datetime) -> list[tuple[str, str]]:
    """The fields that are wrong, and why."""
    found = []
    if did.occurred_at > now + AHEAD:
        found.append(("occurred_at", "lies in the future"))
    if did.occurred_at < now - BACK:
        found.append(("occurred_at", "is more than five years ago"))
    if did.kind == NOTE and did.reached is not None:
        found.append(("reached", "is of somebody who was called, written to or met, and a note is of nobody"))
    if did.kind == NOTE and did.direction != "internal":
        found.append(("direction", "must be internal: a note goes to nobody"))
    return found


def on_behalf_of(rights: Iterable[Right], holder: str | None) -> str | None:
    """For whom somebody records: for the lead's holder where he stands in for him, else in his own name, as anybody of the team
    may; and where he is of the team only because he stands in for another, for that one.

    Raises MayNotRecord.
    """
    whose = {right.for_whom for right in rights if right.records}
    if not whose:
        raise MayNotRecord
    if holder and holder in whose:
        return holder
    return None if "" in whose else min(whose)


def check_void(author: str | None, recorded_at: datetime, who: str, rights: Iterable[Right], now: datetime) -> None:
    """Its author may for a day, and always who leads the lead's team. Raises MayNotVoid."""
    own = author == who and now - recorded_at <= OWN_VOID_WITHIN
    if not own and not any(right.kind == "supervisor" and right.records for right in rights):
        raise MayNotVoid
