"""Making lead forms: drafts, versions, pausing. For marketing; strangers meet forms at ``form_public``."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis import FieldError, Problem, Transaction, absent, begin, may, not_valid
from chassis.problems import declared
from leads.api.form_cache import published
from leads.api.permissions import Permission
from leads.domain.form import Content, NotPossible, Version, missing
from leads.store import form as store
from leads.use_cases import form as forms
from leads.use_cases.form import Absent, Outdated, Taken, Wrong

router = APIRouter(prefix="/v1/form-definitions", tags=["forms"], dependencies=[Depends(may(Permission.MANAGE_FORMS))])

FormId = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", description="the form's name in addresses; it never changes")
]
IfMatch = Annotated[str | None, Header(description="the ETag of the form, as it was read")]
Language = Literal["en", "fr", "fa", "hi", "zh"]
Line = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Prose = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
CHANGES, EDITS = declared(409), declared(404, 409, 412, 428)
_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class Body(BaseModel):
    """A part of a definition: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ChoiceBody(Body):
    """One of the answers that may be chosen; ``value`` is what is kept."""

    value: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    label: dict[Language, Line] = {}


class FieldBody(Body):
    """One question. What is asked under a kind of its own (``email``, ``product``) is that part of the lead; everything else is
    an answer, kept sealed where it is free text."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Annotated[str, Field(max_length=40)]
    required: bool = False
    label: dict[Language, Line] = {}
    hint: dict[Language, Line] = {}
    choices: Annotated[list[ChoiceBody], Field(max_length=300)] = []


class ConsentBody(Body):
    """What may be agreed to. Whoever changes the text gives it the next version."""

    id: Name
    version: Annotated[int, Field(ge=1, le=10_000)] = 1
    purpose: Name
    required: bool = False
    text: dict[Language, Prose] = {}


class Defaults(Body):
    """What a lead is about where its form does not ask and its link does not say it. Product, industry and country decide the
    segment by territory's rules."""

    campaign: Line = ""
    channel: Line = ""
    product: Line = ""
    industry: Line = ""
    country: Annotated[
        str, Field(pattern=r"^([A-Z]{2})?$", description="ISO 3166-1 alpha-2; numbers are read as of it")
    ] = ""


class ContentBody(Body):
    """A form as its author makes it."""

    languages: Annotated[list[Language], Field(max_length=5)] = ["en"]
    title: dict[Language, Line] = {}
    intro: dict[Language, Prose] = {}
    button: dict[Language, Line] = {}
    thanks: dict[Language, Prose] = {}
    fields: Annotated[list[FieldBody], Field(max_length=40)] = []
    consents: Annotated[list[ConsentBody], Field(max_length=10)] = []
    origins: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50)] = []
    strict: Annotated[bool, Field(description="takes nothing from a page that does not say of which site it is")] = (
        False
    )
    redirect: Annotated[
        str, Field(max_length=2000, description="the page that a plain form ends on; ours, where none is said")
    ] = ""
    too_fast_s: Annotated[
        int, Field(ge=0, le=60, description="sent sooner than this many seconds, it looks like a program's")
    ] = 2
    proof: Annotated[
        bool,
        Field(description="asks the page's script for a proof of work; whoever sends without looks like a program"),
    ] = False
    defaults: Defaults = Defaults()


class DraftBody(Body):
    """A new form."""

    form: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    content: ContentBody


class EditBody(Body):
    """What its draft is to be."""

    content: ContentBody


class Done(BaseModel):
    """What was done to a version."""

    what: str
    by: str
    at: datetime


class VersionSeen(BaseModel):
    """One version and its history."""

    version: int
    state: str
    author: str
    at: datetime
    history: list[Done]


class Lacking(BaseModel):
    """What a version lacks before strangers can see it."""

    field: str
    reason: str


class FormSeen(BaseModel):
    """A form: the content of the version that was asked for, else of its draft, else of its active version."""

    form: str
    version: int
    state: str
    paused: bool
    active: Annotated[int | None, Field(description="the version that strangers see")]
    content: ContentBody
    lacks: list[Lacking]
    versions: list[VersionSeen]


class FormHead(BaseModel):
    """A form in a list. ``state`` is that of its newest version."""

    form: str
    title: dict[str, str]
    newest: int
    state: str
    active: int | None
    paused: bool
    sites: int
    author: str
    at: datetime


class Forms(BaseModel):
    """All forms, by name."""

    forms: list[FormHead]


@asynccontextmanager
async def _forms(request: Request) -> AsyncIterator[Transaction]:
    try:
        async with begin(request) as tx:
            yield tx
    except Absent:
        raise _no_such_form() from None
    except Taken:
        raise Problem(409, "A form has this name") from None
    except Outdated as refusal:
        tag = {"ETag": f'"{refusal.edit}"'}
        raise Problem(412, "It was changed since you read it", detail="Read it again.", headers=tag) from None
    except NotPossible as refusal:
        raise Problem(409, "The form's state forbids it", detail=str(refusal)) from None
    except Wrong as refusal:
        raise not_valid(FieldError(f"content.{field}", reason) for field, reason in refusal.faults) from None


def _no_such_form() -> Problem:
    return absent("No such form")


def _read(if_match: str | None) -> int:
    if if_match is None:
        raise Problem(428, "Read it first", detail="Send the ETag that you read in If-Match.")
    found = _TAG.fullmatch(if_match.strip())
    return int(found[1]) if found else -1


def _seen(there: Sequence[Version], response: Response, version: int | None = None) -> FormSeen:
    if not there:
        raise _no_such_form()
    shown = there[-1] if version is None else next((one for one in there if one.version == version), None)
    if shown is None:
        raise _no_such_form()
    response.headers["ETag"] = f'"{max(one.edit for one in there)}"'
    active = next((one for one in there if one.state == "active"), None)
    versions = [
        VersionSeen(
            version=one.version,
            state=one.state,
            author=one.author,
            at=one.at,
            history=[Done(**each) for each in one.history],
        )
        for one in reversed(there)
    ]
    lacks = [Lacking(field=field, reason=reason) for field, reason in missing(Content.of(shown.content))]
    return FormSeen(
        form=shown.form,
        version=shown.version,
        state=shown.state,
        paused=active is not None and active.paused,
        active=active.version if active else None,
        content=ContentBody(**shown.content),
        lacks=lacks,
        versions=versions,
    )


@router.get("")
async def get_forms(request: Request) -> Forms:
    """Every form, by name: there are as many as a company makes."""
    async with begin(request) as tx:
        return Forms(forms=[FormHead(**row) for row in await store.heads(tx)])


@router.get("/{form}", responses=declared(404))
async def get_form(
    request: Request, response: Response, form: FormId, version: Annotated[int | None, Query(ge=1, le=10**6)] = None
) -> FormSeen:
    """One form with its history; its ETag is what a change has to name."""
    async with begin(request) as tx:
        return _seen(await store.versions(tx, form), response, version)


@router.post("", status_code=201, responses=CHANGES)
async def post_form(request: Request, response: Response, body: DraftBody) -> FormSeen:
    """A new form, as a draft that nobody sees yet."""
    async with _forms(request) as tx:
        there = await forms.save_draft(body.form, _plain(body.content), None, tx)
    response.headers["Location"] = f"/v1/form-definitions/{body.form}"
    return _seen(there, response)


@router.put("/{form}", responses=EDITS)
async def put_form(
    request: Request, response: Response, form: FormId, body: EditBody, if_match: IfMatch = None
) -> FormSeen:
    """Changes the draft, or begins one from what is said. What strangers see stays as it is until it is activated."""
    read = _read(if_match)
    async with _forms(request) as tx:
        there = await forms.save_draft(form, _plain(body.content), read, tx)
    return _seen(there, response)


@router.post("/{form}/activate", responses=EDITS)
async def post_activate(request: Request, response: Response, form: FormId, if_match: IfMatch = None) -> FormSeen:
    """Strangers see the draft from now on, everywhere within 5 s. 422 names what it lacks."""
    read = _read(if_match)
    async with _forms(request) as tx:
        there = await forms.activate(form, read, tx)
    return await _told(request, response, there)


@router.post("/{form}/pause", responses=EDITS)
async def post_pause(request: Request, response: Response, form: FormId, if_match: IfMatch = None) -> FormSeen:
    """It takes nothing for now; whoever comes is told so by a page."""
    read = _read(if_match)
    async with _forms(request) as tx:
        there = await forms.pause(form, True, read, tx)
    return await _told(request, response, there)


@router.post("/{form}/resume", responses=EDITS)
async def post_resume(request: Request, response: Response, form: FormId, if_match: IfMatch = None) -> FormSeen:
    """It takes leads again."""
    read = _read(if_match)
    async with _forms(request) as tx:
        there = await forms.pause(form, False, read, tx)
    return await _told(request, response, there)


@router.post("/{form}/archive", responses=EDITS)
async def post_archive(request: Request, response: Response, form: FormId, if_match: IfMatch = None) -> FormSeen:
    """Nobody can see or send it any more; its versions stay on record."""
    read = _read(if_match)
    async with _forms(request) as tx:
        there = await forms.archive(form, read, tx)
    return await _told(request, response, there)


async def _told(request: Request, response: Response, there: Sequence[Version]) -> FormSeen:
    await published(request.app.state.service).look()  # this replica knows at once, the others within seconds
    return _seen(there, response)


def _plain(content: ContentBody) -> dict[str, Any]:
    return content.model_dump(mode="json")
