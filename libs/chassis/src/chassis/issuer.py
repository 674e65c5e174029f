"""What an OIDC issuer publishes: where its keys are, and the keys. Bounded in time and size, and never over a line that others read."""

import asyncio
import ipaddress
import json
import time
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

WITHIN_S, LIMIT = 2.0, 64 * 1024
DISCOVERY = "/.well-known/openid-configuration"


class NotTrusted(ValueError):
    """What the issuer says, or the way to it, can't be trusted."""


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Whoever answers for the issuer sends us nowhere else."""


def is_loopback(url: str) -> bool:
    """Whether this is an address of this machine's own."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(url: str) -> str:
    """The address, or NotTrusted for one that is neither https nor of this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise NotTrusted("the issuer's addresses must be https, or of this machine")
    return url


def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object, or NotTrusted."""
    found = json.loads(body)
    if not isinstance(found, dict):
        raise NotTrusted("what the issuer says is no JSON object")
    return found


async def keys_of(issuer: str) -> dict[str, Any]:
    """The issuer's key set, from where its discovery document says; an error of the network, or NotTrusted."""
    about = parsed(await _get(issuer.rstrip("/") + DISCOVERY))
    if about.get("issuer") != issuer:
        raise NotTrusted("the discovery document is of another issuer")
    return parsed(await _get(str(about.get("jwks_uri"))))


async def _get(url: str) -> bytes:
    async with asyncio.timeout(2 * WITHIN_S):
        return await asyncio.to_thread(_read, checked(url))


def _read(url: str) -> bytes:
    """One answer. Each piece of it is waited for, and all of them together, no longer than WITHIN_S."""
    until = time.monotonic() + WITHIN_S
    opener = build_opener(_NoRedirect, *([ProxyHandler({})] if is_loopback(url) else []))
    with opener.open(url, timeout=WITHIN_S) as answer:
        body = b""
        while piece := answer.read1(LIMIT):
            body += piece
            if len(body) > LIMIT or time.monotonic() > until:
                raise NotTrusted("the answer is too large or too slow")
        return body
