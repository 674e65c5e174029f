"""Which campaigns are known, by the one form in which names are compared."""

from collections.abc import Iterable

from chassis import Transaction
from values.text import key


async def note(tx: Transaction, campaigns: Iterable[str]) -> None:
    """These campaigns exist."""
    await tx.conn.execute(
        "insert into campaign (campaign) select unnest($1::text[]) on conflict do nothing",
        sorted(set(map(key, campaigns))),
    )


async def known(tx: Transaction, campaigns: Iterable[str]) -> set[str]:
    """Those of these that exist."""
    asked = {campaign: key(campaign) for campaign in campaigns}
    if not asked:
        return set()
    rows = await tx.conn.fetch("select campaign from campaign where campaign = any($1)", list(set(asked.values())))
    found = {row["campaign"] for row in rows}
    return {campaign for campaign, normal in asked.items() if normal in found}
