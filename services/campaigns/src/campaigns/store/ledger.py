"""Budget lines, and the postings and entries behind them."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import asyncpg

from campaigns.domain.ledger import Book, Line, Posting
from chassis import Transaction

_MAKE_UNKNOWN = """
insert into campaign (campaign, known, version, first_seen_at)
select campaign, false, 0, $2 from unnest($1::text[]) as campaign order by campaign
on conflict (campaign) do nothing
"""

# The campaign's row stands for its whole book: who holds it is alone with the lines.
_LOCK = """
select campaign, known, currency from campaign where campaign = any($1::text[]) order by campaign for update
"""

_LINES = """
select campaign, line, currency, item, owner, planned, budget, committed, incurred, unmatched, postings
from budget_line where campaign = any($1::text[])
order by campaign, line, currency
"""

_SAVE_LINES = """
insert into budget_line (campaign, line, currency, item, owner, planned, budget, committed, incurred, unmatched, postings)
select campaign, line, currency, item, owner, planned, budget, committed, incurred, unmatched, postings
from json_to_recordset($1::json) as now(
    campaign text, line text, currency char(3), item text, owner text, planned boolean, budget bigint, committed bigint,
    incurred bigint, unmatched bigint, postings int
)
order by campaign, line, currency
on conflict (campaign, line, currency) do update set
    item = excluded.item, owner = excluded.owner, planned = excluded.planned, budget = excluded.budget,
    committed = excluded.committed, incurred = excluded.incurred, unmatched = excluded.unmatched,
    postings = excluded.postings
"""

# Both tables in one statement: the entries need the ids that the postings get, in the order they were posted.
_SAVE_POSTINGS = """
with said as (
    select * from json_to_recordset($1::json) as said(
        n int, campaign text, line text, currency char(3), posting int, kind text, amount bigint, spend_id text,
        debit text, credit text
    )
), posted as (
    insert into ledger_posting (campaign, line, currency, posting, kind, amount, spend_id, posted_at)
    select campaign, line, currency, posting, kind, amount, spend_id, $2 from said order by n
    returning id, campaign, line, currency, posting
)
insert into ledger_entry (posting_id, account, amount)
select posted.id, side.account, side.amount
from posted join said using (campaign, line, currency, posting)
cross join lateral (values (said.debit, said.amount), (said.credit, -said.amount)) as side(account, amount)
"""

_LINES_OF = """
select line, currency, item, owner, planned, budget, committed, incurred, available, unmatched, postings
from budget_line where campaign = $1 and (planned or postings > 0 or unmatched > 0)
order by line, currency
"""

_TOTALS_OF = """
select currency, sum(budget)::bigint as budget, sum(committed)::bigint as committed, sum(incurred)::bigint as incurred,
       sum(available)::bigint as available, sum(unmatched)::bigint as unmatched
from budget_line where campaign = $1 and (planned or postings > 0 or unmatched > 0)
group by currency order by currency
"""

_POSTINGS_OF = """
select p.id, p.line, p.currency, p.posting, p.kind, p.amount, p.spend_id, s.source, coalesce(s.conflicting, false) as conflicting,
       s.occurred_at, p.posted_at,
       (select account from ledger_entry e where e.posting_id = p.id and sign(e.amount) = sign(p.amount)) as debit,
       (select account from ledger_entry e where e.posting_id = p.id and sign(e.amount) <> sign(p.amount)) as credit
from ledger_posting p left join spend s using (spend_id)
where p.campaign = $1 and ($2::bigint is null or p.id < $2)
order by p.id desc limit $3
"""


async def open_books(tx: Transaction, campaigns: Collection[str]) -> dict[str, Book]:
    """The books of these campaigns, locked; a campaign that nobody planned is put on record as unknown."""
    names = sorted(campaigns)
    await tx.conn.execute(_MAKE_UNKNOWN, names, tx.now)
    heads = await tx.conn.fetch(_LOCK, names)
    lines: dict[str, dict[tuple[str, str], Line]] = {name: {} for name in names}
    for row in await tx.conn.fetch(_LINES, names):
        line = Line(**row)
        lines[line.campaign][line.place] = line
    return {h["campaign"]: Book(h["campaign"], h["known"], h["currency"], lines[h["campaign"]]) for h in heads}


async def save_lines(tx: Transaction, lines: Sequence[Line]) -> None:
    """The lines as they stand now; their books must be open."""
    await tx.conn.execute(_SAVE_LINES, json.dumps([vars(line) for line in lines]))


async def save_postings(tx: Transaction, postings: Sequence[Posting]) -> None:
    """Postings with their entries, for ever."""
    await tx.conn.execute(_SAVE_POSTINGS, json.dumps([_row(n, p) for n, p in enumerate(postings)]), tx.now)


def _row(n: int, posting: Posting) -> dict[str, Any]:
    debit, credit = posting.entries
    return {
        "n": n,
        "campaign": posting.line.campaign,
        "line": posting.line.line,
        "currency": posting.line.currency,
        "posting": posting.line.postings,
        "kind": posting.kind,
        "amount": debit.amount,
        "spend_id": posting.spend.spend_id if posting.spend else None,
        "debit": debit.account,
        "credit": credit.account,
    }


async def lines_of(tx: Transaction, campaign: str) -> list[asyncpg.Record]:
    """What there is to see of a campaign's lines."""
    return list(await tx.conn.fetch(_LINES_OF, campaign))


async def totals_of(tx: Transaction, campaign: str) -> list[asyncpg.Record]:
    """The sums over a campaign's lines, one row per currency."""
    return list(await tx.conn.fetch(_TOTALS_OF, campaign))


async def postings_of(tx: Transaction, campaign: str, before: int | None, limit: int) -> list[asyncpg.Record]:
    """A page of postings, newest first."""
    return list(await tx.conn.fetch(_POSTINGS_OF, campaign, before, limit))
