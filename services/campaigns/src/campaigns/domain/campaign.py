"""What a plan is, and what a changed plan does to the budget lines."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.domain.currencies import ACTIVE
from campaigns.domain.ledger import Book, Line, Posting
from campaigns.domain.spend import Fault


class CurrencyFixed(Exception):
    """A campaign keeps its currency once anything is posted on it: amounts of two currencies can't be subtracted."""


@dataclass(frozen=True)
class PlannedLine:
    """One item of the budget, and who answers for it."""

    line: str
    item: str
    budget: int
    owner: str


@dataclass(frozen=True)
class Plan:
    """What somebody wants a campaign to be. The order of the lines says nothing, so it is always by name."""

    name: str
    channel: str | None
    segment: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    currency: str
    lines: tuple[PlannedLine, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(sorted(self.lines, key=lambda line: line.line)))


def faults(plan: Plan) -> list[Fault]:
    """Everything that is wrong with a plan; nothing when it can be carried out."""
    found = []
    if plan.currency not in ACTIVE:
        found.append(Fault("currency", "is not a currency of ISO 4217"))
    if plan.starts_at and plan.ends_at and plan.ends_at < plan.starts_at:
        found.append(Fault("ends_at", "lies before starts_at"))
    if any(times > 1 for times in Counter(line.line for line in plan.lines).values()):
        found.append(Fault("lines", "name a line twice"))
    return found


def rebudget(book: Book, plan: Plan) -> tuple[list[Line], list[Posting]]:
    """The lines as the plan wants them, and a posting for every budget that differs.

    A line that the plan no longer names gives its budget back and keeps what was spent on it.
    """
    moves_currency = book.known and book.currency != plan.currency
    if moves_currency and any(line.postings for line in book.lines.values()):
        raise CurrencyFixed(f"Money is on the ledger in {book.currency}: the currency can't change any more.")
    wanted = {line.line: line for line in plan.lines}
    lines = dict(book.lines)
    for want in plan.lines:
        lines.setdefault((want.line, plan.currency), Line(book.campaign, want.line, plan.currency))
    after, postings = [], []
    for (name, currency), line in sorted(lines.items()):
        now = _budgeted(line, wanted.get(name), currency == plan.currency)
        if now != line or line.place not in book.lines:
            after.append(now)
        if now.budget != line.budget:
            postings.append(Posting("budgeted", now.budget - line.budget, now))
    return after, postings


def _budgeted(line: Line, want: PlannedLine | None, own_currency: bool) -> Line:
    """The line as the plan wants it. Its namesake in another currency has the same owner, and no budget."""
    budget = want.budget if want and own_currency else 0
    now = replace(line, planned=want is not None and own_currency, budget=budget)
    if want:
        now = replace(now, item=want.item, owner=want.owner)
    return replace(now, postings=line.postings + 1) if budget != line.budget else now
