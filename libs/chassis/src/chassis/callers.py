"""Who calls at a public door, and whether too often: a rate for each address and one for each form."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qs

from chassis.problems import Problem
from chassis.settings import Settings

REMEMBERED = 20_000  # addresses, and forms, whose calls are counted at a time; the longest silent are forgotten
LONGEST_NAME, HOPS, EXACT = 100, 20, 1e-6

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Rate:
    """So many calls a second for each key, and so many at once. It remembers one number for a key: when its debt is paid."""

    def __init__(self, per_second: float, at_once: int, remembered: int = REMEMBERED) -> None:
        self._each = 1 / per_second if per_second else 0.0
        self._credit, self._remembered = self._each * at_once, remembered
        self._paid: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """0 when the call may come in; otherwise it does not count, and may be made again after so many seconds."""
        if not self._each:
            return 0.0
        paid = max(self._paid.get(key, now), now) + self._each
        if paid - now > self._credit + EXACT:
            return paid - now - self._credit
        self._paid[key] = paid
        self._paid.move_to_end(key)
        if len(self._paid) > self._remembered:
            self._paid.popitem(last=False)
        return 0.0


def form_asked(scope: Mapping[str, Any]) -> str:
    """The form that a call names in its query, ``?form=contact``, or nothing."""
    query: bytes = scope.get("query_string", b"")
    return parse_qs(query.decode("latin-1")).get("form", [""])[0][:LONGEST_NAME] if b"form=" in query else ""


class Callers:
    """The rates of one process. Calls from the networks in ``rate_exempt`` are not counted."""

    def __init__(self, settings: Settings) -> None:
        self._of_address = Rate(settings.rate_per_address, settings.burst_per_address)
        self._of_form = Rate(settings.rate_per_form, settings.burst_per_form)
        self._exempt = tuple(map(ipaddress.ip_network, settings.rate_exempt))
        self._proxies = tuple(map(ipaddress.ip_network, settings.trusted_proxies))
        self._counted_as = lru_cache(REMEMBERED)(partial(_counted_as, exempt=self._exempt))
        self._is_proxy = lru_cache(REMEMBERED)(partial(_within, networks=self._proxies))

    def check(self, scope: Mapping[str, Any], form: str) -> None:
        """429 for who calls too often, before anything of the call is read. One address can't use up what its form may
        take: it is counted first."""
        key = self._counted_as(self.address(scope))
        if key is None:
            return
        now = time.monotonic()
        if wait := self._of_address.wait(key, now) or (form and self._of_form.wait(form, now)):
            raise Problem(
                429,
                "Too many calls",
                detail="Nothing was taken. Try again later.",
                headers={"Retry-After": str(math.ceil(wait))},
            )

    def address(self, scope: Mapping[str, Any]) -> str:
        """The caller's address. ``X-Forwarded-For`` is believed as far as trusted proxies wrote it: from its end."""
        peer = str((scope.get("client") or ("",))[0])
        if not self._proxies or not self._is_proxy(peer):
            return peer
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        hops = [hop.strip()[:LONGEST_NAME] for hop in forwarded.decode("latin-1").split(",")][-HOPS:]
        return next((hop for hop in reversed(hops) if hop and not self._is_proxy(hop)), peer)


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in networks)


def _counted_as(text: str, exempt: tuple[Network, ...]) -> str | None:
    """An IPv6 caller owns his whole /64. None for who is not counted."""
    address = _parsed(text)
    if address is None:
        return text[:LONGEST_NAME]
    if any(address in network for network in exempt):
        return None
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
