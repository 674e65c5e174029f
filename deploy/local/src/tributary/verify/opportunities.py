"""How sales go on: as leads' database has it, and as it was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from leads.domain.lead import Entry

_when = datetime.fromisoformat
Attached = tuple[str, str, str, int, str]  # of which lead, kind, type, size and digest


class Sold(NamedTuple):
    """A step of a sale was told, as the entry of its timeline that it makes, if it makes one. ``stage`` it is in from then on; ``known`` is how likely
    it is won and when; ``document`` is one that it has, by its id."""

    at: datetime
    entry: Entry | None
    stage: str | None = None
    known: tuple[int | None, date | None] | None = None
    document: tuple[str, Attached] | None = None


def _moved(b: Mapping[str, Any]) -> Sold:
    at, why = _when(b["changed_at"]), {"code": b["code"]} if b.get("code") else {}
    step = {"what": "stage", "at": at, "from": b["from_stage"], "to": b["to_stage"], "direction": b["direction"]}
    return Sold(at, step | why, stage=b["to_stage"])


def _amended(b: Mapping[str, Any]) -> Sold:
    at, close = _when(b["amended_at"]), b.get("expected_close")
    step = {"what": "amended", "at": at, "changed": list(b["changed"])}
    return Sold(at, step, known=(b.get("likelihood"), date.fromisoformat(close) if close else None))


def _attached(b: Mapping[str, Any]) -> Sold:
    attached = b["lead_id"], b["kind"], b["media_type"], b["size"], b["sha256"]
    return Sold(_when(b["attached_at"]), None, document=(b["document_id"], attached))


TOLD: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "leads.opportunity.stage_changed.v1": _moved,
    "leads.opportunity.amended.v1": _amended,
    "leads.opportunity.document_attached.v1": _attached,
}

_SALES = """
select lead_id::text, stage, likelihood, expected_close from lead_place
where stage is not null or likelihood is not null or expected_close is not null
"""
_DOCUMENTS = "select document_id::text, lead_id::text, kind, media_type, size, sha256 from document"


@dataclass
class OpportunityTables:
    """By lead the stage of those that moved, and what is known of them; every document by its id."""

    stages: dict[str, str] = field(default_factory=dict)
    known: dict[str, tuple[int | None, date | None]] = field(default_factory=dict)
    documents: dict[str, Attached] = field(default_factory=dict)


async def read_opportunities(connection: Any) -> OpportunityTables:
    """Everything of it, of one moment."""
    tables = OpportunityTables()
    for lead_id, stage, likelihood, close in await connection.fetch(_SALES):
        if stage is not None:
            tables.stages[lead_id] = stage
        if likelihood is not None or close is not None:
            tables.known[lead_id] = likelihood, close
    tables.documents = {row[0]: tuple(row)[1:] for row in await connection.fetch(_DOCUMENTS)}
    return tables
