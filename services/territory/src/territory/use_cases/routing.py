"""Load, decide, save, tell."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from chassis import Transaction
from contracts.event import Event
from contracts.leads.lead import LeadAttributes, LeadQualified
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from territory.domain.criteria import OWN, Scalar, is_comparable, text
from territory.domain.decision import Cause, Decision, is_due_an_assignee, is_routed, route
from territory.domain.rotation import next_turn
from territory.domain.routing import Routed, Unroutable
from territory.store import market, member, rotation
from territory.store import routing as store
from territory.use_cases.member import take_in_market


async def route_leads(leads: Sequence[LeadQualified], tx: Transaction) -> None:
    """Each qualified lead gets a team and a pipeline, and an assignee of that team if it may buy soon: once, and on record."""
    fresh = await _undecided(leads, tx)
    if not fresh:
        return
    now = await market.in_force(tx)
    active, organisation = now.market, now.organisation if now.taken_in == now.market.version else None
    if organisation is None:
        await take_in_market(active, tx)
    known = [(lead, attributes(lead.about)) for lead in fresh]
    routes = [(lead, about, route(about, active)) for lead, about in known]
    due = {at.team for lead, _, at in routes if isinstance(at, Routed) and is_due_an_assignee(lead.disposition)}
    standings = await rotation.lock_rotations(tx, due) if due else {}
    rosters = await member.rosters_at(tx, organisation, due, tx.now) if due else {}
    decisions = []
    for lead, about, where in routes:
        team = active.market.teams[where.team] if isinstance(where, Routed) else None
        pipeline = team.pipeline if team else None
        turn = turn_number = roster = None
        if team and is_due_an_assignee(lead.disposition):
            standing = standings[team.id]
            turn = next_turn(rosters[team.id].members, standing.credits)
            if turn.assignee:
                standing.credits = turn.credits
                turn_number = standing.turn = standing.turn + 1
                roster = rosters[team.id].id
        made = Decision(lead.lead_id, 1, Cause.NEW, lead.disposition, about, where, pipeline, turn, turn_number, tx.now)
        decisions.append(replace(made, roster=roster) if roster else made)
    if due:
        await rotation.save_rotations(tx, standings, rosters.values())
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
        if is_comparable(name):
            known.setdefault(OWN + text(name), value)
    return {name: value for name, value in known.items() if value is not None and is_comparable(value)}


def to_events(decision: Decision) -> Iterator[Event]:
    """What others hear of the decision."""
    at, where, turn = decision.decided_at, decision.route, decision.turn
    of: dict[str, Any] = {
        "lead_id": decision.lead_id,
        "ruleset": where.ruleset,
        "revision": decision.number,
        "cause": decision.cause,
    }
    if isinstance(where, Unroutable):
        yield LeadUnroutable(reason=where.reason, decided_at=at, **of)
        return
    assert decision.pipeline is not None
    of |= {"segment": where.segment, "team": where.team}
    yield LeadRouted(pipeline=decision.pipeline, rule=where.rule, routed_at=at, **of)
    if turn and turn.assignee:
        yield LeadAssigned(person=turn.assignee, assigned_at=at, **of)
    elif turn:
        yield LeadUnassigned(reason=turn.reason, decided_at=at, **of)
