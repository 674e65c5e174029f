"""Territory: every lead that is due a decision has one, it was told, and leads stand where it put them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from territory.domain.decision import is_due_a_person, is_routed
from tributary.verify.invariants.violation import Invariant, Kind, Violation
from tributary.verify.said import Assigned, Qualified, Routed, Said, Unassigned, Unroutable
from tributary.verify.world import Decision, Known, World

TOPIC = "territory.lead"

About = tuple[object, ...] | None


def due(said: Said) -> bool:
    """Whether this event makes a decision due, by the territory service's own rule."""
    return isinstance(said.body, Qualified) and is_routed(said.body.genuine, said.body.disposition)


def decided(world: World) -> Iterator[Violation]:
    """One decision per qualified lead heard, and none else."""
    decisions = world.territory.decisions
    heard = {s.key for s in world.heard("territory", "leads.lead") if due(s)}
    for lead_id in sorted(heard - decisions.keys()):
        yield Violation("lost", f"lead {lead_id} was heard as qualified by territory, and there is no decision")
    if world.logs["leads.lead"].complete:
        for lead_id in sorted(decisions.keys() - heard):
            yield Violation("invented", f"lead {lead_id} has a decision and was not heard as due one")


def told(world: World) -> Iterator[Violation]:
    """Place and person of every decision, each told exactly once by a history, and the last word is the decision."""
    places: dict[str, Any] = {}
    persons: dict[str, Any] = {}
    times: Counter[tuple[str, str, bool]] = Counter()
    for said in world.told(TOPIC):
        about_place = isinstance(said.body, Routed | Unroutable)
        if not about_place and not isinstance(said.body, Assigned | Unassigned):
            continue
        (places if about_place else persons)[said.key] = said.body
        times[said.key, said.source, about_place] += 1
        if world.is_current(TOPIC, said) and said.key not in world.territory.decisions:
            yield Violation("invented", f"lead {said.key}: {said.type} was told and there is no decision")
    for (lead_id, source, about_place), n in times.items():
        if n > 1:
            yield Violation(
                "doubled", f"lead {lead_id}: its {'place' if about_place else 'person'} was told {n} times by {source}"
            )
    if not world.logs[TOPIC].complete:
        return
    for lead_id, decision in world.territory.decisions.items():
        yield from _as_decided(lead_id, _place(decision), _place(places.get(lead_id)))
        yield from _as_decided(lead_id, _person(decision), _person(persons.get(lead_id)))


def _as_decided(lead_id: str, decided: About, told: About) -> Iterator[Violation]:
    if decided != told:
        yield Violation(
            _kind(told, decided), f"lead {lead_id} was decided for {_words(decided)} and told for {_words(told)}"
        )


def _kind(found: object, right: object) -> Kind:
    """What it is to find this where that is right."""
    return "lost" if found is None else "invented" if right is None else "wrong"


def _words(about: About) -> str:
    return "nothing" if not about else "/".join(map(str, about))


def _place(about: Any) -> About:
    """Segment, team and pipeline, or the reason for none."""
    if about is None:
        return None
    if isinstance(about, Routed) or (isinstance(about, Decision) and about.segment is not None):
        return about.segment, about.team, about.pipeline, about.ruleset
    return "no team", about.reason, about.ruleset


def _person(about: Any) -> About:
    """The team and its person, or the reason for none; None where no person is due."""
    if isinstance(about, Assigned):
        return about.team, about.person
    if isinstance(about, Unassigned):
        return about.team, "nobody", about.reason
    if not isinstance(about, Decision) or about.segment is None or not is_due_a_person(about.disposition):
        return None
    return (about.team, about.person) if about.person else (about.team, "nobody", about.reason)


def owners(world: World) -> Iterator[Violation]:
    """A reason for every missing team and every missing person that is due."""
    for lead_id, decision in world.territory.decisions.items():
        if decision.segment is None and not decision.reason:
            yield Violation("wrong", f"lead {lead_id} has no team and no reason")
        elif not decision.person and is_due_a_person(decision.disposition) and not decision.reason:
            yield Violation("wrong", f"lead {lead_id} is due a person, has none and no reason")
        elif decision.segment is not None and not (decision.team and decision.pipeline):
            yield Violation(
                "wrong", f"lead {lead_id} has a segment, and team {decision.team}, pipeline {decision.pipeline}"
            )


def followed(world: World) -> Iterator[Violation]:
    """The lead's record says what the newest word of territory says that leads has heard."""
    routed: dict[str, Routed] = {}
    assigned: dict[str, Assigned] = {}
    waits: dict[str, set[str]] = {}
    for said in world.heard("leads", TOPIC):
        body = said.body
        if isinstance(body, Routed):
            if said.key not in routed or body.at >= routed[said.key].at:
                routed[said.key] = body
                if (before := assigned.get(said.key)) and before.team != body.team and before.at < body.at:
                    del assigned[said.key]  # the new team has not given it to anybody
        elif isinstance(body, Assigned):
            if said.key not in assigned or body.at >= assigned[said.key].at:
                assigned[said.key] = body
                waits.pop(said.key, None)
        elif isinstance(body, Unassigned | Unroutable) and said.key not in assigned:
            waits.setdefault(said.key, set()).add(body.reason)
    leads = world.leads.leads
    for lead_id in sorted({*routed, *assigned, *waits} - leads.keys()):
        yield Violation("lost", f"lead {lead_id}: leads has heard where it belongs, and knows nothing of it")
    for lead_id, lead in leads.items():
        yield from _follows(lead_id, lead, routed.get(lead_id), assigned.get(lead_id), waits.get(lead_id, set()), world)


def _follows(
    lead_id: str, lead: Known, routed: Routed | None, assigned: Assigned | None, waits: set[str], world: World
) -> Iterator[Violation]:
    complete = world.logs[TOPIC].complete
    place = (lead.segment, lead.team, lead.pipeline) if lead.opened_at else None
    heard = (routed.segment, routed.team, routed.pipeline) if routed else None
    if place != heard and (complete or heard):
        yield Violation(
            _kind(place, heard), f"lead {lead_id} stands with {_words(place)}, and leads has heard {_words(heard)}"
        )
    person = lead.person if lead.assigned_at else None
    name = assigned.person if assigned else None
    if person != name and (complete or name):
        yield Violation(
            _kind(person, name), f"lead {lead_id} is {person or 'nobody'}'s, and leads has heard {name or 'nobody'}"
        )
    if assigned is None and (lead.waits not in waits if waits else lead.waits and complete):
        yield Violation("wrong", f"lead {lead_id} waits because {lead.waits!r}, and leads has heard {sorted(waits)}")


def rotation(world: World) -> Iterator[Violation]:
    """Credits add up to zero, and each team's people were given exactly the leads decided for them."""
    for team, credits in world.territory.credits.items():
        if sum(credits.values()):
            yield Violation(
                "wrong", f"team {team}: the credits of its rotation add up to {sum(credits.values())}, not to zero"
            )
    by_person = Counter((d.team or "", d.person) for d in world.territory.decisions.values() if d.person)
    for team in sorted({team for team, _ in by_person} - world.territory.credits.keys()):
        yield Violation("lost", f"team {team} was given leads and has no rotation")
    if not world.logs[TOPIC].complete:
        return
    last: dict[str, Any] = {s.key: s.body for s in world.told(TOPIC) if isinstance(s.body, Assigned | Unassigned)}
    # What a history told that a backup replaced is not yet decided again: DECISIONS_TOLD looks after the rest.
    decided_by_now = (body for lead_id, body in last.items() if lead_id in world.territory.decisions)
    given = Counter((body.team, body.person) for body in decided_by_now if isinstance(body, Assigned))
    for who in sorted({*by_person, *given}):
        (team, person), decided, heard = who, by_person[who], given[who]
        if decided != heard:
            kind: Kind = "lost" if heard < decided else "invented"
            yield Violation(kind, f"{person} of team {team}: {decided} leads by decisions, {heard} by what was told")


DECISIONS = Invariant(
    "decisions",
    "Every qualified lead that territory has heard and that is a target has exactly one decision, and no other lead has one.",
    decided,
)
DECISIONS_TOLD = Invariant(
    "told", "Every decision was told exactly once, as it was made, and nothing else was told.", told
)
OWNERS = Invariant("owners", "Every lead without a team, or without the person that is due, has a reason.", owners)
FOLLOWED = Invariant(
    "followed",
    "A lead's record shows the team, the person and the reason to wait that leads has heard from territory.",
    followed,
)
ROTATION = Invariant(
    "rotation",
    "The credits of every rotation add up to zero, and each person was given exactly the leads that decisions name.",
    rotation,
)
