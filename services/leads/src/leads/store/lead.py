"""Leads as they stand in the database: the record, written once; where each is now; and its timeline, which only grows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import to_json

from chassis import Transaction
from contracts.territory.access import UNPLACED
from leads.domain.lead import Entry, Later, Lead, Note, Outcome
from leads.domain.money import Money
from leads.domain.party import PartyClass, class_of
from leads.domain.place import Place, place_of


@dataclass(frozen=True)
class Capture:
    """What is written down once: who asks, sealed, and what may be known of the lead without knowing them. ``content`` is the
    digest by which what is submitted again is told from this; ``party_id`` is who asks, by the id that others know."""

    person_id: UUID
    party_id: UUID
    ciphertext: bytes
    about: Mapping[str, Any]
    occurred_at: datetime
    content: str


@dataclass(frozen=True)
class Change:
    """What is new about a lead: where it stands now, the entries for its timeline, of which there is one at least, and, once,
    its capture."""

    lead_id: UUID
    lead: Lead
    added: Sequence[Entry]
    capture: Capture | None = None


@dataclass(frozen=True)
class Record:
    """A lead on record, without who it is about."""

    lead_id: UUID
    lead: Lead
    about: Mapping[str, Any]
    occurred_at: datetime
    timeline: Sequence[Entry]
    place: Place
    due_at: datetime | None
    version: int
    party_class: PartyClass


_PLAIN = Lead._fields[:-2]  # all but the outcomes and what came later are kept as they are, in columns of their names
_COLUMNS = ", ".join(Lead._fields)
_RENEWED = ", ".join(f"{name} = excluded.{name}" for name in Lead._fields)
_plain = itemgetter(*_PLAIN)
_LATER = TypeAdapter(Later)
_LISTED = ("source", "channel", "campaign", "product", "country")
FILLED = (*_LISTED, "value_minor", "currency")  # at capture, of what the lead is about; lists ask for them


def _with_columns(statement: str) -> str:
    return statement.replace("COLUMNS", _COLUMNS).replace("RENEWED", _RENEWED)


_LOAD = _with_columns("select lead_id, COLUMNS from lead_place where lead_id = any($1) order by lead_id for update")

# The last number of a lead's timeline stands in its place, under whose lock entries are numbered. JSON goes as text: a codec is
# a call for each value.
_SAVE = _with_columns("""
with placed as (
    insert into lead_place (lead_id, state, place, COLUMNS, entries)
    select lead_id, state, place, COLUMNS, entries from json_populate_recordset(null::lead_place, $1::json)
    on conflict (lead_id) do update
        set state = excluded.state, place = excluded.place, RENEWED, entries = lead_place.entries + excluded.entries
    returning lead_id, entries
)
insert into timeline (lead_id, n, at, what, by, detail)
select lead_id, placed.entries - added.later, added.at, added.what, added.by, added.detail::jsonb
from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
    as added(lead_id, later, at, what, by, detail)
join placed using (lead_id)
""")
# A door changes what is there and makes nothing.
_CHANGE = _SAVE.replace(
    _SAVE[_SAVE.index("    insert into lead_place") : _SAVE.index("    returning")],
    """    update lead_place set state = new.state, place = new.place, entries = lead_place.entries + new.entries, CHANGED
    from json_populate_recordset(null::lead_place, $1::json) as new where lead_place.lead_id = new.lead_id
""".replace("CHANGED", _RENEWED.replace("excluded.", "new.")),
).replace("returning lead_id, entries", "returning lead_place.lead_id, lead_place.entries")
_CAPTURED = _SAVE.replace(", entries)", f", entries, {', '.join(FILLED)})", 1).replace(
    ", entries from", f", entries, {', '.join(FILLED)} from", 1
)
_RENEWED_ONCE = "".join(f", {name} = coalesce(excluded.{name}, lead_place.{name})" for name in FILLED)
_RECORD_AND_SAVE = _CAPTURED.replace(" + excluded.entries", f" + excluded.entries{_RENEWED_ONCE}", 1).replace(
    "with ",
    """with recorded as (
    insert into lead (captured_at, lead_id, person_id, personal, about, occurred_at, content, party_id)
    select $8, new.lead_id, new.person_id, new.personal, new.about::jsonb, new.occurred_at, new.content, new.party_id
    from unnest($9::uuid[], $10::uuid[], $11::bytea[], $12::text[], $13::timestamptz[], $14::text[], $15::uuid[])
        as new(lead_id, person_id, personal, about, occurred_at, content, party_id)
    on conflict do nothing
), """,
    1,
)

_DECIDED = """
select lead_id, max(at) as at from timeline where lead_id = any($1) and what in ('opened', 'assigned', 'waits', 'transferred') group by lead_id
"""

_PLACE = _with_columns("select COLUMNS from lead_place where lead_id = $1 and captured_at is not null")
_SHOW = """
select p.*, l.about, l.occurred_at, y.class as party_class, t.at, t.what, t.by, t.detail,
    least(p.due_at, (select min(due_at) from request where lead_id = $1 and state = 'open')) as next_due_at
from lead l join lead_place p using (lead_id) join timeline t using (lead_id) left join party y on y.party_id = l.party_id
where lead_id = $1 order by t.n
"""


async def load(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, Lead]:
    """The leads of these ids that are known in any way, locked in the order of their ids."""
    rows = await tx.conn.fetch(_LOAD, list(set(lead_ids)))
    return {row["lead_id"]: lead_of(row) for row in rows}


async def save(tx: Transaction, changes: Sequence[Change]) -> None:
    """Stores what is new, all in one statement."""
    if not changes:
        return
    places = to_json([_place(change) for change in changes]).decode()
    entries = zip(*(line for change in changes for line in _lines(change)), strict=True)
    records = [_record(change.lead_id, change.capture) for change in changes if change.capture]
    if records:
        await tx.conn.execute(_RECORD_AND_SAVE, places, *entries, tx.now, *zip(*records, strict=True))
    else:
        await tx.conn.execute(_SAVE, places, *entries)


async def change(tx: Transaction, changes: Sequence[Change]) -> None:
    """Stores what is new of leads that are on record, as a door does: of those that who acts here may write."""
    if changes:
        places = to_json([_place(one) for one in changes]).decode()
        entries = zip(*(line for one in changes for line in _lines(one)), strict=True)
        await tx.conn.execute(_CHANGE, places, *entries)


async def persons(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whose these leads are."""
    rows = await tx.conn.fetch("select lead_id, person_id from lead where lead_id = any($1)", list(lead_ids))
    return {row["lead_id"]: row["person_id"] for row in rows}


async def contents(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Who these leads are about, and the digests of what was submitted first."""
    rows = await tx.conn.fetch("select lead_id, person_id, content from lead where lead_id = any($1)", list(lead_ids))
    return {row["lead_id"]: (row["person_id"], row["content"]) for row in rows}


async def decided_at(tx: Transaction, placed: Mapping[UUID, Lead]) -> dict[UUID, datetime]:
    """When the newest decision about the place of each of these leads was made that changed anything. Since when one waits stands
    in its timeline only, which is asked for those that do."""
    known = ((i, max(filter(None, _moments(lead)), default=None)) for i, lead in placed.items())
    found = {lead_id: at for lead_id, at in known if at}
    if waiting := [lead_id for lead_id, lead in placed.items() if lead.waits]:
        found |= {row["lead_id"]: row["at"] for row in await tx.conn.fetch(_DECIDED, waiting)}
    return found


def _moments(lead: Lead) -> tuple[datetime | None, ...]:
    return lead.opened_at, lead.assigned_at, lead.life.released[1] if lead.life.released else None


async def settled(tx: Transaction, lead_id: UUID, until: str) -> bool:
    """Whether the lead is on record, and decided where that is asked, by its place alone: who waits looks often."""
    row = await tx.conn.fetchrow(_PLACE, lead_id)
    return row is not None and (until == "known" or lead_of(row).decided)


async def show(tx: Transaction, lead_id: UUID) -> Record | None:
    """One lead as it stands and how it came there."""
    rows = await tx.conn.fetch(_SHOW, lead_id)
    if not rows:
        return None
    timeline = [entry_of(row) for row in rows]
    row = rows[0]
    lead = lead_of(row)
    place = row["place"] or place_of(lead)
    stands = (row["next_due_at"], row["entries"], class_of(lead, row["party_class"]))
    return Record(lead_id, lead, row["about"], row["occurred_at"], timeline, place, *stands)


async def exists(tx: Transaction, lead_id: UUID) -> bool:
    """Whether there is a lead on record, as far as who acts here may see it."""
    return bool(await tx.conn.fetchval("select exists (select from lead where lead_id = $1)", lead_id))


def lead_of(row: asyncpg.Record) -> Lead:
    """A row of the place of a lead as the domain knows it."""
    later = _LATER.validate_python(row["later"]) if row["later"] else None
    lead = Lead._make((*_plain(row), tuple(map(outcome_of, row["outcomes"])), later))
    return lead._replace(team=None) if lead.team == UNPLACED else lead


def _place(change: Change) -> dict[str, Any]:
    lead = change.lead
    place: dict[str, Any] = {name: value for name, value in zip(_PLAIN, lead, strict=False) if value is not None}
    outcomes = [outcome_json(o) for o in lead.outcomes]
    if change.capture:
        place |= listed(change.capture.about)
    if lead.later:
        place["later"] = lead.later
    return place | {
        "team": lead.team or UNPLACED,
        "lead_id": change.lead_id,
        "state": lead.state,
        "place": place_of(lead),
        "outcomes": outcomes,
        "entries": len(change.added),
    }


def listed(about: Mapping[str, Any]) -> dict[str, Any]:
    """What lists ask for of what a lead is about, by the names of its columns."""
    found = {name: about[name] for name in _LISTED if about.get(name)}
    if amount := about.get("expected_amount"):
        found |= {"value_minor": amount["minor"], "currency": amount["currency"]}
    return found


def _record(lead_id: UUID, one: Capture) -> tuple[Any, ...]:
    about = to_json(one.about).decode()
    return lead_id, one.person_id, one.ciphertext, about, one.occurred_at, one.content, one.party_id


def _lines(change: Change) -> Iterable[tuple[Any, ...]]:
    """Each entry with how many come after it."""
    for later, entry in zip(reversed(range(len(change.added))), change.added, strict=True):
        detail = {name: value for name, value in entry.items() if name not in ("what", "at", "by")}
        yield change.lead_id, later, entry["at"], entry["what"], entry.get("by"), to_json(detail).decode()


def entry_of(row: asyncpg.Record) -> Entry:
    """A row of a timeline as the domain knows it."""
    by = {"by": row["by"]} if row["by"] else {}
    return {"what": row["what"], "at": row["at"], **by, **row["detail"]}


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as the database keeps it."""
    made: dict[str, Any] = {"result": outcome.result, "at": outcome.at.isoformat()}
    if outcome.amount:
        made["amount"] = {"minor": outcome.amount.minor, "currency": outcome.amount.currency}
    if outcome.reason:
        made["reason"] = outcome.reason
    if outcome.note:
        made["note"] = {"box": outcome.note.box} | ({"key": outcome.note.key} if outcome.note.key else {})
    if outcome.report:
        made["report"] = outcome.report
    if outcome.by:
        made["by"] = outcome.by
    return made


def outcome_of(kept: Mapping[str, Any]) -> Outcome:
    """The way back."""
    amount, note = kept.get("amount"), kept.get("note")
    return Outcome(
        kept["result"],
        datetime.fromisoformat(kept["at"]),
        Money(amount["minor"], amount["currency"]) if amount else None,
        kept.get("reason"),
        Note(note["box"], note.get("key")) if note else None,
        kept.get("report"),
        kept.get("by", ""),
    )
