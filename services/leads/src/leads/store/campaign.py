"""Which campaigns are known."""

from collections.abc import Iterable

from chassis import Transaction


async def note(tx: Transaction, campaigns: Iterable[str]) -> None:
    """These campaigns exist."""
    await tx.conn.execute(
        "insert into campaign (campaign) select unnest($1::text[]) on conflict do nothing", sorted(set(campaigns))
    )


async def known(tx: Transaction, campaigns: Iterable[str]) -> set[str]:
    """Those of these that exist."""
    asked = list(set(campaigns))
    if not asked:
        return set()
    return {r["campaign"] for r in await tx.conn.fetch("select campaign from campaign where campaign = any($1)", asked)}
