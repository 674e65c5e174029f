"""Who waits for a qualifier is judged anew by the card in force, some hundred at a time; what that changes is told."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from chassis import Transaction
from contracts.leads.lead import LeadAttributes
from leads.domain import application as life
from leads.domain.application import Application
from leads.domain.lead import Entry, Lead
from leads.domain.place import settled
from leads.domain.qualification import Scorecard, Verdict
from leads.domain.scorecard import FIRST
from leads.domain.trial import known_elsewhere
from leads.store import application as store
from leads.store import keys
from leads.store import lead as leads
from leads.store import rules as rule_store
from leads.store.application import Unsure
from leads.use_cases import hand, rules, to_events, trial
from leads.use_cases.place import hours_of
from leads.use_cases.rule_contents import read
from leads.use_cases.rules import NoSuchRule

AT_ONCE = 200
Anew = tuple[Unsure, Lead, Sequence[Entry], Verdict]


async def ask(version: int, tx: Transaction) -> Application:
    """Leads that wait for a qualifier will be judged by it; asked again while that goes on, it is the same. Raises NoSuchRule and
    NotPossible."""
    one = await rule_store.one(tx, "scorecard", version, to_change=True)
    if one is None:
        raise NoSuchRule
    asked = life.asked(one, tx.actor.principal, tx.now)
    there = await store.one(tx, one.kind, version)
    if there is not None and there.state == "waiting":
        return there
    await store.save(tx, asked)
    return asked


async def run(tx: Transaction) -> None:
    """The next leads of the application that was asked for first. A card that decides no more judges nobody."""
    one = await store.waiting(tx)
    if one is None:
        return
    rule = await rule_store.one(tx, "scorecard", one.version)
    assert rule is not None
    unsure = await store.unsure(tx, one.position, AT_ONCE) if rule.state == "active" else []
    anew, unreadable = await _judge(unsure, cast(Scorecard, read("scorecard", one.version, rule.content)), tx)
    if anew:
        await _keep(anew, tx)
    one = replace(
        one, leads=one.leads + len(unsure), changed=one.changed + len(anew), unreadable=one.unreadable + unreadable
    )
    if len(unsure) < AT_ONCE:
        one = replace(one, state="done", done_at=tx.now)
    else:
        one = replace(one, position=unsure[-1].judged.lead_id)
    await store.save(tx, one)


async def _judge(unsure: Sequence[Unsure], card: Scorecard, tx: Transaction) -> tuple[list[Anew], int]:
    """What the card says otherwise of them, and of how many it can say nothing."""
    opened = await keys.known_person_keys(tx, {one.judged.person_id for one in unsure}) if unsure else {}
    reasons = await rules.reasons(tx)
    terms = known_elsewhere((*FIRST, card))
    anew: list[Anew] = []
    unreadable = 0
    for one in unsure:
        who = trial.opened(one.judged, opened)
        if who is None:
            unreadable += 1
            continue
        verdict = card.judge(trial.submission(one.judged, who, terms))
        after, entries = life.judged_anew(one.lead, tx.now, verdict, reasons)
        if entries:
            anew.append((one, after, entries, verdict))
    return anew, unreadable


async def _keep(anew: Sequence[Anew], tx: Transaction) -> None:
    response, hours = await rules.response(tx), await hours_of((after for _, after, _, _ in anew), tx)
    changes = [
        leads.Change(one.judged.lead_id, settled(one.lead, after, response, tx.now, hours[after.team]), entries)
        for one, after, entries, _ in anew
    ]
    await leads.change(tx, changes)
    for (one, after, _, verdict), change in zip(anew, changes, strict=True):
        about = LeadAttributes.model_validate(one.judged.about)
        said = to_events.qualified(change.lead_id, verdict, about, tx.now, one.party_id)
        tx.emit(said.model_copy(update={"revision": after.life.verdict}))
        if reason := verdict.discard_reason:
            tx.emit(to_events.discarded(change.lead_id, reason, after))
    await hand.open_({change.lead_id: change.lead for change in changes}, tx)
