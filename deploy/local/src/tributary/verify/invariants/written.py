"""Leads: whatever is written down of a lead is what was told and heard of it, line by line; and its contact opens."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from leads.domain import lead as life
from leads.domain.lead import Entry, Lead, Outcome
from leads.domain.money import Money
from metrics.domain.catalogue import step_of
from tributary.verify.events import (
    Assigned,
    Captured,
    Closed,
    Discarded,
    Qualified,
    Routed,
    Stepped,
    Submitted,
    Transferred,
    Unassigned,
    Unroutable,
    canonical,
)
from tributary.verify.invariants.violation import Invariant, Kind, Violation
from tributary.verify.opportunities import Sold
from tributary.verify.snapshot import Entry as Held
from tributary.verify.snapshot import Known, Snapshot
from tributary.verify.steps import Joined, Lived

ORDER = {"captured": 0, "qualified": 1, "discarded": 2}
OWN = frozenset({"note", "released", "by", "on_behalf_of"})
UNTOLD = "submitted again"  # what only the timeline says, as often as the place counts it
QUIET = (UNTOLD, "undecided")  # what nobody is told
ITS_OWN = ("returned: ", "qualified", "transferred")  # why it waits, where an entry of another name says so


@dataclass
class Told:
    """What was said of one lead, by whatever history, as its row would have it and as its timeline would."""

    captured: list[Captured] = field(default_factory=list)
    qualified: list[Qualified] = field(default_factory=list)
    discarded: list[Discarded] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def emitted(snapshot: Snapshot) -> dict[str, Told]:
    """All that leads has told of each lead, and heard of it from territory."""
    found: dict[str, Told] = {}
    for event in snapshot.emitted("leads.lead"):
        body = event.body
        if isinstance(body, Captured | Qualified | Discarded | Closed):
            of = found.setdefault(event.key, Told())
            _note(of, body)
            of.entries.append(entry(body))
        elif isinstance(body, Lived):
            found.setdefault(event.key, Told()).entries.append(body.entry)
        elif isinstance(body, Joined):
            found.setdefault(event.key, Told()).entries.append(body.entry)
            found.setdefault(body.other, Told()).entries.append(body.others)
        elif isinstance(body, Stepped):  # what is new in a lead's life: its entry is named by the event's verb
            found.setdefault(event.key, Told()).entries.append({"what": step_of(event.type), "at": body.at})
    for event in snapshot.emitted("leads.opportunity"):
        if isinstance(event.body, Sold) and event.body.entry is not None:
            found.setdefault(event.key, Told()).entries.append(event.body.entry)
    for event in snapshot.heard("leads", "territory.lead"):
        if isinstance(event.body, Routed | Assigned | Unassigned | Unroutable | Transferred):
            found.setdefault(event.key, Told()).entries.append(entry(event.body))
    return found


def _note(of: Told, body: Any) -> None:
    if isinstance(body, Captured):
        of.captured.append(body)
    elif isinstance(body, Qualified):
        of.qualified.append(body)
    elif isinstance(body, Discarded):
        of.discarded.append(body)


def entry(body: Any) -> Entry:
    """The entry that this event makes in the timeline of its lead, by the leads service's own functions."""
    match body:
        case Captured():
            _, line = life.captured(Lead(), body.at, body.source, body.flags)
            line = {**(line or {}), **body.of_form}
        case Qualified(entry=said) if said is not None:
            line = dict(said)
        case Transferred():
            _, line = life.transferred(
                Lead(), body.at, body.team, body.person, body.revision, body.transfer_id, body.cause, None
            )
        case Qualified():
            judged = body.grade, body.disposition, body.scorecard, body.score, dict(body.reasons)
            _, line = life.qualified(Lead(), body.at, *judged)
        case Discarded():
            _, line = life.discarded(Lead(), body.at, body.reason, timedelta())
        case Routed():
            _, line = life.opened(Lead(), body.at, body.segment, body.team, body.pipeline)
        case Assigned():
            _, line = life.assigned(Lead(), body.at, body.team, body.person)
        case Closed():
            amount = Money(*body.amount) if body.amount else None
            _, line = life.closed(Lead(), Outcome(body.result, body.at, amount, body.reason))  # type: ignore[arg-type]
            odd = {"flags": list(body.flags)} if body.flags else {}
            line = {**(line or {}), "revision": body.revision, **odd}
        case _:
            _, line = life.left_open(Lead(), body.at, body.reason)
    assert line is not None
    return line


def written(snapshot: Snapshot) -> Iterator[Violation]:
    """The columns of each lead's record and place, and then its timeline."""
    whole = all(snapshot.logs[topic].complete for topic in ("leads.lead", "leads.opportunity", "territory.lead"))
    of_all = emitted(snapshot)
    for lead_id, lead in snapshot.leads.leads.items():
        of = of_all.get(lead_id, Told())
        if lead.captured_at:
            yield from _columns(lead_id, lead, of)
        yield from _numbers(lead_id, lead)
        timeline = [entry_of(one) for one in lead.timeline]
        yield from _timeline(lead_id, lead, timeline, of.entries if whole and of.entries else None)
    for lead_id in snapshot.leads.astray:
        yield Violation("lost", f"lead {lead_id} has a timeline, and is on no record and in no place")


def entry_of(held: Held) -> Entry:
    """An entry as the domain makes it, of a row of the timeline."""
    detail = json.loads(held.detail)
    if held.what == "captured":
        detail.pop("consents", None)  # they are told at the door alone, on a topic that forgets
    return {
        "what": held.what,
        "at": held.at,
        **(detail if isinstance(detail, dict) else {"detail": detail}),
    }


def _numbers(lead_id: str, lead: Known) -> Iterator[Violation]:
    """Record and place are made together, and the place counts what the timeline numbers."""
    if lead.captured_at != lead.in_place_since:
        kind: Kind = "wrong" if lead.in_place_since and lead.captured_at else "lost"
        said = f"is on record since {lead.captured_at}, and by its place since {lead.in_place_since}"
        yield Violation(kind, f"lead {lead_id} {said}")
    numbers = [one.n for one in lead.timeline]
    if numbers != list(range(1, lead.entries + 1)):
        kind = "lost" if len(numbers) < lead.entries else "invented"
        yield Violation(
            kind, f"lead {lead_id}: its timeline has the numbers {numbers}, its place counts {lead.entries}"
        )


def _columns(lead_id: str, lead: Known, of: Told) -> Iterator[Violation]:
    about = canonical(json.loads(lead.about)) if lead.about else ""
    captured = [("captured_at", lead.captured_at), ("occurred_at", lead.occurred_at)]
    judged = [
        ("qualified_at", lead.qualified_at),
        ("grade", lead.grade),
        ("disposition", lead.disposition),
        ("scorecard", lead.scorecard),
        ("about", about),
    ]
    discarded = [("discarded_at", lead.discarded_at), ("discard_reason", lead.discard_reason)]
    yield from _as_told(lead_id, captured, [(t.at, t.occurred_at) for t in of.captured])
    restored = any(one.what == "restored" for one in lead.timeline) and lead.disposition == "needs_qualifier"
    if not restored:  # that a qualifier looks at it again is no verdict
        yield from _as_told(
            lead_id, judged, [(t.at, t.grade, t.disposition, t.scorecard, t.about) for t in of.qualified]
        )
    if lead.discarded_at:
        yield from _as_told(lead_id, discarded, [(t.at, t.reason) for t in of.discarded])


def _as_told(lead_id: str, held: list[tuple[str, Any]], event: list[tuple[Any, ...]]) -> Iterator[Violation]:
    """What is held together was told together, by whichever history. What was never told is the affair of LEADS."""
    if not event or tuple(value for _, value in held) in event:
        return
    newest = event[-1]
    for (name, value), right in zip(held, newest, strict=True):
        if value != right:
            what = _differing(value, right) if name == "about" else f"is {value}, and was told as {right}"
            yield Violation("wrong", f"lead {lead_id}: {name} {what}")


def _differing(held: str, right: str) -> str:
    """The names of what differs, never the values: a hand may have put anything there."""
    one, other = json.loads(held or "{}"), json.loads(right)
    names = {name for name in {*one, *other} if one.get(name) != other.get(name)}
    own, others = one.get("attributes") or {}, other.get("attributes") or {}
    if "attributes" in names and isinstance(own, dict):
        names.discard("attributes")
        names |= {f"attributes.{name}" for name in {*own, *others} if own.get(name) != others.get(name)}
    return f"is not as it was told, in {', '.join(sorted(names)) or 'its form'}"


def _timeline(lead_id: str, lead: Known, timeline: list[Entry], event: list[Entry] | None) -> Iterator[Violation]:
    again = sum(line.get("what") == UNTOLD for line in timeline)
    if again != lead.differing:
        kind: Kind = "lost" if again < lead.differing else "invented"
        yield Violation(kind, f"lead {lead_id} was submitted again {lead.differing} times, its timeline says {again}")
    for n, line in enumerate(timeline):
        if line in timeline[:n] and line.get("what") != UNTOLD:
            yield Violation("doubled", f"lead {lead_id}: its timeline says twice that it was {line.get('what')}")
        elif event is not None and line.get("what") not in QUIET and _as_told_of(line) not in event:
            yield Violation("invented", f"lead {lead_id}: its timeline says {_words(line)}, and nobody told that")
    moved = any(line.get("what") == "transferred" for line in timeline)
    for line in due(lead, moved):
        if not any(line.items() <= held.items() for held in timeline):
            yield Violation("lost", f"lead {lead_id}: its timeline does not say {_words(line)}")
    yield from _in_order(lead_id, timeline)


def _as_told_of(line: Entry) -> Entry:
    """Without what is nobody else's to know or follows from the lines before: a sealed note, whom a lead was taken from, and
    who put it in."""
    return {name: value for name, value in line.items() if name not in OWN} if OWN & line.keys() else line


def due(lead: Known, moved: bool = False) -> Iterable[Entry]:
    """What the timeline must say, as far as record and place know it; ``moved`` is one that an order gave to others, of which another
    entry says where it is."""
    if lead.captured_at:
        yield {"what": "captured", "at": lead.captured_at}
    if lead.qualified_at:
        yield {"what": "qualified", "at": lead.qualified_at, "grade": lead.grade}
    if lead.discarded_at:
        yield {"what": "discarded", "at": lead.discarded_at}
    if lead.opened_at and not moved:
        yield {"what": "opened", "at": lead.opened_at, "team": lead.team}
    if lead.assigned_at and not moved:
        yield {"what": "assigned", "at": lead.assigned_at, "assignee": lead.assignee}
    if lead.waits and not lead.assigned_at and not lead.waits.startswith(ITS_OWN):
        yield {"what": "waits", "reason": lead.waits}
    for n, (result, _, _) in enumerate(lead.outcomes, 1):
        yield {"what": result, "revision": n}


def _in_order(lead_id: str, timeline: list[Entry]) -> Iterator[Violation]:
    firsts = list(dict.fromkeys(line.get("what") for line in timeline))  # what was restored is judged again
    steps = [ORDER[what] for what in firsts if what in ORDER]
    revisions = [line["revision"] for line in timeline if "revision" in line]
    if steps != sorted(steps) or revisions != sorted(revisions):
        yield Violation("wrong", f"lead {lead_id}: its timeline is not in the order in which it happened")


def _words(line: Entry) -> str:
    what, at = line.get("what"), line.get("at")
    return f"that it was {what}" + (f" at {at}" if at else "")


def sealed(snapshot: Snapshot) -> Iterator[Violation]:
    """Contacts of leads on record; and the intake keys that submissions on their way are sealed under."""
    boxes = snapshot.leads.boxes
    for lead_id, fault in sorted(boxes.faults.items()):
        yield Violation("lost", f"lead {lead_id}: {fault}")
    for name, fault in sorted(boxes.key_faults.items()):
        yield Violation("lost", f"intake key {name} {fault}")
    closed: dict[str, str] = {}
    for event in snapshot.events("leads.intake"):
        if isinstance(event.body, Submitted) and event.body.key and not _opens(event.body.key, boxes.intake_keys):
            lead = snapshot.leads.leads.get(event.key)
            on_record = lead is not None and lead.captured_at is not None
            if not on_record and not snapshot.is_parked("leads", "leads.intake", event):
                closed.setdefault(event.key, event.body.key)
    for lead_id, name in sorted(closed.items()):
        yield Violation("lost", f"lead {lead_id} is on its way under intake key {name}, which does not exist")


def _opens(name: str, keys: set[str]) -> bool:
    """Whether the key is there, or follows from one of its chain that is."""
    if name in keys:
        return True
    chain, _, number = name.rpartition("-")
    return number.isdecimal() and any(
        of == chain and place.isdecimal() and int(place) < int(number)
        for of, _, place in (key.rpartition("-") for key in keys)
    )


WRITTEN = Invariant(
    "written",
    "A lead's grade, disposition, attributes, times and reasons are as they were told, and its timeline says what was told"
    " and heard of it, all of that and nothing else, in order.",
    written,
)
SEALED = Invariant(
    "sealed",
    "Every lead's contact is there and opens under its person's key at this lead, unless the person was forgotten; what is on"
    " its way to its record is sealed under a key that exists or follows from one.",
    sealed,
)
