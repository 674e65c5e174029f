"""The board: sales of teams by the stage that they are in. They are found by the indexes of teams' queues and of people's books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from leads.domain.stage import PLAIN, Pipeline
from leads.store.list import SHOWN

_MINE = """
select distinct team from access_grant where person = access_me() and begins_at <= now() and ends_at > now()
    and ($1::text[] is null or team = any($1)) order by team
"""
# Where a sale never moved, it is in its pipeline's first stage since it was opened. Each place is named by itself, as its index is.
_ITS = """
with first as (select * from unnest($2::text[], $3::text[]) as f(pipeline, stage)), placed as (
    select lead_id, pipeline, stage, stage_since, opened_at, assigned_at, captured_at, value_minor, currency
    from lead_place where place = 'person' and team = any($1) and PERSON
    union all
    select lead_id, pipeline, stage, stage_since, opened_at, assigned_at, captured_at, value_minor, currency
    from lead_place where place = 'queue' and place in ('queue', 'qualification', 'unroutable') and team = any($1)
        and $4::text is null
), its as materialized (
    select p.lead_id, p.pipeline, coalesce(p.stage, first.stage, $6) as stage, p.value_minor, p.currency,
        coalesce(p.stage_since, p.opened_at, p.assigned_at, p.captured_at) as since
    from placed p left join first using (pipeline)
    where p.captured_at is not null and p.pipeline is not null and ($5::text is null or p.pipeline = $5)
)
"""
_BOARD = f"""{_ITS}
select pipeline, stage, currency, count(*) as count, sum(value_minor)::bigint as minor, null::uuid as lead_id, null::timestamptz as since
from its group by pipeline, stage, currency
union all
select pipeline, stage, null, 0, null, lead_id, since from (
    select *, row_number() over (partition by pipeline, stage order by since, lead_id) as nth from its
) ordered where nth <= $7
"""  # noqa: S608 - a statement above
_STAGE = f"""{_ITS}
select pipeline, stage, lead_id, since from its
where stage = $7 and ($8::timestamptz is null or (since, lead_id) > ($8, $9::uuid)) order by since, lead_id limit $10
"""  # noqa: S608 - a statement above
_WHOLE = f"""
select {", ".join(SHOWN)}, likelihood, expected_close from lead_place where lead_id = any($1)
"""  # noqa: S608 - names of columns


@dataclass(frozen=True)
class Whose:
    """Of which teams, of whom there, and in which pipeline, if in one alone; and the pipelines that are known."""

    teams: Sequence[str]
    person: str | None
    pipeline: str | None
    known: Sequence[Pipeline]

    @property
    def asked(self) -> tuple[Any, ...]:
        """As the statements ask for it."""
        lines, firsts = [one.pipeline for one in self.known], [one.first for one in self.known]
        return list(self.teams), lines, firsts, self.person, self.pipeline, PLAIN[0].name


async def teams(tx: Transaction, only: list[str] | None) -> list[str]:
    """The teams whose rows exist now for who acts, of these where some are named."""
    return [row["team"] for row in await tx.conn.fetch(_MINE, only)]


async def board(tx: Transaction, whose: Whose, most: int) -> list[asyncpg.Record]:
    """By pipeline and stage: how many, and the sum of each currency; and of each stage the first rows, the longest there first."""
    return list(await tx.conn.fetch(board_statement(whose), *whose.asked, most))


def board_statement(whose: Whose) -> str:
    """What a board asks for, of ``whose.asked`` and the most rows of a stage."""
    return _asked(_BOARD, whose)


async def stage(
    tx: Transaction, whose: Whose, name: str, last: tuple[datetime, UUID] | None, most: int
) -> list[asyncpg.Record]:
    """The rows of one stage behind this one, the longest there first."""
    at, lead_id = last or (None, None)
    return list(await tx.conn.fetch(_asked(_STAGE, whose), *whose.asked, name, at, lead_id, most))


async def whole(tx: Transaction, lead_ids: Sequence[UUID]) -> Mapping[UUID, asyncpg.Record]:
    """What is shown of these leads."""
    return {row["lead_id"]: row for row in await tx.conn.fetch(_WHOLE, list(lead_ids))}


def _asked(statement: str, whose: Whose) -> str:
    """Somebody's book is found by its own index, which a condition that may be none does not use."""
    return statement.replace("PERSON", "$4::text is null" if whose.person is None else "assignee = $4")
