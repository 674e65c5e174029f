"""What counts as a spend: the same rule for our own door and for what outsiders put on the topic."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from values.money import CURRENCIES, MOST
from values.text import hides, key

LONGEST = 200  # characters of a name in its normal form: what an index holds whatever they are
LONGEST_BOX = 4000  # characters of a sealed note
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # a reporter's clock or zone may be off by that much

Identity = tuple[str, str]  # the sender and its own id of the spend


class SpendRefused(Exception):
    """This spend can't be counted; the sentence says why."""


@dataclass(frozen=True)
class Spend:
    """Money spent, committed or come back. ``amount`` is never below zero; ``kind`` says in which direction it went.

    ``source`` is the sender as it writes itself. ``note`` is sealed: nobody decides by it.
    """

    spend_id: str
    campaign: str
    line: str | None
    amount: int
    currency: str
    kind: str
    source: str
    note: str | None
    occurred_at: datetime

    @property
    def identity(self) -> Identity:
        """An id belongs to its sender, however that spells itself: two senders may well use the same one."""
        return key(self.source), self.spend_id

    @property
    def book(self) -> str:
        """The campaign in the one form in which names are compared: whose book this is posted in."""
        return key(self.campaign)


@dataclass(frozen=True)
class Fault:
    """One field that is wrong, and why, in words that hold no input."""

    field: str
    reason: str


def faults(spend: Spend, now: datetime) -> list[Fault]:
    """Everything that is wrong with a spend; nothing when it can be counted."""
    found = []
    if not 0 <= spend.amount <= MOST:
        found.append(Fault("amount.minor", "must not be below zero: money comes back by kind released or reversed"))
    if spend.currency not in CURRENCIES:
        found.append(Fault("amount.currency", "is not a currency of ISO 4217"))
    if spend.occurred_at > now + AHEAD:
        found.append(Fault("occurred_at", "lies more than a day ahead"))
    if spend.occurred_at < EARLIEST:
        found.append(Fault("occurred_at", "lies before 1970"))
    for field in ("spend_id", "campaign", "line", "source"):
        found += _name_faults(field, getattr(spend, field))
    if spend.note is not None and len(spend.note) > LONGEST_BOX:
        found.append(Fault("note", "is longer than a note may be"))
    return found


def _name_faults(field: str, name: str | None) -> list[Fault]:
    if name is None:
        return []
    if not name:
        return [Fault(field, "is empty")]
    if hides(name):
        return [Fault(field, "holds characters that can't be seen and hide something")]
    return [Fault(field, "is too long")] if len(key(name)) > LONGEST else []
