"""Every spend that was reported, once."""

import json
from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Any

from campaigns.domain.spend import Identity, Spend
from chassis import Transaction

# In the order of the ids, so that two deliveries that share some wait for each other instead of blocking each other.
_ADD = """
insert into spend (sender, spend_id, campaign, line, amount, currency, kind, source, note_box, occurred_at, counted_at)
select sender, spend_id, campaign, line, amount, currency, kind, source, note, occurred_at, $2
from json_to_recordset($1::json) as new(
    sender text, spend_id text, campaign text, line text, amount bigint, currency char(3), kind text, source text, note text,
    occurred_at timestamptz
)
order by sender, spend_id
on conflict (sender, spend_id) do nothing
returning sender, spend_id
"""

# A note says nothing of the money, and a sealed one is never equal to another.
_FLAG = """
update spend set conflicting = true
from json_to_recordset($1::json) as again(
    sender text, spend_id text, campaign text, line text, amount bigint, currency char(3), kind text, occurred_at timestamptz
)
where spend.sender = again.sender and spend.spend_id = again.spend_id and not spend.conflicting
  and (spend.campaign, spend.line, spend.amount, spend.currency, spend.kind, spend.occurred_at)
      is distinct from (again.campaign, again.line, again.amount, again.currency, again.kind, again.occurred_at)
"""

_ON_RECORD = """
select sender, spend_id from spend join unnest($1::text[], $2::text[]) as said(sender, spend_id) using (sender, spend_id)
"""

_TAKE_BACK = """
delete from spend where (sender, spend_id) in (select * from unnest($1::text[], $2::text[]))
"""


async def add_spends(tx: Transaction, spends: Sequence[Spend]) -> set[Identity]:
    """Puts on record what is not yet there; returns whose ids are new."""
    return {(row["sender"], row["spend_id"]) for row in await tx.conn.fetch(_ADD, _rows(spends), tx.now)}


async def flag_conflicts(tx: Transaction, spends: Sequence[Spend]) -> None:
    """Marks what is on record where one of these says something else under the same id. The first report stands."""
    await tx.conn.execute(_FLAG, _rows(spends))


async def on_record(tx: Transaction, identities: Collection[Identity]) -> set[Identity]:
    """Which of these are counted."""
    return {(row[0], row[1]) for row in await tx.conn.fetch(_ON_RECORD, *zip(*identities, strict=True))}


async def take_back(tx: Transaction, identities: Collection[Identity]) -> None:
    """These were put on record in this transaction, and no line could take them: their ids stay free."""
    await tx.conn.execute(_TAKE_BACK, *zip(*identities, strict=True))


def _rows(spends: Sequence[Spend]) -> str:
    return json.dumps([_row(spend) for spend in spends])


def _row(spend: Spend) -> dict[str, Any]:
    sender, spend_id = spend.identity
    # The database takes no zone beyond fifteen hours, and one form of a name is all that is compared.
    at = spend.occurred_at.astimezone(UTC).isoformat()
    return {**vars(spend), "sender": sender, "spend_id": spend_id, "campaign": spend.book, "occurred_at": at}
