"""What is done to many leads, as it stands in the database."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from chassis import Transaction
from leads.domain.bulk import Job, Row

_NAMES = tuple(field.name for field in fields(Job))
_COLUMNS = ", ".join(_NAMES)
_PUT = f"""
insert into job ({_COLUMNS}) values ({", ".join(f"${n}" for n in range(1, len(_NAMES) + 1))})
on conflict do nothing returning job_id
"""  # noqa: S608 - names of columns
_PUT_ROWS = """
insert into job_row (job_id, n, lead_id, seen, answer)
select $1, n, lead_id, seen, answer::jsonb from unnest($2::int[], $3::uuid[], $4::int[], $5::text[]) as r(n, lead_id, seen, answer)
"""
_ONE = f"select {_COLUMNS} from job where job_id = $1"  # noqa: S608 - names of columns
_TAKE = f"{_ONE} and state in ('waiting', 'running') for update skip locked"
_OPEN = "select job_id, person from job where state in ('waiting', 'running') order by asked_at limit $1"
_SAVE = "update job set state = $2, position = $3, counts = $4, done_at = $5 where job_id = $1"
_NEXT = "select n, lead_id, seen, answer from job_row where job_id = $1 and n > $2 order by n limit $3"
_ANSWER = """
update job_row set answer = a.answer::jsonb from unnest($2::int[], $3::text[]) as a(n, answer)
where job_row.job_id = $1 and job_row.n = a.n
"""
_STATUS = """
select n, lead_id, seen, answer from job_row
where job_id = $1 and n > $2 and ($3::int is null or (answer ->> 'status')::int = $3) order by n limit $4
"""
_FORGET = """
with over as (delete from job where done_at < $1 returning job_id)
delete from job_row using over where job_row.job_id = over.job_id
"""


async def put(tx: Transaction, job: Job, rows: Sequence[Row]) -> bool:
    """A new job with its leads; False where one of this id is there."""
    made = [to_json(it).decode() if name in ("said", "counts") else it for name, it in vars(job).items()]
    if await tx.conn.fetchval(_PUT, *made) is None:
        return False
    columns = [list(column) for column in zip(*((r.n, r.lead_id, r.seen, _text(r.answer)) for r in rows), strict=True)]
    await tx.conn.execute(_PUT_ROWS, job.job_id, *(columns or [[], [], [], []]))
    return True


async def one(tx: Transaction, job_id: UUID) -> Job | None:
    """A job of who acts."""
    row = await tx.conn.fetchrow(_ONE, job_id)
    return _job(row) if row else None


async def take(tx: Transaction, job_id: UUID) -> Job | None:
    """The job, locked; None where it is over, or where another is at it."""
    row = await tx.conn.fetchrow(_TAKE, job_id)
    return _job(row) if row else None


async def alone(tx: Transaction, job_id: UUID) -> None:
    """Nobody else asks for this job until this is done."""
    await tx.conn.execute("select pg_advisory_xact_lock(4716, hashtext($1))", str(job_id))


async def wait_for(tx: Transaction, job_id: UUID) -> None:
    """Who is at it has finished the part that he is at, and nobody begins another until this is done."""
    await tx.conn.execute("select from job where job_id = $1 for update", job_id)


async def open_(tx: Transaction, most: int) -> list[tuple[UUID, str]]:
    """Jobs that are not over, the oldest first, with who asked for them."""
    return [(row["job_id"], row["person"]) for row in await tx.conn.fetch(_OPEN, most)]


async def save(tx: Transaction, job: Job) -> None:
    """How far it is."""
    counts = to_json(job.counts).decode()
    await tx.conn.execute(_SAVE, job.job_id, job.state, job.position, counts, job.done_at)


async def following(tx: Transaction, job: Job, most: int) -> list[Row]:
    """The next leads that it is done to."""
    return [_row(row) for row in await tx.conn.fetch(_NEXT, job.job_id, job.position, most)]


async def answer(tx: Transaction, job: Job, rows: Sequence[Row]) -> None:
    """What became of these."""
    await tx.conn.execute(_ANSWER, job.job_id, [row.n for row in rows], [_text(row.answer) for row in rows])


async def page(tx: Transaction, job_id: UUID, after: int, status: int | None, most: int) -> list[Row]:
    """Rows behind this one; of one status only, where one is named."""
    return [_row(row) for row in await tx.conn.fetch(_STATUS, job_id, after, status, most)]


async def forget(tx: Transaction, before: datetime) -> None:
    """Jobs that were over before this moment are gone; what they did stands in the timelines of their leads."""
    await tx.conn.execute(_FORGET, before)


def _text(it: Any) -> str | None:
    return None if it is None else to_json(it).decode()


def _job(row: asyncpg.Record) -> Job:
    return Job(**row)


def _row(row: asyncpg.Record) -> Row:
    return Row(row["n"], row["lead_id"], row["seen"], row["answer"])
