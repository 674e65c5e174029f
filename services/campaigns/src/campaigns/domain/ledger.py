"""What a spend does to a budget line, in double entry.

* **budgeted** gives the line money: what is available rises, funding answers for it. A plan that shrinks takes it back.
* **committed** sets money aside (an order, a booking): committed rises, available sinks.
* **incurred** is money gone (an invoice, a card charge): incurred rises, available sinks. It does not touch committed:
  only the reporter knows which invoice ends which commitment, and says so by a *released* of its own.
* **released** ends a commitment: committed sinks, never below zero.
* **reversed** is money come back: incurred sinks, never below zero.

Where more comes back than is there, the line goes down to zero and the rest is kept as ``unmatched``, for someone to look
at. A spend that finds no money left is counted all the same: overspend is a fact, it is told and never refused.

Every posting has a debit and a credit of the same amount, so all entries of a line, and of a currency, sum to zero.
Currencies never mix: a line is one name in one currency, and nothing is converted. Names are compared in their normal form
and kept as they were written first.

A report of zero (a day on which an ad cost nothing) posts nothing. What would take a line beyond what an event can carry is
refused, whoever sent it: the line stays as it was and the others of its delivery are counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from campaigns.domain.spend import Spend, SpendRefused
from values.money import MOST
from values.text import key

UNPLANNED = "unplanned"
UNPLANNED_ITEM = "unplanned spend"
NOBODY = "nobody"

# kind -> the account that is debited and the account that is credited
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "budgeted": ("available", "funding"),
    "committed": ("committed", "available"),
    "incurred": ("incurred", "available"),
    "released": ("available", "committed"),
    "reversed": ("available", "incurred"),
}

LineKey = tuple[str, str]  # line, currency: where in a campaign's book something stands


@dataclass(frozen=True)
class Line:
    """One budget line as it stands. ``postings`` counts what was posted on it, without a gap."""

    campaign: str
    line: str
    currency: str
    item: str = UNPLANNED_ITEM
    owner: str = NOBODY
    planned: bool = False
    budget: int = 0
    committed: int = 0
    incurred: int = 0
    unmatched: int = 0
    postings: int = 0

    @property
    def place(self) -> LineKey:
        """Where the line stands in its campaign's book."""
        return self.line, self.currency

    @property
    def available(self) -> int:
        """What is left to spend; below zero when overspent."""
        return self.budget - self.committed - self.incurred


@dataclass(frozen=True)
class Entry:
    """One side of a posting: above zero a debit, below zero a credit."""

    account: str
    amount: int


@dataclass(frozen=True)
class Posting:
    """What was posted, and the line as it stands after it."""

    kind: str
    amount: int
    line: Line
    overspent: bool = False
    spend: Spend | None = None

    @property
    def entries(self) -> tuple[Entry, Entry]:
        """The debit and the credit."""
        debit, credit = ACCOUNTS[self.kind]
        return Entry(debit, self.amount), Entry(credit, -self.amount)


@dataclass(frozen=True)
class Book:
    """A campaign's lines. An unknown campaign has spend but nobody has planned it (yet)."""

    campaign: str
    known: bool
    currency: str | None = None
    lines: Mapping[LineKey, Line] = field(default_factory=dict)

    def written(self, name: str) -> str | None:
        """A line's name as the book has it, however it is written here; None when there is no such line."""
        if any(line == name for line, _ in self.lines):
            return name
        return next((line for line, _ in self.lines if key(line) == key(name)), None)

    def line_for(self, spend: Spend) -> Line:
        """The line the spend names; else the campaign's only line; else, and for unknown campaigns, "unplanned"."""
        name = UNPLANNED
        if self.known:
            named = self.written(spend.line) if spend.line is not None else None
            planned = [line.line for line in self.lines.values() if line.planned]
            if named is not None:
                name = named
            elif len(planned) == 1:
                name = planned[0]
        found = self.lines.get((name, spend.currency))
        if found:
            return found
        # The same line in another currency than planned: it has the owner, and no budget.
        namesake = next((line for line in self.lines.values() if line.line == name), None)
        if namesake:
            return Line(self.campaign, name, spend.currency, namesake.item, namesake.owner)
        return Line(self.campaign, name, spend.currency)


def post(line: Line, spend: Spend) -> tuple[Line, Posting | None]:
    """The line after the spend, and the posting; no posting when nothing was there that could come back."""
    amount, after = spend.amount, line
    if spend.kind == "committed":
        after = replace(line, committed=line.committed + amount)
    elif spend.kind == "incurred":
        after = replace(line, incurred=line.incurred + amount)
    elif spend.kind == "released":
        amount = min(amount, line.committed)
        after = replace(line, committed=line.committed - amount)
    elif spend.kind == "reversed":
        amount = min(amount, line.incurred)
        after = replace(line, incurred=line.incurred - amount)
    else:
        raise SpendRefused("kind is not one that the ledger knows")
    if after.committed + after.incurred > MOST:
        raise SpendRefused("amount.minor takes the line beyond what can be told")
    after = replace(after, unmatched=line.unmatched + spend.amount - amount)
    if after.unmatched > MOST:
        raise SpendRefused("amount.minor takes what came back unmatched beyond what can be told")
    if amount == 0:
        return after, None
    after = replace(after, postings=line.postings + 1)
    overspent = after.available < 0 and after.available < line.available
    return after, Posting(spend.kind, amount, after, overspent, spend)


class Folded(NamedTuple):
    """What came of some spends: the lines that changed, every posting, and the spends that no line could take."""

    lines: list[Line]
    postings: list[Posting]
    refused: list[tuple[Spend, str]]


def fold(books: Mapping[str, Book], spends: Iterable[Spend]) -> Folded:
    """Posts the spends in order, each in the book of its campaign."""
    standing = {name: dict(book.lines) for name, book in books.items()}
    changed: dict[tuple[str, LineKey], Line] = {}
    postings: list[Posting] = []
    refused: list[tuple[Spend, str]] = []
    for spend in spends:
        lines = standing[spend.book]
        try:
            line, posting = post(replace(books[spend.book], lines=lines).line_for(spend), spend)
        except SpendRefused as refusal:
            refused.append((spend, str(refusal)))
            continue
        lines[line.place] = changed[spend.book, line.place] = line
        if posting:
            postings.append(posting)
    return Folded(list(changed.values()), postings, refused)
