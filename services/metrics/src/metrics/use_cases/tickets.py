"""A browser's EventSource can send no Authorization header: it brings a ticket, which opens a stream for a short time.

A ticket is sealed and kept nowhere: any replica opens it. It says who got it, until when his token lasts and which dimension it
is for; what he may see is looked up when it is shown.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass

from chassis.sealing import CannotOpen, derive, open_bytes, seal_bytes

GOOD_FOR_S = 30
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who got it, with which roles, and how long his token lasts; times in seconds of the epoch."""

    principal: str
    kind: str
    roles: tuple[str, ...]
    expires_at: float | None
    by: str | None
    good_until: float


def issue(
    master: bytes, principal: str, kind: str, roles: Iterable[str], expires_at: float | None, by: str | None, now: float
) -> tuple[str, float]:
    """The ticket as text, and until when it opens a stream."""
    good_until = min(now + GOOD_FOR_S, expires_at or float("inf"))
    said = json.dumps([principal, kind, sorted(roles), expires_at, by, good_until])
    return base64.urlsafe_b64encode(seal_bytes(_key(master), said.encode())).decode(), good_until


def redeem(master: bytes, text: str, by: str, now: float) -> Ticket | None:
    """What the ticket says; None when it is none of ours, too old, or for another dimension."""
    try:
        principal, kind, roles, *rest = json.loads(open_bytes(_key(master), base64.urlsafe_b64decode(text[:LONGEST])))
    except (CannotOpen, ValueError):
        return None
    ticket = Ticket(principal, kind, tuple(roles), *rest)
    return ticket if ticket.good_until > now and ticket.by in (None, by) else None


def _key(master: bytes) -> bytes:
    return derive(master, "stream tickets")
