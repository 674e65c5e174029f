"""Which documents leads have; what is in them rests in the store of files."""

from dataclasses import astuple, fields
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Select, bindparam, literal_column, select

from chassis import Transaction
from chassis.query import fetch
from leads.domain.document import Document
from leads.store.list import SHOWN, in_teams, teams_of_who_acts
from leads.store.tables import LEAD_PLACE

_NAMES = tuple(field.name for field in fields(Document))
_COLUMNS = ", ".join(_NAMES)
_PUT = f"""
insert into document ({_COLUMNS}) values ({", ".join(f"${n}" for n in range(1, len(_NAMES) + 1))})
on conflict do nothing returning document_id
"""  # noqa: S608 - names of columns
_OF_LEAD = f"select {_COLUMNS} from document where lead_id = $1 order by at, document_id"  # noqa: S608 - names of columns
_ONE = f"select {_COLUMNS} from document where document_id = $1 and lead_id = $2"  # noqa: S608 - names of columns
P = LEAD_PLACE.c


async def put(tx: Transaction, one: Document) -> bool:
    """Puts it on record; False where one of this id is."""
    return await tx.conn.fetchval(_PUT, *astuple(one)) is not None


async def of_lead(tx: Transaction, lead_id: UUID) -> list[Document]:
    """All of a lead, the oldest first."""
    return [_document(row) for row in await tx.conn.fetch(_OF_LEAD, lead_id)]


async def one(tx: Transaction, lead_id: UUID, document_id: UUID) -> Document | None:
    """One of a lead."""
    row = await tx.conn.fetchrow(_ONE, document_id, lead_id)
    return _document(row) if row else None


def undocumented_statement(teams: list[str], last: UUID | None, most: int) -> Select[Any]:
    """Leads that were won without documents that their pipelines ask for, in the order of their ids."""
    its = select(*(P[name] for name in SHOWN)).where(literal_column("documents_missing"), in_teams(P.team, teams))
    if last is not None:
        its = its.where(P.lead_id > bindparam("last", last))
    return its.order_by(P.lead_id).limit(most)


async def undocumented(tx: Transaction, only: list[str] | None, last: UUID | None, most: int) -> list[asyncpg.Record]:
    """At most so many behind this one, of these teams where some are named."""
    return await fetch(tx.conn, undocumented_statement(teams_of_who_acts(tx, only), last, most))


def _document(row: asyncpg.Record) -> Document:
    return Document(**{name: row[name] for name in _NAMES})
