"""What was said, as far as the invariants look at it: one record of a topic or one row of an outbox."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json

from metrics.domain.catalogue import UNPLACED, measures, step_of, steps
from metrics.domain.contributions import Number
from metrics.domain.kpi import by_number
from tributary.verify.activities import TOLD as ACTIVITIES
from tributary.verify.openings import TOLD as LOOKS
from tributary.verify.opportunities import TOLD as SALES
from tributary.verify.requests import TOLD as REQUESTS
from tributary.verify.steps import TOLD as LIVED
from tributary.verify.steps import Captured as Captured
from tributary.verify.steps import Closed as Closed
from tributary.verify.steps import Discarded as Discarded
from tributary.verify.steps import Opened as Opened
from tributary.verify.steps import Qualified as Qualified
from tributary.verify.steps import canonical as canonical
from tributary.verify.steps import money
from values.text import key, visible

Money = tuple[int, str] | None


class EventRecord(NamedTuple):
    """One event. ``source``, ``shard`` and ``seq`` are its number where the stream is sequenced; ``offset`` is -1 in an outbox.
    ``at`` is when it was said, as the header has it."""

    partition: int
    offset: int
    type: str
    key: str
    id: str
    source: str
    shard: int
    seq: int
    body: Any
    at: str = ""

    @property
    def number(self) -> str:
        """Its number in words."""
        return f"{self.source}#{self.shard}:{self.seq}"


class Unreadable(NamedTuple):
    """The body of an event that nobody can read: whoever hears it must have parked it."""

    why: str


class Submitted(NamedTuple):
    """Somebody asked for something; the record's key says which lead, ``key`` under which key they are sealed."""

    key: str


class Reported(NamedTuple):
    """Somebody told how a lead ended."""

    result: str
    amount: Money
    reason: str | None


class Routed(NamedTuple):
    """A lead was given to a team."""

    at: datetime
    segment: str
    team: str
    pipeline: str
    ruleset: int
    rule: str
    revision: int = 1
    cause: str = "new"


class Unroutable(NamedTuple):
    """No team gets the lead."""

    at: datetime
    reason: str
    ruleset: int
    revision: int = 1
    cause: str = "new"


class Assigned(NamedTuple):
    """A lead was given to a person."""

    at: datetime
    segment: str
    team: str
    person: str
    revision: int = 1
    cause: str = "new"


class Transferred(NamedTuple):
    """An order gave a lead to another team or person."""

    at: datetime
    team: str
    person: str | None
    transfer_id: str
    revision: int = 1
    cause: str = "transfer"


class Unassigned(NamedTuple):
    """No person could take the lead."""

    at: datetime
    segment: str
    team: str
    reason: str
    revision: int = 1
    cause: str = "new"


class Planned(NamedTuple):
    """A campaign is planned so."""

    version: int
    channel: str | None
    segment: str | None
    currency: str
    budgets: tuple[tuple[str, int], ...]
    name: str
    starts_at: datetime | None
    ends_at: datetime | None
    lines: tuple[tuple[str, str, str], ...]  # line, item, owner
    team: str = UNPLACED


class Spent(NamedTuple):
    """Money was spent. The campaign is in the one form in which names are compared."""

    spend_id: str
    campaign: str
    amount: int
    currency: str
    kind: str


class Posted(NamedTuple):
    """A posting, and the line as it stands after it."""

    campaign: str
    line: str
    currency: str
    posting: int
    kind: str
    amount: int
    spend_id: str | None
    budget: int
    committed: int
    incurred: int
    available: int
    item: str
    owner: str


class Stepped(NamedTuple):
    """A lead made a step that a measure counts and that no invariant asks more of."""

    at: datetime


class Activated(NamedTuple):
    """A market version took effect."""

    version: int
    rules: int
    segments: int
    teams: int


class AccessTold(NamedTuple):
    """What somebody may see and do: team, kind, records, opens, on whose behalf, from, until; and role, unit, from, until."""

    version: int
    grants: frozenset[tuple[Any, ...]]
    roles: frozenset[tuple[Any, ...]]


class KpiTold(NamedTuple):
    """One KPI row."""

    by: str
    key: str
    version: int
    numbers: Mapping[Number, int]  # what is not zero


_when = datetime.fromisoformat


def _maybe(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None


def spend_name(source: str, spend_id: str) -> str:
    """A spend's identity: an id belongs to its source. Neither holds a control character, so no two are written alike."""
    return spend_id if source == "unknown" else f"{spend_id}\x1fof {source}"


def _spent(body: Mapping[str, Any]) -> Spent:
    name = spend_name(key(body.get("source", "")) or "unknown", visible(body["spend_id"]))
    amount = body["amount"]
    return Spent(name, key(body["campaign"]), amount["minor"], amount["currency"], body.get("kind", "incurred"))


def _planned(body: Mapping[str, Any]) -> Planned:
    lines = body.get("lines", ())
    return Planned(
        body["version"],
        body.get("channel"),
        body.get("segment"),
        body["currency"],
        tuple(sorted((line["line"], line["budget"]) for line in lines)),
        body["name"],
        _maybe(body.get("starts_at")),
        _maybe(body.get("ends_at")),
        tuple(sorted((line["line"], line["item"], line["owner"]) for line in lines)),
        body.get("team", UNPLACED),
    )


def _which(b: Mapping[str, Any]) -> tuple[int, str]:
    """Which decision about the lead it is, and why it was made."""
    return b.get("revision", 1), b.get("cause", "new")


def _access(body: Mapping[str, Any]) -> AccessTold:
    grants = frozenset(
        (
            one["team"],
            one["kind"],
            one["records"],
            one["opens"],
            one.get("on_behalf_of") or "",
            _when(one["begins_at"]),
            _maybe(one.get("ends_at")),
        )
        for one in body.get("grants", ())
    )
    roles = frozenset(
        (one["role"], one.get("unit"), _when(one["begins_at"]), _maybe(one.get("ends_at")))
        for one in body.get("roles", ())
    )
    return AccessTold(body["version"], grants, roles)


def _kpi(body: Mapping[str, Any]) -> KpiTold:
    said = {**body, **body.get("others", {})}
    numbers = by_number({measure.name: said.get(measure.name, 0) for measure in measures()})
    return KpiTold(body["by"], body["key"], body["version"], {number: n for number, n in numbers if n})


_UNREADABLE_SUBMISSION = Submitted("")


@lru_cache(maxsize=1024)
def _submitted(key: str) -> Submitted:
    """One for all submissions that are sealed under the same key."""
    return Submitted(key)


# What is not listed here is not looked into: only its number counts.
READ: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    **{step: lambda b, at=f"{step_of(step)}_at": Stepped(_when(b[at])) for step in steps()},  # type: ignore[misc]
    "leads.intake.outcome_reported.v1": lambda b: Reported(b["result"], money(b), b.get("reason")),
    "leads.intake.submitted.v1": lambda b: _submitted(b["person"]["key"]),
    **LOOKS,
    **ACTIVITIES,
    **LIVED,
    **REQUESTS,
    **SALES,
    "territory.lead.routed.v1": lambda b: Routed(
        _when(b["routed_at"]), b["segment"], b["team"], b["pipeline"], b["ruleset"], b["rule"], *_which(b)
    ),
    "territory.lead.unroutable.v1": lambda b: Unroutable(_when(b["decided_at"]), b["reason"], b["ruleset"], *_which(b)),
    "territory.lead.assigned.v1": lambda b: Assigned(
        _when(b["assigned_at"]), b["segment"], b["team"], b["person"], *_which(b)
    ),
    "territory.lead.unassigned.v1": lambda b: Unassigned(
        _when(b["decided_at"]), b["segment"], b["team"], b["reason"], *_which(b)
    ),
    "territory.lead.transferred.v1": lambda b: Transferred(
        _when(b["decided_at"]), b["to_team"], b.get("to_person"), b["transfer_id"], b.get("revision", 1), b["cause"]
    ),
    "campaigns.campaign.planned.v1": _planned,
    "campaigns.spend.reported.v1": _spent,
    "campaigns.ledger.posted.v1": lambda b: Posted(
        b["campaign"],
        b["line"],
        b["currency"],
        b["posting"],
        b["kind"],
        b["amount"],
        spend_name(key(b.get("source", "")) or "unknown", b["spend_id"]) if "spend_id" in b else None,
        b["budget"],
        b["committed"],
        b["incurred"],
        b["available"],
        b["item"],
        b["owner"],
    ),
    "territory.structure.market_activated.v1": lambda b: Activated(b["version"], b["rules"], b["segments"], b["teams"]),
    "territory.access.granted.v1": _access,
    "territory.access.revoked.v1": _access,
    "metrics.kpi.changed.v1": _kpi,
}


def body_of(event_type: str, payload: bytes | None) -> Any:
    """What the invariants look at in this event; None where that is nothing."""
    read = READ.get(event_type)
    if read is None:
        return None
    try:
        return read(from_json(payload or b""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if event_type == "leads.intake.submitted.v1":
            return _UNREADABLE_SUBMISSION  # what becomes of it is asked all the same
        return Unreadable(type(error).__name__)
