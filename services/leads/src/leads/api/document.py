"""Documents of a lead: put there, listed and fetched. A file comes as it is, and what it is called in a header, for addresses are logged."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, unquote
from uuid import UUID, uuid5

import puremagic
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field
from uuid_utils.compat import uuid7

from chassis import FieldError, Problem, Transaction, may, not_valid
from chassis.access import Anybody
from chassis.http import MOST, TAKES
from chassis.problems import absent, declared
from chassis.service import actor_of
from leads.api.activity import refusing as refusing_activities
from leads.api.capture import IDEMPOTENCY, key_of
from leads.api.list import After, LeadListed, Limit, listed
from leads.api.opening import NOT_KEPT
from leads.api.permissions import Permission
from leads.domain.document import AT_MOST, DRAWN, PACKED, PDF, TYPES, UnknownKind, speakable
from leads.store.files import NoSuchFile
from leads.use_cases import document as documents
from leads.use_cases.document import NoSuchDocument, Sent, Shown
from values.text import visible

router = APIRouter(prefix="/v1", tags=["documents"])
_BY_KEY = UUID("0b0f6b1e-6a35-5c0c-9a55-2f7d8a0a9d02")
_PATH = "/leads/{lead_id}/documents"
HEAD = 64 * 1024  # by its first bytes a type is known
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]


class TakesFiles(Anybody):
    """Takes files of these types, up to their size; who may send one another guard says."""

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """What the gateway reads of a body here."""
        scope[TAKES], scope[MOST] = frozenset(TYPES), AT_MOST


class DocumentShown(BaseModel):
    """A document. ``name`` is there for who may open it."""

    id: UUID
    kind: str
    type: str
    bytes: int
    sha256: str
    by: str
    on_behalf_of: str | None
    team: Annotated[str, Field(description="which had the lead then")]
    at: datetime
    name: str | None


class DocumentsShown(BaseModel):
    """All of a lead, the oldest first."""

    rows: list[DocumentShown]


class Undocumented(BaseModel):
    """A page. ``after`` is the cursor of the next one."""

    rows: list[LeadListed]
    after: str | None


@asynccontextmanager
async def refusing(request: Request, writes: bool) -> AsyncIterator[Transaction]:
    """A transaction of this request; what its use case refuses is a problem, and changes nothing."""
    try:
        async with refusing_activities(request, writes) as tx:
            yield tx
    except NoSuchDocument:
        raise absent("No such document") from None
    except NoSuchFile:
        raise Problem(410, "The document is not there any more", detail="The store of files has lost it.") from None
    except UnknownKind as unknown:
        raise not_valid([FieldError("Document-Kind", f"is none of {', '.join(unknown.known)}")]) from None


@router.post(
    _PATH,
    status_code=201,
    dependencies=[
        Depends(may(Permission.RECORD_ACTIVITIES)),
        Depends(TakesFiles("may() says who sends; this says what is taken")),
    ],
    openapi_extra={
        "parameters": [IDEMPOTENCY],
        "requestBody": {
            "required": True,
            "content": {one: {"schema": {"type": "string", "format": "binary"}} for one in TYPES},
        },
    },
    responses=declared(403, 404, 410, 413, 415, 429, 503),
)
async def post_document(
    request: Request,
    lead_id: UUID,
    document_kind: Annotated[Kind, Header(description="offer, contract, pro_forma, ...")],
    document_name: Annotated[
        str | None, Header(max_length=2000, description="what it is called, percent-encoded; kept sealed")
    ] = None,
) -> DocumentShown:
    """Attaches a file, as it is, at most 20 MiB. It must be what its Content-Type says. Sent again under its Idempotency-Key it is
    attached once."""
    content = await request.body()
    declared_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not content:
        raise not_valid([FieldError("body", "is empty")])
    if not await asyncio.to_thread(is_type, content, declared_type):
        raise not_valid(
            [FieldError("Content-Type", f"is {declared_type or 'not given'}, and what was sent is not that")]
        )
    name = visible(unquote(document_name, errors="replace")) if document_name else None
    if document_name and not document_name.isascii():
        raise not_valid([FieldError("Document-Name", "is sent percent-encoded: a header holds no other letters")])
    if name is not None and not speakable(name):
        raise not_valid([FieldError("Document-Name", "is no name of a file of 1 to 200 characters")])
    key = key_of(request.scope)
    document_id = uuid5(_BY_KEY, f"{actor_of(request).principal}/{lead_id}/{key}") if key else uuid7()
    async with refusing(request, writes=True) as tx:
        one = await documents.attach(lead_id, document_id, Sent(document_kind, declared_type, content, name), tx)
    return _shown(one)


@router.get(_PATH, dependencies=[Depends(may(Permission.SEE_LEADS))], responses=declared(404, 429))
async def get_documents(request: Request, response: Response, lead_id: UUID) -> DocumentsShown:
    """What belongs to a lead, the oldest first. Reading names is one look, with the purpose ``read``."""
    opens = actor_of(request).may(Permission.OPEN_CONTACT)
    response.headers.update(NOT_KEPT)
    async with refusing(request, writes=opens) as tx:
        found = await documents.of_lead(lead_id, opens, tx)
    return DocumentsShown(rows=[_shown(one) for one in found])


@router.get(
    _PATH + "/{document_id}",
    dependencies=[Depends(may(Permission.OPEN_CONTACT))],
    responses={
        200: {"content": {one: {"schema": {"type": "string", "format": "binary"}} for one in TYPES}},
        **declared(404, 410, 429, 503),
    },
    response_class=Response,
)
async def get_document(request: Request, lead_id: UUID, document_id: UUID) -> Response:
    """The file, as it was sent. That somebody looked is on record, with the purpose ``read``."""
    async with refusing(request, writes=True) as tx:
        one, content = await documents.read(lead_id, document_id, tx)
    name = quote(one.name or f"{one.document.kind}-{document_id}", safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}", "etag": f'"{one.document.sha256}"'}
    return Response(content, media_type=one.document.media_type, headers={**headers, **NOT_KEPT})


@router.get("/documents-missing", dependencies=[Depends(may(Permission.SEE_LEADS))])
async def get_documents_missing(
    request: Request,
    team: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Undocumented:
    """Leads that another system says were won, without documents that their pipelines ask for."""
    async with refusing(request, writes=False) as tx:
        rows, cursor = await documents.undocumented(team, after, limit, tx)
    return Undocumented(rows=[LeadListed(**listed(dict(row), {})) for row in rows], after=cursor)


def is_type(content: bytes, declared_type: str) -> bool:
    """Whether it is what it is said to be: by its first bytes, by what is packed in it, or because it is plain text."""
    if declared_type in PACKED:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                return PACKED[declared_type] in packed.namelist()
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
        ):  # names that are none, a version that nobody reads
            return False
    if declared_type in (PDF, *DRAWN):
        try:
            return any(one.mime_type == declared_type for one in puremagic.magic_string(content[:HEAD]))
        except (puremagic.PureError, ValueError):
            return False
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _shown(one: Shown) -> DocumentShown:
    it = one.document
    return DocumentShown(
        id=it.document_id,
        kind=it.kind,
        type=it.media_type,
        bytes=it.size,
        sha256=it.sha256,
        by=it.author,
        on_behalf_of=it.on_behalf_of,
        team=it.team,
        at=it.at,
        name=one.name,
    )
