"""Who comes to a form: from which site's page, how often and with how much. All of it is settled before a body is read."""

from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi.responses import JSONResponse, Response

from chassis import Problem
from chassis.access import ACTOR, ANONYMOUS, Anybody
from chassis.http import SITES, TAKES, header
from chassis.intake import no_room
from leads.api.form_cache import Shown, published
from leads.api.form_page import note
from leads.api.form_words import WORDS, FormWords
from leads.api.page import spoken
from leads.domain.form import language_of

FORM, STRANGE = (
    "tributary.form",
    "tributary.form.no_origin",
)  # in a request's scope: the form, and whether its page says no site
MOST = 16 * 1024
ENCODED = "application/x-www-form-urlencoded"
TYPES = frozenset({"application/json", ENCODED})
EVERY_SITE = ("*",)


class Said(Problem):
    """A problem in the visitor's language: a page for a browser that wants one, a problem document for a script."""

    def __init__(
        self, scope: Mapping[str, Any], status: int, title: str, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, title, detail=text, headers=headers)
        self._scope = scope

    def response(self) -> JSONResponse | Response:  # type: ignore[override]
        """The answer that carries it."""
        if not wants_page(self._scope):
            return super().response()
        shown: Shown | None = self._scope.get(FORM)
        answer = note(shown, speaks(self._scope, shown), self.title, self.detail or "", self.status)
        answer.headers.update(self.headers)
        return answer


class AtForm(Anybody):
    """Takes everybody from the pages of the form's sites. ``every_site``: what is asked for is no secret from any page."""

    def __init__(self, reason: str, *, every_site: bool = False) -> None:
        super().__init__(reason)
        self.every_site = every_site

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """404 for no such form, 410 for one that rests, and for what is sent: 403 from elsewhere, 413, 429, 503."""
        if FORM in scope:
            return
        scope[ACTOR] = ANONYMOUS  # whoever sends a form is nobody in particular
        shown = scope[FORM] = _form(scope)
        sites = scope[SITES] = EVERY_SITE if self.every_site else shown.content.origins
        scope[TAKES] = TYPES
        if self.every_site:
            return
        words = WORDS[speaks(scope, shown)]
        if scope["method"] in ("POST", "OPTIONS"):
            _from_its_sites(scope, shown, sites, words)
        if scope["method"] == "POST":
            _not_too_much(scope, shown, words)
        if shown.paused and scope["method"] != "OPTIONS":
            raise Said(scope, 410, words.paused, words.paused_why)


def _form(scope: MutableMapping[str, Any]) -> Shown:
    name = scope["path"].split("/")[2 if scope["path"].startswith("/f/") else 3]
    try:
        return published(scope["service"]).find(name)
    except Problem as problem:
        if problem.status != 404:
            raise
        words = WORDS[speaks(scope, None)]
        raise Said(scope, 404, words.absent, words.absent) from None


def _from_its_sites(scope: MutableMapping[str, Any], shown: Shown, sites: tuple[str, ...], words: FormWords) -> None:
    """A page that says of no site what it is, such as one of a mail program, is taken where the form is not strict. This keeps
    browsers honest, and no program."""
    origin = header(scope, b"origin")
    scope[STRANGE] = origin in ("", "null")
    its_own = not shown.content.strict if scope[STRANGE] else origin in sites or _ours(scope, origin)
    if not its_own:
        raise Said(scope, 403, "The form can't be sent from there", words.elsewhere)


def _ours(scope: Mapping[str, Any], origin: str) -> bool:
    """Whether it is the hosted page: at the address that was asked for itself."""
    return header(dict(scope), b"sec-fetch-site") == "same-origin" or urlsplit(origin).netloc == header(
        dict(scope), b"host"
    )


def _not_too_much(scope: MutableMapping[str, Any], shown: Shown, words: FormWords) -> None:
    length = header(scope, b"content-length")
    if length.isdigit() and int(length) > MOST:
        raise too_large(scope)
    service = scope["service"]
    if service.intake.full:
        raise no_room()
    try:
        service.asgi.callers.check(scope, f"form {shown.form}")
    except Problem as problem:
        raise Said(scope, problem.status, problem.title, words.too_many, problem.headers) from None


def too_large(scope: Mapping[str, Any]) -> Problem:
    """413 for more than a form takes."""
    return Said(scope, 413, "The body is too large", WORDS[speaks(scope, scope.get(FORM))].too_large)


def wants_page(scope: Mapping[str, Any]) -> bool:
    """Whether a browser shows the answer to somebody."""
    return "text/html" in header(dict(scope), b"accept")


def speaks(scope: Mapping[str, Any], shown: Shown | None) -> str:
    """The language of what is said before the body is known."""
    language = spoken(header(dict(scope), b"accept-language"))
    if shown is None:
        return language
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0]
    return language_of(shown.content, asked, language)
