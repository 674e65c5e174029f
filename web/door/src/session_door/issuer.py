"""The issuer as the door sees it: where people are sent, and what a code, a refresh token and a logout token are worth."""

import time
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from session_door.settings import Settings

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
KEYS_KEPT_S, LEEWAY_S = 300.0, 30


class Refused(Exception):
    """The issuer says no, or what it says is not worth believing."""


class Away(Exception):
    """The issuer does not answer."""


class Issuer:
    """One OIDC issuer. Where its pages are it says itself; its keys are asked for anew when one is unknown."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings, self._transport = settings, transport
        self._places: dict[str, Any] = {}
        self._keys: tuple[float, KeySet | None] = (0.0, None)

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.client_secret.get_secret_value()
        return AsyncOAuth2Client(
            self._settings.client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=self._settings.scope,
            redirect_uri=f"{self._settings.origin}/auth/callback",
            code_challenge_method="S256",
            timeout=10,
            trust_env=False,
            transport=self._transport,
        )

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=5, trust_env=False, transport=self._transport) as http:
                answer = await http.get(url)
            answer.raise_for_status()
            return dict(answer.json())
        except (httpx.HTTPError, ValueError) as failure:
            raise Away(f"the issuer does not say what stands at {url}") from failure

    async def _place(self, name: str) -> str:
        if not self._places:
            said = await self._get(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if said.get("issuer") != self._settings.issuer:
                raise Away("who answers at the issuer's address calls himself otherwise")
            self._places = said
        return str(self._places.get(name) or "")

    async def sign_in(self, prompt: str) -> tuple[str, dict[str, str]]:
        """Where to send somebody, and what to remember of it."""
        kept = {"state": generate_token(43), "nonce": generate_token(43), "verifier": generate_token(64)}
        told = {"state": kept["state"], "nonce": kept["nonce"], "code_verifier": kept["verifier"]}
        told |= {"prompt": prompt} if prompt else {}
        async with self._client() as client:
            url, _ = client.create_authorization_url(await self._place("authorization_endpoint"), **told)
        return str(url), kept

    async def redeem(self, code: str, kept: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The tokens for a code, and what the identity token says."""
        tokens = await self._token("fetch_token", code=code, code_verifier=kept["verifier"])
        claims = await self.believed(str(tokens.get("id_token", "")), nonce=kept["nonce"])
        return tokens, claims

    async def renew(self, refresh_token: str) -> dict[str, Any]:
        """New tokens."""
        return await self._token("refresh_token", refresh_token=refresh_token)

    async def _token(self, how: str, **told: str) -> dict[str, Any]:
        url = await self._place("token_endpoint")
        try:
            async with self._client() as client:
                return dict(await getattr(client, how)(url, **told))
        except OAuthError as failure:
            raise Refused(f"the issuer gives no token: {failure.error}") from failure
        except (httpx.HTTPError, ValueError) as failure:
            raise Away("the issuer does not answer") from failure

    async def forget(self, tokens: dict[str, Any]) -> str:
        """A session's tokens are worth nothing any more, where the issuer offers that. Where somebody goes to be signed out of the
        issuer too; empty where it has no such page."""
        if url := await self._place("revocation_endpoint"):
            async with self._client() as client:
                token = str(tokens.get("refresh_token", ""))
                await client.revoke_token(url, token=token, token_type_hint="refresh_token")
        url = await self._place("end_session_endpoint")
        told = {"id_token_hint": tokens.get("id_token", ""), "post_logout_redirect_uri": f"{self._settings.origin}/"}
        return f"{url}?{urlencode(told)}" if url else ""

    async def signed_out(self, logout_token: str) -> tuple[str | None, str | None]:
        """Whom a logout token signs out: the person, the issuer's session, or both."""
        claims = await self.believed(logout_token)
        if LOGOUT not in (claims.get("events") or {}) or "nonce" in claims:
            raise Refused("that is no logout token")
        if not (claims.get("sub") or claims.get("sid")):
            raise Refused("a logout token names somebody")
        return claims.get("sub"), claims.get("sid")

    async def believed(self, token: str, nonce: str = "") -> dict[str, Any]:
        """The claims of a token that this issuer made out to us, and that has not ended."""
        whose = {"iss": self._settings.issuer, "aud": self._settings.client_id}
        asked: dict[str, Any] = {name: {"essential": True, "value": value} for name, value in whose.items()}
        asked |= {name: {"essential": True} for name in ("iat", "exp")}
        registry = jwt.JWTClaimsRegistry(now=int(time.time()), leeway=LEEWAY_S, **asked)
        for anew in (False, True):
            try:
                read = jwt.decode(token, await self._key_set(anew), algorithms=self._settings.algorithms)
                registry.validate(read.claims)
                break
            except (JoseError, ValueError) as failure:
                if anew:
                    raise Refused(f"a token of the issuer's is not valid: {type(failure).__name__}") from failure
        if nonce and read.claims.get("nonce") != nonce:
            raise Refused("the token answers another question")
        return dict(read.claims)

    async def _key_set(self, anew: bool) -> KeySet:
        asked, keys = self._keys
        if keys is None or anew or time.monotonic() - asked > KEYS_KEPT_S:
            keys = KeySet.import_key_set(await self._get(await self._place("jwks_uri")))  # type: ignore[arg-type]
            self._keys = (time.monotonic(), keys)
        return keys
