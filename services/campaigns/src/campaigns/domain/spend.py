"""What counts as a spend: the same rule for our own door and for what outsiders put on the topic."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campaigns.domain.currencies import ACTIVE

MOST = 10**15  # minor units; what an event can carry
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # a reporter's clock or zone may be off by that much


class SpendRefused(Exception):
    """This spend can't be counted; the sentence says why."""


@dataclass(frozen=True)
class Spend:
    """Money spent, committed or come back. ``amount`` is always above zero; ``kind`` says in which direction it went."""

    spend_id: str
    campaign: str
    line: str | None
    amount: int
    currency: str
    kind: str
    source: str
    note: str | None
    occurred_at: datetime


@dataclass(frozen=True)
class Fault:
    """One field that is wrong, and why, in words that hold no input."""

    field: str
    reason: str


def faults(spend: Spend, now: datetime) -> list[Fault]:
    """Everything that is wrong with a spend; nothing when it can be counted."""
    found = []
    if not 0 < spend.amount <= MOST:
        found.append(Fault("amount.minor", "must be above zero: money comes back by kind released or reversed"))
    if spend.currency not in ACTIVE:
        found.append(Fault("amount.currency", "is not a currency of ISO 4217"))
    if spend.occurred_at > now + AHEAD:
        found.append(Fault("occurred_at", "lies more than a day ahead"))
    if spend.occurred_at < EARLIEST:
        found.append(Fault("occurred_at", "lies before 1970"))
    for field in ("spend_id", "campaign", "line", "source", "note"):
        if "\0" in (getattr(spend, field) or ""):
            found.append(Fault(field, "must not hold a NUL character"))
    return found
