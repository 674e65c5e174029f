"""Who stands in for whom: ordered by a leader of the unit or by the absent person, and said to the one who stands in."""

from datetime import datetime
from uuid import UUID

from chassis import Transaction
from contracts.territory.member import SubstitutionEnded, SubstitutionOrdered
from territory.domain.absence import cut, faults_of
from territory.domain.authority import PEOPLE
from territory.domain.organisation import Substitution
from territory.domain.refusal import Absent, Against, Wrong
from territory.store import organisation as store
from territory.store import substitution as rows
from territory.store.access import known_of
from territory.store.organisation_tables import SUBSTITUTION
from territory.use_cases.access import SUBSTITUTION as CAUSE
from territory.use_cases.authority import Change, begin_change


async def order_substitution(wanted: Substitution, tx: Transaction) -> tuple[Substitution, bool]:
    """The substitution holds in its interval; whether it is new. The substitute sees nothing that he did not see, as he is of the
    unit, and records on the absent person's leads on that person's behalf: so it needs no second person.
    """
    change = await begin_change(tx)
    change.needs(change.who.principal == wanted.absent, change.who.leads(wanted.unit))
    if there := await store.one(tx, SUBSTITUTION, wanted.id, Substitution):
        if (there.absent, there.substitute, there.unit) != (wanted.absent, wanted.substitute, wanted.unit):
            raise Against("Something else has this id.")
        return there, False
    known = await known_of(tx, [wanted.absent, wanted.substitute])
    others = await rows.of_people(tx, [wanted.absent, wanted.substitute])
    absent, substitute = known.get(wanted.absent), known.get(wanted.substitute)
    if faults := faults_of(wanted, absent, substitute, others, change.structure):
        raise Wrong(*faults)
    await store.add(tx, SUBSTITUTION, {**vars(wanted), "ordered_by": change.who.principal})
    await change.record("substitution", wanted.substitute, None, wanted)
    tx.emit(
        SubstitutionOrdered(
            person=wanted.substitute,
            for_person=wanted.absent,
            unit=wanted.unit,
            substitution=wanted.id,
            from_at=wanted.from_at,
            until_at=wanted.until_at,
            by=change.by,
        )
    )
    await change.says([wanted.substitute], CAUSE)
    return wanted, True


async def end_substitution(which: UUID, tx: Transaction) -> None:
    """It ends now, by a leader, by the absent person, by the substitute, or by whoever administers people."""
    change = await begin_change(tx)
    before = await store.one(tx, SUBSTITUTION, which, Substitution)
    if before is None:
        raise Absent("No such substitution")
    who = change.who
    change.needs(
        who.principal in (before.absent, before.substitute), who.leads(before.unit), who.holds(PEOPLE, before.unit)
    )
    if not cut(before, tx.now):
        raise Against("It has ended.")
    await end_with(before, tx.now, "revoked", change)
    await change.says([before.substitute], CAUSE)


async def end_with(before: Substitution, at: datetime, why: str, change: Change) -> None:
    """It ends at a moment, and says why: never in silence."""
    at = max(at, before.from_at)
    await store.change(change.tx, SUBSTITUTION, before.id, {"until_at": at, "ended_why": why})
    await change.record("substitution", before.substitute, before, {"until_at": at, "why": why})
    change.tx.emit(
        SubstitutionEnded(
            person=before.substitute,
            for_person=before.absent,
            unit=before.unit,
            substitution=before.id,
            at=at,
            why=why,
            by=change.by,
        )
    )
