"""campaigns.ledger: what every spend did to a budget line."""

from typing import Literal

from contracts.event import Currency, Event, Instant, Minor, Stream


class LedgerPosted(Event):
    """One posting on a budget line, and the line as it stands after it.

    available = budget - committed - incurred. ``posting`` counts the postings of the line without a gap within one history of
    the ledger: one that came back from a backup counts on from there. ``source`` is whose id ``spend_id`` is.
    """

    type: Literal["campaigns.ledger.posted.v1"] = "campaigns.ledger.posted.v1"
    campaign: str
    line: str
    item: str
    owner: str
    posting: int
    kind: Literal["budgeted", "committed", "incurred", "released", "reversed"]
    amount: Minor
    currency: Currency
    spend_id: str | None = None
    source: str | None = None
    budget: Minor
    committed: Minor
    incurred: Minor
    available: Minor
    posted_at: Instant


class BudgetOverspent(Event):
    """A spend took a line below zero. It is a fact: it is accepted, and told at once to whoever owns the line."""

    type: Literal["campaigns.ledger.overspent.v1"] = "campaigns.ledger.overspent.v1"
    campaign: str
    line: str
    owner: str
    over_by: Minor
    currency: Currency
    spend_id: str
    source: str | None = None
    overspent_at: Instant


LEDGER = Stream(
    "campaigns.ledger",
    key="campaign",
    events=(LedgerPosted, BudgetOverspent),
    about="Budget, committed, incurred and available per line, posting by posting.",
    partitions=2,
)
