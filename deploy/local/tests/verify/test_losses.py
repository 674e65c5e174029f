"""A loss that a person has accepted is told from one that nobody has."""

from datetime import UTC, datetime

from contracts.hearers import HEARS
from tributary.verify.invariants.sequences import violations
from tributary.verify.losses import Loss
from tributary.verify.snapshot import STREAM, Snapshot
from tributary.verify.verdict import judge

from . import snapshots

TOPIC, SOURCE = "territory.lead", "territory/one"
HEARING = [service for service, streams in HEARS.items() if STREAM[TOPIC] in streams]


def found(snapshot: Snapshot) -> list[str]:
    snapshots.forget(snapshot)
    return [violation.what for violation in violations(snapshot)]


def accept(snapshot: Snapshot, service: str, first: int, last: int) -> None:
    """What `gap accept` does."""
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    loss = Loss(TOPIC, SOURCE, 0, first, last, "the disk was lost", "anna.ops", at)
    snapshot.accounts[service].accepted.append(loss)
    snapshot.accounts[service].watermarks[TOPIC, SOURCE, 0] = max(
        last, snapshot.accounts[service].watermarks[TOPIC, SOURCE, 0]
    )


def test_what_has_gone_from_the_beginning_before_somebody_heard_it_is_lost_until_it_is_accepted() -> None:
    snapshot = snapshots.clean()
    assert found(snapshot) == []
    log = snapshot.logs[TOPIC]
    log.records, log.spans[0] = log.records[3:], (3, log.spans[0][1])
    assert found(snapshot) == []
    snapshot.accounts["metrics"].watermarks[TOPIC, SOURCE, 0] = 1
    assert found(snapshot) == [f"metrics has heard {TOPIC} {SOURCE}#0 up to 1, and 2 to 3 have gone from the topic"]
    accept(snapshot, "metrics", 2, 3)
    assert found(snapshot) == []
    assert (
        f"metrics does without 2 to 3 of {TOPIC} {SOURCE}#0, accepted as lost by anna.ops at 2026-03-01 09:30:"
        " the disk was lost." in judge(snapshot).notes
    )


def test_a_hole_is_lost_until_all_who_hear_it_do_without_it() -> None:
    snapshot = snapshots.clean()
    del snapshot.logs[TOPIC].records[2]
    lost = f"{TOPIC}: {SOURCE}#0 goes from 2 to 4"
    assert lost in found(snapshot)
    for service in HEARING:
        assert lost in found(snapshot)
        accept(snapshot, service, 3, 3)
    assert lost not in found(snapshot)
