"""Budget lines, and the postings and entries behind them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import asyncpg

from campaigns.domain.ledger import Book, Line, Posting
from chassis import Transaction

# A name in another spelling is the campaign that is there; its id stays as it was written first.
_MAKE_UNKNOWN = """
insert into campaign (campaign, key, known, version, first_seen_at)
select campaign, key, false, 0, $3 from unnest($1::text[], $2::text[]) as new(key, campaign) order by key
on conflict do nothing
"""

# The campaign's row stands for its whole book: who holds it is alone with the lines.
_LOCK = """
select key, campaign, known, currency from campaign where key = any($1::text[]) order by key for update
"""

_KEY = ("campaign", "line", "currency")
_REST = tuple(field.name for field in fields(Line) if field.name not in _KEY)
_COLUMNS, _SHOWN = ", ".join((*_KEY, *_REST)), ", ".join(_REST)
_RENEWED = ", ".join(f"{name} = excluded.{name}" for name in _REST)

_LINES = """
select COLUMNS from budget_line where campaign = any($1::text[])
order by campaign, line, currency
""".replace("COLUMNS", _COLUMNS)

_SAVE_LINES = """
insert into budget_line (COLUMNS)
select COLUMNS from json_populate_recordset(null::budget_line, $1::json)
order by campaign, line, currency
on conflict (campaign, line, currency) do update set RENEWED
""".replace("COLUMNS", _COLUMNS).replace("RENEWED", _RENEWED)

# Both tables in one statement: the entries need the ids that the postings get, in the order they were posted.
_SAVE_POSTINGS = """
with said as (
    select * from json_to_recordset($1::json) as said(
        n int, campaign text, line text, currency char(3), posting int, kind text, amount bigint, sender text, spend_id text,
        debit text, credit text
    )
), posted as (
    insert into ledger_posting (campaign, line, currency, posting, kind, amount, sender, spend_id, posted_at)
    select campaign, line, currency, posting, kind, amount, sender, spend_id, $2 from said order by n
    returning id, campaign, line, currency, posting
)
insert into ledger_entry (posting_id, account, amount)
select posted.id, side.account, side.amount
from posted join said using (campaign, line, currency, posting)
cross join lateral (values (said.debit, said.amount), (said.credit, -said.amount)) as side(account, amount)
"""

_LINES_OF = """
select line, currency, SHOWN, available
from budget_line where campaign = $1 and (planned or postings > 0 or unmatched > 0)
order by line, currency
""".replace("SHOWN", _SHOWN)

_TOTALS_OF = """
select currency, sum(budget) as budget, sum(committed) as committed, sum(incurred) as incurred,
       sum(available) as available, sum(unmatched) as unmatched
from budget_line where campaign = $1 and (planned or postings > 0 or unmatched > 0)
group by currency order by currency
"""

_POSTINGS_OF = """
select p.id, p.line, p.currency, p.posting, p.kind, p.amount, p.spend_id, s.source, coalesce(s.conflicting, false) as conflicting,
       s.note_box as note, s.occurred_at, p.posted_at,
       (select account from ledger_entry e where e.posting_id = p.id and sign(e.amount) = sign(p.amount)) as debit,
       (select account from ledger_entry e where e.posting_id = p.id and sign(e.amount) <> sign(p.amount)) as credit
from ledger_posting p left join spend s using (sender, spend_id)
where p.campaign = $1 and ($2::bigint is null or p.id < $2)
order by p.id desc limit $3
"""


async def open_books(tx: Transaction, campaigns: Mapping[str, str]) -> dict[str, Book]:
    """The books of these campaigns, locked, by the normal form of their names; given are the names as they are written.

    A campaign that nobody planned is put on record as unknown.
    """
    keys = sorted(campaigns)
    await tx.conn.execute(_MAKE_UNKNOWN, keys, [campaigns[key] for key in keys], tx.now)
    heads = await tx.conn.fetch(_LOCK, keys)
    lines: dict[str, dict[tuple[str, str], Line]] = {head["campaign"]: {} for head in heads}
    for row in await tx.conn.fetch(_LINES, list(lines)):
        line = Line(**row)
        lines[line.campaign][line.place] = line
    return {h["key"]: Book(h["campaign"], h["known"], h["currency"], lines[h["campaign"]]) for h in heads}


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
        "sender": posting.spend.identity[0] if posting.spend else None,
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
