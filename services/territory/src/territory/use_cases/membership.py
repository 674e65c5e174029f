"""Who belongs where, with which rank and share. Somebody sees more only when a second person, who is inside, confirms it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Transaction
from contracts.territory.member import MemberJoined, MemberLeft
from territory.domain.authority import PEOPLE
from territory.domain.membership import Share, faults_of, is_gain
from territory.domain.organisation import Membership
from territory.domain.proposal import JOIN, RANK, Proposal
from territory.domain.refusal import Absent, Against, Wrong
from territory.store import organisation as store
from territory.store import substitution
from territory.store.access import known_of
from territory.store.organisation_tables import MEMBERSHIP
from territory.use_cases.access import JOINED, LEFT
from territory.use_cases.authority import Change, begin_change, unchanged
from territory.use_cases.proposal import propose
from territory.use_cases.substitution import end_with


async def propose_member(wanted: Membership, tx: Transaction) -> Proposal:
    """Somebody shall belong to a unit: a person, or a machine that reads it. It waits for whoever is inside."""
    change = await begin_change(tx)
    change.needs(change.who.holds(PEOPLE, wanted.unit), change.who.leads(wanted.unit))
    await check(wanted, change)
    return await propose(JOIN, wanted.person, wanted.unit, vars(wanted), wanted.id, change)


async def check(wanted: Membership, change: Change) -> None:
    """Raises Wrong where the membership can't be."""
    known = (await known_of(change.tx, [wanted.person])).get(wanted.person)
    share = Share(wanted.takes_leads, wanted.weight, wanted.open_max, wanted.day_max)
    person, theirs = (known.person, known.memberships) if known else (None, ())
    if faults := [*faults_of(wanted, person, theirs, change.structure, change.tx.now), *share.faults]:
        raise Wrong(*faults)


async def join(wanted: Membership, change: Change) -> None:
    """The membership holds: it was proposed and confirmed."""
    await check(wanted, change)
    await store.add(change.tx, MEMBERSHIP, vars(wanted))
    await change.record("membership", wanted.person, None, wanted)
    change.tx.emit(
        MemberJoined(person=wanted.person, unit=wanted.unit, rank=wanted.rank, at=wanted.from_at, by=change.by)
    )
    await change.says([wanted.person], JOINED)


async def edit_member(
    which: UUID, fields: Mapping[str, Any], version: int | None, tx: Transaction
) -> tuple[Membership, Proposal | None]:
    """Another share, an end, another rank. A rank that lets its holder see more is proposed; all else holds at once."""
    change = await begin_change(tx)
    before = await store.one(tx, MEMBERSHIP, which, Membership)
    if before is None:
        raise Absent("No such membership")
    change.needs(change.who.holds(PEOPLE, before.unit), change.who.leads(before.unit))
    unchanged(version, before.version)
    if not before.interval.ends > tx.now:
        raise Against("The membership has ended.")
    wanted = replace(before, **fields)
    if before.until_at and (wanted.until_at is None or wanted.until_at > before.until_at):
        raise Wrong(("until_at", "lies behind the end that stands: propose another membership from there on"))
    if wanted.until_at is not None:  # who has an end has it at once, or later; nobody has belonged somewhere for less
        wanted = replace(wanted, until_at=max(wanted.until_at, min(tx.now, before.interval.ends), before.from_at))
    proposal = None
    if is_gain(before.rank, wanted.rank, change.structure):
        terms = {"membership": which, "rank": wanted.rank}
        proposal = await propose(RANK, before.person, before.unit, terms, None, change)
        wanted = replace(wanted, rank=before.rank)
    elif wanted.rank not in change.structure.ranks:
        raise Wrong(("rank", "no such rank"))
    if wanted != before:
        await save_member(before, wanted, change)
    return replace(wanted, version=before.version + (wanted != before)), proposal


async def save_member(before: Membership, wanted: Membership, change: Change) -> None:
    """The membership is so from here on."""
    if faults := Share(wanted.takes_leads, wanted.weight, wanted.open_max, wanted.day_max).faults:
        raise Wrong(*faults)
    names = ("rank", "until_at", "takes_leads", "weight", "open_max", "day_max")
    await store.change(change.tx, MEMBERSHIP, before.id, {name: getattr(wanted, name) for name in names})
    await change.record("membership", before.person, before, wanted)
    if wanted.until_at != before.until_at and wanted.until_at is not None:
        await leave_unit(before, wanted.until_at, "left", change)
        change.tx.emit(MemberLeft(person=before.person, unit=before.unit, at=wanted.until_at, by=change.by))
    if (wanted.until_at, wanted.rank) != (before.until_at, before.rank):
        await change.says([before.person], LEFT)


async def leave_unit(before: Membership, at: datetime, why: str, change: Change) -> None:
    """What hangs on a membership that ends: nobody stands in for, or is stood in for by, who is not there."""
    for one in await substitution.of_member(change.tx, before.person, before.unit, at):
        await end_with(one, at, why, change)


async def promote(which: UUID, rank: str, change: Change) -> None:
    """The rank holds: it was proposed and confirmed."""
    before = await store.one(change.tx, MEMBERSHIP, which, Membership)
    if before is None or not before.interval.ends > change.tx.now:
        raise Against("The membership has ended.")
    if rank not in change.structure.ranks:
        raise Against("There is no such rank any more.")
    await store.change(change.tx, MEMBERSHIP, which, {"rank": rank})
    await change.record("membership", before.person, before, replace(before, rank=rank))
    await change.says([before.person], JOINED)
