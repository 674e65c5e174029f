"""Where every lead is: each accepted one in exactly one place, and nowhere else."""

from collections import Counter
from collections.abc import Container, Iterator

from territory.domain.decision import is_due_a_person
from tributary.verify.invariants.decisions import due
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.said import Submitted
from tributary.verify.world import Known, World

NOWHERE = "nowhere"
OPEN = "with a person", "in a team's queue", "in a team's queue, nobody could take it", "without a team, for a reason"
ON_THE_WAY = "on the way to leads", "on the way to territory"
PARKED = "parked by leads", "parked by territory"
ENDED = "won", "lost", "discarded"
PLACES = (*OPEN, *ENDED, *ON_THE_WAY, *PARKED, NOWHERE)


def places(world: World) -> dict[str, str]:
    """Every accepted lead and where it is. Where the beginning of the intake has expired, what is on record was accepted."""
    if "places" not in world.memo:
        on_record = {lead_id: lead for lead_id, lead in world.leads.leads.items() if lead.captured_at}
        submitted = {said.key for said in world.events("leads.intake") if isinstance(said.body, Submitted)}
        accepted = submitted | (world.accepted or frozenset())
        if not world.logs["leads.intake"].complete:
            accepted |= on_record.keys()
        everywhere = standing(world)
        off_record = _off_record(world, on_record)
        world.memo["places"] = {i: everywhere.get(i) or off_record.get(i, NOWHERE) for i in sorted(accepted)}
    found: dict[str, str] = world.memo["places"]
    return found


def standing(world: World) -> dict[str, str]:
    """Every lead on record and where it is."""
    if "standing" not in world.memo:
        heard, parked = _territory(world)
        world.memo["standing"] = {
            lead_id: _of_a_lead(world, lead_id, lead, lead_id in heard, lead_id in parked)
            for lead_id, lead in world.leads.leads.items()
            if lead.captured_at
        }
    found: dict[str, str] = world.memo["standing"]
    return found


def unaccounted(world: World) -> int:
    """How many accepted leads are nowhere; the figure that must be 0."""
    return sum(place == NOWHERE for place in places(world).values())


def counted(world: World) -> dict[str, int]:
    """How many leads are in each place."""
    count = Counter(places(world).values())
    return {place: count[place] for place in PLACES if count[place] or place == NOWHERE}


def _off_record(world: World, on_record: Container[str]) -> dict[str, str]:
    """Submissions that are no leads (yet): parked, or not heard."""
    found: dict[str, str] = {}
    for said in world.events("leads.intake"):
        if isinstance(said.body, Submitted) and said.key not in on_record:
            if world.is_parked("leads", "leads.intake", said):
                found[said.key] = "parked by leads"
            elif not world.reached("leads", "leads.intake", said):
                found[said.key] = "on the way to leads"
            else:
                found.setdefault(said.key, NOWHERE)
    return found


def _territory(world: World) -> tuple[set[str], set[str]]:
    """The leads that territory has heard of and must have decided, and those whose word it has parked."""
    heard = {said.key for said in world.heard("territory", "leads.lead") if due(said)}
    parked = {
        said.key
        for said in world.events("leads.lead")
        if due(said) and world.is_parked("territory", "leads.lead", said)
    }
    return heard, parked - heard


def _of_a_lead(world: World, lead_id: str, lead: Known, heard: bool, parked: bool) -> str:
    if lead.outcomes:
        return lead.outcomes[-1][0]
    if lead.discarded_at:
        return "discarded"
    decision = world.territory.decisions.get(lead_id)
    if decision is not None:
        if decision.segment is None:
            return "without a team, for a reason" if decision.reason else NOWHERE
        if decision.person:
            return "with a person"
        return OPEN[2] if is_due_a_person(decision.disposition) else OPEN[1]
    if heard:
        return NOWHERE
    if parked:
        return "parked by territory"
    return "on the way to territory" if lead_id in _due(world) else NOWHERE


def _due(world: World) -> set[str]:
    """The leads that were told as due a decision, heard by territory or not yet."""
    if "due" not in world.memo:
        world.memo["due"] = {said.key for said in world.told("leads.lead") if due(said)}
    found: set[str] = world.memo["due"]
    return found


def conserved(world: World) -> Iterator[Violation]:
    """Captured = open in one place + won + lost + discarded, parked and on the way counted apart."""
    where = standing(world)
    for lead_id in where:
        lead = world.leads.leads[lead_id]
        if where[lead_id] == NOWHERE:
            yield Violation("lost", f"lead {lead_id} was captured, is {lead.state}, and nobody has it")
        elif (where[lead_id] in ENDED and lead.state != where[lead_id]) or (
            where[lead_id] not in ENDED and lead.state in ENDED
        ):
            yield Violation(
                "wrong", f"lead {lead_id} is {where[lead_id]} and stands as {lead.state}: it is in two places"
            )


def accounted(world: World) -> Iterator[Violation]:
    """Accepted less everything that is somewhere."""
    for lead_id, place in places(world).items():
        if place == NOWHERE:
            yield Violation("lost", f"lead {lead_id} was accepted and is nowhere")


CONSERVED = Invariant(
    "conserved",
    "Captured = open in exactly one place + won + lost + discarded; what is parked or on the way is named.",
    conserved,
)
ACCOUNTED = Invariant(
    "accounted", "Accepted less everything that is somewhere is zero: nothing is unaccounted.", accounted
)
