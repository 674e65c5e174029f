"""The verdict over a world: what each invariant found, where every lead is, and what was looked at."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from tributary.verify.invariants import INVARIANTS, Invariant, Violation
from tributary.verify.invariants.placement import counted, places, unaccounted
from tributary.verify.invariants.sequences import duplicates
from tributary.verify.snapshot import SEQUENCED, STREAM, Snapshot

KEPT = 1000  # counter-examples per invariant; all of them are counted


@dataclass(frozen=True)
class Finding:
    """What one invariant found. ``found`` counts every counter-example, ``violations`` holds the first of them."""

    invariant: Invariant
    found: int
    kinds: Counter[str]
    violations: Sequence[Violation]


@dataclass(frozen=True)
class Verdict:
    """Whether everything holds, and if not, what does not. ``places`` says where every accepted lead is."""

    findings: Sequence[Finding]
    places: dict[str, int]
    accepted: int
    unaccounted: int
    looked_at: dict[str, int]
    moving: Sequence[str] = ()
    notes: Sequence[str] = ()
    at_rest_demanded: bool = False
    seconds: float = field(default=0.0, compare=False)

    @property
    def holds(self) -> bool:
        """Whether no invariant is violated, and the stack is at rest where that was demanded."""
        return not any(f.found for f in self.findings) and not (self.at_rest_demanded and self.moving)

    def kind(self, kind: str) -> int:
        """How many counter-examples are of this kind."""
        return sum(finding.kinds[kind] for finding in self.findings)


def judge(
    snapshot: Snapshot,
    moving: Sequence[str] = (),
    *,
    at_rest: bool = False,
    progress: Callable[[str], None] = lambda at: None,
) -> Verdict:
    """Every invariant over this world."""
    findings = []
    for invariant in INVARIANTS:
        progress(invariant.id)
        findings.append(_finding(invariant, snapshot))
    return Verdict(
        findings,
        counted(snapshot),
        len(places(snapshot)),
        unaccounted(snapshot),
        _looked_at(snapshot),
        tuple(moving),
        tuple(_notes(snapshot)),
        at_rest,
    )


def _finding(invariant: Invariant, snapshot: Snapshot) -> Finding:
    kinds: Counter[str] = Counter()
    every = iter(invariant.violations(snapshot))
    first = list(islice(every, KEPT))
    kinds.update(violation.kind for violation in first)
    kinds.update(violation.kind for violation in every)
    return Finding(invariant, kinds.total(), kinds, first)


def _looked_at(snapshot: Snapshot) -> dict[str, int]:
    return {
        "records": sum(len(log.records) for log in snapshot.logs.values()),
        "records sent again": duplicates(snapshot),
        "records set aside": sum(len(snapshot.numbered(topic).aside) for topic in SEQUENCED),
        "foreign records": sum(len(log.foreign) for log in snapshot.logs.values()),
        "parked events": sum(len(account.parked_at) for account in snapshot.accounts.values()),
        "texts": snapshot.private.texts,
        "contacts opened": snapshot.leads.boxes.opened or 0,
        "leads on record": sum(lead.captured_at is not None for lead in snapshot.leads.leads.values()),
        "outcomes": sum(len(lead.outcomes) for lead in snapshot.leads.leads.values()),
        "outcomes waiting": len(snapshot.leads.waiting),
        "decisions": sum(1 for _ in snapshot.territory.all_decisions()),
        "spends": len(snapshot.campaigns.spends),
        "postings": sum(map(len, snapshot.campaigns.postings.values())),
        "KPI rows": len(snapshot.metrics.kpis),
    }


def _notes(snapshot: Snapshot) -> list[str]:
    notes = [
        f"The beginning of {topic} has expired: what needs it whole is not compared with it."
        for topic, log in snapshot.logs.items()
        if not log.complete and not STREAM[topic].compacted
    ]
    for topic in SEQUENCED:
        aside = [one for one in snapshot.numbered(topic).aside if snapshot.is_set_aside(topic, one)]
        if aside:
            first = f"{aside[0].what}, at {aside[0].event.partition}@{aside[0].event.offset}"
            notes.append(
                f"{len(aside):,} records of {topic} are not its owner's and are set aside by all who hear it. The first: {first}."
            )
    notes += (
        f"{service} does without {loss.first} to {loss.last} of {loss.topic} {loss.source}#{loss.shard}, accepted as lost by"
        f" {loss.by} at {loss.at:%Y-%m-%d %H:%M}: {loss.reason}."
        for service, account in snapshot.accounts.items()
        for loss in account.accepted
    )
    boxes = snapshot.leads.boxes
    if boxes.opened is None:
        notes.append(
            "The stack's keys are not on this machine: whether contacts open, and whether they stand in the clear, was not"
            " seen; canaries were looked for."
        )
    elif not snapshot.logs_read and boxes.opened:
        notes.append("The stack's logs are not on this machine and were not looked at.")
    if boxes.forgotten:
        notes.append(
            f"{boxes.forgotten:,} leads are of persons who were forgotten: their contacts are closed for ever."
        )
    return notes
