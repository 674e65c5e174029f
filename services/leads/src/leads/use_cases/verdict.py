"""What people decide about a lead goes on record and is told: they judge it, give it back, end it, take it up again."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis import Transaction
from contracts.leads.lead import (
    LeadAttributes,
    LeadClosed,
    LeadDiscarded,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
)
from leads.domain import lead as lifecycle
from leads.domain import verdict as hands
from leads.domain.activity import NOTE, Did
from leads.domain.codes import ASKED_CUSTOMER, NOT_ANSWERED
from leads.domain.lead import Entry, Lead, Outcome
from leads.domain.money import Money
from leads.domain.party import VALID
from leads.domain.place import NOBODYS, longer, place_of, settled
from leads.domain.verdict import ASIDE, Hand, MayNot, NotSo, Verdict
from leads.store import hand as store
from leads.store import lead as leads
from leads.store import party as parties
from leads.store import request as requests
from leads.store.hand import Claim
from leads.use_cases import activity as activities
from leads.use_cases import answers, hand, request, rules, stage
from leads.use_cases.hand import Seen, Taken, keep, keep_all, look, take
from leads.use_cases.place import hours_of
from leads.use_cases.to_events import to_wire_money

CLAIMED_FOR = timedelta(minutes=15)


class Claimed(Exception):
    """Somebody else looks at it just now, by this ``claim``."""

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self.claim = claim


async def judge(
    lead_id: UUID, verdict: Verdict, value: Money | None, seen: Seen, qualifies: bool, tx: Transaction
) -> Lead:
    """A person's verdict, which no later card overrules.

    Raises NoSuchLead, MayNot, NotSo, Claimed, Unread and Changed.
    """
    taken = await take(lead_id, seen, lambda lead, one: hands.check_judge(lead, verdict, one), qualifies, tx)
    if not taken.hand.leads:
        await _unclaimed_by_others(lead_id, tx)
    (after,) = await judge_all([taken], verdict, value, tx)
    return after


async def judge_all(taken: Sequence[Taken], verdict: Verdict, value: Money | None, tx: Transaction) -> list[Lead]:
    """The same verdict on many that are in hand, and that nobody else looks at."""
    kept_for = (await rules.reasons(tx)).kept_for(verdict.code or "")
    ids = [one.lead_id for one in taken]
    steps: list[tuple[Taken, Lead, Sequence[Entry]]] = []
    for one in taken:
        after, entry = hands.judged(one.lead, tx.now, verdict, one.hand, kept_for)
        assert entry is not None
        aside = [lifecycle.entry("discarded", tx.now, reason=verdict.code)] if verdict.judgement in ASIDE else []
        steps.append((one, after, [entry, *aside]))
    if verdict.judgement == "undecided":
        if verdict.code == ASKED_CUSTOMER:
            hours = await hours_of((after for _, after, _ in steps), tx)
            steps = [(one, longer(after, tx.now, hours[after.team]), entries) for one, after, entries in steps]
        await store.claim_all(tx, ids, tx.now + CLAIMED_FOR)
        return await keep_all(steps, tx)
    judged = await keep_all(steps, tx)
    if verdict.judgement in VALID:
        await parties.rise(tx, ids, "potential")
    if value is not None:
        await store.value(tx, ids, value.minor, value.currency)
    await store.release(tx, ids, tx.actor.principal)
    await _tell(list(zip(taken, judged, strict=True)), verdict, value, tx)
    return judged


async def _tell(judged: Sequence[tuple[Taken, Lead]], verdict: Verdict, value: Money | None, tx: Transaction) -> None:
    worth = await store.worth_all(tx, [taken.lead_id for taken, _ in judged])
    for taken, after in judged:
        _tell_of(taken, after, verdict, value, worth.get(taken.lead_id, (None, 0)), tx)
    if verdict.judgement == "near_term":
        await hand.open_({taken.lead_id: after for taken, after in judged}, tx)
    else:
        await request.cancel({taken.lead_id for taken, _ in judged}, verdict.judgement, tx.actor.principal, tx)


def _tell_of(
    taken: Taken, after: Lead, verdict: Verdict, value: Money | None, worth: tuple[UUID | None, int], tx: Transaction
) -> None:
    party_id, score = worth
    about = LeadAttributes.model_validate(taken.about)
    by = {"by": taken.hand.person, "on_behalf_of": taken.hand.on_behalf_of, "code": verdict.code}
    tx.emit(
        LeadQualified.model_validate(
            {
                "lead_id": taken.lead_id,
                "genuine": verdict.judgement != "not_genuine",
                "grade": after.grade or "D",
                "score": score,
                "value": to_wire_money(value) or about.expected_amount,
                "disposition": after.disposition,
                "scorecard": after.scorecard or 1,
                "about": about,
                "qualified_at": tx.now,
                "party_id": party_id,
                "revision": after.life.verdict,
                "revisit_on": after.life.revisit_on,
                **by,
            }
        )
    )
    if verdict.judgement in ASIDE:
        assert verdict.code is not None
        fields = {"lead_id": taken.lead_id, "reason": verdict.code, "discarded_at": tx.now}
        tx.emit(LeadDiscarded.model_validate(fields | by | {"keep_until_at": after.life.keep_until}))


async def give_back(lead_id: UUID, code: str, note: str | None, seen: Seen, tx: Transaction) -> Lead:
    """Its person gives it back, or who leads the team takes it from them. What was typed is a sealed note about the lead.

    Raises NoSuchLead, MayNot, NotSo, Unread, Changed, Forgotten and TooMany.
    """
    taken = await take(lead_id, seen, hands.check_return, False, tx)
    if note is not None:
        await activities.record(lead_id, uuid7(), Did(NOTE, "internal", tx.now, result="returned"), note, note, tx)
    (after,) = await give_back_all([taken], code, tx)
    return after


async def give_back_all(taken: Sequence[Taken], code: str, tx: Transaction) -> list[Lead]:
    """Many that are in hand are given back, for one reason."""
    steps: list[tuple[Taken, Lead, Sequence[Entry]]] = []
    for one in taken:
        after, entry = hands.returned(one.lead, tx.now, code, one.hand)
        assert entry is not None
        steps.append((one, after, [entry]))
    kept = await requests.first_ones(tx, [one.lead_id for one in taken])
    returned = await keep_all(steps, tx)
    for one, after in zip(taken, returned, strict=True):
        first = kept.get(one.lead_id)
        owed = first.due_at if first and first.state == "open" else None
        answered = bool(first and first.state == "answered")
        tx.emit(_returned(one.lead_id, one.lead, after, code, tx, owed, answered, one.hand))
    return returned


async def take_back(unanswered: Collection[UUID], tx: Transaction) -> None:
    """Their customers have had no answer for too long: whoever has them has them no more, by a return of nobody's."""
    if not unanswered:
        return
    held = await leads.load(tx, unanswered)
    held = {
        lead_id: lead for lead_id, lead in held.items() if place_of(lead) == "person" and lead.team and lead.assignee
    }
    response, hours = await rules.response(tx), await hours_of(held.values(), tx)
    changes = []
    for lead_id, lead in held.items():
        after, entry = hands.returned(lead, tx.now, NOT_ANSWERED)
        assert entry is not None
        after = settled(lead, after, response, tx.now, hours[lead.team])
        changes.append(leads.Change(lead_id, after, [entry]))
        tx.emit(_returned(lead_id, lead, after, NOT_ANSWERED, tx))
    await leads.change(tx, changes)
    await answers.follow({one.lead_id: one.lead for one in changes}, tx)


def _returned(
    lead_id: UUID,
    before: Lead,
    after: Lead,
    code: str,
    tx: Transaction,
    owed: datetime | None = None,
    answered: bool = False,
    hand: Hand | None = None,
) -> LeadReturned:
    """Whoever had it has it no more. An answer is ``owed`` to its customer by then, else somebody is due to take it."""
    assert before.team is not None
    assert before.assignee is not None
    assert after.due_at is not None
    return LeadReturned(
        lead_id=lead_id,
        attempt=after.life.attempts,
        team=before.team,
        person=before.assignee,
        code=code,
        not_to=after.life.returned[before.team],
        answered=answered,
        due_at=owed or after.due_at,
        returned_at=tx.now,
        **(_by(hand) if hand else {}),
    )


async def close(
    lead_id: UUID,
    result: lifecycle.Result,
    amount: Money | None,
    code: str | None,
    at: datetime,
    seen: Seen,
    tx: Transaction,
) -> Lead:
    """It was won or lost, says who works it or leads the team. To be won it needs all that the stages of its pipeline ask for.

    Raises NoSuchLead, MayNot, NotSo, Unread, Changed and Missing.
    """
    taken = await take(lead_id, seen, _may_close, False, tx)
    if result == "won":
        await stage.check_won(taken, amount, tx)
    outcome = Outcome(result, at, amount, code, by=taken.hand.person)
    after, entry = lifecycle.closed(taken.lead, outcome)
    if entry is None:
        return taken.lead
    after = await keep(taken, after, [entry | taken.hand.named], tx)
    party_id, _ = await store.worth(tx, lead_id)
    tx.emit(
        LeadClosed.model_validate(
            {
                "lead_id": lead_id,
                "result": result,
                "amount": to_wire_money(amount),
                "reason": code,
                "code": code,
                "revision": after.revision,
                "closed_at": at,
                "by": taken.hand.person,
                "on_behalf_of": taken.hand.on_behalf_of,
                "party_id": party_id,
                "team": after.team,
                "person": after.assignee,
                "pipeline": after.pipeline,
            }
        )
    )
    await stage.flag({lead_id: after}, (), tx)
    await parties.rise(tx, [lead_id] if result == "won" else [], "customer")
    await request.cancel({lead_id}, "lead_closed", tx.actor.principal, tx)
    return after


def _may_close(lead: Lead, who: Hand) -> None:
    place = place_of(lead)
    if not (who.leads or who.holds):
        raise MayNot("leads.close")
    if place in ("arriving", "discarded", "merged"):
        raise NotSo(place)


async def reopen(lead_id: UUID, code: str, seen: Seen, tx: Transaction) -> Lead:
    """A lead that was won or lost is worked again, says who leads the team. Raises NoSuchLead, MayNot, NotSo, Unread and Changed."""
    taken = await take(
        lead_id, seen, lambda lead, one: _leads_and_is(lead, one, ("won", "lost"), "leads.reopen"), False, tx
    )
    after, entry = lifecycle.reopened(taken.lead, tx.now, code, taken.hand.person)
    assert entry is not None
    after = await keep(taken, after, [entry | taken.hand.named], tx)
    tx.emit(LeadReopened(lead_id=lead_id, revision=after.revision, code=code, reopened_at=tx.now, **_by(taken.hand)))
    return after


async def restore(lead_id: UUID, code: str, seen: Seen, qualifies: bool, tx: Transaction) -> Lead:
    """A lead that was set aside waits for a qualifier, as long as its contact is kept.

    Raises NoSuchLead, MayNot, NotSo, Unread and Changed."""

    def check(lead: Lead, who: Hand) -> None:
        if not who.qualifies:
            _leads_and_is(lead, who, ("discarded",), "leads.restore")
        elif place_of(lead) != "discarded":
            raise NotSo(place_of(lead))
        if lead.life.keep_until is not None and lead.life.keep_until <= tx.now:
            raise NotSo("discarded", "Its contact was kept until then, and is not there any more.")

    taken = await take(lead_id, seen, check, qualifies, tx)
    after, entry = lifecycle.restored(taken.lead, tx.now, code, taken.hand.person)
    assert entry is not None
    after = await keep(taken, after, [entry | taken.hand.named], tx)
    tx.emit(LeadRestored(lead_id=lead_id, code=code, restored_at=tx.now, **_by(taken.hand)))
    return after


def _leads_and_is(lead: Lead, who: Hand, places: tuple[str, ...], right: str) -> None:
    if not who.leads:
        raise MayNot(right)
    if place_of(lead) not in places:
        raise NotSo(place_of(lead))


def _by(who: Hand) -> dict[str, str | None]:
    return {"by": who.person, "on_behalf_of": who.on_behalf_of}


async def claim(lead_id: UUID, qualifies: bool, tx: Transaction) -> Claim:
    """Who acts here looks at it for a while, and nobody else. Raises NoSuchLead, MayNot, NotSo and Claimed."""
    lead = await _to_judge(lead_id, qualifies, tx)
    if place_of(lead) not in NOBODYS:
        raise NotSo(place_of(lead))
    await _unclaimed_by_others(lead_id, tx)
    made = await store.claim(tx, lead_id, tx.now + CLAIMED_FOR)
    if made is None:
        await _unclaimed_by_others(lead_id, tx)
    assert made is not None
    return made


async def unclaim(lead_id: UUID, qualifies: bool, tx: Transaction) -> None:
    """He looks at it no more; who did not, changes nothing. Raises NoSuchLead and MayNot."""
    await _to_judge(lead_id, qualifies, tx)
    await store.release(tx, [lead_id], tx.actor.principal)


async def _to_judge(lead_id: UUID, qualifies: bool, tx: Transaction) -> Lead:
    lead, who = await look(lead_id, qualifies, tx)
    if not who.qualifies:
        raise MayNot(hand.QUALIFY)
    return lead


async def _unclaimed_by_others(lead_id: UUID, tx: Transaction) -> None:
    there = (await store.claims(tx, [lead_id])).get(lead_id)
    if there is not None and there.person != tx.actor.principal:
        raise Claimed(there)
