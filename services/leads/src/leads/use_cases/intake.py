"""What came in at the door is put on record, judged, and told."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, seal_bytes, unseal
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from leads.domain import lead as life
from leads.domain.lead import Entry, Lead
from leads.domain.personal import Personal
from leads.domain.qualification import Verdict, facts
from leads.domain.scorecard import CURRENT
from leads.store import campaign as campaigns
from leads.store import keys
from leads.store import lead as leads
from leads.store import outcome as outcomes
from leads.use_cases import telling
from leads.use_cases.personal import pack, unpack

UNKNOWN_CAMPAIGN = "unknown campaign"


async def take_in(events: Sequence[LeadSubmitted | OutcomeReported], tx: Transaction) -> None:
    """Load, decide, save, tell: submissions, and reported outcomes, which may have overtaken their lead."""
    standing = await leads.load(tx, (e.lead_id for e in events))
    submitted = _new(events, standing)
    persons = await _open(tx, submitted.values())
    sealing_keys = await keys.person_keys(tx, (person_id for person_id, _ in persons.values())) if persons else {}
    planned = await campaigns.known(tx, (s.campaign for s in submitted.values() if s.campaign))
    early = await outcomes.take(tx, submitted) if submitted else {}

    added: dict[UUID, list[Entry]] = {}
    for lead_id, said in submitted.items():
        flags = (UNKNOWN_CAMPAIGN,) if said.campaign and said.campaign not in planned else ()
        verdict = judge(said, persons[lead_id][1])
        standing[lead_id], added[lead_id] = _on_record(standing.get(lead_id, Lead()), said, verdict, flags, tx)
        for outcome in early.get(lead_id, ()):
            _close(standing, added, lead_id, outcome, said, tx)
    overtook = []
    for event in events:
        if not isinstance(event, OutcomeReported):
            continue
        outcome = telling.outcome_of(event)
        if standing.get(event.lead_id, Lead()).known:
            _close(standing, added, event.lead_id, outcome, event, tx)
        else:
            overtook.append((event.lead_id, tx.heard(event).id, outcome))

    await outcomes.keep(tx, overtook)
    await leads.save(
        tx,
        [
            leads.Record(lead_id, standing[lead_id], entries, _who(lead_id, submitted, persons, sealing_keys))
            for lead_id, entries in added.items()
        ],
    )


def _new(events: Iterable[LeadSubmitted | OutcomeReported], standing: Mapping[UUID, Lead]) -> dict[UUID, LeadSubmitted]:
    """A submission sent again is the same lead; the first one counts."""
    fresh: dict[UUID, LeadSubmitted] = {}
    for event in events:
        if isinstance(event, LeadSubmitted) and not standing.get(event.lead_id, Lead()).known:
            fresh.setdefault(event.lead_id, event)
    return fresh


async def _open(tx: Transaction, submitted: Iterable[LeadSubmitted]) -> dict[UUID, tuple[UUID, Personal]]:
    """Who is behind each submission. One whose intake key is gone fails here, alone."""
    said = list(submitted)
    door_keys = await keys.intake_keys(tx, (s.person.key for s in said))
    opened = {}
    for one in said:
        if one.person.key not in door_keys:
            raise CannotOpen("its intake key does not exist any more")
        personal = unpack(unseal(one.person, door_keys[one.person.key], one.lead_id.bytes))
        opened[one.lead_id] = (keys.person_id(tx, personal.email, personal.phone, one.lead_id), personal)
    return opened


def judge(said: LeadSubmitted, personal: Personal) -> Verdict:
    """The scorecard's verdict on what was submitted and by whom."""
    return CURRENT.judge(
        facts(
            said.source,
            phone=personal.phone,
            email=personal.email,
            company=personal.company,
            external_id=said.external_id,
            message=personal.message,
            country=said.country,
            product=said.product,
            amount=telling.money_of(said.expected_amount),
            attributes=said.attributes,
        )
    )


def _on_record(
    lead: Lead, said: LeadSubmitted, verdict: Verdict, flags: tuple[str, ...], tx: Transaction
) -> tuple[Lead, list[Entry]]:
    """Captured, qualified and, where it is no target, discarded; each told."""
    about = telling.attributes(said)
    steps: list[Entry | None] = []
    lead, entry = life.captured(lead, tx.now, said.source, flags)
    steps.append(entry)
    tx.emit(telling.captured(said, about, flags, tx.now))
    lead, entry = life.qualified(lead, tx.now, verdict.grade, verdict.disposition, verdict.scorecard, verdict.score)
    steps.append(entry)
    tx.emit(telling.qualified(said.lead_id, verdict, about, tx.now))
    if verdict.disposition == "not_a_target":
        reason = "not a target" if verdict.genuine else "not genuine"
        lead, entry = life.discarded(lead, tx.now, reason)
        steps.append(entry)
        tx.emit(telling.discarded(said.lead_id, reason, tx.now))
    return lead, [s for s in steps if s]


def _close(
    standing: dict[UUID, Lead],
    added: dict[UUID, list[Entry]],
    lead_id: UUID,
    outcome: life.Outcome,
    because: LeadSubmitted | OutcomeReported,
    tx: Transaction,
) -> None:
    lead, entry = life.closed(standing[lead_id], outcome)
    if entry:
        standing[lead_id] = lead
        added.setdefault(lead_id, []).append(entry)
        tx.emit(telling.closed(lead_id, lead), because)


def _who(
    lead_id: UUID,
    submitted: Mapping[UUID, LeadSubmitted],
    persons: Mapping[UUID, tuple[UUID, Personal]],
    sealing_keys: Mapping[UUID, bytes],
) -> leads.Who | None:
    """Who and what the lead is about, sealed under the person's own key and bound to this lead."""
    if lead_id not in submitted:
        return None
    (person_id, personal), said = persons[lead_id], submitted[lead_id]
    box = seal_bytes(sealing_keys[person_id], pack(personal), lead_id.bytes)
    about = telling.attributes(said).model_dump(mode="json", exclude_none=True)
    return leads.Who(person_id, box, about, said.occurred_at)
