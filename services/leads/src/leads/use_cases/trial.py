"""A draft of the scorecard is tried on the leads that came last: counted and listed, and nothing is said or changed."""

import contextlib
from collections.abc import Collection, Mapping
from typing import cast
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, open_bytes
from contracts.leads.lead import LeadAttributes
from leads.domain import rules as life
from leads.domain.personal import Personal
from leads.domain.qualification import Scorecard, Submission, facts
from leads.domain.rules import Version
from leads.domain.scorecard import FIRST
from leads.domain.trial import Trial, known_elsewhere
from leads.store import keys
from leads.store import rules as store
from leads.store.rules import Judged
from leads.use_cases import rules, to_events
from leads.use_cases.free_mail import is_free_mail
from leads.use_cases.personal import unpack
from leads.use_cases.rule_contents import read
from leads.use_cases.rules import NoSuchRule

AT_ONCE = 500


async def ask(version: int, last: int, tx: Transaction) -> Version:
    """It will be tried on the leads that came last, within a second or two. Raises NoSuchRule."""
    one = await store.one(tx, "scorecard", version, to_change=True)
    if one is None:
        raise NoSuchRule
    asked = life.asked(one, last, tx.actor.principal, tx.now)
    await store.save(tx, [asked])
    return asked


async def run(tx: Transaction) -> None:
    """Tries what somebody waits for. Who a lead is about is opened in memory, as when it came in, and leaves nothing there."""
    one = await store.to_try(tx)
    if one is None:
        return
    card = cast(Scorecard, read("scorecard", one.version, one.content))
    now = await rules.scorecard(tx)
    trial, terms = Trial(now, card), known_elsewhere((*FIRST, now, card))
    left, behind = int((one.tried or {})["last"]), None
    while left and (leads := await store.latest(tx, behind, min(left, AT_ONCE))):
        known = await keys.known_person_keys(tx, {lead.person_id for lead in leads})
        for lead in leads:
            if who := opened(lead, known):
                trial.look(lead.lead_id, submission(lead, who, terms))
            else:
                trial.unreadable += 1
        left, behind = left - len(leads), leads[-1]
    await store.save(tx, [life.found(one, trial.result, tx.now)])


def opened(lead: Judged, known: Mapping[UUID, bytes]) -> Personal | None:
    """Whom it is about, in memory only; None for who was forgotten."""
    if key := known.get(lead.person_id):
        with contextlib.suppress(CannotOpen):
            return unpack(open_bytes(key, lead.ciphertext, lead.lead_id.bytes))
    return None


def submission(lead: Judged, who: Personal, known_elsewhere: Collection[str]) -> Submission:
    """What a card is told of it. ``known_elsewhere`` are the terms that count where another system knows the lead."""
    about = LeadAttributes.model_validate(lead.about)
    return facts(
        about.source,
        phone=who.phone,
        email=who.email,
        free_mail=is_free_mail(who.email),
        company=who.company,
        external_id="known" if any(term in known_elsewhere for term in lead.reasons) else None,
        message=who.message,
        country=about.country,
        product=about.product,
        amount=to_events.money_of(about.expected_amount),
        attributes=about.attributes,
        flags=lead.flags,
    )
