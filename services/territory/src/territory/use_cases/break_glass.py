"""Break-glass: asked by one, granted by another, told to the unit, and over by the clock."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from chassis import Transaction
from contracts.territory.member import GlassClosed, GlassOpened
from territory.domain.authority import GLASS_ASKER, GLASS_GRANTER, Authority
from territory.domain.break_glass import Glass, check_asked, check_granted
from territory.domain.refusal import Absent, Against
from territory.store import break_glass as rows
from territory.store.access import known_of
from territory.use_cases.access import BREAK_GLASS
from territory.use_cases.authority import begin_change


async def ask_glass(wanted: Glass, tx: Transaction) -> tuple[Glass, bool]:
    """It waits half an hour for somebody who grants it; whether it is new."""
    change = await begin_change(tx)
    change.needs(change.who.holds(GLASS_ASKER, wanted.unit))
    wanted = replace(wanted, asker=change.who.principal)
    if there := await rows.one(tx, wanted.id):
        if (there.asker, there.unit) != (wanted.asker, wanted.unit):
            raise Against("Something else has this id.")
        return there, False
    check_asked(wanted, change.who)
    await rows.add(tx, wanted)
    await change.record("glass", wanted.asker, None, of_record(wanted))
    return wanted, True


async def grant_glass(which: UUID, tx: Transaction) -> Glass:
    """The asker sees the unit's rows from now on, reads only, and the unit's leaders are told."""
    change = await begin_change(tx)
    glass = await rows.one(tx, which)
    if glass is None or not may_see(glass, change.who):
        raise Absent("No such break-glass")
    known = (await known_of(tx, [glass.asker])).get(glass.asker)
    check_granted(glass, Authority.of(glass.asker, known, change.structure, tx.now), change.who, tx.now)
    until = tx.now + timedelta(hours=glass.hours)
    opened = replace(glass, granter=change.who.principal, from_at=tx.now, until_at=until)
    await rows.save(tx, opened)
    change.second = glass.asker
    await change.record("glass", glass.asker, of_record(glass), of_record(opened))
    tx.emit(
        GlassOpened(
            person=glass.asker,
            granter=change.who.principal,
            unit=glass.unit,
            glass=which,
            code=glass.code,
            until_at=until,
            at=tx.now,
        )
    )
    await change.says([glass.asker], BREAK_GLASS)
    return opened


async def close_glass(which: UUID, tx: Transaction) -> Glass:
    """The look ends now: by who asked, who granted, or a leader of the unit."""
    change = await begin_change(tx)
    glass = await rows.one(tx, which)
    if glass is None or not may_see(glass, change.who):
        raise Absent("No such break-glass")
    who = change.who
    change.needs(who.principal in (glass.asker, glass.granter), who.is_inside(glass.unit))
    if (state := glass.state_at(tx.now)) not in ("open", "asked"):
        raise Against(f"It is {state}.")
    was_open = state == "open"
    closed = replace(glass, until_at=tx.now) if was_open else replace(glass, lapses_at=tx.now)
    await rows.save(tx, closed)
    await change.record("glass", glass.asker, of_record(glass), of_record(closed))
    if was_open:
        tx.emit(GlassClosed(person=glass.asker, unit=glass.unit, glass=which, at=tx.now, by=change.by))
        await change.says([glass.asker], BREAK_GLASS)
    return closed


def of_record(glass: Glass) -> Glass:
    """Without what was written in prose: who reads the history of the whole company is told no unit's reasons."""
    return replace(glass, reason="")


def may_see(glass: Glass, who: Authority) -> bool:
    """The two who have to do with it, those who grant, and whoever belongs to the unit or leads it."""
    return (
        who.principal in (glass.asker, glass.granter)
        or who.holds_any(GLASS_GRANTER, "auditor", unit=glass.unit)
        or who.is_inside(glass.unit)
        or glass.unit in who.member_of
    )
