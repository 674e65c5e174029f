"""Drafts of the market: written, changed, tried on the leads that came last, put in force and given up."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from chassis import Transaction
from territory.domain import draft as life
from territory.domain.draft import Draft
from territory.domain.draft_trial import Came, DraftTrial
from territory.domain.market import Fault, MarketRefused, MarketVersion
from territory.domain.refusal import Absent, Outdated
from territory.domain.rule_index import TooLarge
from territory.store import draft as store
from territory.store import market
from territory.use_cases.market import activate_market, checked

NO_SUCH = "No such draft"


async def write(document: Mapping[str, Any], tx: Transaction) -> Draft:
    """A new draft that decides nothing yet. Raises MarketRefused and TooLarge."""
    await asyncio.to_thread(storable, document)
    return await _drafted(document, None, tx)


async def copy(version: int, tx: Transaction) -> Draft:
    """What was in force as this version, as a new draft: so one goes back to what was. Raises Absent."""
    document = await market.document_of(tx, version)
    if document is None:
        raise Absent("No such rule set")
    return await _drafted(document, version, tx)


async def _drafted(document: Mapping[str, Any], of: int | None, tx: Transaction) -> Draft:
    await store.alone(tx)
    made = life.drafted(await store.last(tx), document, await market.look(tx), tx.actor.principal, tx.now, of)
    await store.save(tx, made)
    return made


async def edit(number: int, document: Mapping[str, Any], seen: int, tx: Transaction) -> Draft:
    """The draft says this from now on. Raises Absent, Outdated, Against, MarketRefused and TooLarge."""
    await asyncio.to_thread(storable, document)
    one = await _taken(number, seen, tx)
    after = life.edited(one, document, await market.look(tx), tx.actor.principal, tx.now)
    await store.save(tx, after)
    return after


async def activate(number: int, seen: int, tx: Transaction) -> tuple[Draft, MarketVersion]:
    """The market of this draft is in force from here on, as a file that is put; whoever has a lead keeps it.

    Raises Absent, Outdated, Against, NotYours, and MarketRefused and TooLarge for what this build does not take any more.
    """
    one = await _taken(number, seen, tx)
    life.is_for(one, await market.look(tx), tx.actor.principal)
    its = await asyncio.to_thread(checked, one.document)
    life.is_for(one, await market.version_to_replace(tx), tx.actor.principal)  # another may have been quicker
    active = await activate_market(one.document, its, tx, draft=number)
    after = life.activated(one, active.version, tx.actor.principal, tx.now)
    await store.save(tx, after)
    return after, active


async def drop(number: int, seen: int, tx: Transaction) -> Draft:
    """The draft is given up; it stays on record. Raises Absent, Outdated and Against."""
    after = life.dropped(await _taken(number, seen, tx), tx.actor.principal, tx.now)
    await store.save(tx, after)
    return after


async def ask(number: int, last: int, tx: Transaction) -> Draft:
    """It will be tried on the leads that came last, within a second or two. Raises Absent."""
    one = await store.one(tx, number, to_change=True)
    if one is None:
        raise Absent(NO_SUCH)
    asked = life.asked(one, last, tx.actor.principal, tx.now)
    await store.save(tx, asked)
    return asked


async def try_one(tx: Transaction) -> None:
    """Tries what somebody waits for, beside the market in force: no lead is touched and nothing is told."""
    one = await store.to_try(tx)
    if one is None:
        return
    active = await market.active_market(tx)
    leads = await store.latest(tx, int((one.tried or {})["last"]))
    try:
        result = await asyncio.to_thread(_tried, one.document, active, leads)
    except (MarketRefused, TooLarge):  # it was written to another build: whoever saves it again is told what is wrong
        result = {"is_refused": True}
    await store.save(tx, life.found(one, result, tx.now))


def _tried(document: Any, active: MarketVersion, leads: Iterable[Came]) -> dict[str, Any]:
    trial = DraftTrial(active, checked(document).numbered(active.version + 1))
    for came in leads:
        trial.look(came)
    return trial.result


def storable(document: Any) -> None:
    """Raises MarketRefused and TooLarge where this could not be put in force."""
    checked(document)
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        raise MarketRefused([Fault("rules", "hold a number that is none")]) from None


async def _taken(number: int, seen: int, tx: Transaction) -> Draft:
    one = await store.one(tx, number, to_change=True)
    if one is None:
        raise Absent(NO_SUCH)
    if one.edit != seen:
        raise Outdated(one.edit)
    return one
