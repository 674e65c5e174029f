"""The promises in force, as every process knows them; written down, tried and read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from chassis import Transaction
from leads.domain.policy import DUE, FIRST_RESPONSE, POLICY_1, SOON, Of, Policy, Promise, Unusable
from leads.store import calendar as calendars

_PROMISES = TypeAdapter(tuple[Promise, ...])
_KINDS = TypeAdapter(dict[str, bool])
_PARTS: dict[str, TypeAdapter[Any]] = {"promises": _PROMISES, "kinds": _KINDS}


class NoSuchCalendar(Exception):
    """None of this name is known."""


class Tried(NamedTuple):
    """When something would be due soon and due, and when the steps behind it would come."""

    soon_at: datetime
    due_at: datetime
    steps: tuple[datetime, ...]


async def in_force(tx: Transaction) -> Policy:
    """What customers are promised now."""
    return POLICY_1


async def all_of(tx: Transaction) -> Mapping[int, Policy]:
    """Every version that something may be due by."""
    return {POLICY_1.version: POLICY_1}


def read(version: int, content: Mapping[str, Any]) -> Policy:
    """A version from how it is written: ``promises`` and ``kinds``. Raises Unusable, naming the fields."""
    parts: dict[str, Any] = {}
    found = {name: "is none of promises and kinds" for name in content if name not in _PARTS}
    for name, shape in _PARTS.items():
        try:
            parts[name] = shape.validate_python(content.get(name, {} if name == "kinds" else ()))
        except ValidationError as error:
            found |= {".".join(map(str, (name, *one["loc"]))): one["msg"] for one in error.errors()}
    policy = Policy(version, **parts) if not found else None
    if found or (policy and (found := policy.faults)):
        raise Unusable(found)
    assert policy is not None
    return policy


def written(policy: Policy) -> dict[str, Any]:
    """How it is written down."""
    promises = _PROMISES.dump_python(policy.promises, mode="json", exclude_defaults=True)
    return {"promises": promises, "kinds": policy.kinds}


async def tried(policy: Policy, calendar: str, starts_at: datetime, of: Of | None, tx: Transaction) -> Tried:
    """What would be due when. Raises NoSuchCalendar."""
    clock = await calendars.newest(tx, calendar)
    if clock is None:
        raise NoSuchCalendar
    _, promise = policy.promise(of or Of(FIRST_RESPONSE))
    times = promise.times(clock.hours, starts_at)
    return Tried(times[SOON], times[DUE], times[DUE + 1 :])
