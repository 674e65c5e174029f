"""Pipelines and their stages, and how sales stand in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from chassis import Transaction
from leads.domain.money import Money
from leads.domain.stage import Pipeline, Sale, Stage, plain

_NOTE = """
insert into pipeline (pipeline, name, version, stages)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[]) as p(pipeline, name, version, stages) order by pipeline
on conflict (pipeline) do update set name = excluded.name, version = excluded.version, stages = excluded.stages
    where pipeline.version < excluded.version
"""
_ALL = "select pipeline, name, version, stages from pipeline order by pipeline"
_SOME = "select pipeline, name, version, stages from pipeline where pipeline = any($1)"
_SALE = """
select pipeline, stage, coalesce(stage_since, opened_at, assigned_at, captured_at) as since, value_minor, currency, likelihood,
    expected_close, array(select distinct kind from document d where d.lead_id = p.lead_id) as documents,
    exists (select from request r where r.lead_id = p.lead_id and r.n = 0 and r.answered_at is not null) as answered
from lead_place p where lead_id = $1
"""
_MOVE = "update lead_place set stage = $2, stage_since = $3 where lead_id = $1"
_AMEND = """
update lead_place set value_minor = $2, currency = $3, likelihood = $4, expected_close = $5 where lead_id = $1
"""
_KINDS = "select lead_id, array_agg(distinct kind) as kinds from document where lead_id = any($1) group by lead_id"
_FLAG = """
update lead_place p set documents_missing = f.flag from unnest($1::uuid[], $2::boolean[]) as f(lead_id, flag)
where p.lead_id = f.lead_id and coalesce(p.documents_missing, false) <> f.flag
"""
_NAMES = tuple(field.name for field in fields(Stage))


async def note(tx: Transaction, pipelines: Sequence[Pipeline]) -> None:
    """Pipelines as they are told; an older version changes nothing."""
    rows = [
        (one.pipeline, one.name, one.version, to_json([asdict(s) for s in one.stages]).decode()) for one in pipelines
    ]
    await tx.conn.execute(_NOTE, *map(list, zip(*rows, strict=True)))


async def every(tx: Transaction) -> list[Pipeline]:
    """All that were told, by name."""
    return [_pipeline(row) for row in await tx.conn.fetch(_ALL)]


async def of(tx: Transaction, names: Iterable[str]) -> Mapping[str, Pipeline]:
    """Pipelines by name; one that was never told is a plain one."""
    asked = set(names)
    found = {row["pipeline"]: _pipeline(row) for row in await tx.conn.fetch(_SOME, sorted(asked))}
    return {name: found.get(name) or plain(name) for name in asked}


async def sale(tx: Transaction, lead_id: UUID) -> Sale | None:
    """How a sale stands; None where no pipeline has the lead."""
    row = await tx.conn.fetchrow(_SALE, lead_id)
    if row is None or row["pipeline"] is None:
        return None
    amount = Money(row["value_minor"], row["currency"]) if row["value_minor"] is not None else None
    kept = {name: row[name] for name in ("pipeline", "stage", "since", "likelihood", "expected_close", "answered")}
    return Sale(**kept, amount=amount, documents=frozenset(row["documents"]))


async def move(tx: Transaction, lead_id: UUID, stage: str, at: datetime) -> None:
    """It is in this stage from now on."""
    await tx.conn.execute(_MOVE, lead_id, stage, at)


async def amend(
    tx: Transaction, lead_id: UUID, amount: Money | None, likelihood: int | None, expected_close: date | None
) -> None:
    """What is known of it from now on."""
    minor, currency = (amount.minor, amount.currency) if amount else (None, None)
    await tx.conn.execute(_AMEND, lead_id, minor, currency, likelihood, expected_close)


async def kinds(tx: Transaction, lead_ids: Iterable[UUID]) -> Mapping[UUID, frozenset[str]]:
    """Which kinds of documents these leads have."""
    rows = await tx.conn.fetch(_KINDS, list(lead_ids))
    return {row["lead_id"]: frozenset(row["kinds"]) for row in rows}


async def flag(tx: Transaction, lacking: Mapping[UUID, bool]) -> None:
    """Which of these were won without documents that they should have."""
    if lacking:
        await tx.conn.execute(_FLAG, list(lacking), list(lacking.values()))


def _pipeline(row: asyncpg.Record) -> Pipeline:
    return Pipeline(row["pipeline"], row["name"], row["version"], tuple(map(_stage, row["stages"])))


def _stage(kept: Mapping[str, Any]) -> Stage:
    known = {name: kept[name] for name in _NAMES if name in kept}
    return Stage(**known | {"documents": tuple(kept["documents"]), "fields": tuple(kept["fields"])})
