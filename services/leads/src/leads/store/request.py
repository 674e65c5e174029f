"""What customers are owed an answer to, as it stands in the database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.query import columns
from contracts.territory.access import UNPLACED
from leads.domain.lead import Entry
from leads.domain.request import Evidence, Request

_NAMES = tuple(field.name for field in fields(Request))
_KEPT = ("lead_id", *_NAMES, "next_at", "due_at")
_TYPES = {
    **dict.fromkeys(("lead_id", "activity_id", "key"), "uuid"),
    **dict.fromkeys(("n", "policy"), "int"),
    **dict.fromkeys(("step", "promise"), "smallint"),
    **dict.fromkeys(("asked_at", "starts_at", "answered_at", "next_at", "due_at"), "timestamptz"),
    "calendar_version": "bigint",
    "met": "boolean",
    "times": "text",  # an array of arrays is one of as many everywhere
}
_NEW = tuple(
    name for name in _KEPT if name not in ("answered_at", "activity_id", "met", "document")
)  # an open request has none


def _rows_of(names: tuple[str, ...], first: int = 1, called: str = "as new({})") -> str:
    given = ", ".join(f"${n}::{_TYPES.get(name, 'text')}[]" for n, name in enumerate(names, first))
    return f"unnest({given}) {called.format(', '.join(names))}"


_PICKED = ", ".join(f"new.{name}::timestamptz[]" if name == "times" else f"new.{name}" for name in _NEW)
_CHANGED = (
    *("state", "responder", "times", "step", "next_at", "due_at", "promise", "policy", "calendar", "calendar_version"),
    *("answered_at", "activity_id", "met", "document"),
)
_SET = ", ".join(f"{name} = new.{name}{'::timestamptz[]' if name == 'times' else ''}" for name in _CHANGED)
# Leads that came at once are promised the same: what is the same is said once.
_SHARED = tuple(name for name in _NEW if name != "lead_id")
_PUT = f"""
insert into request ({", ".join(_NEW)})
select {_PICKED.replace("new.lead_id", "of.lead_id")} from unnest($1::uuid[], $2::int[]) as of(lead_id, place)
join {_rows_of(_SHARED, 3, "with ordinality as new({}, place)")} using (place) on conflict do nothing
"""  # noqa: S608 - names of columns
_SAVE = f"""
update request set {_SET} from {_rows_of(_KEPT)} where (request.lead_id, request.n) = (new.lead_id, new.n)
"""  # noqa: S608 - names of columns
_FIELDS = ", ".join(f"r.{name}" for name in (*_NAMES, "lead_id", "box"))
_WHERE = "p.team, coalesce(p.answers, p.assignee) as assignee, p.pipeline, p.grade from request r join lead_place p using (lead_id)"
_LOAD = f"select {_FIELDS}, {_WHERE} where r.lead_id = any($1) order by r.lead_id, r.n for update of r"
_LOOK = f"select {_FIELDS}, {_WHERE} where r.lead_id = $1 order by r.n"
_FIRST = f"select {_FIELDS}, {_WHERE} where r.lead_id = any($1) and r.n = 0"
# Whoever holds a row is at it: it is left to him, and looked at again at the next turn.
_DUE = f"""
select now() as now, {_FIELDS}, {_WHERE}
where r.next_at <= now() order by r.next_at limit $1 for update of r skip locked
"""
_OVERDUE = "select count(*) from (select from request where next_at < now() - interval '1 second' limit 100000) late"
_WAITING = "select lead_id from request where lead_id = any($1) and due_at is null and state = 'open'"
_LANGUAGES = "select lead_id, about ->> 'language' as language from lead where lead_id = any($1)"
_TURNS = """
select lead_id, n, at, what, detail from timeline
where lead_id = any($1) and what in ('assigned', 'waits', 'returned', 'opened', 'transferred', 'qualified') order by lead_id, n
"""
_EVIDENCE = "select * from request_evidence where lead_id = any($1)"
_KEEP = """
insert into request_evidence
    (lead_id, n, activity_id, occurred_at, recorded_at, evidence, standing, by, on_behalf_of, result)
select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[])
on conflict do nothing
"""
_STAND = "update request_evidence set standing = $3 where lead_id = $1 and activity_id = $2 and standing <> 'voided'"
_WHOM = """
select team, case kind when 'supervisor' then 'supervisor' else 'manager' end as level, array_agg(distinct person) as persons
from access_grant where team = any($1) and kind in ('supervisor', 'management')
    and begins_at <= now() and ends_at > now() group by 1, 2
"""


@dataclass(frozen=True)
class Kept:
    """A request with the lead that it is of: whose it is, and what promises are looked up by."""

    lead_id: UUID
    request: Request
    team: str
    holder: str | None
    line: str | None
    grade: str | None
    box: bytes | None = None  # what was asked for in words, sealed

    @property
    def responder(self) -> str | None:
        """Who is to answer."""
        return self.request.responder or self.holder


async def put(tx: Transaction, requests: Sequence[tuple[UUID, Request]]) -> None:
    """New requests; those that are there stay as they are."""
    if requests:
        made = {id(one): one for _, one in requests}
        place = {one: n for n, one in enumerate(made, 1)}
        leads, places = [lead_id for lead_id, _ in requests], [place[id(one)] for _, one in requests]
        await tx.conn.execute(_PUT, leads, places, *_columns(made.values(), _SHARED))


async def say(tx: Transaction, lead_id: UUID, n: int, box: bytes) -> None:
    """What was asked for in words, sealed."""
    await tx.conn.execute("update request set box = $3 where lead_id = $1 and n = $2", lead_id, n, box)


async def without_time(tx: Transaction, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these leads of which something is asked that is not due at any time yet."""
    return {row["lead_id"] for row in await tx.conn.fetch(_WAITING, list(lead_ids))}


async def languages(tx: Transaction, lead_ids: Iterable[UUID]) -> Mapping[UUID, str | None]:
    """What these leads speak."""
    rows = await tx.conn.fetch(_LANGUAGES, list(lead_ids))
    return {row["lead_id"]: row["language"] for row in rows}


async def save(tx: Transaction, requests: Sequence[tuple[UUID, Request]]) -> None:
    """Requests as they stand now."""
    if requests:
        leads, after = zip(*requests, strict=True)
        await tx.conn.execute(_SAVE, leads, *_columns(after, _KEPT[1:]))


async def load(tx: Transaction, lead_ids: Iterable[UUID]) -> list[Kept]:
    """All requests of these leads, locked, in the order of lead and number."""
    return [_kept(row) for row in await tx.conn.fetch(_LOAD, sorted(set(lead_ids)))]


async def of_lead(tx: Transaction, lead_id: UUID) -> list[Kept]:
    """The requests of a lead, to look at."""
    return [_kept(row) for row in await tx.conn.fetch(_LOOK, lead_id)]


async def first_ones(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, Request]:
    """The first responses that are owed or were given to these leads."""
    return {row["lead_id"]: _kept(row).request for row in await tx.conn.fetch(_FIRST, list(lead_ids))}


async def alone(tx: Transaction, lead_id: UUID) -> None:
    """Who asks for something more waits until another who does has done so: numbers follow one another."""
    await tx.conn.execute("select pg_advisory_xact_lock(4715, hashtext($1))", str(lead_id))


async def due(tx: Transaction, most: int) -> tuple[list[Kept], datetime]:
    """Requests whose next time has come, the earliest first, for this transaction alone; and what time it is by the clock of the
    database, which alone decides that: replicas have clocks of their own."""
    rows = await tx.conn.fetch(_DUE, most)
    return [_kept(row) for row in rows], rows[0]["now"] if rows else tx.now


async def overdue(tx: Transaction) -> int:
    """How many times have come a second ago or earlier and are still not told."""
    found: int = await tx.conn.fetchval(_OVERDUE)
    return found


async def timelines(tx: Transaction, lead_ids: Iterable[UUID]) -> Mapping[UUID, list[Entry]]:
    """What of the timelines of these leads says who had them."""
    found: dict[UUID, list[Entry]] = defaultdict(list)
    for row in await tx.conn.fetch(_TURNS, list(set(lead_ids))):
        found[row["lead_id"]].append({"what": row["what"], "at": row["at"], **row["detail"]})
    return found


async def evidence(tx: Transaction, lead_ids: Iterable[UUID]) -> Mapping[tuple[UUID, int], list[Evidence]]:
    """What may be the answer to requests of these leads."""
    found: dict[tuple[UUID, int], list[Evidence]] = defaultdict(list)
    for row in await tx.conn.fetch(_EVIDENCE, list(set(lead_ids))):
        found[row["lead_id"], row["n"]].append(Evidence(**{name.name: row[name.name] for name in fields(Evidence)}))
    return found


async def keep(tx: Transaction, rows: Sequence[tuple[UUID, int, Evidence]]) -> None:
    """Something that may be the answer is on record, once."""
    made = [
        (i, n, e.activity_id, e.occurred_at, e.recorded_at, e.evidence, e.standing, e.by, e.on_behalf_of, e.result)
        for i, n, e in rows
    ]
    if made:
        await tx.conn.execute(_KEEP, *map(list, zip(*made, strict=True)))


async def stand(tx: Transaction, lead_id: UUID, activity_id: UUID, standing: str) -> None:
    """It counts, or counts no more. What was voided stays so."""
    await tx.conn.execute(_STAND, lead_id, activity_id, standing)


async def whom(tx: Transaction, teams: Iterable[str]) -> Mapping[tuple[str, str], list[str]]:
    """Who leads these teams now, by team and level: supervisor, or manager for those above."""
    rows = await tx.conn.fetch(_WHOM, sorted(set(teams)))
    return {(row["team"], row["level"]): sorted(row["persons"]) for row in rows}


def _columns(requests: Collection[Request], names: Sequence[str]) -> list[Sequence[Any] | None]:
    plain = [name for name in names if name != "times"]
    found = dict(zip(plain, columns(map(attrgetter(*plain), requests)), strict=True))
    found["times"] = ["{" + ",".join([at.isoformat() for at in one.times]) + "}" for one in requests]
    return [found[name] for name in names]


def _kept(row: asyncpg.Record) -> Kept:
    values = {name: row[name] for name in _NAMES}
    values["times"] = tuple(row["times"])
    team = "" if row["team"] == UNPLACED else row["team"]
    who = (team, row["assignee"], row["pipeline"], row["grade"])
    return Kept(row["lead_id"], Request(**values), *who, row["box"])
