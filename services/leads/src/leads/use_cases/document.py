"""Documents of leads: put on record and into the store of files, sealed under the key of whom the lead is about, and opened again."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.sealing import CannotOpen, open_bytes, seal_bytes
from contracts.leads.opportunity import DocumentAttached
from leads.domain.activity import on_behalf_of
from leads.domain.document import Document, check_kind
from leads.domain.opening import BREAK_GLASS, READ, RECORD
from leads.domain.stage import documents_missing
from leads.settings import LeadsSettings
from leads.store import activity as activities
from leads.store import document as documents
from leads.store import files
from leads.store import request as requests
from leads.store import stage as stages
from leads.store.activity import Standing
from leads.use_cases.activity import Forgotten, NoSuchLead, UsedBefore
from leads.use_cases.list import bookmark, from_bookmark, teams_of
from leads.use_cases.opening import keys_of


class NoSuchDocument(Exception):
    """The lead has none of this id."""


@dataclass(frozen=True)
class Sent:
    """A file as it was sent. ``name`` is what its sender calls it, ``media_type`` what it was found to be."""

    kind: str
    media_type: str
    content: bytes
    name: str | None


@dataclass(frozen=True)
class Shown:
    """A document on record, and its name as far as who acts may read it."""

    document: Document
    name: str | None


async def attach(lead_id: UUID, document_id: UUID, sent: Sent, tx: Transaction) -> Shown:
    """Puts it on record once, however often it is sent under its id.

    Raises NoSuchLead, MayNotRecord, Forgotten, UsedBefore, UnknownKind and TooMany.
    """
    there = await _there(lead_id, tx)
    for_whom = on_behalf_of(there.rights, there.holder)
    lines = await stages.every(tx)
    check_kind(sent.kind, frozenset(kind for line in lines for stage in line.stages for kind in stage.documents))
    sha256 = await asyncio.to_thread(lambda: hashlib.sha256(sent.content).hexdigest())
    await requests.alone(tx, lead_id)  # two of one id come one after the other
    if known := await documents.one(tx, lead_id, document_id):
        if (known.sha256, known.kind, known.media_type) != (sha256, sent.kind, sent.media_type):
            raise UsedBefore
        return Shown(known, sent.name)
    key = (await keys_of([lead_id], RECORD, tx)).get(lead_id)
    if key is None:
        raise Forgotten
    name = seal_bytes(key, sent.name.encode(), _bound(document_id)) if sent.name else None
    who = (tx.actor.principal, for_whom, there.team)
    one = Document(document_id, lead_id, sent.kind, sent.media_type, len(sent.content), sha256, name, *who, tx.now)
    if not await documents.put(tx, one):
        raise UsedBefore
    box = await asyncio.to_thread(seal_bytes, key, sent.content, document_id.bytes)
    await files.put(store_of(tx), name_of(one.lead_id, one.document_id), box)
    await _record(one, there, tx)
    return Shown(one, sent.name)


async def _record(one: Document, there: Standing, tx: Transaction) -> None:
    """What the lead was said to lack is looked at again; and it is told."""
    if there.pipeline is not None and not (await _lacking({one.lead_id: there.pipeline}, tx))[one.lead_id]:
        await stages.flag(tx, {one.lead_id: False})
    tx.emit(
        DocumentAttached(
            lead_id=one.lead_id,
            document_id=one.document_id,
            kind=one.kind,
            media_type=one.media_type,
            size=one.size,
            sha256=one.sha256,
            by=one.author,
            on_behalf_of=one.on_behalf_of,
            attached_at=one.at,
        )
    )


async def of_lead(lead_id: UUID, opens: bool, tx: Transaction) -> list[Shown]:
    """All of a lead, the oldest first, by their names as far as who acts may read them, which is one look.

    Raises NoSuchLead and TooMany.
    """
    await _there(lead_id, tx)
    found = await documents.of_lead(tx, lead_id)
    key = (await keys_of([lead_id], READ, tx)).get(lead_id) if opens and any(one.name for one in found) else None
    return [Shown(one, _named(one, key)) for one in found]


async def read(lead_id: UUID, document_id: UUID, tx: Transaction) -> tuple[Shown, bytes]:
    """What is in it. That somebody looked is on record.

    Raises NoSuchLead, NoSuchDocument, Forgotten, NoSuchFile and TooMany.
    """
    there = await _there(lead_id, tx)
    one = await documents.one(tx, lead_id, document_id)
    if one is None:
        raise NoSuchDocument
    behind_glass = all(right.kind == BREAK_GLASS for right in there.rights)
    key = (await keys_of([lead_id], BREAK_GLASS if behind_glass else READ, tx)).get(lead_id)
    if key is None:
        raise Forgotten
    box = await files.get(store_of(tx), name_of(one.lead_id, one.document_id))
    try:
        content = await asyncio.to_thread(open_bytes, key, box, document_id.bytes)
    except CannotOpen:
        raise Forgotten from None
    return Shown(one, _named(one, key)), content


async def undocumented(
    team: str | None, after: str | None, most: int, tx: Transaction
) -> tuple[Sequence[asyncpg.Record], str | None]:
    """Leads that were won without documents that their pipelines ask for, and the cursor of the next page. One that a colleague of its
    person has completed is still flagged, and is left out here: such a page is shorter. Raises WrongCursor."""
    of = f"undocumented of {team or 'all'}"
    kept = from_bookmark(of, after, tx)
    last = UUID(kept[1]) if kept else None
    rows = await documents.undocumented(tx, await teams_of(team, None, tx), last, most + 1)
    shown = rows[:most]
    cursor = bookmark(of, tx.now, str(shown[-1]["lead_id"]), tx) if len(rows) > most else None
    lacks = await _lacking({row["lead_id"]: row["pipeline"] for row in shown if row["pipeline"]}, tx)
    return [row for row in shown if lacks.get(row["lead_id"])], cursor


async def _lacking(lines: Mapping[UUID, str], tx: Transaction) -> Mapping[UUID, bool]:
    """Which leads of these pipelines have not all documents that those ask for."""
    known = await stages.of(tx, lines.values())
    there = await stages.kinds(tx, lines)
    return {i: bool(documents_missing(known[line], there.get(i, ()))) for i, line in lines.items()}


async def _there(lead_id: UUID, tx: Transaction) -> Standing:
    there = await activities.standing(tx, lead_id)
    if there is None:
        raise NoSuchLead
    return there


def _named(one: Document, key: bytes | None) -> str | None:
    """What was sealed for somebody who was forgotten and has come again stays closed."""
    if key is not None and one.name is not None:
        with contextlib.suppress(CannotOpen):
            return open_bytes(key, one.name, _bound(one.document_id)).decode()
    return None


def _bound(document_id: UUID) -> bytes:
    """A name is no content: each opens only as what it was sealed."""
    return document_id.bytes + b"name"


def name_of(lead_id: UUID, document_id: UUID) -> str:
    """What its file is called."""
    return f"{lead_id}/{document_id}"


def store_of(tx: Transaction) -> str:
    """Where files are kept."""
    return cast(LeadsSettings, tx.settings).documents_url
