"""Signing in, being passed on, being renewed and signing out, at a door with a real database and an issuer that is a function."""

import asyncio
import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from door_stage import KEY, OTHER, Doors, Issuer, person, sign_in

LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


async def passed_on(browser: httpx.AsyncClient) -> str | None:
    """The token that the gateway would pass on."""
    answer = await browser.get("/internal/session")
    return answer.headers["authorization"] if answer.status_code == 200 else None


async def test_who_comes_back_from_the_issuer_is_signed_in_where_he_was(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser:
        assert await person(browser) is None
        back = await sign_in(browser, issuer, "/today?by=team&sort=won")
        assert (back.status_code, back.headers["location"]) == (303, "/today?by=team&sort=won")
        assert await person(browser) == "anna.schmidt"
        assert await passed_on(browser) == "Bearer access-1"


async def test_a_browser_is_given_an_opaque_cookie_and_no_token(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser:
        back = await sign_in(browser, issuer)
        cookie = next(c for c in back.headers.get_list("set-cookie") if c.startswith("tributary-session="))
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        said = str(back.headers) + back.text + (await browser.get("/auth/me")).text
        assert not [word for word in ("access-", "refresh-", "eyJ") if word in said]


async def test_by_tls_the_cookie_belongs_to_this_host_alone(doors: Doors, issuer: Issuer) -> None:
    async with doors.one(origin="https://crm.example") as browser:
        browser.base_url = httpx.URL("https://crm.example")
        back = await sign_in(browser, issuer)
        cookie = next(c for c in back.headers.get_list("set-cookie") if c.startswith("__Host-tributary="))
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()


async def test_the_issuer_is_asked_with_pkce_state_and_nonce(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser:
        sent = await browser.get("/auth/login")
        query = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code, state = issuer.code_for(sent.headers["location"])
        await browser.get("/auth/callback", params={"code": code, "state": state})
        verifier = issuer.asked[-1]["code_verifier"].encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        assert challenge == query["code_challenge"]
        assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/", "/a\r\nb", "/ a"]
)
async def test_nobody_is_sent_to_another_site(doors: Doors, issuer: Issuer, to: str) -> None:
    async with doors.one() as browser:
        assert (await sign_in(browser, issuer, to)).headers["location"] == "/today"


async def test_an_answer_without_its_question_signs_nobody_in(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser, doors.one() as other:
        sent = await browser.get("/auth/login")
        code, state = issuer.code_for(sent.headers["location"])
        for who, told in ((browser, {"code": code, "state": "gefälscht"}), (other, {"code": code, "state": state})):
            back = await who.get("/auth/callback", params=told)
            assert back.headers["location"] == "/sign-in?why=too-late"
            assert await person(who) is None
        again = await browser.get("/auth/callback", params={"code": code, "state": state})
        assert again.headers["location"] == "/sign-in?why=too-late", "a question is answered once"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://another.test"},
        {"exp": 1},
        {"sub": None, "nonce": None},
    ],
)
async def test_an_identity_token_that_is_not_for_us_signs_nobody_in(
    doors: Doors, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    async with doors.one() as browser:
        assert (await sign_in(browser, issuer)).headers["location"] == "/sign-in?why=refused"
        assert await person(browser) is None


async def test_who_is_not_let_in_and_an_issuer_that_is_away_are_said(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser:
        sent = await browser.get("/auth/login")
        _, state = issuer.code_for(sent.headers["location"])
        back = await browser.get("/auth/callback", params={"error": "access_denied", "state": state})
        assert back.headers["location"] == "/sign-in?why=refused"
    issuer.away = True
    async with doors.one() as browser:
        assert (await browser.get("/auth/login")).headers["location"] == "/sign-in?why=issuer-away"


async def test_nobody_is_sent_to_an_issuer_that_calls_itself_otherwise(doors: Doors, issuer: Issuer) -> None:
    issuer.named = "https://another.test"
    async with doors.one() as browser:
        assert (await browser.get("/auth/login")).headers["location"] == "/sign-in?why=issuer-away"
        assert (await browser.post("/auth/backchannel", data={"logout_token": issuer.signed()})).status_code == 503


async def test_nothing_in_the_database_serves_a_thief(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser:
        await sign_in(browser, issuer)
        [row] = await doors.sql("select id, tokens from session")
        cookie = browser.cookies["tributary-session"]
        assert cookie.encode() not in bytes(row["id"])
        assert row["id"] == hashlib.sha256(cookie.encode()).digest()
        assert b"access-1" not in bytes(row["tokens"])
        assert not await doors.sql("select 1 from login")


async def test_a_token_near_its_end_is_renewed_once_whoever_asks(doors: Doors, issuer: Issuer) -> None:
    issuer.life = 30
    async with doors.one() as first, doors.one() as second:
        await sign_in(first, issuer)
        second.cookies = first.cookies
        issuer.life = 300
        asked = [passed_on(browser) for browser in (first, second) for _ in range(100)]
        assert set(await asyncio.gather(*asked)) == {"Bearer access-2"}
        assert issuer.renewals() == 1


async def test_who_is_refused_a_renewal_is_signed_out(doors: Doors, issuer: Issuer) -> None:
    issuer.life = 30
    async with doors.one() as browser:
        await sign_in(browser, issuer)
        issuer.says_no = True
        assert await passed_on(browser) is None
        assert not await doors.sql("select 1 from session")


async def test_while_the_issuer_is_away_a_token_serves_to_its_end(doors: Doors, issuer: Issuer) -> None:
    issuer.life = 30
    async with doors.one() as browser:
        await sign_in(browser, issuer)
        issuer.away = True
        assert await passed_on(browser) == "Bearer access-1"
        await doors.sql("update session set token_ends_at = now() - interval '1 second'")
    async with doors.one() as another:
        another.cookies = browser.cookies
        assert await passed_on(another) is None
        assert await doors.sql("select 1 from session"), "it goes on when the issuer is back"


async def test_signing_out_ends_it_here_and_at_the_issuer(doors: Doors, issuer: Issuer) -> None:
    async with doors.one() as browser:
        await sign_in(browser, issuer)
        kept = browser.cookies["tributary-session"]
        assert (await browser.post("/auth/logout")).json() == {"end": ""}
        browser.cookies.set("tributary-session", kept)
        assert await passed_on(browser) is None
        assert issuer.asked[-1] == {
            "path": "/revoke",
            "token": "refresh-1",
            "token_type_hint": "refresh_token",
            "client_id": "tributary-web",
        }


async def test_the_issuer_can_sign_somebody_out_and_nobody_else_can(doors: Doors, issuer: Issuer) -> None:
    async def told(browser: httpx.AsyncClient, **claims: Any) -> int:
        key = claims.pop("key", KEY)
        form = {"logout_token": issuer.signed(key, **{"events": LOGOUT, "sid": "session-of-the-issuer", **claims})}
        return (await browser.post("/auth/backchannel", data=form)).status_code

    async with doors.one() as browser:
        await sign_in(browser, issuer)
        assert await told(browser, key=OTHER) == 400
        assert await told(browser, events={}) == 400
        assert await told(browser, nonce="x") == 400
        assert await told(browser, sid="another") == 200
        assert await person(browser) == "anna.schmidt"
        assert await told(browser) == 200
        assert await person(browser) is None


async def test_a_session_that_nobody_uses_and_one_that_is_old_are_over(doors: Doors, issuer: Issuer) -> None:
    async with doors.one(answers_kept_s=0) as browser:
        await sign_in(browser, issuer)
        await doors.sql("update session set used_at = now() - interval '11 hours', made_at = now() - interval '6 days'")
        assert await person(browser) == "anna.schmidt"
        [row] = await doors.sql("select ends_at - now() as left from session")
        assert 11.9 < row["left"].total_seconds() / 3600 < 12.1, "who uses it goes on"
        await doors.sql(
            "update session set used_at = now() - interval '2 hours', made_at = now() - interval '167 hours'"
        )
        await person(browser)
        [row] = await doors.sql("select ends_at - now() as left from session")
        assert row["left"].total_seconds() / 3600 < 1.1, "but not for ever"
        await doors.sql("update session set ends_at = now()")
        assert await person(browser) is None


async def test_reports_of_broken_policies_are_counted_and_say_no_address(
    doors: Doors, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    report = {
        "csp-report": {"effective-directive": "style-src-elem", "document-uri": "http://127.0.0.1/today?q=secret"}
    }
    async with doors.one() as browser:
        assert (await browser.post("/auth/csp", json=report)).status_code == 204
        forged = {"csp-report": {"effective-directive": "img-src\nsomebody was signed in"}}
        assert (await browser.post("/auth/csp", json=forged)).status_code == 204
        assert not any("\n" in record.getMessage() for record in caplog.records)
        assert (await browser.post("/auth/csp", content=b"no json")).status_code == 400
        assert (await browser.post("/auth/csp", content=b"x" * 20_000)).status_code == 413
        told = (await browser.get("/internal/metrics")).text
        assert 'tributary_csp_reports_total{directive="style-src-elem"} 1.0' in told
        assert "secret" not in told + caplog.text
