"""Campaigns: every plan on record is the newest that was told, and every line has the item and the owner it was given."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tributary.verify.events import Planned, Posted
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Place, Plan, Snapshot

Owned = tuple[str, str]  # item, owner


@dataclass
class Told:
    """The newest word about plans and lines."""

    plans: dict[str, Planned] = field(default_factory=dict)
    lines: dict[Place, Owned] = field(default_factory=dict)


def emitted(snapshot: Snapshot) -> Told:
    """By plan and, for lines that no plan names, by posting."""
    found = Told()
    for event in snapshot.emitted("campaigns.campaign"):
        if isinstance(event.body, Planned):
            found.plans[event.key] = event.body
    for event in snapshot.emitted("campaigns.ledger"):
        if isinstance(body := event.body, Posted):
            found.lines[body.campaign, body.line, body.currency] = (body.item, body.owner)
    return found


def plans(snapshot: Snapshot) -> Iterator[Violation]:
    """Campaigns, then their lines."""
    newest = emitted(snapshot)
    for campaign, plan in snapshot.campaigns.plans.items():
        if (body := newest.plans.get(campaign)) is not None:
            yield from _plan(campaign, plan, body)
        elif snapshot.logs["campaigns.campaign"].complete:
            yield Violation("invented", f"campaign {campaign} is planned and nobody was told")
    for campaign in sorted(newest.plans.keys() - snapshot.campaigns.plans.keys()):
        yield Violation("lost", f"campaign {campaign} was told as planned and is not on record")
    for place, line in snapshot.campaigns.lines.items():
        event = newest.plans.get(place[0])
        planned = {name: (item, owner) for name, item, owner in event.lines} if event else {}
        right = planned.get(place[1]) or newest.lines.get(place)
        if right is not None and (line.item, line.owner) != right:
            yield Violation(
                "wrong",
                f"{place[0]}/{place[1]} {place[2]} is {line.item} of {line.owner}, and was told as {right[0]} of {right[1]}",
            )


def _plan(campaign: str, plan: Plan, body: Planned) -> Iterator[Violation]:
    for name in Plan._fields:
        held, right = getattr(plan, name), getattr(body, name)
        if held != right:
            yield Violation("wrong", f"campaign {campaign}: {name} is {held}, and it was told as {right}")


PLANS = Invariant(
    "plans",
    "Every campaign's name, channel, segment, period, currency and version are as they were told last, and every budget line"
    " has the item and the owner that the plan or its last posting names.",
    plans,
)
