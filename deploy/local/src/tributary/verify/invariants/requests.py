"""What customers are owed was told as it is on record, and each step of a clock once."""

from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.requests import Owed, RequestName, Step, Turned
from tributary.verify.snapshot import Snapshot

TOPIC = "leads.request"
Told = dict[RequestName, tuple[str, object]]


def requests(snapshot: Snapshot) -> Iterator[Violation]:
    """The sum of what was told of each request against its row."""
    owed = snapshot.leads.requests.owed
    stands: dict[RequestName, list[str]] = {}
    states: Told = {}
    missing: dict[RequestName, None] = {}
    for event in snapshot.emitted(TOPIC):
        told = event.body
        if not isinstance(told, Step | Turned):
            continue
        if told.request not in owed:
            missing[told.request] = None
        steps = stands.setdefault(told.request, [])
        if isinstance(told, Turned):
            states[told.request] = told.state, told.answered_at
            steps[:] = [name for name in steps if name not in told.withdraws]
        elif told.name in steps:
            yield Violation("doubled", f"that {_named(told.request)} is {told.name} was told twice")
        else:
            steps.append(told.name)
    for request in missing:
        # A lead whose end is heard before its team, as after a restore, never owed what an end has withdrawn elsewhere.
        if states.get(request, ("", None))[0] != "cancelled":
            yield Violation("invented", f"{_named(request)} was told and is not on record")
    if not snapshot.logs[TOPIC].complete:
        return
    for request, one in owed.items():
        yield from _compared(request, one, stands.get(request, []), states.get(request))


def _compared(
    request: RequestName, one: Owed, stands: list[str], told: tuple[str, object] | None
) -> Iterator[Violation]:
    if told is None and one.due and request[1] > 0:
        yield Violation("lost", f"{_named(request)} was never told")
    elif (told or ("open", None)) != (one.state, one.answered_at):
        yield Violation("wrong", f"{_named(request)} is {one.state}, and was told as {(told or ('open',))[0]}")
    wanted = ["breached", *(f"escalated:{n}" for n in range(1, 99))][: max(0, one.step - 1)]
    told_of = [name for name in stands if name != "due_soon"]
    if told_of != wanted:
        yield Violation("wrong", f"{_named(request)} has told {wanted} by its row, and by its events {told_of}")


def _named(request: RequestName) -> str:
    return f"request {request[1]} of lead {request[0]}"


REQUESTS = Invariant(
    "requests",
    "Every request stands as it was told on leads.request, and each step of its clock was told once, in order, unless taken back.",
    requests,
)
