"""Territory: every lead that is due a decision has one, it was told, and leads stand where it put them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from territory.domain.decision import is_due_an_assignee, is_routed
from territory.use_cases.deciding import TOLD_AS
from tributary.verify.events import Assigned, EventRecord, Qualified, Routed, Transferred, Unassigned, Unroutable
from tributary.verify.invariants.violation import Invariant, Kind, Violation
from tributary.verify.snapshot import Decision, Known, Snapshot

TOPIC = "territory.lead"

About = tuple[object, ...] | None


def due(event: EventRecord) -> bool:
    """Whether this event makes a decision due, by the territory service's own rule."""
    return isinstance(event.body, Qualified) and is_routed(event.body.genuine, event.body.disposition)


def decided(snapshot: Snapshot) -> Iterator[Violation]:
    """Decisions for each qualified lead heard, numbered from 1 to the one that stands, and for none else."""
    decisions = snapshot.territory.decisions
    before = Counter(lead_id for lead_id, _ in snapshot.territory.earlier)
    for lead_id, decision in decisions.items():
        if decision.number != before[lead_id] + 1:
            yield Violation(
                "lost", f"lead {lead_id} stands by decision {decision.number}, and has {before[lead_id]} before it"
            )
    heard = {s.key for s in snapshot.heard("territory", "leads.lead") if due(s)}
    for lead_id in sorted(heard - decisions.keys()):
        yield Violation("lost", f"lead {lead_id} was heard as qualified by territory, and there is no decision")
    if snapshot.logs["leads.lead"].complete:
        for lead_id in sorted(decisions.keys() - heard):
            yield Violation("invented", f"lead {lead_id} has a decision and was not heard as due one")


def emitted(snapshot: Snapshot) -> Iterator[Violation]:
    """Place and person of every decision, each told exactly once by a history, and the last word is the decision."""
    places: dict[tuple[str, int], Any] = {}
    persons: dict[tuple[str, int], Any] = {}
    transfers: dict[tuple[str, int], Transferred] = {}
    times: Counter[tuple[str, int, str, bool]] = Counter()
    decisions = {(lead_id, decision.number): decision for lead_id, decision in snapshot.territory.all_decisions()}
    for event in snapshot.emitted(TOPIC):
        about_place = isinstance(event.body, Routed | Unroutable)
        if isinstance(event.body, Transferred):
            transfers[event.key, event.body.revision] = event.body
            times[event.key, event.body.revision, event.source, False] += 1
            continue
        if not about_place and not isinstance(event.body, Assigned | Unassigned):
            continue
        which = event.key, event.body.revision
        (places if about_place else persons)[which] = event.body
        times[*which, event.source, about_place] += 1
        if snapshot.is_current(TOPIC, event) and which not in decisions:
            yield Violation("invented", f"lead {event.key}: {event.type} was told and there is no decision")
    for (lead_id, _, source, about_place), n in times.items():
        if n > 1:
            yield Violation(
                "doubled", f"lead {lead_id}: its {'place' if about_place else 'person'} was told {n} times by {source}"
            )
    if not snapshot.logs[TOPIC].complete:
        return
    for which, decision in decisions.items():
        if decision.cause in TOLD_AS:
            told = transfers.get(which)
            yield from _as_decided(
                which[0], (decision.team, decision.assignee), (told.team, told.person) if told else None
            )
            continue
        yield from _as_decided(which[0], _place(decision), _place(places.get(which)))
        yield from _as_decided(which[0], _person(decision), _person(persons.get(which)))


def _as_decided(lead_id: str, decided: About, emitted: About) -> Iterator[Violation]:
    if decided != emitted:
        yield Violation(
            _kind(emitted, decided), f"lead {lead_id} was decided for {_words(decided)} and told for {_words(emitted)}"
        )


def _kind(found: object, right: object) -> Kind:
    """What it is to find this where that is right."""
    return "lost" if found is None else "invented" if right is None else "wrong"


def _words(about: About) -> str:
    return "nothing" if not about else "/".join(map(str, about))


def _place(about: Any) -> About:
    """Segment, team and pipeline, or the reason for none, and why it was decided."""
    if about is None:
        return None
    if isinstance(about, Routed) or (isinstance(about, Decision) and about.segment is not None):
        return about.segment, about.team, about.pipeline, about.ruleset, about.cause
    return "no team", about.reason, about.ruleset, about.cause


def _person(about: Any) -> About:
    """The team and its person, or the reason for none; None where no person is due."""
    if isinstance(about, Assigned):
        return about.team, about.person
    if isinstance(about, Unassigned):
        return about.team, "nobody", about.reason
    if not isinstance(about, Decision) or about.segment is None or not is_due_an_assignee(about.disposition):
        return None
    return (about.team, about.assignee) if about.assignee else (about.team, "nobody", about.reason)


def owners(snapshot: Snapshot) -> Iterator[Violation]:
    """A reason for every missing team and every missing person that is due."""
    for lead_id, decision in snapshot.territory.all_decisions():
        if decision.segment is None and not decision.reason:
            yield Violation("wrong", f"lead {lead_id} has no team and no reason")
        elif not decision.assignee and is_due_an_assignee(decision.disposition) and not decision.reason:
            yield Violation("wrong", f"lead {lead_id} is due a person, has none and no reason")
        elif decision.segment is not None and not (decision.team and decision.pipeline):
            yield Violation(
                "wrong", f"lead {lead_id} has a segment, and team {decision.team}, pipeline {decision.pipeline}"
            )


def followed(snapshot: Snapshot) -> Iterator[Violation]:
    """The lead's record says what the newest word of territory says that leads has heard."""
    routed: dict[str, Routed] = {}
    assigned: dict[str, Assigned] = {}
    waits: dict[str, set[str]] = {}
    for event in snapshot.heard("leads", TOPIC):
        body, before = event.body, assigned.get(event.key)
        if isinstance(body, Routed):
            if _is_newest(body, routed.get(event.key)):
                routed[event.key] = body
                if before and (before.revision < body.revision or (before.team != body.team and before.at < body.at)):
                    del assigned[event.key]  # a later decision, or the new team, has not given it to anybody
        elif isinstance(body, Assigned):
            if _is_newest(body, before):
                assigned[event.key] = body
                waits.pop(event.key, None)
        elif isinstance(body, Transferred):
            if (place := routed.get(event.key)) and _is_newest(body, place) and _is_newest(body, before):
                routed[event.key] = place._replace(at=body.at, team=body.team, revision=body.revision)
                assigned.pop(event.key, None)
                waits[event.key] = {"transferred"}
                if body.person:
                    assigned[event.key] = Assigned(body.at, place.segment, body.team, body.person, body.revision)
                    del waits[event.key]
        elif isinstance(body, Unassigned | Unroutable) and event.key not in assigned:
            waits.setdefault(event.key, set()).add(body.reason)
    leads = snapshot.leads.leads
    for lead_id in sorted({*routed, *assigned, *waits} - leads.keys()):
        yield Violation("lost", f"lead {lead_id}: leads has heard where it belongs, and knows nothing of it")
    for lead_id, lead in leads.items():
        yield from _follows(
            lead_id, lead, routed.get(lead_id), assigned.get(lead_id), waits.get(lead_id, set()), snapshot
        )


def _is_newest(word: Routed | Assigned | Transferred, held: Routed | Assigned | None) -> bool:
    """Whether it is of a later decision than what is held, or of the same one made again since."""
    return held is None or (word.revision, word.at) >= (held.revision, held.at)


def _follows(
    lead_id: str, lead: Known, routed: Routed | None, assigned: Assigned | None, waits: set[str], snapshot: Snapshot
) -> Iterator[Violation]:
    complete = snapshot.logs[TOPIC].complete
    place = (lead.segment, lead.team, lead.pipeline) if lead.opened_at else None
    heard = (routed.segment, routed.team, routed.pipeline) if routed else None
    if place != heard and (complete or heard):
        yield Violation(
            _kind(place, heard), f"lead {lead_id} stands with {_words(place)}, and leads has heard {_words(heard)}"
        )
    person = lead.assignee if lead.assigned_at else None
    name = assigned.person if assigned else None
    if person != name and (complete or name):
        yield Violation(
            _kind(person, name), f"lead {lead_id} is {person or 'nobody'}'s, and leads has heard {name or 'nobody'}"
        )
    if assigned is None and (lead.waits not in waits if waits else lead.waits and complete):
        yield Violation("wrong", f"lead {lead_id} waits because {lead.waits!r}, and leads has heard {sorted(waits)}")


def rotation(snapshot: Snapshot) -> Iterator[Violation]:
    """Credits add up to zero, and each team's people were given exactly the leads decided for them."""
    for team, credits in snapshot.territory.credits.items():
        if sum(credits.values()):
            yield Violation(
                "wrong", f"team {team}: the credits of its rotation add up to {sum(credits.values())}, not to zero"
            )
    by_person = Counter(
        (d.team or "", d.assignee)
        for _, d in snapshot.territory.all_decisions()
        if d.assignee and d.cause not in TOLD_AS  # a transfer is told as one
    )
    for team in sorted({team for team, _ in by_person} - snapshot.territory.credits.keys()):
        yield Violation("lost", f"team {team} was given leads and has no rotation")
    if not snapshot.logs[TOPIC].complete:
        return
    last = {
        (s.key, s.body.revision): s.body for s in snapshot.emitted(TOPIC) if isinstance(s.body, Assigned | Unassigned)
    }
    # What a history told that a backup replaced is not yet decided again: DECISIONS_TOLD looks after the rest.
    decisions = {(lead_id, decision.number) for lead_id, decision in snapshot.territory.all_decisions()}
    decided_by_now = (body for which, body in last.items() if which in decisions)
    given = Counter((body.team, body.person) for body in decided_by_now if isinstance(body, Assigned))
    for who in sorted({*by_person, *given}):
        (team, person), decided, heard = who, by_person[who], given[who]
        if decided != heard:
            kind: Kind = "lost" if heard < decided else "invented"
            yield Violation(kind, f"{person} of team {team}: {decided} leads by decisions, {heard} by what was told")


def standing(snapshot: Snapshot) -> Iterator[Violation]:
    """How leads stand is what their newest decisions say, and what waits for a turn is looked at again."""
    cases, decisions = snapshot.territory.cases, snapshot.territory.decisions
    for lead_id in sorted(cases.keys() ^ decisions.keys()):
        what = "a decision and no standing" if lead_id in decisions else "a standing and no decision"
        yield Violation("lost", f"lead {lead_id} has {what}")
    for lead_id in sorted(cases.keys() & decisions.keys()):
        case, decision = cases[lead_id], decisions[lead_id]
        held, right = (case.number, case.team, case.person), (decision.number, decision.team, decision.assignee)
        if held != right:
            yield Violation("wrong", f"lead {lead_id} stands as {_words(held)}, and was decided as {_words(right)}")
        if case.is_open and case.person is None and case.code is None:
            yield Violation("wrong", f"lead {lead_id} waits and nothing says for what")
        if case.is_open and case.waits_turn and case.person is None and case.team in snapshot.territory.asleep:
            yield Violation("lost", f"lead {lead_id} waits for a turn of {case.team}, which nothing looks at again")


STANDING = Invariant(
    "standing",
    "Every decided lead stands as its newest decision says, waits for something that is named where nobody has it, and what waits"
    " for a turn is looked at again.",
    standing,
)
DECISIONS = Invariant(
    "decisions",
    "Every qualified lead that territory has heard and that is a target has a decision, none of its decisions is missing, and no"
    " other lead has one.",
    decided,
)
DECISIONS_TOLD = Invariant(
    "told", "Every decision was told exactly once, as it was made, and nothing else was told.", emitted
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
