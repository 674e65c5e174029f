"""Spend is counted, once, and told line by line."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.domain.ledger import Posting, fold
from campaigns.domain.spend import Identity, Spend, faults
from campaigns.store import ledger
from campaigns.store import spend as spends
from campaigns.use_cases.note import seal_note
from chassis import Transaction
from contracts.campaigns.ledger import BudgetOverspent, LedgerPosted
from contracts.campaigns.spend import SpendReported
from values.text import visible


async def count_spends(events: Sequence[SpendReported], tx: Transaction) -> None:
    """Counts what was not counted yet. The same id again is the same spend; if it says something else, it is flagged.

    What can't be counted is parked: whoever sends such reports, and however many, the others are counted.
    """
    reported: list[tuple[SpendReported, Spend]] = []
    for event in events:
        spend = spend_of(event, _sealed_note(event, tx))
        if wrong := faults(spend, tx.now):
            tx.park(event, f"{wrong[0].field} {wrong[0].reason}")
        else:
            reported.append((event, spend))
    # A report of zero takes no id: the amount that comes later under it is counted, not set against nothing.
    first: dict[Identity, Spend] = {}
    for _, spend in reported:
        if spend.amount:
            first.setdefault(spend.identity, spend)
    new = await spends.add_spends(tx, list(first.values()))
    if len(new) < len(reported):
        await spends.flag_conflicts(tx, [spend for _, spend in reported])
    if new:
        await _post([spend for spend in first.values() if spend.identity in new], reported, tx)


async def _post(fresh: Sequence[Spend], reported: Sequence[tuple[SpendReported, Spend]], tx: Transaction) -> None:
    written: dict[str, str] = {}
    for spend in fresh:
        written.setdefault(spend.book, spend.campaign)
    books = await ledger.open_books(tx, written)
    done = fold(books, fresh)
    if done.refused:
        why = {spend.identity: reason for spend, reason in done.refused}
        await spends.take_back(tx, why)
        for event, spend in reported:
            if spend.identity in why:
                tx.park(event, why[spend.identity])
    await ledger.save_lines(tx, done.lines)
    await ledger.save_postings(tx, done.postings)
    caused_by = {spend.identity: event for event, spend in reversed(reported)}
    for posting in done.postings:
        cause = caused_by[posting.spend.identity] if posting.spend else None
        tx.emit(posted(posting, tx.now), caused_by=cause)
        if posting.overspent:
            tx.emit(overspent(posting, tx.now), caused_by=cause)


def spend_of(event: SpendReported, note: str | None = None) -> Spend:
    """The event as the ledger sees it: names without what nobody sees, and the note only as a sealed box."""
    return Spend(
        spend_id=visible(event.spend_id),
        campaign=visible(event.campaign),
        line=(visible(event.line) if event.line else None) or None,
        amount=event.amount.minor,
        currency=event.amount.currency,
        kind=event.kind,
        source=visible(event.source) or "unknown",
        note=note,
        occurred_at=event.occurred_at,
    )


def _sealed_note(event: SpendReported, tx: Transaction) -> str | None:
    if event.sealed_note is not None:
        return event.sealed_note.box
    return seal_note(tx.settings.master_key_bytes(), event.note).box if event.note else None


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
        source=posting.spend.source if posting.spend else None,
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
        source=posting.spend.source,
        overspent_at=now,
    )
