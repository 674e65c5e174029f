"""A door with a database of its own, and an issuer that is a function."""

import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from cryptography.fernet import Fernet
from joserfc import jwt
from joserfc.jwk import ECKey

from session_door.app import create
from session_door.settings import Settings

ISSUER, ORIGIN, CLIENT = "https://issuer.test", "http://127.0.0.1:8100", "tributary-web"
KEY, OTHER = (ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}) for kid in ("ours", "theirs"))


class Issuer:
    """Answers as an OIDC issuer does. ``life`` is that of the next access token, ``says_no`` refuses, ``away`` does not answer;
    ``named`` is what it calls itself."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.life = 300
        self.says_no = self.away = False
        self.claims: dict[str, Any] = {}
        self.named = ISSUER

    def signed(self, key: ECKey = KEY, **claims: Any) -> str:
        now = int(time.time())
        said = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, **claims}
        return jwt.encode({"alg": "ES256", "kid": key.kid}, {k: v for k, v in said.items() if v is not None}, key)

    def code_for(self, address: str) -> tuple[str, str]:
        """What the issuer would send somebody back with whom the door has sent to this address."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_hex(8)
        self.codes[code] = query
        return code, query["state"]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("nobody is there")
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
            places = {name: f"{ISSUER}/{path}" for name, path in names.items()}
            return httpx.Response(200, json={"issuer": self.named, "revocation_endpoint": f"{ISSUER}/revoke", **places})
        if path == "/jwks":
            return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        asked = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.asked.append({"path": path, **asked})
        return self._token(asked) if path == "/token" else httpx.Response(200)

    def _token(self, asked: dict[str, str]) -> httpx.Response:
        if self.says_no:
            return httpx.Response(400, json={"error": "invalid_grant"})
        told = self.codes.pop(asked.get("code", ""), {})
        number = len(self.asked)
        tokens = {
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "token_type": "Bearer",
            "expires_in": self.life,
        }
        if told:
            about = {"sub": "anna.schmidt", "sid": "session-of-the-issuer", "nonce": told["nonce"], **self.claims}
            tokens["id_token"] = self.signed(**about)
        return httpx.Response(200, json=tokens)

    def renewals(self) -> int:
        """How often a refresh token was used."""
        return sum(one.get("grant_type") == "refresh_token" for one in self.asked)


class Doors:
    """Any number of doors over one database, as several replicas are."""

    def __init__(self, database: str, issuer: Issuer) -> None:
        self.database, self.issuer = database, issuer
        self.key = Fernet.generate_key().decode()

    @asynccontextmanager
    async def one(self, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A browser at one of them."""
        told = {"origin": ORIGIN, "issuer": ISSUER, "key": self.key, "database_url": self.database, **settings}
        app = create(Settings(**told), httpx.MockTransport(self.issuer))
        async with app.router.lifespan_context(app):
            yield httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)

    async def sql(self, statement: str, *args: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database)
        try:
            return list(await connection.fetch(statement, *args))
        finally:
            await connection.close()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def doors(postgres_server: str, issuer: Issuer) -> AsyncIterator[Doors]:
    name = f"web_{secrets.token_hex(6)}"
    server = await asyncpg.connect(postgres_server)
    await server.execute(f"create database {name}")
    yield Doors(urlsplit(postgres_server)._replace(path=f"/{name}").geturl(), issuer)
    await server.execute(f"drop database {name} with (force)")
    await server.close()


async def sign_in(browser: httpx.AsyncClient, issuer: Issuer, to: str = "/today") -> httpx.Response:
    """Goes through the issuer and back."""
    sent = await browser.get("/auth/login", params={"to": to})
    code, state = issuer.code_for(sent.headers["location"])
    return await browser.get("/auth/callback", params={"code": code, "state": state})


async def person(browser: httpx.AsyncClient) -> str | None:
    found: str | None = json.loads((await browser.get("/auth/me")).text)["person"]
    return found
