"""Who shows a token: what an OIDC issuer signed, and nothing that it did not sign.

A token says who somebody is and never what he may see. The issuer's keys come from its discovery document, or from a file where
it can't be asked. What was verified once is remembered until it expires or the keys change.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry

from chassis import issuer, telemetry
from chassis.errors import words
from chassis.settings import Settings

LEEWAY_S, LONGEST_S = 5, 3600  # between two clocks; from a token's making to its end
REMEMBERED, LARGEST, LARGEST_HEADER = 2048, 16 * 1024, 4 * 1024  # tokens; bytes
FETCH_EVERY_S, ASK_EVERY_S, RETRY_S, KEPT_S = 600.0, 30.0, 2.0, 24 * 3600.0
TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})
OF_CURVE = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "Ed25519": ("Ed25519", "EdDSA")}
OF_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})


class KeysMissing(Exception):
    """No key of the issuer is known: no token can be checked."""


class _Refused(ValueError):
    """The token is not valid."""


class _UnknownKey(_Refused):
    """It names a key that we do not have, or not yet."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a valid token says. ``expires_at`` and ``signed_in_at`` in seconds of the epoch, None where it does not say when.
    ``client`` is who it was made out to; ``scopes`` count for machines only, which are subjects of their own client's name.
    ``methods`` are the ways in which somebody proved who he is."""

    issuer: str
    subject: str
    expires_at: float
    client: str = ""
    scopes: frozenset[str] = frozenset()
    methods: tuple[str, ...] = ()
    signed_in_at: float | None = None


class _Strict(json.JSONDecoder):
    """Refuses an object that says one name twice, and numbers that are none."""

    def __init__(self, **_: Any) -> None:
        super().__init__(object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise _Refused("a name stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is no number")


class Identity:
    """The keys of the issuer, and the tokens that were verified with them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = telemetry.log("identity")
        self._keys: dict[str, tuple[Key, frozenset[str]]] = {}
        self._published: Any = None  # the keys as the issuer says them
        self._fetched_at = self._asked_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._remembered: dict[str, Verified] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Keeps the keys fresh until stopped."""
        while not stopping.is_set() and self.settings.issuer:
            await self._fetch()
            pause = FETCH_EVERY_S if self._keys else RETRY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)

    async def verified(self, token: str) -> Verified | None:
        """What the token says, or None when it is not valid, for whatever cause. KeysMissing when that can't be known."""
        known = self._remembered.get(token)
        if known is not None and time.time() < known.expires_at:
            return known
        if not self.settings.issuer:
            return None
        try:
            return self._verify(token)
        except _UnknownKey:
            await self._ask()
        except _Refused:
            return None
        if not self._keys:
            raise KeysMissing
        with contextlib.suppress(_Refused):
            return self._verify(token)
        return None

    # -- tokens

    def _verify(self, token: str) -> Verified:
        if (
            time.monotonic() - self._fetched_at > KEPT_S
        ):  # the issuer has been away for a day: its keys may be withdrawn
            self._replace_keys({}, None)
        try:
            claims = self._claims(token)
        except (JoseError, ValueError, RecursionError) as error:
            raise error if isinstance(error, _Refused) else _Refused(type(error).__name__) from error
        verified = _accepted(claims, self.settings, time.time())
        self._remembered[token] = verified
        if len(self._remembered) > REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        return verified

    def _claims(self, token: str) -> dict[str, Any]:
        """What is in the token, once its signature was found to be the issuer's."""
        if len(token) > LARGEST or token.count(".") != 2:
            raise _Refused("is no signed token")
        head = token.partition(".")[0]
        if len(head) > LARGEST_HEADER:
            raise _Refused("the header is too large")
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)), cls=_Strict)
        if not isinstance(header, dict) or "crit" in header:
            raise _Refused("the header asks for what we do not do")
        kid, algorithm, kind = (header.get(name) for name in ("kid", "alg", "typ"))
        if not isinstance(kid, str) or not isinstance(kind, str) or kind.lower() not in TYPES:
            raise _Refused("the header does not say which key, or another kind of token")
        if kid not in self._keys:
            raise _UnknownKey("the key is not known")
        key, algorithms = self._keys[kid]
        if algorithm not in algorithms:
            raise _Refused("the algorithm is not the key's")
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        found = jwt.decode(token, key, algorithms=[algorithm], registry=registry, decoder_cls=_Strict)
        return found.claims

    # -- keys

    async def _ask(self) -> None:
        """Looks whether the issuer has new keys: once in a while for all requests together, who all wait for that."""
        if self._fetching is None and time.monotonic() - self._asked_at >= ASK_EVERY_S:
            self._asked_at = time.monotonic()
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._fetched)
        if self._fetching is not None:
            await asyncio.wait([self._fetching])

    def _fetched(self, _: "asyncio.Task[None]") -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        """The keys of now. An issuer that is away or says nonsense changes nothing."""
        try:
            path = self.settings.issuer_keys
            file = await asyncio.to_thread(Path(path).read_bytes) if path else b""
            fetched = issuer.parsed(file) if path else await issuer.keys_of(self.settings.issuer)
            keys = self._usable(fetched["keys"])
        except Exception as error:
            self.log.warning("issuer_keys_not_fetched", error=type(error).__name__, detail=words(error))
            return
        if not keys:
            self.log.warning("issuer_keys_not_fetched", error="none is of an algorithm that is taken")
            return
        self._fetched_at = time.monotonic()
        self._replace_keys(keys, fetched)

    def _usable(self, published: Any) -> dict[str, tuple[Key, frozenset[str]]]:
        """The keys for signatures of the algorithms that we take, by their names; the first where a name comes twice."""
        found: dict[str, tuple[Key, frozenset[str]]] = {}
        for one in published:
            algorithms = _algorithms(one) & frozenset(self.settings.token_algorithms)
            if algorithms and isinstance(one.get("kid"), str) and one.get("use", "sig") == "sig":
                found.setdefault(one["kid"], (JWKRegistry.import_key(one), algorithms))
        return found

    def _replace_keys(self, keys: dict[str, tuple[Key, frozenset[str]]], published: Any) -> None:
        if published != self._published:
            self._remembered.clear()
            self._keys, self._published = keys, published


def _algorithms(key: Mapping[str, Any]) -> frozenset[str]:
    """What a public key may have signed. A secret that both sides have is no key of an issuer."""
    kind = key.get("kty")
    possible = OF_RSA if kind == "RSA" else frozenset(OF_CURVE.get(str(key.get("crv")), ()))
    if kind not in ("RSA", "EC", "OKP"):
        return frozenset()
    return possible & {key["alg"]} if "alg" in key else possible


def _accepted(claims: Mapping[str, Any], settings: Settings, now: float) -> Verified:
    """What these claims say; _Refused when they are not for us or not for now."""
    audience, subject = claims.get("aud"), claims.get("sub")
    made_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    if claims.get("iss") != settings.issuer or not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise _Refused("is another issuer's, or says not whose it is")
    if settings.audience not in (audience if isinstance(audience, list) else [audience]):
        raise _Refused("is for others")
    if made_at is None or expires_at is None or not 0 < expires_at - made_at <= LONGEST_S:
        raise _Refused("says not when it ends, or lasts too long")
    if not max(made_at, _moment(claims, "nbf") or 0) - LEEWAY_S <= now < expires_at + LEEWAY_S:
        raise _Refused("is not for now")
    client, scope, methods = claims.get("client_id", claims.get("azp")), claims.get("scope"), claims.get("amr")
    return Verified(
        settings.issuer,
        subject,
        expires_at,
        client if isinstance(client, str) else "",
        frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
        tuple(one for one in methods if isinstance(one, str)) if isinstance(methods, list) else (),
        _moment(claims, "auth_time"),
    )


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    """Seconds of the epoch, None where nothing is said."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        raise _Refused(f"{name} is no moment")
    return float(value)
