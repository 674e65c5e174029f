"""Who acts, and what he may do at a door: whoever shows a token there, and in a handler or job the service itself.

Today one token is known, the operator's. Identity, roles and team scope take their place behind ``shown`` and ``May``, so that
no door has to change.
"""

import hmac
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Request

from chassis.problems import Problem
from chassis.settings import Settings

ACTOR = "tributary.actor"  # in a request's scope: who is at the door; None for a token that is nobody's
REALM = {"WWW-Authenticate": 'Bearer realm="tributary"'}
NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{0,79}")  # of a principal or role: it stands in headers, rows and SQL as it is


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. ``principal`` and ``on_behalf_of`` are ids without personal data; a ValueError for any other text."""

    principal: str
    roles: frozenset[str] = frozenset()
    on_behalf_of: str = ""

    def __post_init__(self) -> None:
        for name in filter(None, (self.principal, *self.roles, self.on_behalf_of)):
            if not NAME.fullmatch(name):
                raise ValueError("an actor's name holds other than small letters, digits and . _ : -")

    @classmethod
    def service(cls, name: str) -> "Actor":
        """The service itself, in its handlers and jobs."""
        return cls(f"service:{name}")

    @property
    def named(self) -> str:
        """The principal as headers and histories name it: nothing for nobody in particular and for a service by itself."""
        return "" if self is ANONYMOUS or self.principal.startswith("service:") else self.principal

    def may(self, permission: StrEnum) -> bool:
        """Whether one of the roles permits it. The operator's permits everything; others come with identity."""
        return "operator" in self.roles


ANONYMOUS = Actor("anonymous")
OPERATOR = Actor("operator", frozenset({"operator"}))


def shown(settings: Settings, authorization: str) -> Actor | None:
    """Whose token this is: nobody's in particular where none is shown, None for one that we do not know. An empty token in
    the settings opens nothing."""
    if not authorization:
        return ANONYMOUS
    expected = settings.operator_token.get_secret_value()
    scheme, _, given = authorization.partition(" ")
    known = scheme.lower() == "bearer" and bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
    return OPERATOR if known else None


def signed_in(scope: MutableMapping[str, Any]) -> bool:
    """Whether somebody in particular is at the door."""
    return scope.get(ACTOR) not in (None, ANONYMOUS)


def not_signed_in() -> Problem:
    """401, with what would open the door."""
    return Problem(401, "The operator's token is needed", headers=REALM)


class May:
    """The dependency of a door that takes this permission. The gateway asks it before it reads a body (http.py)."""

    def __init__(self, permission: StrEnum) -> None:
        self.permission = permission

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """Raises 401 when nobody in particular asks, 403 when he may not."""
        if not signed_in(scope):
            raise not_signed_in()
        if not scope[ACTOR].may(self.permission):
            raise Problem(403, f"This needs the permission {self.permission.value}")

    async def __call__(self, request: Request) -> None:
        self.check(request.scope)


def may(permission: StrEnum) -> May:
    """``dependencies=[Depends(may(Permission.X))]``: who is at this door has the permission; 401 or 403 otherwise."""
    return May(permission)
