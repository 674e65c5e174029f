"""The door's addresses: /auth/* for browsers and the issuer, /internal/* for the gateway alone."""

import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import asyncpg
import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from prometheus_client import CollectorRegistry, Counter, generate_latest

from session_door.issuer import Away, Issuer, Refused
from session_door.settings import Settings
from session_door.store import Session, Store

log = logging.getLogger("session_door")
NO_STORE = {"cache-control": "no-store"}
HERE = re.compile(r"/[A-Za-z][A-Za-z0-9/_.~%-]*(\?[A-Za-z0-9=&_.~%:+-]*)?")  # no other site: // and /\ are none of ours
REPORT_BYTES, REPORT_KINDS = 16_384, 200


def problem(status: int, title: str, **headers: str) -> JSONResponse:
    """Why not, as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(body, status, {**NO_STORE, **headers}, "application/problem+json")


def signed_out() -> JSONResponse:
    """One answer for no cookie, a forged one and one whose session is over."""
    return problem(401, "Sign in")


class Door:
    """What all addresses share. Answers about a session are kept for a few seconds: a page asks often."""

    def __init__(self, settings: Settings, store: Store, issuer: Issuer) -> None:
        self.settings, self.store, self.issuer = settings, store, issuer
        self._kept: dict[str, tuple[float, Session]] = {}
        self.registry = CollectorRegistry()
        self.reports = Counter(
            "tributary_csp_reports",
            "Reports of browsers that a policy was broken.",
            ["directive"],
            registry=self.registry,
        )

    async def session(self, cookie: str) -> Session | None:
        """The running session of this cookie, with a token that is good for a while."""
        if not cookie or len(cookie) > 100:
            return None
        now = time.monotonic()
        until, kept = self._kept.get(cookie, (0.0, None))
        if kept is not None and now < until:
            return kept
        self._kept = {key: held for key, held in self._kept.items() if held[0] > now}
        found = await self.store.find(cookie)
        if found is not None and found.left_s < self.settings.renew_before_s:
            found = await self._renewed(cookie)
        if found is not None:
            good_for = min(self.settings.answers_kept_s, found.left_s)
            self._kept[cookie] = (now + good_for, found)
        return found

    async def _renewed(self, cookie: str) -> Session | None:
        """One renews, and whoever waited finds it done. Where the issuer is away, the old token serves to its end."""
        async with self.store.locked(cookie) as row:
            held = row.session
            if held is None or held.left_s >= self.settings.renew_before_s:
                return held
            try:
                tokens = await self.issuer.renew(str(held.tokens.get("refresh_token", "")))
            except Refused:
                await row.end()
                return None
            except Away:
                return held if held.left_s > 0 else None
            kept = {**held.tokens, **tokens}
            await row.keep(kept)
            return Session(held.person, kept, float(kept["expires_in"]))

    def forget(self, cookie: str = "") -> None:
        """What is known by heart of one session, or of all."""
        self._kept = {key: held for key, held in self._kept.items() if cookie and key != cookie}

    def put(self, answer: Response, name: str, value: str, seconds: int | None) -> None:
        """Sets a cookie of ours, or with no seconds takes it away."""
        answer.set_cookie(
            name, value, max_age=seconds or 0, path="/", secure=self.settings.secure, httponly=True, samesite="lax"
        )


def create(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """The application. ``transport`` stands for the network in tests."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        url = settings.database_url.get_secret_value()
        async with asyncpg.create_pool(url, min_size=1, max_size=8, command_timeout=10) as pool:
            store = Store(pool, settings.key.get_secret_value(), settings.idle_s, settings.longest_s)
            await store.make_tables()
            app.state.door = Door(settings, store, Issuer(settings, transport))
            yield

    app = FastAPI(title="Tributary's session door", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    _sign_in(app, settings)
    _signed_in(app, settings)
    _machines(app, settings)

    @app.exception_handler(Away)
    async def away(request: Request, failure: Away) -> Response:
        return problem(503, "Sign-in is not possible just now", **{"retry-after": "5"})

    return app


def _sign_in(app: FastAPI, settings: Settings) -> None:
    @app.get("/auth/login")
    async def login(request: Request, to: str = "/today", again: str = "") -> Response:
        door, ticket = _door(request), secrets.token_urlsafe(32)
        try:
            url, kept = await door.issuer.sign_in("login" if again else "")
        except (Away, Refused) as failure:
            log.warning("%s", failure)
            return _back("issuer-away")
        kept["to"] = to if HERE.fullmatch(to) else "/today"
        await door.store.begin_login(ticket, kept, settings.login_s)
        answer = RedirectResponse(url, 302, NO_STORE)
        door.put(answer, settings.login_cookie, ticket, settings.login_s)
        return answer

    @app.get("/auth/callback")
    async def callback(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
        door = _door(request)
        ticket = request.cookies.get(settings.login_cookie, "")
        kept = await door.store.end_login(ticket) if ticket else None
        if kept is None or not hmac.compare_digest(kept["state"].encode(), state.encode()):
            return _back("too-late")
        if error or not code:
            return _back("refused")
        try:
            tokens, claims = await door.issuer.redeem(code, kept)
        except (Away, Refused) as failure:
            log.warning("%s", failure)
            return _back("refused" if isinstance(failure, Refused) else "issuer-away")
        cookie = secrets.token_urlsafe(32)
        await door.store.begin(cookie, str(claims["sub"]), claims.get("sid"), tokens)
        answer = RedirectResponse(kept["to"], 303, NO_STORE)
        door.put(answer, settings.login_cookie, "", None)
        door.put(answer, settings.cookie, cookie, settings.longest_s)
        return answer


def _signed_in(app: FastAPI, settings: Settings) -> None:
    @app.get("/auth/me")
    async def me(request: Request) -> Response:
        found = await _door(request).session(request.cookies.get(settings.cookie, ""))
        return JSONResponse({"person": found and found.person}, headers=NO_STORE)

    @app.post("/auth/logout")
    async def logout(request: Request) -> Response:
        door, cookie, end = _door(request), request.cookies.get(settings.cookie, ""), ""
        door.forget(cookie)
        if cookie and (gone := await door.store.end(cookie)):
            try:
                await door.issuer.revoke(str(gone.tokens.get("refresh_token", "")))
                end = await door.issuer.end_session(str(gone.tokens.get("id_token", "")))
            except (Away, Refused, httpx.HTTPError) as failure:  # it is over here all the same
                log.warning("the issuer was not told of a sign-out: %s", failure)
        answer = JSONResponse({"end": end}, headers=NO_STORE)
        door.put(answer, settings.cookie, "", None)
        return answer

    @app.post("/auth/csp", status_code=204)
    async def csp(request: Request) -> Response:
        """Counts what a browser reports. Only the directive is kept: addresses may say who looked at what."""
        raw = b""
        async for part in request.stream():
            raw += part
            if len(raw) > REPORT_BYTES:
                return problem(413, "The report is too large")
        try:
            said = json.loads(raw)["csp-report"]
            told = str(said.get("effective-directive") or said.get("violated-directive"))
        except (ValueError, KeyError, AttributeError, TypeError):
            return problem(400, "That is no report")
        directive = (
            re.sub(r"[^a-z-]", "", told)[:40] or "unknown"
        )  # whoever likes sends this: it stands in a label and a line
        _door(request).reports.labels(directive).inc()
        log.warning("a policy was broken: %s", directive)
        return Response(status_code=204)


def _machines(app: FastAPI, settings: Settings) -> None:
    @app.post("/auth/backchannel")
    async def backchannel(request: Request) -> Response:
        door = _door(request)
        form = dict(
            part.split("=", 1) for part in (await request.body())[:REPORT_BYTES].decode().split("&") if "=" in part
        )
        try:
            person, issuer_session = await door.issuer.signed_out(form.get("logout_token", ""))
        except Refused as failure:
            return problem(400, str(failure))
        ended = await door.store.end_all(person, issuer_session)
        door.forget()
        log.info("the issuer has signed somebody out of %d sessions", ended)
        return Response(status_code=200, headers=NO_STORE)

    @app.get("/internal/session")
    async def session(request: Request) -> Response:
        """What the gateway asks before each call: the token that goes on with it, or the answer instead of it."""
        found = await _door(request).session(request.cookies.get(settings.cookie, ""))
        if found is None:
            return signed_out()
        return Response(
            status_code=200, headers={**NO_STORE, "authorization": f"Bearer {found.tokens['access_token']}"}
        )

    @app.get("/internal/metrics")
    async def metrics(request: Request) -> Response:
        return Response(generate_latest(_door(request).registry), media_type="text/plain; version=0.0.4")

    @app.get("/livez")
    async def livez() -> Response:
        return JSONResponse({"stack": settings.stack})

    @app.get("/readyz")
    async def readyz(request: Request) -> Response:
        try:
            await _door(request).store.works()
        except (TimeoutError, OSError, asyncpg.PostgresError):
            return JSONResponse({"stack": settings.stack, "database": "away"}, 503)
        return JSONResponse({"stack": settings.stack})


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


def _back(why: str) -> Response:
    """To the sign-in page, which says why in the reader's language."""
    return RedirectResponse(f"/sign-in?{urlencode({'why': why})}", 303, NO_STORE)
