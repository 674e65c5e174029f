"""What a stranger writes under a number of ours is named, and neither hides the true event nor stands in its place."""

from collections.abc import Callable

import pytest

from contracts.hearers import HEARS
from tributary.verify.events import Assigned, EventRecord, Routed
from tributary.verify.invariants import INVARIANTS
from tributary.verify.snapshot import STREAM, Snapshot
from tributary.verify.verdict import judge

from . import snapshots
from .snapshots import ANNA, BEN

TOPIC = "territory.lead"
OTHER = Routed(snapshots.AT, "s", "lyon", "q", 9, "forged")


def violations(snapshot: Snapshot) -> list[str]:
    snapshots.forget(snapshot)
    return [f"{i.id}: {v.what}" for i in INVARIANTS for v in i.violations(snapshot)]


def find(snapshot: Snapshot, body: type = Assigned, key: str = ANNA) -> int:
    """Where the true one stands."""
    return next(n for n, s in enumerate(snapshot.logs[TOPIC].records) if s.key == key and type(s.body) is body)


def insert(snapshot: Snapshot, n: int, event: EventRecord) -> EventRecord:
    """Puts it on the topic at this place; what follows comes one later."""
    log = snapshot.logs[TOPIC]
    event = event._replace(offset=n)
    log.records[n:] = [event, *(one._replace(offset=one.offset + 1) for one in log.records[n:])]
    log.spans[0] = (0, len(log.records))
    return event


def parked(snapshot: Snapshot, event: EventRecord, *, discarded: bool = False) -> None:
    """Everybody who hears the topic has set it aside."""
    for service, streams in HEARS.items():
        if STREAM[TOPIC] in streams:
            snapshot.accounts[service].parked_at.add((TOPIC, event.partition, event.offset))
            if discarded:
                snapshot.accounts[service].discarded.add((TOPIC, event.partition, event.offset))


def notes(snapshot: Snapshot) -> str:
    return " ".join(note for note in judge(snapshot).notes if "set aside" in note)


def early(snapshot: Snapshot) -> EventRecord:
    """Before the turn of its number, on the topic before the true one."""
    true = snapshot.logs[TOPIC].records[find(snapshot)]
    return insert(snapshot, 0, true._replace(id="forged", body=OTHER))


def early_under_the_same_id(snapshot: Snapshot) -> EventRecord:
    return insert(snapshot, 0, snapshot.logs[TOPIC].records[find(snapshot)]._replace(body=OTHER))


def of_nobody(snapshot: Snapshot) -> EventRecord:
    return insert(
        snapshot, 0, snapshot.logs[TOPIC].records[0]._replace(id="forged", source="leads/one", seq=7, body=OTHER)
    )


def of_a_history_without_a_beginning(snapshot: Snapshot) -> EventRecord:
    made_up = snapshot.logs[TOPIC].records[0]._replace(id="forged", source="territory/ff", seq=999_999, body=OTHER)
    return insert(snapshot, 1, made_up)


def in_another_partition(snapshot: Snapshot) -> EventRecord:
    return insert(snapshot, 0, snapshot.logs[TOPIC].records[0]._replace(id="forged", shard=3, body=OTHER))


def far_beyond_what_was_given(snapshot: Snapshot) -> EventRecord:
    return insert(snapshot, 3, snapshot.logs[TOPIC].records[0]._replace(id="forged", seq=500, body=OTHER))


FORGED: tuple[tuple[Callable[[Snapshot], EventRecord], str], ...] = (
    (early, "comes before its turn"),
    (early_under_the_same_id, "comes before its turn"),
    (of_nobody, "leads/one speaks on a stream of territory"),
    (of_a_history_without_a_beginning, "whose beginning was never there"),
    (in_another_partition, "lies in partition 0"),
    (far_beyond_what_was_given, "gave no more than"),
)


@pytest.mark.parametrize(("forge", "words"), FORGED)
def test_a_forged_number_is_a_violation_until_all_who_hear_it_have_set_it_aside_and_then_a_note(
    forge: Callable[[Snapshot], EventRecord], words: str
) -> None:
    snapshot = snapshots.clean()
    forged = forge(snapshot)
    [shown] = violations(snapshot)
    assert shown.startswith("sequences: ")
    assert words in shown
    assert f"at 0@{forged.offset}" in shown
    parked(snapshot, forged)
    assert violations(snapshot) == []
    assert words in notes(snapshot)
    assert judge(snapshot).looked_at["records set aside"] == 1


@pytest.mark.parametrize("same_id", [False, True])
def test_of_two_events_under_one_number_only_a_person_can_say_which_is_false(same_id: bool) -> None:
    snapshot = snapshots.clean()
    true = snapshot.logs[TOPIC].records[find(snapshot)]
    forged = insert(
        snapshot, len(snapshot.logs[TOPIC].records), true._replace(body=OTHER, id=true.id if same_id else "x")
    )
    named = [
        f"sequences: {TOPIC}: {true.number} is given to two events, {true.id} and {forged.id}, at 0@{forged.offset}"
    ]
    assert violations(snapshot) == named
    parked(snapshot, forged)
    assert violations(snapshot) == named
    parked(snapshot, forged, discarded=True)
    assert violations(snapshot) == []
    assert f"{true.id} and {forged.id}" in notes(snapshot)


def test_what_came_first_in_its_turn_gives_way_to_the_event_that_the_owners_outbox_names() -> None:
    snapshot = snapshots.clean()
    account, n = snapshot.accounts["territory"], len(snapshot.logs[TOPIC].records) - 1
    true = snapshot.logs[TOPIC].records[n]
    snapshot.logs[TOPIC].records[n] = true._replace(id="forged", body=OTHER)
    account.outbox[TOPIC] = [true._replace(offset=-1)]
    assert true in [event._replace(offset=n) for event in snapshot.emitted(TOPIC)]
    assert any(f"is given to two events, {true.id} and forged" in shown for shown in violations(snapshot))


def test_what_came_first_in_its_turn_gives_way_to_the_event_that_a_person_has_replayed() -> None:
    snapshot = snapshots.clean()
    n = find(snapshot)
    true = snapshot.logs[TOPIC].records[n]
    forged = insert(snapshot, n, true._replace(id="forged", body=OTHER))
    snapshot.accounts["metrics"].vouched.add((TOPIC, true.id))
    [shown] = violations(snapshot)
    assert f"is given to two events, {true.id} and forged, at 0@{forged.offset}" in shown
    parked(snapshot, forged)
    assert violations(snapshot) == []


def test_a_forged_record_that_bears_the_id_of_a_true_one_and_is_parked_does_not_hide_that_one() -> None:
    snapshot = snapshots.clean()
    parked(snapshot, early_under_the_same_id(snapshot))
    del snapshot.leads.leads[ANNA], snapshot.leads.leads[BEN]
    assert any(shown.startswith(f"followed: lead {ANNA}") for shown in violations(snapshot))
