"""Campaigns: every plan on record is the newest that was told, and every line has the item and the owner it was given."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.said import Planned, Posted
from tributary.verify.world import Place, Plan, World

Owned = tuple[str, str]  # item, owner


@dataclass
class Told:
    """The newest word about plans and lines."""

    plans: dict[str, Planned] = field(default_factory=dict)
    lines: dict[Place, Owned] = field(default_factory=dict)


def told(world: World) -> Told:
    """By plan and, for lines that no plan names, by posting."""
    found = Told()
    for said in world.told("campaigns.campaign"):
        if isinstance(said.body, Planned):
            found.plans[said.key] = said.body
    for said in world.told("campaigns.ledger"):
        if isinstance(body := said.body, Posted):
            found.lines[body.campaign, body.line, body.currency] = (body.item, body.owner)
    return found


def plans(world: World) -> Iterator[Violation]:
    """Campaigns, then their lines."""
    newest = told(world)
    for campaign, plan in world.campaigns.plans.items():
        if (body := newest.plans.get(campaign)) is not None:
            yield from _plan(campaign, plan, body)
        elif world.logs["campaigns.campaign"].complete:
            yield Violation("invented", f"campaign {campaign} is planned and nobody was told")
    for campaign in sorted(newest.plans.keys() - world.campaigns.plans.keys()):
        yield Violation("lost", f"campaign {campaign} was told as planned and is not on record")
    for place, line in world.campaigns.lines.items():
        said = newest.plans.get(place[0])
        planned = {name: (item, owner) for name, item, owner in said.lines} if said else {}
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
