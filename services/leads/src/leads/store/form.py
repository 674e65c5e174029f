"""Lead forms and their versions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from chassis import Transaction
from chassis.query import insert_all
from leads.domain.form import Version
from leads.store.tables import FORM

_ALL = "select * from form where form = $1 order by version"
_SAVE = (
    insert_all(FORM) + " on conflict (form, version) do update set state = excluded.state, paused = excluded.paused,"
    " content = excluded.content, author = excluded.author, at = excluded.at, edit = excluded.edit, history = excluded.history"
)
_HEADS = """
select distinct on (f.form) f.form, f.version as newest, f.state, f.author, f.at, f.content -> 'title' as title,
    a.version as active, coalesce(a.paused, false) as paused, coalesce(jsonb_array_length(a.content -> 'origins'), 0) as sites
from form f left join form a on a.form = f.form and a.state = 'active'
order by f.form, f.version desc
"""
# What a replica has of a version already is not sent again.
_ACTIVE = """
select form, version, paused, case when k.version is null then content end as content
from form left join unnest($1::text[], $2::int[]) k(form, version) using (form, version) where state = 'active'
"""


async def versions(tx: Transaction, form: str, *, to_change: bool = False) -> list[Version]:
    """All versions of a form, the oldest first; to change it, nobody else changes it meanwhile."""
    if to_change:
        await tx.conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"form {form}")
    rows = await tx.conn.fetch(_ALL, form)
    return [Version(**{**row, "history": tuple(row["history"])}) for row in rows]


async def save(tx: Transaction, changed: Iterable[Version]) -> None:
    """These versions are so now."""
    rows = [{**asdict(one), "at": one.at.isoformat()} for one in changed]
    for row in rows:  # one active version at a time, in the order in which they are said
        await tx.conn.execute(_SAVE, json.dumps([row]))


async def heads(tx: Transaction) -> list[Mapping[str, Any]]:
    """Each form with its newest and its active version."""
    return [dict(row) for row in await tx.conn.fetch(_HEADS)]


async def active(
    tx: Transaction, known: Iterable[tuple[str, int]]
) -> list[tuple[str, int, bool, Mapping[str, Any] | None]]:
    """Form, version, whether it is paused, and the content of those that are not known."""
    names = list(known)
    rows = await tx.conn.fetch(_ACTIVE, [form for form, _ in names], [version for _, version in names])
    return [(r["form"], r["version"], r["paused"], r["content"]) for r in rows]
