"""A leader gives a lead of the team to somebody, or back to the rotation."""

from dataclasses import replace
from uuid import UUID

from chassis import Transaction
from territory.domain.case import Case
from territory.domain.deciding import ORDERED
from territory.domain.decision import Cause, Order, is_due_an_assignee
from territory.domain.refusal import Absent, Against, NotYours, Outdated
from territory.store import case as store
from territory.store import rotation
from territory.use_cases.authority import look
from territory.use_cases.deciding import decide
from territory.use_cases.routing import ask_again, free

NO_DECISION = "No decision about this lead"


async def assign_lead(
    lead_id: UUID, person: str | None, even_if_absent: bool, number: int | None, tx: Transaction
) -> int:
    """It is this person's, or for None somebody's by a turn, whatever caps and working time say of a person who is named. ``number``
    is the decision that stood when it was asked for. Returns the one that stands now."""
    seen = await store.look(tx, lead_id)
    if seen is None or seen.team is None:
        raise Absent(NO_DECISION)
    _, who = await look(tx)
    if not who.leads(seen.team):
        raise NotYours("Who leads the team gives its leads to somebody.")
    case = (await store.hold(tx, [lead_id]))[lead_id]
    if number is not None and number != case.number:
        raise Outdated(case.number)
    if not case.is_open:
        raise Against(f"The lead is {case.ended}.")
    if not is_due_an_assignee(case.disposition):
        raise Against(f"The lead is {case.disposition}: it is not due a person.")
    if person is not None:
        await _can_take(person, case, even_if_absent, tx)
    order = Order(tx.actor.principal, tx.actor.on_behalf_of or None)
    [ask] = await ask_again([case], Cause.ORDERED, tx)
    ask = replace(ask, attempt=1, person=person, why=ORDERED if person else "", order=order)
    [made] = await decide([ask], tx)
    await free(tx, [case.person])
    return made.number


async def _can_take(person: str, case: Case, even_if_absent: bool, tx: Transaction) -> None:
    assert case.team is not None
    if person not in await rotation.members_now(tx, case.team):
        raise Against("The person takes no leads in the team.")
    if not even_if_absent and await rotation.is_away(tx, person):
        raise Against("The person is away: say even_if_absent to give it to them nevertheless.")
