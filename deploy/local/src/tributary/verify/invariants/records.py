"""Leads: what was accepted is on record, and what is on record was told."""

from collections import Counter
from collections.abc import Iterator

from tributary.verify.events import Captured, Closed, Discarded, EventRecord, Opened, Qualified, Reported, Submitted
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Known, Snapshot
from tributary.verify.steps import Applied, Lived


def accepted(snapshot: Snapshot) -> Iterator[Violation]:
    """Door, intake topic and table hold the same leads."""
    submitted = {s.key for s in snapshot.events("leads.intake") if isinstance(s.body, Submitted)}
    on_record = {lead_id for lead_id, lead in snapshot.leads.leads.items() if lead.captured_at}
    due = {s.key for s in snapshot.heard("leads", "leads.intake") if isinstance(s.body, Submitted)}
    for lead_id in sorted(due - on_record):
        yield Violation("lost", f"lead {lead_id} was submitted and heard, and is not on record")
    complete = snapshot.logs["leads.intake"].complete
    if complete:
        for lead_id in sorted(on_record - submitted):
            yield Violation("invented", f"lead {lead_id} is on record and was never submitted")
    known = submitted if complete else submitted | on_record
    for lead_id in sorted((snapshot.accepted or frozenset()) - known):
        yield Violation("lost", f"lead {lead_id} was accepted at the door and is not on leads.intake")


def emitted(snapshot: Snapshot) -> Iterator[Violation]:
    """Captured and qualified exactly once in a history; discarded, opened and the place as on record."""
    captured, qualified, discarded = (_times(snapshot, kind) for kind in (Captured, Qualified, Discarded))
    opened: dict[str | None, tuple[str, ...]] = {}
    for event in snapshot.emitted("leads.lead"):
        if isinstance(event.body, Opened):
            opened[event.key] = tuple(event.body)[:2]
        elif isinstance(event.body, Applied) and event.key in opened:  # an order moves it to a team, in its pipeline
            opened[event.key] = (event.body.team, opened[event.key][1])
    complete = snapshot.logs["leads.lead"].complete
    for lead_id, lead in snapshot.leads.leads.items():
        if not lead.captured_at:
            continue
        for what, times, due in (
            ("captured", captured, True),
            ("qualified", qualified, lead.qualified_at is not None),
            ("discarded", discarded, lead.discarded_at is not None),
        ):
            if due and lead_id not in times and complete:
                yield Violation("lost", f"lead {lead_id} is {what} and that was never told")
            if not due and lead_id in times and not (what == "discarded" and _restored(lead)):
                yield Violation("wrong", f"lead {lead_id} was told as {what} and is not")
        if lead.opened_at and complete and opened.get(lead_id) != (lead.team, lead.pipeline):
            yield Violation(
                "wrong",
                f"lead {lead_id} stands with {lead.team}/{lead.pipeline} and was told as {'/'.join(opened.get(lead_id, ('nothing',)))}",
            )
        if not lead.qualified_at:
            yield Violation("lost", f"lead {lead_id} is on record and was never judged")
        if lead.state != state_of(lead):
            yield Violation(
                "wrong", f"lead {lead_id} is in state {lead.state}, and what is known of it says {state_of(lead)}"
            )
    for kind, what, times in (
        (Captured, "captured", captured),
        (Qualified, "qualified", qualified),
        (Discarded, "discarded", discarded),
    ):
        yield from _once(snapshot, kind, what, times)


def _times(snapshot: Snapshot, kind: type) -> Counter[str] | dict[str, int]:
    """How often each lead was told so by the history that told it most often."""
    times = Counter((s.key, s.source, _which(s.body)) for s in snapshot.emitted("leads.lead") if type(s.body) is kind)
    most: dict[str, int] = {}
    for (lead_id, _, _), n in times.items():
        most[lead_id] = max(n, most.get(lead_id, 0))
    return most


def _which(body: object) -> object:
    """A later verdict is another, and what was restored may be set aside again."""
    return body.revision if isinstance(body, Qualified) else body.at if isinstance(body, Discarded) else 0


def _restored(lead: Known) -> bool:
    return any(entry.what == "restored" for entry in lead.timeline)


def _once(snapshot: Snapshot, kind: type, what: str, times: Counter[str] | dict[str, int]) -> Iterator[Violation]:
    for lead_id, n in times.items():
        if n > 1:
            yield Violation("doubled", f"lead {lead_id} was told as {what} {n} times")
    now = {
        s.key for s in snapshot.emitted("leads.lead") if type(s.body) is kind and snapshot.is_current("leads.lead", s)
    }
    for lead_id in now:
        known = snapshot.leads.leads.get(lead_id)
        if known is None or known.captured_at is None:
            yield Violation("invented", f"lead {lead_id} was told as {what} and is not on record")


def is_merged(lead: Known) -> bool:
    """Whether it is worked as another lead, by its timeline."""
    steps = [entry.what for entry in lead.timeline if entry.what in ("merged", "unmerged")]
    return steps[-1:] == ["merged"]


def state_of(lead: Known) -> str:
    """How far a lead is, from what is known of it."""
    if is_merged(lead):
        return "merged"
    if lead.outcomes and lead.outcomes[-1][0] != "reopened":
        return lead.outcomes[-1][0]
    if lead.discarded_at:
        return "discarded"
    if lead.assigned_at:
        return "assigned"
    if lead.opened_at:
        return "opened"
    return "qualified" if lead.qualified_at else "captured"


def outcomes(snapshot: Snapshot) -> Iterator[Violation]:
    """Reported, on record or waiting for its lead, and told by revision."""
    leads, complete = snapshot.leads.leads, snapshot.logs["leads.intake"].complete
    reported: dict[str, set[tuple[object, ...]]] = {}
    for event in snapshot.events("leads.intake"):
        if isinstance(event.body, Reported):
            reported.setdefault(event.key, set()).add(tuple(event.body))
    for event in snapshot.heard("leads", "leads.intake"):
        if isinstance(event.body, Reported) and (missing := _not_kept(snapshot, event)):
            yield missing
    for event_id, lead_id in snapshot.leads.waiting.items():
        if lead_id in leads and leads[lead_id].captured_at:
            yield Violation("lost", f"outcome {event_id} still waits for lead {lead_id}, which is on record")
    by_revision: dict[str, dict[int, tuple[object, ...]]] = {}
    at_doors: set[tuple[str, int]] = set()  # nobody else reported these: people said them at doors
    for event in snapshot.emitted("leads.lead"):
        if isinstance(event.body, Closed):
            revision, *rest = event.body[:4]
            by_revision.setdefault(event.key, {})[revision] = tuple(rest)
            if event.body.by:
                at_doors.add((event.key, revision))
            if snapshot.is_current("leads.lead", event) and revision > len(_outcomes_of(leads.get(event.key))):
                yield Violation("invented", f"lead {event.key} was told as closed, revision {revision}, and is not")
        elif isinstance(event.body, Lived) and event.body.revision:
            at_doors.add((event.key, event.body.revision))
            by_revision.setdefault(event.key, {})[event.body.revision] = ("reopened", None, event.body.entry["code"])
    for lead_id, lead in leads.items():
        for n, outcome in enumerate(lead.outcomes, 1):
            said = (lead_id, n) in at_doors
            if complete and not said and tuple(outcome) not in reported.get(lead_id, ()):
                yield Violation("invented", f"lead {lead_id} is {outcome[0]} (revision {n}) and nobody reported that")
            was = by_revision.get(lead_id, {}).get(n)
            if was is None and snapshot.logs["leads.lead"].complete:
                yield Violation("lost", f"lead {lead_id} is {outcome[0]}, revision {n}, and that was never told")
            elif was is not None and was != tuple(outcome):
                yield Violation("wrong", f"lead {lead_id}, revision {n}: on record is {outcome}, told was {was}")


def _outcomes_of(lead: Known | None) -> tuple[object, ...]:
    return lead.outcomes if lead else ()


def _not_kept(snapshot: Snapshot, event: EventRecord) -> Violation | None:
    lead = snapshot.leads.leads.get(event.key)
    if lead is None or not lead.captured_at:
        # One whose lead never came is parked in the end, under its own id: the topic has forgotten where it was.
        parked = ("leads.intake", event.id) in snapshot.accounts["leads"].parked_ids
        kept = event.id[:200] in snapshot.leads.waiting or parked
        return (
            None
            if kept
            else Violation("lost", f"outcome {event.id} of lead {event.key} neither waits nor is on record")
        )
    if tuple(event.body) in map(tuple, lead.outcomes):
        return None
    return Violation("lost", f"outcome {event.id} of lead {event.key} was heard and is not on record")


ACCEPTED = Invariant(
    "accepted",
    "Every lead accepted at the door is on leads.intake, and every lead there is exactly one on record, or parked; none is on"
    " record that was never submitted.",
    accepted,
)
LEADS = Invariant(
    "leads",
    "Every lead on record was told as captured and as qualified exactly once, and as discarded, opened and placed as it is.",
    emitted,
)
OUTCOMES = Invariant(
    "outcomes",
    "Every reported outcome is on record or waits for its lead, and the outcomes on record were told, revision by revision.",
    outcomes,
)
