"""The promises in force, as every process knows them, and those that something is due by; tried by a calendar."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple, cast

from chassis import Transaction
from leads.domain.policy import DUE, FIRST_RESPONSE, SOON, Of, Policy
from leads.store import calendar as calendars
from leads.store import rules as store
from leads.use_cases import rules
from leads.use_cases.rule_contents import read


class NoSuchCalendar(Exception):
    """None of this name is known."""


class Tried(NamedTuple):
    """When something would be due soon and due, and when the steps behind it would come."""

    soon_at: datetime
    due_at: datetime
    steps: tuple[datetime, ...]


async def in_force(tx: Transaction) -> Policy:
    """What customers are promised now."""
    return await rules.policy(tx)


async def of_versions(tx: Transaction, versions: Collection[int]) -> Mapping[int, Policy]:
    """These versions, by which something is due. One that was in force never changes, so each is read once in a process."""
    kept: dict[int, Policy] = tx.process_cache.setdefault(Policy, {})
    if new := {one for one in versions if one not in kept}:
        for version, content in (await store.contents(tx, "response", new)).items():
            kept[version] = cast(Policy, read("response", version, content))
    return kept


async def tried(policy: Policy, calendar: str, starts_at: datetime, of: Of | None, tx: Transaction) -> Tried:
    """What would be due when. Raises NoSuchCalendar."""
    clock = await calendars.newest(tx, calendar)
    if clock is None:
        raise NoSuchCalendar
    _, promise = policy.promise(of or Of(FIRST_RESPONSE))
    times = promise.times(clock.hours, starts_at)
    return Tried(times[SOON], times[DUE], times[DUE + 1 :])
