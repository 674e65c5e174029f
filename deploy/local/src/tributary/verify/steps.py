"""What was told of a lead's later life, as the entry of its timeline that it makes."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from leads.domain.lead import Entry

_when = datetime.fromisoformat
Money = tuple[int, str] | None


class Captured(NamedTuple):
    """A lead is on record."""

    at: datetime
    channel: str
    campaign: str | None
    source: str
    flags: tuple[str, ...]
    occurred_at: datetime
    of_form: Mapping[str, Any] = {}


class Qualified(NamedTuple):
    """A lead was judged. ``about`` is what may be known of it, as ``canonical`` text."""

    at: datetime
    genuine: bool
    disposition: str
    grade: str
    score: int
    scorecard: int
    about: str
    reasons: tuple[tuple[str, int], ...]
    revision: int = 1
    entry: Mapping[str, Any] | None = None  # of a person's verdict


class Discarded(NamedTuple):
    """A lead was set aside."""

    at: datetime
    reason: str


class Opened(NamedTuple):
    """A lead stands in a pipeline."""

    team: str
    pipeline: str


class Closed(NamedTuple):
    """A lead was won or lost."""

    revision: int
    result: str
    amount: Money
    reason: str | None
    at: datetime
    by: str | None = None  # said by a person at a door
    flags: tuple[str, ...] = ()


def canonical(value: Any) -> str:
    """The same text for the same JSON, however it is laid out."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def money(body: Mapping[str, Any]) -> Money:
    """An amount as it was told, or none."""
    amount = body.get("amount")
    return (amount["minor"], amount["currency"]) if amount else None


class Lived(NamedTuple):
    """A step of a lead's life was told. ``revision`` is that of the outcome that it takes back, where it does."""

    at: datetime
    entry: Entry
    revision: int = 0


class Applied(NamedTuple):
    """Leads followed an order that moved a lead. ``hash`` is of all that is recorded of it."""

    at: datetime
    transfer_id: str
    hash: str
    team: str = ""


class Joined(NamedTuple):
    """A lead was merged into another or taken out again: an entry in each of the two timelines."""

    at: datetime
    entry: Entry
    other: str
    others: Entry


def _joined(what: str, at: str, other: str, others: str) -> Callable[[Mapping[str, Any]], Joined]:
    def read(b: Mapping[str, Any]) -> Joined:
        moment = _when(b[at])
        of_the_other = {"what": others, "at": moment, "lead": b["lead_id"]}
        return Joined(moment, {"what": what, "at": moment, other: b[other]}, b[other], of_the_other)

    return read


def _lived(what: str, at: str, *names: str) -> Callable[[Mapping[str, Any]], Lived]:
    def read(b: Mapping[str, Any]) -> Lived:
        moment = datetime.fromisoformat(b[at])
        return Lived(moment, {"what": what, "at": moment, **{name: b[name] for name in names}}, b.get("revision", 0))

    return read


def verdict(b: Mapping[str, Any]) -> Entry:
    """The entry of a person's verdict."""
    judged = b["disposition"] if b["genuine"] else "not_genuine"
    made = {"what": "qualified", "at": datetime.fromisoformat(b["qualified_at"]), "verdict": b["revision"]}
    more = {name: b[name] for name in ("code", "revisit_on") if b.get(name)}
    return {**made, "grade": b["grade"], "disposition": judged, **more}


def _captured(b: Mapping[str, Any]) -> Captured:
    at, occurred_at, source = _when(b["captured_at"]), _when(b["occurred_at"]), b["source"]
    of_form = {name: b[name] for name in ("form", "form_version", "attribution") if name in b}
    flags = tuple(b.get("flags", ()))
    return Captured(at, b.get("channel") or source, b.get("campaign"), source, flags, occurred_at, of_form)


def _qualified(b: Mapping[str, Any]) -> Qualified:
    at, about = _when(b["qualified_at"]), canonical(b["about"])
    reasons = tuple((reason["term"], reason["points"]) for reason in b.get("reasons", ()))
    return Qualified(
        at, b["genuine"], b["disposition"], b["grade"], b["score"], b["scorecard"], about, reasons, *_by_person(b)
    )


def _odd(b: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(b.get("flags", ()))


def _by_person(b: Mapping[str, Any]) -> tuple[int, Mapping[str, Any] | None]:
    return b.get("revision", 1), verdict(b) if b.get("by") else None


TOLD: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "leads.lead.captured.v1": _captured,
    "leads.lead.qualified.v1": _qualified,
    "leads.lead.discarded.v1": lambda b: Discarded(_when(b["discarded_at"]), b["reason"]),
    "leads.lead.opened.v1": lambda b: Opened(b["team"], b["pipeline"]),
    "leads.lead.closed.v1": lambda b: Closed(
        b.get("revision", 1), b["result"], money(b), b.get("reason"), _when(b["closed_at"]), b.get("by"), _odd(b)
    ),
    "leads.lead.returned.v1": _lived("returned", "returned_at", "code", "attempt"),
    "leads.lead.reopened.v1": _lived("reopened", "reopened_at", "code", "revision"),
    "leads.lead.restored.v1": _lived("restored", "restored_at", "code"),
    "leads.lead.transferred.v1": lambda b: Applied(_when(b["applied_at"]), b["transfer_id"], b["hash"], b["to_team"]),
    "leads.lead.merged.v1": _joined("merged", "merged_at", "into", "joined"),
    "leads.lead.unmerged.v1": _joined("unmerged", "unmerged_at", "from_lead", "parted"),
    "leads.lead.forgotten.v1": _lived("forgotten", "forgotten_at", "cause"),
    "leads.lead.unclaimed.v1": _lived("unclaimed", "fired_at", "place", "step"),
}
