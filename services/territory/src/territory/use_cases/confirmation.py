"""A proposal is confirmed by a second person, and what it asks for holds: as far as it still can, and from then on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Transaction
from territory.domain.authority import MANAGEMENT_ROLE, PEOPLE, Authority
from territory.domain.organisation import Membership, RoleGrant
from territory.domain.proposal import (
    CONFIRMED,
    JOIN,
    MOVE,
    OPEN,
    RANK,
    REFUSED,
    RETURN,
    ROLE,
    SUBJECT,
    WITHDRAWN,
    Proposal,
    check_second,
)
from territory.domain.refusal import Absent, Against
from territory.store import organisation as store
from territory.store import proposal as rows
from territory.store.organisation_tables import PROPOSAL
from territory.use_cases.authority import Change, begin_change
from territory.use_cases.membership import join, promote
from territory.use_cases.move import carry_out_move
from territory.use_cases.person import bind_subject, come_back
from territory.use_cases.role import grant_role


async def decide(which: UUID, answer: str, tx: Transaction) -> Proposal:
    """Confirmed, refused or withdrawn. Confirmed, it holds at once, as far as it still can."""
    change = await begin_change(tx)
    proposal = await store.one(tx, PROPOSAL, which, Proposal)
    if proposal is None or not may_see(proposal, change.who):
        raise Absent("No such proposal")
    if (state := proposal.state_at(tx.now)) != OPEN:
        raise Against(f"It is {state}.")
    mine = proposal.proposed_by == change.who.principal
    if answer == WITHDRAWN:
        change.needs(mine)
    elif not (answer == REFUSED and mine):
        inside = proposal.unit is not None and await rows.anybody_inside(
            tx, change.structure, proposal.unit, {proposal.person}
        )
        check_second(proposal, change.who, inside)
    decided = replace(proposal, state=answer, decided_by=change.who.principal, decided_at=tx.now)
    await rows.decided(tx, decided)
    await change.record("proposal", proposal.person, {"id": which, "state": OPEN}, {"id": which, "state": answer})
    if answer == CONFIRMED:
        change.second = proposal.proposed_by
        await _carry_out(proposal, change)
    return decided


def may_see(proposal: Proposal, who: Authority) -> bool:
    """Administrators, whoever is inside, and the two whom it names."""
    return (
        who.principal in (proposal.person, proposal.proposed_by)
        or who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=proposal.unit)
        or (who.manages if proposal.unit is None else who.is_inside(proposal.unit))
    )


async def _carry_out(proposal: Proposal, change: Change) -> None:
    terms, now = dict(proposal.terms), change.tx.now
    if proposal.what == JOIN:
        await join(_membership(terms, now), change)
    elif proposal.what == MOVE:
        await carry_out_move(UUID(terms["move"]), change)
    elif proposal.what == RANK:
        await promote(UUID(terms["membership"]), terms["rank"], change)
    elif proposal.what == SUBJECT:
        await bind_subject(proposal.person, terms["issuer"], terms["subject"], change)
    elif proposal.what == RETURN:
        await come_back(proposal.person, change)
    elif proposal.what == ROLE:
        until = datetime.fromisoformat(terms["until_at"]) if terms["until_at"] else None
        begins = max(now, datetime.fromisoformat(terms["from_at"]))
        made = RoleGrant(proposal.id, proposal.person, terms["role"], terms["unit"], begins, until)
        await grant_role(made, change)


def _membership(terms: Mapping[str, Any], now: datetime) -> Membership:
    until = terms["until_at"]
    return Membership(
        **{
            **terms,
            "id": UUID(terms["id"]),
            "from_at": max(now, datetime.fromisoformat(terms["from_at"])),
            "until_at": datetime.fromisoformat(until) if until else None,
        }
    )
