"""Market files: every version for ever, and which one is in force."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Transaction
from territory.domain.market import NO_MARKET, MarketVersion
from territory.domain.market_file import read_market

# Where a batch has waited for an activation, the organisation is read as it was before: its ``market`` says so.
_ACTIVE = "select a.version, o.version as organisation, o.market as taken_in from active_market a, organisation o for share of a"
_LOOK = "select version from active_market"
_REPLACE = "select version from active_market for update"
_INSERT = "insert into market (version, document, sha256, activated_at, by, draft) values ($1, $2, $3, $4, $5, $6)"
_ACTIVATE = "update active_market set version = $1"
_DOCUMENT = "select document::text from market where version = $1"
_SHA256 = "select sha256 from market where version = $1"
_VERSIONS = """
select version, sha256, activated_at, swept, by, draft,
    jsonb_array_length(coalesce(nullif(document -> 'rules', 'null'), '[]')) as rules,
    jsonb_array_length(coalesce(nullif(document -> 'segments', 'null'), '[]')) as segments,
    jsonb_array_length(coalesce(nullif(document -> 'teams', 'null'), '[]')) as teams
from market where version < $1 order by version desc limit $2
"""
# What went to a customer's team or by an order, no rule has sent to that team.
_COUNT_RETURN = """
insert into rule_return as r (ruleset, rule, leads)
select d.ruleset, d.rule, 1 from decision d join market m on m.version = d.ruleset
where d.lead_id = $1 and d.number = $2 and exists (
    select from jsonb_array_elements(m.document -> 'rules') as given
    where given ->> 'name' = d.rule and given ->> 'team' = d.team
)
on conflict (ruleset, rule) do update set leads = r.leads + 1
"""
_RETURNS = "select rule, leads from rule_return where ruleset = $1 order by rule"
_SWEPT = "update market set swept = swept + $2 where version = $1"
_KEPT = 4


@dataclass(frozen=True)
class Version:
    """A market version in a list."""

    version: int
    sha256: str
    activated_at: datetime
    rules: int
    segments: int
    teams: int
    swept: int
    by: str | None
    draft: int | None


@dataclass(frozen=True)
class InForce:
    """The market in force, how often the organisation has changed, and which version's members it knows."""

    market: MarketVersion
    organisation: int
    taken_in: int


async def in_force(tx: Transaction) -> InForce:
    """The market in force, compiled, and the organisation. The market stays in force until this transaction ends: an activation
    waits. The organisation may change meanwhile.
    """
    row = await tx.conn.fetchrow(_ACTIVE)
    assert row is not None
    version, organisation, taken_in = row
    return InForce(await _compiled(tx, version), organisation, taken_in)


async def active_market(tx: Transaction) -> MarketVersion:
    """The market in force, compiled, for one who only looks and needs no right to lock."""
    return await _compiled(tx, await tx.conn.fetchval(_LOOK))


async def _compiled(tx: Transaction, version: int) -> MarketVersion:
    market = await market_of(tx, version) or NO_MARKET
    if market.ruleset.index is None:
        await asyncio.to_thread(market.ruleset.compile)
        keep(tx, market)
    return market


async def version_to_replace(tx: Transaction) -> int:
    """The version in force, for one who is about to replace it: others who want to replace it wait, and so do batches."""
    version: int = await tx.conn.fetchval(_REPLACE)
    return version


async def market_of(tx: Transaction, version: int) -> MarketVersion | None:
    """The market of a version. Versions never change, so the last few are kept in the process. Reading a long file takes a
    while: it is done beside the event loop.
    """
    kept: dict[int, MarketVersion] = tx.process_cache.setdefault("markets", {})
    if version not in kept:
        document = await tx.conn.fetchval(_DOCUMENT, version)
        if document is None:
            return None
        keep(tx, await asyncio.to_thread(_standing, version, document))
    kept[version] = kept.pop(version)  # the last one used goes last
    return kept[version]


def keep(tx: Transaction, market: MarketVersion) -> None:
    """Keeps a market that stands in the database, so that no batch waits for it to be read again.

    Leads are routed by one version at a time: of the others no index is kept.
    """
    kept: dict[int, MarketVersion] = tx.process_cache.setdefault("markets", {})
    kept.pop(market.version, None)
    if market.ruleset.index:
        for other in kept.values():
            other.ruleset.index = None
    while len(kept) >= _KEPT:
        del kept[next(iter(kept))]
    kept[market.version] = market


def _standing(version: int, document: str) -> MarketVersion:
    return MarketVersion.of(version, read_market(json.loads(document)))


async def document_of(tx: Transaction, version: int) -> dict[str, Any] | None:
    """The file of a version, as it was given."""
    document = await tx.conn.fetchval(_DOCUMENT, version)
    return None if document is None else json.loads(document)


async def fingerprint_of(tx: Transaction, version: int) -> str | None:
    """What tells the file of a version from others."""
    found: str | None = await tx.conn.fetchval(_SHA256, version)
    return found


async def look(tx: Transaction) -> int:
    """The version in force, for one who only looks."""
    version: int = await tx.conn.fetchval(_LOOK)
    return version


async def save_and_activate(
    tx: Transaction, version: int, document: Any, fingerprint: str, draft: int | None = None
) -> None:
    """The file takes effect when this transaction commits: put in force by who acts, as it was drafted, where it was."""
    await tx.conn.execute(_INSERT, version, json.dumps(document), fingerprint, tx.now, tx.actor.principal, draft)
    await tx.conn.execute(_ACTIVATE, version)


async def count_return(tx: Transaction, lead_id: UUID, number: int) -> None:
    """One more lead that the rule of this decision sent to its team was not that team's to have; nothing where no rule sent it."""
    await tx.conn.execute(_COUNT_RETURN, lead_id, number)


async def returns(tx: Transaction, version: int) -> dict[str, int]:
    """By rule of this version, how many of its leads were given back because they were not its team's to have."""
    return {row["rule"]: row["leads"] for row in await tx.conn.fetch(_RETURNS, version)}


async def count_swept(tx: Transaction, version: int, leads: int) -> None:
    """This version has placed so many more leads that waited for rules before it."""
    if leads:
        await tx.conn.execute(_SWEPT, version, leads)


async def versions(tx: Transaction, before: int, most: int) -> list[Version]:
    """Versions older than this one, the newest first."""
    return [Version(**row) for row in await tx.conn.fetch(_VERSIONS, before, most)]
