"""Lead forms as strangers meet them: described for the script on a site's page, as a page of ours, and sent from either."""

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic_core import to_json

from chassis import FieldError, Problem, anybody, document, not_valid, origins
from chassis.http import header
from chassis.problems import declared
from leads.api.capture import accept
from leads.api.form_cache import Shown, published
from leads.api.form_guard import ENCODED, FORM, MOST, STRANGE, AtForm, speaks, too_large, wants_page
from leads.api.form_page import STYLE, Filled, described, form_page, note
from leads.api.form_schemas import Described, Received, Sent
from leads.api.form_submission import Filling, filling, in_words, taken
from leads.api.form_words import WORDS
from leads.domain import flags
from leads.domain.form import language_of, signals, token
from leads.domain.form_proof import proves, unproved

HERE = Path(__file__).parent
SCRIPT, SHEET = (HERE / "embed.js").read_bytes(), (HERE / "form.css").read_bytes()
DESCRIBED_FOR_S, FILES_FOR_S = 60, 300
router = APIRouter(tags=["forms"])

AT_FORM = Depends(AtForm("whoever meets a form may send it"))
EVERYWHERE = Depends(AtForm("the script is the same for every site", every_site=True))
ABSENT = declared(404, 410, 503)
Lang = Annotated[
    str, Query(max_length=35, description="one of the form's languages; else the visitor's, else its first")
]


class Script(Response):
    """What a browser runs."""

    media_type = "text/javascript"


@router.get(
    "/v1/forms/{form}/definition",
    dependencies=[AT_FORM],
    response_model=Described,
    responses={304: {"description": "It is as it was."}, **ABSENT},
)
async def get_definition(
    request: Request, form: str, lang: Lang = "", if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """The form in one language, with the token that says when it was shown. Good for a minute."""
    shown: Shown = request.scope[FORM]
    language = speaks(request.scope, shown)
    told, now = described(shown, language), datetime.now(UTC)
    tag = f'W/"{sha256(to_json(told)).hexdigest()[:16]}-{now:%j%H}"'  # another each hour: a token is good for a day
    headers = {"etag": tag, "cache-control": f"public, max-age={DESCRIBED_FOR_S}", "vary": "origin, accept-language"}
    if if_none_match == tag:
        return Response(status_code=304, headers=headers)
    return JSONResponse({**told, "token": _token(request, shown, now)}, headers=headers)


@router.get(
    "/v1/forms/{form}/embed.js",
    dependencies=[EVERYWHERE],
    response_class=Script,
    responses={304: {"description": "It is as it was."}, **declared(404, 503)},
)
async def get_script(form: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """The script that makes or finds the form on a site's page."""
    return _file(SCRIPT, "text/javascript; charset=utf-8", if_none_match)


@router.get(STYLE, dependencies=[Depends(anybody("how forms of ours look is no secret"))], include_in_schema=False)
async def get_style(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """How our own pages of forms look."""
    return _file(SHEET, "text/css; charset=utf-8", if_none_match)


@router.options(
    "/v1/forms/{form}/submissions", status_code=204, dependencies=[AT_FORM], responses=declared(403, 404, 503)
)
async def ask_first(form: str) -> Response:
    """What a browser asks before a page of another site may send the form."""
    headers = {name.decode(): value.decode() for name, value in origins.preflight({"POST"})}
    return Response(status_code=204, headers=headers)


@router.post(
    "/v1/forms/{form}/submissions",
    status_code=202,
    dependencies=[AT_FORM],
    response_model=Received,
    responses={303: {"description": "A plain form: on to the form's page of thanks."}, **declared(403, 429), **ABSENT},
    openapi_extra=document.body(Sent, "application/json", ENCODED),
)
async def send_form(request: Request, form: str) -> Response:
    """Takes a lead by a form. Public; answered when the broker has it. 422 names the fields, in the form's language."""
    scope, raw = request.scope, await request.body()
    if len(raw) > MOST:
        raise too_large(scope)
    shown: Shown = scope[FORM]
    encoded = header(scope, b"content-type")[: len(ENCODED)].lower() == ENCODED
    sent, now = filling(raw, encoded), datetime.now(UTC)
    language = language_of(shown.content, sent.one("_lang"), speaks(scope, shown))
    words, page = WORDS[language], encoded and wants_page(scope)
    found = taken(shown, sent, language, _signals(request, shown, sent, raw, now), now)
    if isinstance(found, dict):
        wrong = in_words(found, words)
        if page:
            return form_page(shown, language, _again(sent, wrong), 422)
        raise not_valid(FieldError(field or "contact", reason) for field, reason in wrong.items())
    try:
        [lead_id] = await accept(
            scope, [found.submission], now, found.content, f"public:{found.key}", public=True, more=found.more
        )
    except Problem as problem:
        if not page:
            raise
        answer = form_page(shown, language, _again(sent, {"": words.failed}), problem.status)
        answer.headers.update(problem.headers)
        return answer
    if encoded:
        to = shown.content.redirect or f"/f/{shown.form}/thanks?lang={language}"
        return RedirectResponse(to, 303, {"cache-control": "no-store"})
    message = shown.content.thanks.get(language) or words.received
    return JSONResponse({"id": str(lead_id), "received_at": now.isoformat(), "message": message}, 202)


@router.get("/f/{form}", dependencies=[AT_FORM], response_class=HTMLResponse, responses=ABSENT)
async def get_page(request: Request, form: str, lang: Lang = "") -> Response:
    """The form as a page of ours, which works without a script; in a frame on the pages of its sites."""
    shown: Shown = request.scope[FORM]
    visit = {
        name: value for name, value in request.query_params.items() if name.startswith("utm_") and len(value) < 300
    }
    unseen = {**visit, "_token": _token(request, shown, datetime.now(UTC)), "_key": str(uuid4())}
    return form_page(shown, speaks(request.scope, shown), Filled(unseen=unseen))


@router.get("/f/{form}/thanks", dependencies=[AT_FORM], response_class=HTMLResponse, responses=ABSENT)
async def get_thanks(request: Request, form: str, lang: Lang = "") -> Response:
    """The page that a plain form ends on, unless the site has one of its own."""
    shown: Shown = request.scope[FORM]
    language = speaks(request.scope, shown)
    words = WORDS[language]
    return note(shown, language, words.thanks, shown.content.thanks.get(language) or words.received, 200)


def _token(request: Request, shown: Shown, now: datetime) -> str:
    key = published(request.scope["service"]).key
    return token(key, shown.form, shown.version, int(now.timestamp()), secrets.token_hex(4))


def _signals(request: Request, shown: Shown, sent: Filling, raw: bytes, now: datetime) -> list[str]:
    key = published(request.scope["service"]).key
    found = signals(key, shown.form, shown.content, sent.one("_token"), sent.one(shown.trap), int(now.timestamp()))
    if shown.content.proof and not proves(raw):
        found = unproved(found)
    return [*found, *((flags.NO_ORIGIN,) if request.scope[STRANGE] else ())]


def _again(sent: Filling, wrong: dict[str, str]) -> Filled:
    """The page as it was filled in, with what has to be corrected; it stays the same submission."""
    unseen = {name: sent.one(name) for name in sent.given if name in ("_token", "_key") or name.startswith("utm_")}
    return Filled(sent.given, wrong, unseen)


def _file(content: bytes, kind: str, known: str | None) -> Response:
    headers: dict[str, Any] = {
        "etag": f'"{sha256(content).hexdigest()[:16]}"',
        "cache-control": f"public, max-age={FILES_FOR_S}",
        "cross-origin-resource-policy": "cross-origin",
    }
    if known == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
