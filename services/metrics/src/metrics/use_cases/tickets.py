"""A page that can show no token opens a stream with a ticket: a browser's EventSource, and a number on a page of another site.

A ticket is sealed and kept nowhere: any replica opens it. It says who got it, until when his token lasts, what it is for and on
which site's pages; what he may see is looked up when it is shown.
"""

import base64
import json
from dataclasses import asdict, dataclass
from typing import Any

from chassis.sealing import CannotOpen, derive, open_bytes, seal_bytes

GOOD_FOR_S = 30
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who got it, with which roles, and how long his token lasts; times in seconds of the epoch. It opens streams of these
    dimensions, this row and these numbers, where none is named of any; on pages of ``origin``, or where none is named of any
    site that needs no leave."""

    principal: str
    kind: str
    roles: tuple[str, ...]
    expires_at: float | None
    by: tuple[str, ...] = ()
    key: str | None = None
    numbers: tuple[str, ...] = ()
    origin: str | None = None

    def good_until(self, now: float) -> float:
        """Until when it opens a stream, if it is given now."""
        return min(now + GOOD_FOR_S, self.expires_at or float("inf"))


def issue(master: bytes, ticket: Ticket, now: float) -> tuple[str, float]:
    """The ticket as text, and until when it opens a stream."""
    good_until = ticket.good_until(now)
    said = json.dumps([good_until, asdict(ticket)])
    return base64.urlsafe_b64encode(seal_bytes(_key(master), said.encode())).decode(), good_until


def redeem(master: bytes, text: str, origin: str | None, now: float) -> Ticket | None:
    """What the ticket says; None when it is none of ours, too old, or for pages of another site than ``origin``."""
    try:
        said = json.loads(open_bytes(_key(master), base64.urlsafe_b64decode(text[:LONGEST])))
        good_until, ticket = float(said[0]), _ticket(said[1])
    except (CannotOpen, ValueError, TypeError, LookupError):
        return None
    return ticket if good_until > now and ticket.origin in (None, origin) else None


def _ticket(said: dict[str, Any]) -> Ticket:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Ticket(**fields)


def _key(master: bytes) -> bytes:
    return derive(master, "stream tickets")
