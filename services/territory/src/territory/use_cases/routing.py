"""Load, decide, save, tell."""

from collections.abc import Iterator, Sequence

from chassis import Transaction
from contracts.event import Event
from contracts.leads.lead import LeadAttributes, LeadQualified
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from territory.domain.criteria import OWN, Scalar, is_comparable, text
from territory.domain.decision import Decision, is_due_a_person, is_routed, route
from territory.domain.rotation import next_turn
from territory.domain.routing import Routed, Unroutable
from territory.store import market, rotation
from territory.store import routing as store


async def route_leads(leads: Sequence[LeadQualified], tx: Transaction) -> None:
    """Each qualified lead gets a team and a pipeline, and a person of that team if it may buy soon: once, and on record."""
    fresh = await _undecided(leads, tx)
    if not fresh:
        return
    active = await market.active_market(tx)
    routes = [(lead, route(attributes(lead.about), active)) for lead in fresh]
    due = {where.team for lead, where in routes if isinstance(where, Routed) and is_due_a_person(lead.disposition)}
    standings = await rotation.lock_rotations(tx, due) if due else {}
    decisions = []
    for lead, where in routes:
        team = active.market.teams[where.team] if isinstance(where, Routed) else None
        pipeline = team.pipeline if team else None
        turn = number = None
        if team and is_due_a_person(lead.disposition):
            standing = standings[team.id]
            turn = next_turn(team.members, standing.credits)
            if turn.person:
                standing.credits = turn.credits
                number = standing.turn = standing.turn + 1
        decisions.append(Decision(lead.lead_id, lead.disposition, where, pipeline, turn, tx.now, number))
    if due:
        await rotation.save_rotations(tx, standings)
    await store.save_decisions(tx, decisions)
    for decision in decisions:
        for event in to_events(decision):
            tx.emit(event)


async def _undecided(leads: Sequence[LeadQualified], tx: Transaction) -> list[LeadQualified]:
    """The leads that are due a decision and have none. Of one lead's events the first decides."""
    first: dict[object, LeadQualified] = {}
    for lead in leads:
        if is_routed(lead.genuine, lead.disposition):
            first.setdefault(lead.lead_id, lead)
    if not first:
        return []
    decided = await store.already_decided(tx, [lead.lead_id for lead in first.values()])
    return [lead for lead in first.values() if lead.lead_id not in decided]


def attributes(about: LeadAttributes) -> dict[str, Scalar]:
    """What rules may ask of a lead, by the names they use; what is not known is left out, and so is what nobody can compare.

    Of a company's own attributes the first stands where two are spelled alike.
    """
    known: dict[str, Scalar | None] = {
        "source": about.source,
        "country": about.country,
        "region": about.region,
        "postcode_area": about.postcode_area,
        "product": about.product,
        "industry": about.industry,
        "language": about.language,
        "channel": about.channel,
        "campaign": about.campaign,
    }
    if about.expected_amount:
        known["expected_amount.minor"] = about.expected_amount.minor
        known["expected_amount.currency"] = about.expected_amount.currency
    for name, value in about.attributes.items():
        known.setdefault(OWN + text(name), value)
    return {name: value for name, value in known.items() if value is not None and is_comparable(value)}


def to_events(decision: Decision) -> Iterator[Event]:
    """What others hear of the decision."""
    lead_id, at, where, turn = decision.lead_id, decision.decided_at, decision.route, decision.turn
    if isinstance(where, Unroutable):
        yield LeadUnroutable(lead_id=lead_id, reason=where.reason, ruleset=where.ruleset, decided_at=at)
        return
    assert decision.pipeline is not None
    segment, team, ruleset = where.segment, where.team, where.ruleset
    yield LeadRouted(
        lead_id=lead_id,
        segment=segment,
        team=team,
        pipeline=decision.pipeline,
        rule=where.rule,
        ruleset=ruleset,
        routed_at=at,
    )
    if turn and turn.person:
        yield LeadAssigned(
            lead_id=lead_id, segment=segment, team=team, person=turn.person, ruleset=ruleset, assigned_at=at
        )
    elif turn:
        yield LeadUnassigned(
            lead_id=lead_id, segment=segment, team=team, reason=turn.reason, ruleset=ruleset, decided_at=at
        )
