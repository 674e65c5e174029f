"""What was done about leads was told as it is on record."""

from collections.abc import Iterator

from tributary.verify.activities import Activity, Recorded, Voided
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Snapshot

TOPIC = "leads.activity"


def activities(snapshot: Snapshot) -> Iterator[Violation]:
    """Each activity and each voiding against its event, and each event against what is on record."""
    tables = snapshot.leads.activities
    done: dict[str, Activity] = {}
    voided: dict[str, tuple[str, str]] = {}
    for event in snapshot.emitted(TOPIC):
        told = event.body
        if isinstance(told, Recorded):
            done[told.activity_id] = told.activity
            known = told.activity_id in tables.done
        elif isinstance(told, Voided):
            voided[told.activity_id] = (told.code, told.by)
            known = told.activity_id in tables.voided
        else:
            continue
        if not known and snapshot.is_current(TOPIC, event):
            yield Violation(
                "invented", f"activity {told.activity_id} of lead {event.key} was told and is not on record"
            )
    complete = snapshot.logs[TOPIC].complete
    for activity_id, activity in tables.done.items():
        said = done.get(activity_id)
        if said is None and complete:
            yield Violation("lost", f"activity {activity_id} of lead {activity.lead_id} was never told")
        elif said is not None and said != activity:
            yield Violation("wrong", f"activity {activity_id} is {tuple(activity)}, and was told as {tuple(said)}")
    for activity_id, why in tables.voided.items():
        if activity_id not in tables.done:
            yield Violation("invented", f"activity {activity_id} was voided, and is not on record")
        elif activity_id not in voided and complete:
            yield Violation("lost", f"that activity {activity_id} was voided was never told")
        elif activity_id in voided and voided[activity_id] != why:
            yield Violation("wrong", f"activity {activity_id} was voided by {why}, and told as {voided[activity_id]}")
    yield from _of_no_lead(snapshot)


def _of_no_lead(snapshot: Snapshot) -> Iterator[Violation]:
    for activity_id, activity in snapshot.leads.activities.done.items():
        if activity.lead_id not in snapshot.leads.leads:
            yield Violation("invented", f"activity {activity_id} is of lead {activity.lead_id}, which is not on record")


ACTIVITIES = Invariant(
    "activities",
    "Every activity and every voiding of one was told on leads.activity as it is on record, and no other; each is of a lead on record.",
    activities,
)
