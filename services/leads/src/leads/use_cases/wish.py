"""What a customer asks for in words: sealed under the key of whom the lead is about, and read again by who may open that."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, open_bytes, seal_bytes
from leads.domain.opening import READ, RECORD
from leads.domain.request import Request
from leads.store import document as documents
from leads.store import request as requests
from leads.store.request import Kept
from leads.use_cases import request
from leads.use_cases.activity import Forgotten
from leads.use_cases.opening import keys_of


async def ask(lead_id: UUID, wish: Request, by: datetime | None, text: str | None, tx: Transaction) -> Kept:
    """Something more is asked of a lead that a team has; asked again under the same key it is the same, by its first words.

    Raises NoSuchLead, MayNotRecord, Forgotten and TooMany.
    """
    one = await request.ask(lead_id, wish, by, tx)
    if text is None or one.box is not None:
        return one
    key = (await keys_of([lead_id], RECORD, tx)).get(lead_id)
    if key is None:
        raise Forgotten
    await requests.say(tx, lead_id, one.request.n, seal_bytes(key, text.encode(), _bound(one)))
    return await request.one_of(lead_id, one.request.n, tx)


async def texts(lead_id: UUID, rows: Sequence[Kept], opens: bool, tx: Transaction) -> Mapping[int, str]:
    """What was asked for in words, by number, in one look; there is no look where there is nothing to read. Raises TooMany."""
    sealed = [one for one in rows if one.box is not None] if opens else []
    key = (await keys_of([lead_id], READ, tx)).get(lead_id) if sealed else None
    found = {}
    if key is not None:
        for one in sealed:
            with contextlib.suppress(CannotOpen):
                found[one.request.n] = open_bytes(key, one.box or b"", _bound(one)).decode()
    return found


async def may_name(lead_id: UUID, document: str, tx: Transaction) -> bool:
    """Whether an answer may name this: a document by its id has to be the lead's own, and any other reference is another system's."""
    try:
        document_id = UUID(document)
    except ValueError:
        return True
    return await documents.one(tx, lead_id, document_id) is not None


def _bound(one: Kept) -> bytes:
    return one.lead_id.bytes + one.request.n.to_bytes(4, "big")
