"""The deciding rules in force, as every process knows them; drafted, changed and put in force by who may."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from chassis import Transaction, telemetry
from contracts.leads.rule import RuleActivated
from leads.domain import rules as life
from leads.domain.codes import Reasons
from leads.domain.policy import Policy, never_meant
from leads.domain.qualification import Scorecard
from leads.domain.response import Response
from leads.domain.rules import KINDS, Kind, Unusable, Version
from leads.store import rules as store
from leads.use_cases.rule_contents import Rule, read, written

# How long a process goes on by what it knows: what was activated in another process takes effect then.
KNOWN_FOR = timedelta(seconds=5)
_NUL = rb"\u0000"
T = TypeVar("T", bound=Rule)


class NoSuchRule(Exception):
    """There is no such version."""


class Outdated(Exception):
    """It was changed since it was read; ``edit`` is its last change."""

    def __init__(self, edit: int) -> None:
        super().__init__("It was changed since it was read.")
        self.edit = edit


@dataclass
class _Known:
    since: datetime
    rules: dict[Kind, Rule]


async def scorecard(tx: Transaction) -> Scorecard:
    """The card that judges what comes in now."""
    return await _in_force(tx, "scorecard", Scorecard)


async def policy(tx: Transaction) -> Policy:
    """What customers are promised now."""
    return await _in_force(tx, "response", Policy)


async def response(tx: Transaction) -> Response:
    """How long a lead may wait where nobody has it."""
    return await _in_force(tx, "waiting", Response)


async def reasons(tx: Transaction) -> Reasons:
    """Which codes people choose from, and how long what they set aside is kept."""
    return await _in_force(tx, "reasons", Reasons)


async def _in_force(tx: Transaction, kind: Kind, shape: type[T]) -> T:
    known: _Known | None = tx.process_cache.get(_Known)
    if known is None or not timedelta() <= tx.now - known.since < KNOWN_FOR:
        known = await _look(tx, known.rules if known else {})
    return cast(T, known.rules[kind])


async def _look(tx: Transaction, known: Mapping[Kind, Rule]) -> _Known:
    """Asks which versions decide now. One that this build can't read changes nothing: what is known goes on, and a process that
    knows nothing waits as if the database were away, until a build comes that can."""
    rules = dict(known)
    for kind, version, content in await store.in_force(tx, ((kind, rule.version) for kind, rule in known.items())):
        if content is None:
            continue
        try:
            rules[kind] = read(kind, version, content)
        except Unusable as unusable:
            telemetry.log("rules").error("rule_unreadable", kind=kind, version=version, fields=sorted(unusable.faults))
    if missing := [kind for kind in KINDS if kind not in rules]:
        raise ConnectionError(f"no version that can be followed is in force of {', '.join(missing)}")
    made = tx.process_cache[_Known] = _Known(tx.now, rules)
    return made


def forget(process_cache: dict[Any, Any]) -> None:
    """What this process knows of which version decides is looked up anew."""
    process_cache.pop(_Known, None)


async def draft(kind: Kind, content: Mapping[str, Any], tx: Transaction) -> Version:
    """A new version that decides nothing yet. Raises Unusable."""
    return await _drafted(kind, _storable(kind, 1, content), None, tx)


async def copy(kind: Kind, of: int, tx: Transaction) -> Version:
    """The same as another version, as a new draft: so one goes back to what was. Raises NoSuchRule."""
    one = await store.one(tx, kind, of)
    if one is None:
        raise NoSuchRule
    return await _drafted(kind, one.content, of, tx)


async def _drafted(kind: Kind, content: Mapping[str, Any], of: int | None, tx: Transaction) -> Version:
    await store.alone(tx, kind)
    made = life.drafted(kind, await store.last(tx, kind), content, tx.actor.principal, tx.now, of)
    await store.save(tx, [made])
    return made


async def edit(kind: Kind, version: int, content: Mapping[str, Any], seen: int, tx: Transaction) -> Version:
    """The draft says this from now on. Raises NoSuchRule, Outdated, NotPossible and Unusable."""
    one = await _taken(kind, version, seen, tx)
    after = life.edited(one, _storable(kind, version, content), tx.actor.principal, tx.now)
    await store.save(tx, [after])
    return after


def _storable(kind: Kind, version: int, content: Mapping[str, Any]) -> Mapping[str, Any]:
    rule = read(kind, version, content)
    if isinstance(rule, Policy) and (found := never_meant(rule)):
        raise Unusable(found)
    said = written(rule)
    try:
        text = json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        text = _NUL
    if _NUL in text:
        raise Unusable({"": "holds a character or number that can't be stored"})
    return said


async def activate(kind: Kind, version: int, seen: int, tx: Transaction) -> Version:
    """The draft decides from now on, in every process within seconds, and that is told; no lead that was judged is judged anew.

    Raises NoSuchRule, Outdated, NotPossible, ByItsAuthor, and Unusable for what this build can't follow.
    """
    one = await _taken(kind, version, seen, tx)
    read(kind, version, one.content)
    changed = life.activated(one, await store.active(tx, kind), tx.actor.principal, tx.now)
    await store.save(tx, changed)
    tx.emit(
        RuleActivated(
            id=kind,
            version=version,
            sha256=digest(one.content),
            author=one.author,
            activated_by=tx.actor.principal,
            activated_at=tx.now,
        )
    )
    return changed[-1]


def digest(content: Mapping[str, Any]) -> str:
    """By which one who is told of a version knows its content."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


async def drop(kind: Kind, version: int, seen: int, tx: Transaction) -> Version:
    """The draft is given up; it stays on record. Raises NoSuchRule, Outdated and NotPossible."""
    after = life.dropped(await _taken(kind, version, seen, tx), tx.actor.principal, tx.now)
    await store.save(tx, [after])
    return after


async def _taken(kind: Kind, version: int, seen: int, tx: Transaction) -> Version:
    one = await store.one(tx, kind, version, to_change=True)
    if one is None:
        raise NoSuchRule
    if one.edit != seen:
        raise Outdated(one.edit)
    return one
