"""The door's addresses: /auth/* for browsers and the issuer, /internal/* for the gateway alone."""

import hmac
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode

import asyncpg
import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from prometheus_client import CollectorRegistry, Counter, generate_latest

from session_door.issuer import Away, Issuer, Refused
from session_door.sessions import Sessions
from session_door.settings import Settings
from session_door.store import Store

log = logging.getLogger("session_door")
NO_STORE = {"cache-control": "no-store"}
HERE = re.compile(r"/[A-Za-z][A-Za-z0-9/_.~%-]*(\?[A-Za-z0-9=&_.~%:+-]*)?")  # no other site: // and /\ are none of ours
REPORT_BYTES = 16_384


def problem(status: int, title: str, **headers: str) -> JSONResponse:
    """Why not, as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(body, status, {**NO_STORE, **headers}, "application/problem+json")


def back(why: str) -> Response:
    """To the sign-in page, which says why in the reader's language."""
    return RedirectResponse(f"/sign-in?{urlencode({'why': why})}", 303, NO_STORE)


def create(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """The application. ``transport`` stands for the network in tests."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        url = settings.database_url.get_secret_value()
        async with asyncpg.create_pool(url, min_size=1, max_size=8, command_timeout=10) as pool:
            store = Store(pool, settings.key.get_secret_value(), settings.idle_s, settings.longest_s)
            await store.make_tables()
            Door(settings, store, Issuer(settings, transport)).opens(app)
            yield

    app = FastAPI(title="Tributary's session door", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(Away, not_now)
    app.add_exception_handler(Refused, refused)
    return app


async def not_now(request: Request, failure: Exception) -> Response:
    """The issuer is away: people are told on the sign-in page, and whoever else asks may ask again."""
    log.warning("%s", failure)
    if request.url.path in ("/auth/login", "/auth/callback"):
        return back("issuer-away")
    return problem(503, "Sign-in is not possible just now", **{"retry-after": "5"})


async def refused(request: Request, failure: Exception) -> Response:
    """The issuer says no, or what comes in its name is not believed."""
    log.warning("%s", failure)
    return back("refused") if request.url.path == "/auth/callback" else problem(400, str(failure))


class Door:
    """All addresses, and what they share."""

    def __init__(self, settings: Settings, store: Store, issuer: Issuer) -> None:
        self.settings, self.store, self.issuer = settings, store, issuer
        self.sessions = Sessions(settings, store, issuer)
        self.registry = CollectorRegistry()
        about = "Reports of browsers that a policy was broken."
        self.reports = Counter("tributary_csp_reports", about, ["directive"], registry=self.registry)

    def opens(self, app: FastAPI) -> None:
        """From here on they answer."""
        for path, answer in (
            ("/auth/login", self.login),
            ("/auth/callback", self.callback),
            ("/auth/me", self.me),
            ("/internal/session", self.session),
            ("/internal/metrics", self.metrics),
            ("/livez", self.livez),
            ("/readyz", self.readyz),
        ):
            app.get(path)(answer)
        for path, told in (("logout", self.logout), ("csp", self.csp), ("backchannel", self.backchannel)):
            app.post(f"/auth/{path}")(told)

    def _put(self, answer: Response, name: str, value: str, seconds: int) -> None:
        """Sets a cookie of ours, or with no seconds takes it away."""
        secure = self.settings.secure
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")

    def _cookie(self, request: Request) -> str:
        return request.cookies.get(self.settings.cookie, "")

    # -- signing in and out

    async def login(self, to: str = "/today", again: str = "") -> Response:
        """To the issuer, which knows people; ``to`` is where they wanted to go."""
        ticket = secrets.token_urlsafe(32)
        url, kept = await self.issuer.sign_in("login" if again else "")
        kept["to"] = to if HERE.fullmatch(to) else "/today"
        await self.store.begin_login(ticket, kept, self.settings.login_s)
        answer = RedirectResponse(url, 302, NO_STORE)
        self._put(answer, self.settings.login_cookie, ticket, self.settings.login_s)
        return answer

    async def callback(self, request: Request, code: str = "", state: str = "", error: str = "") -> Response:
        """Back from there: a session, if the answer is to this browser's own question."""
        ticket = request.cookies.get(self.settings.login_cookie, "")
        kept = await self.store.end_login(ticket) if ticket else None
        if kept is None or not hmac.compare_digest(kept["state"].encode(), state.encode()):
            return back("too-late")
        if error or not code:
            return back("refused")
        tokens, claims = await self.issuer.redeem(code, kept)
        cookie = secrets.token_urlsafe(32)
        await self.store.begin(cookie, str(claims["sub"]), claims.get("sid"), tokens)
        answer = RedirectResponse(kept["to"], 303, NO_STORE)
        self._put(answer, self.settings.login_cookie, "", 0)
        self._put(answer, self.settings.cookie, cookie, self.settings.longest_s)
        return answer

    async def me(self, request: Request) -> Response:
        """Who is signed in at this browser, if anybody."""
        found = await self.sessions.running(self._cookie(request))
        return JSONResponse({"person": found and found.person}, headers=NO_STORE)

    async def logout(self, request: Request) -> Response:
        """It is over here, whatever the issuer says to it; where to go to be signed out there too."""
        cookie, end = self._cookie(request), ""
        self.sessions.forget(cookie)
        if cookie and (gone := await self.store.end(cookie)):
            try:
                end = await self.issuer.forget(gone.tokens)
            except (Away, httpx.HTTPError) as failure:
                log.warning("the issuer was not told of a sign-out: %s", failure)
        answer = JSONResponse({"end": end}, headers=NO_STORE)
        self._put(answer, self.settings.cookie, "", 0)
        return answer

    async def backchannel(self, request: Request) -> Response:
        """The issuer says that somebody has signed out."""
        form = dict(parse_qsl((await request.body()).decode()))
        person, issuer_session = await self.issuer.signed_out(form.get("logout_token", ""))
        ended = await self.store.end_all(person, issuer_session)
        self.sessions.forget()
        log.info("the issuer has signed somebody out of %d sessions", ended)
        return Response(headers=NO_STORE)

    async def csp(self, request: Request) -> Response:
        """Counts what a browser reports. Only the directive is kept: addresses may say who looked at what."""
        raw = await request.body()  # the gateway lets through little more
        if len(raw) > REPORT_BYTES:
            return problem(413, "The report is too large")
        try:
            said = json.loads(raw)["csp-report"]
            told = str(said.get("effective-directive") or said.get("violated-directive"))
        except (ValueError, KeyError, AttributeError, TypeError):
            return problem(400, "That is no report")
        # Whoever likes sends this, and it stands in a label and a line.
        directive = re.sub(r"[^a-z-]", "", told)[:40] or "unknown"
        self.reports.labels(directive).inc()
        log.warning("a policy was broken: %s", directive)
        return Response(status_code=204)

    # -- for machines

    async def session(self, request: Request) -> Response:
        """What the gateway asks before each call: the token that goes on with it, or the answer instead of it. One answer for no
        cookie, a forged one and one whose session is over."""
        found = await self.sessions.running(self._cookie(request))
        if found is None:
            return problem(401, "Sign in")
        return Response(headers={**NO_STORE, "authorization": f"Bearer {found.tokens['access_token']}"})

    async def metrics(self) -> Response:
        """What was counted, for Prometheus."""
        return Response(generate_latest(self.registry), media_type="text/plain; version=0.0.4")

    async def livez(self) -> Response:
        """Whose door this is."""
        return JSONResponse({"stack": self.settings.stack})

    async def readyz(self) -> Response:
        """Whether it can do its work."""
        try:
            await self.store.works()
        except (TimeoutError, OSError, asyncpg.PostgresError):
            return JSONResponse({"stack": self.settings.stack, "database": "away"}, 503)
        return JSONResponse({"stack": self.settings.stack})
