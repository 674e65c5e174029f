"""Spend is counted, once, and told line by line."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.domain.ledger import Posting, fold
from campaigns.domain.spend import Spend, faults
from campaigns.store import ledger
from campaigns.store import spend as spends
from chassis import Transaction
from contracts.campaigns.ledger import BudgetOverspent, LedgerPosted
from contracts.campaigns.spend import SpendReported


async def count_spends(events: Sequence[SpendReported], tx: Transaction) -> None:
    """Counts what was not counted yet. The same id again is the same spend; if it says something else, it is flagged."""
    reported = []
    for event in events:
        spend = spend_of(event)
        if wrong := faults(spend, tx.now):
            tx.park(event, f"{wrong[0].field} {wrong[0].reason}")
        else:
            reported.append(spend)
    first: dict[str, Spend] = {}
    for spend in reported:
        first.setdefault(spend.spend_id, spend)
    new = await spends.add_spends(tx, list(first.values()))
    if len(new) < len(reported):
        await spends.flag_conflicts(tx, reported)
    if not new:
        return
    fresh = [spend for spend in first.values() if spend.spend_id in new]
    books = await ledger.open_books(tx, {spend.campaign for spend in fresh})
    lines, postings = fold(books, fresh)
    await ledger.save_lines(tx, lines)
    await ledger.save_postings(tx, postings)
    because = {event.spend_id: event for event in reversed(events)}
    for posting in postings:
        cause = because[posting.spend.spend_id] if posting.spend else None
        tx.emit(posted(posting, tx.now), because=cause)
        if posting.overspent:
            tx.emit(overspent(posting, tx.now), because=cause)


def spend_of(event: SpendReported) -> Spend:
    """The event as the ledger sees it."""
    return Spend(
        spend_id=event.spend_id,
        campaign=event.campaign,
        line=event.line,
        amount=event.amount.minor,
        currency=event.amount.currency,
        kind=event.kind,
        source=event.source,
        note=event.note,
        occurred_at=event.occurred_at,
    )


def posted(posting: Posting, now: datetime) -> LedgerPosted:
    """What a posting did, and the line as it stands after it."""
    line = posting.line
    return LedgerPosted(
        campaign=line.campaign,
        line=line.line,
        item=line.item,
        owner=line.owner,
        posting=line.postings,
        kind=posting.kind,
        amount=posting.amount,
        currency=line.currency,
        spend_id=posting.spend.spend_id if posting.spend else None,
        budget=line.budget,
        committed=line.committed,
        incurred=line.incurred,
        available=line.available,
        posted_at=now,
    )


def overspent(posting: Posting, now: datetime) -> BudgetOverspent:
    """A line went below zero, or further below, and this spend did it."""
    line = posting.line
    assert posting.spend is not None  # a plan never overspends, it only takes budget away
    return BudgetOverspent(
        campaign=line.campaign,
        line=line.line,
        owner=line.owner,
        over_by=-line.available,
        currency=line.currency,
        spend_id=posting.spend.spend_id,
        overspent_at=now,
    )
