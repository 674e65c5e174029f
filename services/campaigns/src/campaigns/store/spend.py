"""Every spend that was reported, once."""

import json
from collections.abc import Sequence
from typing import Any

from campaigns.domain.spend import Spend
from chassis import Transaction

# In the order of the ids, so that two deliveries that share some wait for each other instead of blocking each other.
_ADD = """
insert into spend (spend_id, campaign, line, amount, currency, kind, source, note, occurred_at, counted_at)
select spend_id, campaign, line, amount, currency, kind, source, note, occurred_at, $2
from json_to_recordset($1::json) as new(
    spend_id text, campaign text, line text, amount bigint, currency char(3), kind text, source text, note text,
    occurred_at timestamptz
)
order by spend_id
on conflict (spend_id) do nothing
returning spend_id
"""

_FLAG = """
update spend set conflicting = true
from json_to_recordset($1::json) as again(
    spend_id text, campaign text, line text, amount bigint, currency char(3), kind text, source text, note text,
    occurred_at timestamptz
)
where spend.spend_id = again.spend_id and not spend.conflicting
  and (spend.campaign, spend.line, spend.amount, spend.currency, spend.kind, spend.source, spend.note, spend.occurred_at)
      is distinct from
      (again.campaign, again.line, again.amount, again.currency, again.kind, again.source, again.note, again.occurred_at)
"""


async def add_spends(tx: Transaction, spends: Sequence[Spend]) -> set[str]:
    """Puts on record what is not yet there, by id; returns the ids that are new."""
    return {row["spend_id"] for row in await tx.conn.fetch(_ADD, _rows(spends), tx.now)}


async def flag_conflicts(tx: Transaction, spends: Sequence[Spend]) -> None:
    """Marks what is on record where one of these says something else under the same id. The first report stands."""
    await tx.conn.execute(_FLAG, _rows(spends))


def _rows(spends: Sequence[Spend]) -> str:
    rows: list[dict[str, Any]] = [{**vars(spend), "occurred_at": spend.occurred_at.isoformat()} for spend in spends]
    return json.dumps(rows)
