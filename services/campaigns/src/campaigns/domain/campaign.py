"""What a plan is, and what a changed plan does to the budget lines."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.domain.ledger import Book, Line, Posting
from campaigns.domain.spend import LONGEST, Fault
from values.money import CURRENCIES
from values.text import key

UNPLACED = "(unplaced)"


class WhoseCampaign(Exception):
    """The team that is to own a campaign was not said, or is none of the planner's; the message says which."""


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
    team: str = ""  # who owns it; nothing said: whoever has it on record, or the planner's only team

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(sorted(self.lines, key=lambda line: line.line)))

    def as_written_in(self, book: Book) -> "Plan":
        """The same plan with the names of its lines as the book has them: another spelling is not another line."""
        return replace(self, lines=tuple(replace(one, line=book.written(one.line) or one.line) for one in self.lines))


# Names of campaigns and items travel in the clear, and are meant for everybody: a person's address has no place in them.
_PERSONAL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\+\d[\d ()./-]{7,}\d")


def owner_of(plan: Plan, recorded: str | None, teams: Collection[str] | None) -> str:
    """The team that owns a campaign from this plan on. ``recorded`` is who has it so far, ``teams`` those for which the planner
    may record; None for a machine, which plans for any.

    Raises WhoseCampaign.
    """
    if teams is None:
        return plan.team or recorded or UNPLACED
    if plan.team and plan.team not in teams:
        raise WhoseCampaign("is no team for which you may record")
    named = plan.team or recorded or (next(iter(teams)) if len(teams) == 1 else "")
    if not named:
        raise WhoseCampaign("say which of your teams owns it")
    return named


def faults(plan: Plan) -> list[Fault]:
    """Everything that is wrong with a plan; nothing when it can be carried out."""
    found = []
    if plan.currency not in CURRENCIES:
        found.append(Fault("currency", "is not a currency of ISO 4217"))
    if plan.starts_at and plan.ends_at and plan.ends_at < plan.starts_at:
        found.append(Fault("ends_at", "lies before starts_at"))
    if any(times > 1 for times in Counter(key(line.line) for line in plan.lines).values()):
        found.append(Fault("lines", "name a line twice"))
    for field, text in _names(plan):
        if _PERSONAL.search(text):
            found.append(Fault(field, "holds an address or a phone number, and this text travels in the clear"))
        if len(key(text)) > LONGEST and field != "name" and not field.endswith(".item"):
            found.append(Fault(field, "is too long"))
    return found


def _names(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "name", plan.name
    yield "channel", plan.channel or ""
    yield "segment", plan.segment or ""
    for n, line in enumerate(plan.lines):
        yield f"lines[{n}].line", line.line
        yield f"lines[{n}].item", line.item
        yield f"lines[{n}].owner", line.owner


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
