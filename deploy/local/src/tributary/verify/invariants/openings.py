"""Personal data: who looked is on record and was told, and there is no way to look that leaves no record."""

from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.openings import Looked
from tributary.verify.snapshot import Snapshot

TOPIC = "leads.audit"


def openings(snapshot: Snapshot) -> Iterator[Violation]:
    """Each look against its event, and each event against its look."""
    tables, told = snapshot.leads.openings, {}
    for event in snapshot.emitted(TOPIC):
        if isinstance(event.body, Looked):
            told[event.body.opening, event.key] = event.body.look
            known = (event.body.opening, event.key) in tables.looks
            if not known and snapshot.is_current(TOPIC, event):
                yield Violation("invented", f"{event.body.look.person} was told to have opened lead {event.key}")
    for (opening, lead_id), look in tables.looks.items():
        said = told.get((opening, lead_id))
        if said is None and snapshot.logs[TOPIC].complete:
            yield Violation("lost", f"{look.person} opened lead {lead_id}, and that was never told")
        elif said is not None and said != look:
            yield Violation("wrong", f"lead {lead_id} was opened by {tuple(look)}, and told as {tuple(said)}")
    for way in tables.ways:
        yield Violation("wrong", f"a door has a right that the one function was to have alone: {way}")


OPENINGS = Invariant(
    "openings",
    "Every look at whom a lead is about was told on leads.audit as it is on record, and no other; no door can read a key or write"
    " a look by itself.",
    openings,
)
