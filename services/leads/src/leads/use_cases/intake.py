"""What came in at the door is put on record, judged, and told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, seal_bytes, unseal
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import LeadAttributes
from leads.domain import lead as lifecycle
from leads.domain.codes import Reasons
from leads.domain.flags import UNKNOWN_CAMPAIGN
from leads.domain.lead import Entry, Lead
from leads.domain.person import reach
from leads.domain.personal import Personal
from leads.domain.place import place_of, settled
from leads.domain.qualification import Scorecard, Verdict, facts
from leads.domain.request import began
from leads.store import campaign as campaigns
from leads.store import keys
from leads.store import lead as leads
from leads.store import outcome as outcomes
from leads.store import party as parties
from leads.use_cases import form, request, rules, stage, to_events
from leads.use_cases.free_mail import is_free_mail
from leads.use_cases.notes import reseal
from leads.use_cases.personal import digest, pack, unpack

NOT_COMPARABLE = ""  # no digest of anything


@dataclass(frozen=True)
class Fresh:
    """A submission that is no lead on record yet, opened."""

    submission: LeadSubmitted
    person_id: UUID
    personal: Personal
    key: bytes
    party_id: UUID
    about: LeadAttributes

    @cached_property
    def packed(self) -> bytes:
        """Who it is, as it is sealed."""
        return pack(self.personal)

    @cached_property
    def content(self) -> str:
        """A digest of what was said, under the person's key: who forgets the person forgets it too."""
        return digest(self.key, self.packed, self.about)


async def take_in(events: Sequence[LeadSubmitted | OutcomeReported], tx: Transaction) -> None:
    """Load, decide, save, tell: submissions, and reported outcomes, which may have overtaken their lead."""
    before = await leads.load(tx, (e.lead_id for e in events))
    current = dict(before)
    fresh = await _fresh(tx, events, current)
    planned = await campaigns.known(tx, (f.submission.campaign for f in fresh.values() if f.submission.campaign))
    early = await outcomes.take(tx, fresh) if fresh else {}

    added: dict[UUID, list[Entry]] = {}
    card, reasons = await rules.scorecard(tx), await rules.reasons(tx)
    for lead_id, one in fresh.items():
        unknown = one.submission.campaign and one.submission.campaign not in planned
        said_flags = (*((UNKNOWN_CAMPAIGN,) if unknown else ()), *(one.submission.flags or ()))
        current[lead_id], added[lead_id] = _on_record(current.get(lead_id, Lead()), one, said_flags, card, reasons, tx)
    await _submitted_again(tx, [e for e in events if isinstance(e, LeadSubmitted)], fresh, current, added)

    overtook, reported = [], [(i, o) for i, waited in early.items() for o in waited]
    caused_by: list[LeadSubmitted | OutcomeReported] = [fresh[lead_id].submission for lead_id, _ in reported]
    for event in events:
        if not isinstance(event, OutcomeReported):
            continue
        outcome = to_events.outcome_of(event, tx.metadata(event).actor)
        if current.get(event.lead_id, Lead()).known:
            reported.append((event.lead_id, outcome))
            caused_by.append(event)
        else:
            overtook.append((event.lead_id, tx.metadata(event).id, outcome))
    reported = await reseal(tx, reported, {i: one.key for i, one in fresh.items()})
    won = {i: current[i] for i, outcome in reported if outcome.result == "won"}
    lacks = await stage.lacking(won, tx) if won else set()
    for (lead_id, outcome), event in zip(reported, caused_by, strict=True):
        flags = (stage.DOCUMENTS_MISSING,) if lead_id in lacks and outcome.result == "won" else ()
        _close(current, added, lead_id, outcome, flags, event, tx)

    await outcomes.keep(tx, overtook)
    await request.asked({i: _wishes(one.submission) for i, one in fresh.items() if one.submission.requests}, tx)
    await request.cancel({i for i, _ in reported if current[i].outcome}, "lead_closed", None, tx)
    response = await rules.response(tx)
    await leads.save(
        tx,
        [
            leads.Change(
                lead_id,
                settled(before.get(lead_id, Lead()), current[lead_id], response, tx.now),
                entries,
                _capture(fresh[lead_id]) if lead_id in fresh else None,
            )
            for lead_id, entries in added.items()
        ],
    )
    if reported:
        await stage.flag({i: current[i] for i, _ in reported}, lacks, tx)
        await parties.rise(tx, won.keys(), "customer")
    # A decision may be heard before its lead, and is, after a restore: the answer is owed from when both are known.
    placed = {i: current[i] for i in fresh if place_of(current[i]) in ("queue", "person")}
    if placed:
        await request.begin(await request.first_responses(placed, tx), placed, tx)


async def _fresh(
    tx: Transaction, events: Iterable[LeadSubmitted | OutcomeReported], current: Mapping[UUID, Lead]
) -> dict[UUID, Fresh]:
    """The submissions that are no leads on record yet, with who is behind them and their keys. A submission sent again is the
    same lead, the first one counts. One that no key of ours opens is set aside: however many there are, the others go on."""
    new = [e for e in events if isinstance(e, LeadSubmitted) and not current.get(e.lead_id, Lead()).known]
    door_keys = await keys.intake_keys(tx, (one.person.key for one in new))
    opened: dict[UUID, tuple[LeadSubmitted, UUID, Personal]] = {}
    for one in new:
        found = _opened(tx, one, door_keys)
        if found is None:
            tx.park(one, "no intake key opens it: it was not sealed at this door, or its key is gone")
        elif one.lead_id not in opened:
            opened[one.lead_id] = (one, *found)
    persons = await keys.person_keys(tx, (person_id for _, person_id, _ in opened.values())) if opened else {}
    return {
        lead_id: Fresh(one, person_id, personal, *persons[person_id], to_events.attributes(one))
        for lead_id, (one, person_id, personal) in opened.items()
    }


def _opened(tx: Transaction, submission: LeadSubmitted, door_keys: Mapping[str, bytes]) -> tuple[UUID, Personal] | None:
    """Who is behind it; None for what our door has not sealed, or sealed under a key that is gone."""
    try:
        personal = unpack(unseal(submission.person, door_keys[submission.person.key], submission.lead_id.bytes))
    except (KeyError, CannotOpen):
        return None
    who = reach(personal.email, personal.phone, personal.name, submission.lead_id)
    return keys.person_id(tx, who), personal


async def _submitted_again(
    tx: Transaction,
    submitted: Sequence[LeadSubmitted],
    fresh: Mapping[UUID, Fresh],
    current: dict[UUID, Lead],
    added: dict[UUID, list[Entry]],
) -> None:
    """A known lead that is submitted with other content stays as it is, and its timeline says so. What can't be opened any
    more can't be compared."""
    firsts = {id(one.submission) for one in fresh.values()}
    again = [o for o in submitted if current.get(o.lead_id, Lead()).known and id(o) not in firsts]
    door_keys = await keys.intake_keys(tx, (one.person.key for one in again)) if again else {}
    opened = [(one, who[1]) for one in again if (who := _opened(tx, one, door_keys))]
    if not opened:
        return
    first = await leads.contents(tx, (one.lead_id for one, _ in opened))
    first |= {lead_id: (one.person_id, one.content) for lead_id, one in fresh.items()}
    known = await keys.known_person_keys(tx, {person_id for person_id, _ in first.values()})
    known |= {one.person_id: one.key for one in fresh.values()}
    for one, personal in opened:
        person_id, before = first[one.lead_id]
        theirs = known.get(person_id)
        content = digest(theirs, pack(personal), to_events.attributes(one)) if theirs else NOT_COMPARABLE
        lead, entry = lifecycle.submitted_again(current[one.lead_id], tx.now, before, content)
        current[one.lead_id] = lead
        if entry:
            added.setdefault(one.lead_id, []).append(entry | _by(one, tx))


def _by(event: LeadSubmitted, tx: Transaction) -> Entry:
    """Who put it in, where that was somebody in particular."""
    actor = tx.metadata(event).actor
    return {"by": actor} if actor else {}


def judge(card: Scorecard, submission: LeadSubmitted, personal: Personal) -> Verdict:
    """The scorecard's verdict on what was submitted and by whom."""
    return card.judge(
        facts(
            submission.source,
            phone=personal.phone,
            email=personal.email,
            free_mail=is_free_mail(personal.email),
            company=personal.company,
            external_id=submission.external_id,
            message=personal.message,
            country=submission.country,
            product=submission.product,
            amount=to_events.money_of(submission.expected_amount),
            attributes=submission.attributes,
            flags=submission.flags or (),
        )
    )


def _on_record(
    lead: Lead, one: Fresh, flags: tuple[str, ...], card: Scorecard, reasons: Reasons, tx: Transaction
) -> tuple[Lead, list[Entry]]:
    """Captured, qualified and, where it is no target, discarded; each told."""
    submission, about, verdict = one.submission, one.about, judge(card, one.submission, one.personal)
    steps: list[Entry | None] = []
    lead, entry = lifecycle.captured(lead, tx.now, submission.source, flags)
    lead = lead._replace(starts_at=began(submission.source, submission.occurred_at, submission.received_at))
    steps.append(entry and entry | _by(submission, tx) | form.said(submission))
    tx.emit(to_events.captured(submission, about, flags, tx.now))
    judged = verdict.grade, verdict.disposition, verdict.scorecard, verdict.score, dict(verdict.reasons)
    lead, entry = lifecycle.qualified(lead, tx.now, *judged)
    steps.append(entry)
    tx.emit(to_events.qualified(submission.lead_id, verdict, about, tx.now, one.party_id))
    if reason := verdict.discard_reason:
        lead, entry = lifecycle.discarded(lead, tx.now, reason, reasons.kept_for(reason))
        steps.append(entry)
        tx.emit(to_events.discarded(submission.lead_id, reason, lead))
    return lead, [s for s in steps if s]


def _close(
    current: dict[UUID, Lead],
    added: dict[UUID, list[Entry]],
    lead_id: UUID,
    outcome: lifecycle.Outcome,
    flags: tuple[str, ...],
    caused_by: LeadSubmitted | OutcomeReported,
    tx: Transaction,
) -> None:
    lead, entry = lifecycle.closed(current[lead_id], outcome)
    if entry:
        current[lead_id] = lead
        added.setdefault(lead_id, []).append(entry | ({"flags": list(flags)} if flags else {}))
        tx.emit(to_events.closed(lead_id, lead, flags), caused_by)


def _wishes(submission: LeadSubmitted) -> tuple[list[str], datetime]:
    """What was asked for besides an answer, and when."""
    return [one.kind for one in submission.requests or ()], submission.received_at


def _capture(one: Fresh) -> leads.Capture:
    """Who and what the lead is about, sealed under the person's own key and bound to this lead."""
    ciphertext = seal_bytes(one.key, one.packed, one.submission.lead_id.bytes)
    about = one.about.model_dump(mode="json", exclude_none=True)
    return leads.Capture(one.person_id, one.party_id, ciphertext, about, one.submission.occurred_at, one.content)
