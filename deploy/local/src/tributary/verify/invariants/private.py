"""Personal data: nowhere in the clear, on no topic, in no table and in no log."""

import re
from collections import Counter
from collections.abc import Iterator

from tributary.verify.events import Qualified
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Snapshot

ADDRESS = re.compile(r"[^\s\"'@]+@[^\s\"'@]+\.[^\s\"'@]+")


def private(snapshot: Snapshot) -> Iterator[Violation]:
    """What the look through all texts has found, and whatever looks like an e-mail address among a lead's attributes."""
    for (where, what), n in Counter(snapshot.private.found).items():
        yield Violation("wrong", f"{what} stands in the clear: {where}" + (f", {n} times" if n > 1 else ""))
    for event in snapshot.emitted("leads.lead"):
        if isinstance(event.body, Qualified) and "@" in event.body.about and ADDRESS.search(event.body.about):
            yield Violation("wrong", f"lead {event.key} was told with an e-mail address among what may be known of it")
    for lead_id, lead in snapshot.leads.leads.items():
        if "@" in lead.about and ADDRESS.search(lead.about):
            yield Violation("wrong", f"lead {lead_id} has an e-mail address among what may be known of it")


PRIVATE = Invariant(
    "private",
    "No lead's name, address, message, e-mail address or phone number, and no canary, stands in the clear in any record, header,"
    " table or log.",
    private,
)
