"""A sale goes through the stages of its pipeline: forward when all is there that they ask for, back with a reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis import Transaction
from contracts.leads.opportunity import OpportunityAmended, StageChanged
from contracts.territory.structure import PipelinePublished
from leads.domain import stage as sales
from leads.domain.lead import Lead, entry
from leads.domain.money import Money
from leads.domain.place import place_of
from leads.domain.stage import MOVED, Pipeline, Sale, Spell, Stage, documents_missing
from leads.domain.verdict import Hand, MayNot, NotSo
from leads.store import lead as leads
from leads.store import stage as store
from leads.use_cases import hand
from leads.use_cases.hand import NoSuchLead, Seen, Taken, keep, take
from leads.use_cases.to_events import to_wire_money

DOCUMENTS_MISSING = "documents_missing"
IN_PIPELINE = ("queue", "person")


async def note_pipelines(events: Sequence[PipelinePublished], tx: Transaction) -> None:
    """Remembers the stages of each sales line; a greater version is newer."""
    newest = {event.pipeline: event for event in sorted(events, key=lambda one: one.version)}
    await store.note(tx, [_pipeline(event) for event in newest.values()])


def _pipeline(event: PipelinePublished) -> Pipeline:
    return Pipeline(
        event.pipeline, event.name, event.version, tuple(Stage(**stage.model_dump()) for stage in event.stages)
    )


@dataclass(frozen=True)
class Standing:
    """How a sale stands in its pipeline, how long it stayed in which stage, and what each stage to come still asks for."""

    sale: Sale
    pipeline: Pipeline
    spells: Sequence[Spell]
    asks: Mapping[str, Sequence[str]]
    flags: Sequence[str]
    version: int


async def standing(lead_id: UUID, tx: Transaction) -> Standing:
    """Raises NoSuchLead, and NotSo where no pipeline has it."""
    record = await leads.show(tx, lead_id)
    if record is None:
        raise NoSuchLead
    sale, pipeline = await _sale(lead_id, record.lead, tx)
    lead, ended = record.lead, record.lead.outcome
    hours = await hand.hours(lead, tx)
    opened_at = lead.opened_at or lead.assigned_at or lead.captured_at or tx.now
    until = ended.at if ended else tx.now
    spells = sales.spells(pipeline, opened_at, record.timeline, until, ended is not None, hours)
    here = pipeline.place(sale.stage)
    asks = {stage.name: sales.missing(pipeline, sale, n) for n, stage in enumerate(pipeline.stages) if n > here}
    lacks = ended is not None and ended.result == "won" and documents_missing(pipeline, sale.documents)
    return Standing(sale, pipeline, spells, asks, (DOCUMENTS_MISSING,) if lacks else (), record.version)


async def move(lead_id: UUID, to: str, code: str | None, seen: Seen, tx: Transaction) -> Lead:
    """To another stage, says who works it or leads the team.

    Raises NoSuchLead, MayNot, NotSo, Unread, Changed, NoSuchStage, SameStage, NeedsCode and Missing.
    """
    taken = await take(lead_id, seen, _may_work, False, tx)
    sale, pipeline = await _sale(lead_id, taken.lead, tx)
    direction = sales.moves(pipeline, sale, to, code)
    left = sale.stage or pipeline.first
    hours = await hand.hours(taken.lead, tx)
    why = {"code": code} if code else {}
    step = entry(MOVED, tx.now, **{"from": left, "to": to, "direction": direction}, **why)
    after = await keep(taken, taken.lead, [step | taken.hand.named], tx)
    await store.move(tx, lead_id, to, tx.now)
    assert after.team is not None
    tx.emit(
        StageChanged(
            lead_id=lead_id,
            pipeline=sale.pipeline,
            pipeline_version=pipeline.version,
            from_stage=left,
            to_stage=to,
            direction=direction,
            working_s=max(0, int(hours.worked(sale.since, tx.now).total_seconds())),
            wall_s=max(0, int((tx.now - sale.since).total_seconds())),
            amount=to_wire_money(sale.amount),
            likelihood=likelihood_of(sale, pipeline, to),
            team=after.team,
            person=after.assignee,
            by=taken.hand.person,
            on_behalf_of=taken.hand.on_behalf_of,
            code=code,
            changed_at=tx.now,
        )
    )
    return after


def likelihood_of(sale: Sale, pipeline: Pipeline, stage: str | None) -> int | None:
    """What somebody said of it, else what its stage says."""
    place = pipeline.place(stage)
    return sale.likelihood if sale.likelihood is not None else pipeline.stages[place].likelihood if place >= 0 else None


@dataclass(frozen=True)
class Amendment:
    """What becomes known of a sale. ``named`` are those of its fields that are changed; one that is named and None is known no more."""

    named: Collection[str]
    amount: Money | None = None
    likelihood: int | None = None
    expected_close: date | None = None


async def amend(lead_id: UUID, what: Amendment, seen: Seen, tx: Transaction) -> Lead:
    """What is known of a sale, says who works it or leads the team. What changes nothing is no step.

    Raises NoSuchLead, MayNot, NotSo, Unread and Changed.
    """
    taken = await take(lead_id, seen, _may_work, False, tx)
    before, _ = await _sale(lead_id, taken.lead, tx)
    sale = replace(before, **{name: getattr(what, name) for name in what.named})
    if sale == before:
        return taken.lead
    fields = ("amount", "likelihood", "expected_close")
    changed = tuple(name for name in fields if getattr(sale, name) != getattr(before, name))
    step = entry("amended", tx.now, changed=changed)
    after = await keep(taken, taken.lead, [step | taken.hand.named], tx)
    await store.amend(tx, lead_id, sale.amount, sale.likelihood, sale.expected_close)
    assert after.team is not None
    tx.emit(
        OpportunityAmended(
            lead_id=lead_id,
            amount=to_wire_money(sale.amount),
            likelihood=sale.likelihood,
            expected_close=sale.expected_close,
            changed=changed,
            team=after.team,
            person=after.assignee,
            by=taken.hand.person,
            on_behalf_of=taken.hand.on_behalf_of,
            amended_at=tx.now,
        )
    )
    return after


async def check_won(taken: Taken, amount: Money | None, tx: Transaction) -> None:
    """Somebody says at a door that it was won, for this amount if he knows it: all is there that its pipeline asks for. Raises
    Missing."""
    if taken.lead.pipeline is not None:
        sale, pipeline = await _sale(taken.lead_id, taken.lead, tx)
        sales.check_won(pipeline, replace(sale, amount=amount or sale.amount))


async def flag(closed: Mapping[UUID, Lead], lacks: Collection[UUID], tx: Transaction) -> None:
    """Writes down which of the leads that have ended lack documents, so that whoever leads their teams finds them."""
    await store.flag(tx, {lead_id: lead_id in lacks for lead_id in closed})


async def lacking(won: Mapping[UUID, Lead], tx: Transaction) -> set[UUID]:
    """Those of these leads, which were won, that have not all documents that their pipelines ask for."""
    lines = {i: lead.pipeline for i, lead in won.items() if lead.pipeline}
    if not lines:
        return set()
    known = await store.of(tx, lines.values())
    there = await store.kinds(tx, lines)
    return {i for i, line in lines.items() if documents_missing(known[line], there.get(i, ()))}


async def _sale(lead_id: UUID, lead: Lead, tx: Transaction) -> tuple[Sale, Pipeline]:
    sale = await store.sale(tx, lead_id)
    if sale is None:
        raise NotSo(place_of(lead), "It stands in no pipeline yet.")
    return sale, (await store.of(tx, [sale.pipeline]))[sale.pipeline]


def _may_work(lead: Lead, who: Hand) -> None:
    if not (who.leads or who.holds):
        raise MayNot("leads.stage")
    if place_of(lead) not in IN_PIPELINE:
        raise NotSo(place_of(lead))
