"""Where every lead is: each accepted one in exactly one place, and nowhere else."""

from collections import Counter
from collections.abc import Container, Iterator
from typing import cast

from leads.domain.lead import State
from leads.domain.place import placed
from territory.domain.decision import is_due_an_assignee
from tributary.verify.events import Submitted
from tributary.verify.invariants.decisions import due
from tributary.verify.invariants.records import is_merged
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Known, Snapshot

NOWHERE = "nowhere"
OPEN = "with a person", "in a team's queue", "in a team's queue, nobody could take it", "without a team, for a reason"
ON_THE_WAY = "on the way to leads", "on the way to territory"
PARKED = "parked by leads", "parked by territory"
ENDED = "won", "lost", "discarded", "merged"
PLACES = (*OPEN, *ENDED, *ON_THE_WAY, *PARKED, NOWHERE)


def places(snapshot: Snapshot) -> dict[str, str]:
    """Every accepted lead and where it is. Where the beginning of the intake has expired, what is on record was accepted."""
    if "places" not in snapshot.process_cache:
        on_record = {lead_id: lead for lead_id, lead in snapshot.leads.leads.items() if lead.captured_at}
        submitted = {event.key for event in snapshot.events("leads.intake") if isinstance(event.body, Submitted)}
        accepted = submitted | (snapshot.accepted or frozenset())
        if not snapshot.logs["leads.intake"].complete:
            accepted |= on_record.keys()
        everywhere = standing(snapshot)
        off_record = _off_record(snapshot, on_record)
        snapshot.process_cache["places"] = {
            i: everywhere.get(i) or off_record.get(i, NOWHERE) for i in sorted(accepted)
        }
    found: dict[str, str] = snapshot.process_cache["places"]
    return found


def standing(snapshot: Snapshot) -> dict[str, str]:
    """Every lead on record and where it is."""
    if "standing" not in snapshot.process_cache:
        heard, parked = _territory(snapshot)
        snapshot.process_cache["standing"] = {
            lead_id: _of_a_lead(snapshot, lead_id, lead, lead_id in heard, lead_id in parked)
            for lead_id, lead in snapshot.leads.leads.items()
            if lead.captured_at
        }
    found: dict[str, str] = snapshot.process_cache["standing"]
    return found


def unaccounted(snapshot: Snapshot) -> int:
    """How many accepted leads are nowhere; the figure that must be 0."""
    return sum(place == NOWHERE for place in places(snapshot).values())


def counted(snapshot: Snapshot) -> dict[str, int]:
    """How many leads are in each place."""
    count = Counter(places(snapshot).values())
    return {place: count[place] for place in PLACES if count[place] or place == NOWHERE}


def _off_record(snapshot: Snapshot, on_record: Container[str]) -> dict[str, str]:
    """Submissions that are no leads (yet): parked, or not heard."""
    found: dict[str, str] = {}
    for event in snapshot.events("leads.intake"):
        if isinstance(event.body, Submitted) and event.key not in on_record:
            if snapshot.is_parked("leads", "leads.intake", event):
                found[event.key] = "parked by leads"
            elif not snapshot.reached("leads", "leads.intake", event):
                found[event.key] = "on the way to leads"
            else:
                found.setdefault(event.key, NOWHERE)
    return found


def _territory(snapshot: Snapshot) -> tuple[set[str], set[str]]:
    """The leads that territory has heard of and must have decided, and those whose word it has parked."""
    heard = {event.key for event in snapshot.heard("territory", "leads.lead") if due(event)}
    parked = {
        event.key
        for event in snapshot.events("leads.lead")
        if due(event) and snapshot.is_parked("territory", "leads.lead", event)
    }
    return heard, parked - heard


def _of_a_lead(snapshot: Snapshot, lead_id: str, lead: Known, heard: bool, parked: bool) -> str:
    if is_merged(lead):
        return "merged"
    if lead.outcomes:
        return lead.outcomes[-1][0]
    if lead.discarded_at:
        return "discarded"
    decision = snapshot.territory.decisions.get(lead_id)
    if decision is not None:
        if decision.segment is None:
            return "without a team, for a reason" if decision.reason else NOWHERE
        if decision.assignee:
            return "with a person"
        return OPEN[2] if is_due_an_assignee(decision.disposition) else OPEN[1]
    if heard:
        return NOWHERE
    if parked:
        return "parked by territory"
    return "on the way to territory" if lead_id in _due(snapshot) else NOWHERE


def _due(snapshot: Snapshot) -> set[str]:
    """The leads that were told as due a decision, heard by territory or not yet."""
    if "due" not in snapshot.process_cache:
        snapshot.process_cache["due"] = {event.key for event in snapshot.emitted("leads.lead") if due(event)}
    found: set[str] = snapshot.process_cache["due"]
    return found


def conserved(snapshot: Snapshot) -> Iterator[Violation]:
    """Captured = open in one place + won + lost + discarded + merged, parked and on the way counted apart."""
    where = standing(snapshot)
    for lead_id in where:
        lead = snapshot.leads.leads[lead_id]
        if where[lead_id] == NOWHERE:
            yield Violation("lost", f"lead {lead_id} was captured, is {lead.state}, and nobody has it")
        elif (where[lead_id] in ENDED and lead.state != where[lead_id]) or (
            where[lead_id] not in ENDED and lead.state in ENDED
        ):
            yield Violation(
                "wrong", f"lead {lead_id} is {where[lead_id]} and stands as {lead.state}: it is in two places"
            )
        if lead.place is not None and lead.place != placed(
            cast(State, lead.state), lead.disposition, lead.waits, lead.revisited
        ):
            yield Violation("wrong", f"lead {lead_id} is {lead.state} and is listed at {lead.place}")


def accounted(snapshot: Snapshot) -> Iterator[Violation]:
    """Accepted less everything that is somewhere."""
    for lead_id, place in places(snapshot).items():
        if place == NOWHERE:
            yield Violation("lost", f"lead {lead_id} was accepted and is nowhere")


CONSERVED = Invariant(
    "conserved",
    "Captured = open in exactly one place + won + lost + discarded + merged; what is parked or on the way is named.",
    conserved,
)
ACCOUNTED = Invariant(
    "accounted", "Accepted less everything that is somewhere is zero: nothing is unaccounted.", accounted
)
