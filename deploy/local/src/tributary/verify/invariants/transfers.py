"""Each lead that went to others by an order went once, was told once, and was the same before and after."""

from collections import Counter
from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Snapshot
from tributary.verify.steps import Applied

TOPIC = "leads.lead"


def transfers(snapshot: Snapshot) -> Iterator[Violation]:
    """What was told of transfers against what is on record of them. A database that came back may tell again what it has lost."""
    rows = snapshot.leads.transfers
    told: dict[tuple[str, str], set[str]] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    for event in snapshot.emitted(TOPIC):
        if not isinstance(body := event.body, Applied):
            continue
        which = body.transfer_id, event.key
        told.setdefault(which, set()).add(body.hash)
        times[*which, event.source] += 1
        if snapshot.is_current(TOPIC, event) and which not in rows:
            yield Violation("invented", f"{_named(which)} was told and is not on record")
    for (transfer, lead, source), n in times.items():
        if n > 1:
            yield Violation("doubled", f"{_named((transfer, lead))} was told {n} times by {source}")
    if not snapshot.logs[TOPIC].complete:
        return
    for which, digest in rows.items():
        if which not in told:
            yield Violation("lost", f"{_named(which)} was never told")
        elif digest not in told[which]:
            yield Violation("wrong", f"{_named(which)} was told of another content than is on record")


def _named(which: tuple[str, str]) -> str:
    return f"transfer {which[0]} of lead {which[1]}"


TRANSFERS = Invariant(
    "transfers",
    "Every lead that an order moved was told once, with the hash that its content had before and after.",
    transfers,
)
