"""Stage by stage: what one service counts or shows is what the others have on record, however often any was restored.

FACTS and FOLLOWED compare with the topics, and a topic holds the words of histories that a backup has replaced too. Here
tables are compared with tables, wherever the hearer has heard exactly what the other had said when it was looked at.
"""

from collections.abc import Iterator

from tributary.verify.invariants.records import has_ended
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import STREAM, Decision, Known, Snapshot


def in_step(snapshot: Snapshot, hearer: str, topic: str) -> bool:
    """Whether the hearer has heard all that the topic's owner had said, and no more, and has set none of it aside."""
    owner, account = snapshot.accounts[STREAM[topic].publisher], snapshot.accounts[hearer]
    written = {n: following - 1 for (of, n), following in owner.next_seq.items() if of == topic}
    heard = {n: account.watermarks.get((topic, owner.source, n), 0) for n in written}
    return written == heard and not any(of == topic for of, _ in account.parked_ids)


def agreed(snapshot: Snapshot) -> Iterator[Violation]:
    """Metrics with each of the three others, and leads with territory."""
    if in_step(snapshot, "metrics", "campaigns.ledger"):
        yield from _spending(snapshot)
    if in_step(snapshot, "metrics", "campaigns.campaign"):
        yield from _plans(snapshot)
    if in_step(snapshot, "metrics", "leads.lead"):
        yield from _outcomes(snapshot)
    if in_step(snapshot, "metrics", "territory.lead"):
        yield from _places(snapshot)
    if in_step(snapshot, "leads", "territory.lead"):
        for lead_id, decision in snapshot.territory.decisions.items():
            lead = snapshot.leads.leads.get(lead_id)
            if lead is not None and (what := _stands(lead, decision)):
                yield Violation("wrong", f"lead {lead_id} stands with {what}")


def _spending(snapshot: Snapshot) -> Iterator[Violation]:
    for place, line in snapshot.campaigns.lines.items():
        fact = snapshot.metrics.lines.get(place)
        counted = fact.incurred if fact else 0
        if counted != line.incurred:
            yield Violation(
                "wrong", f"budget line {'/'.join(place)}: metrics counts {counted}, and the ledger has {line.incurred}"
            )


def _plans(snapshot: Snapshot) -> Iterator[Violation]:
    for campaign, plan in snapshot.campaigns.plans.items():
        fact = snapshot.metrics.campaigns.get(campaign)
        held = (fact.channel, fact.segment) if fact else None
        if held != (plan.channel, plan.segment):
            yield Violation(
                "wrong", f"campaign {campaign} counts for {held}, and is planned for {(plan.channel, plan.segment)}"
            )


def _outcomes(snapshot: Snapshot) -> Iterator[Violation]:
    for lead_id, lead in snapshot.leads.leads.items():
        fact = snapshot.metrics.leads.get(lead_id)
        if not lead.captured_at or fact is None:
            continue
        result, amount = (lead.outcomes[-1][0], lead.outcomes[-1][1]) if has_ended(lead) else (None, None)
        held = (fact.outcome, (fact.amount, fact.currency) if fact.amount is not None else None)
        if held != (result, amount):
            yield Violation("wrong", f"lead {lead_id} counts as {held}, and is on record as {(result, amount)}")


def _places(snapshot: Snapshot) -> Iterator[Violation]:
    for lead_id, decision in snapshot.territory.decisions.items():
        fact = snapshot.metrics.leads.get(lead_id)
        held = (fact.segment, fact.team, fact.assignee) if fact else None
        right = (decision.segment, decision.team, decision.assignee)
        if held != right:
            yield Violation("wrong", f"lead {lead_id} counts for {held}, and was decided for {right}")


def _stands(lead: Known, decision: Decision) -> str:
    """What the lead's record has that the decision has not; nothing when it follows."""
    if decision.segment is not None and (lead.segment, lead.team) != (decision.segment, decision.team):
        return f"{lead.segment}/{lead.team}, and was decided for {decision.segment}/{decision.team}"
    if lead.assignee != decision.assignee and (decision.assignee or decision.team):
        return f"{lead.assignee or 'nobody'}, and was decided for {decision.assignee or 'nobody'} of {decision.team}"
    return ""


AGREED = Invariant(
    "agreed",
    "Where a service has heard all that another has said, what it counts or shows is what the other has on record: money by"
    " line, plans, outcomes, places and persons.",
    agreed,
)
