"""Who acts, and what he may do at a door: whoever shows a token there, and in a handler or job the service itself.

Who somebody is says his token (identity.py); what he may do say the roles that territory gave him (access_reader.py), and for a
machine's intake the scopes in its token. A service's ``ROLES`` says what each role permits.
"""

import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from fastapi import Request

from chassis.problems import Problem
from chassis.settings import Settings

ACTOR = "tributary.actor"  # in a request's scope: who is at the door; None for a token that is nobody's
TOKEN = "tributary.token"  # in a request's scope: what his token says, where he showed one of the issuer's
REALM = {"WWW-Authenticate": 'Bearer realm="tributary", error="invalid_token"'}
NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{0,79}")  # of a principal or role: it stands in headers, rows and SQL as it is
Kind = Literal["person", "machine", "service", "anonymous"]
SEEING = frozenset({"member", "leader", "management", "break_glass", "reader"})  # what a running grant makes somebody
Roles = Mapping[str, frozenset[Any]]  # what each role, and each scope of a machine's token, permits


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds now, for one unit and what is below it, or for the whole company."""

    role: str
    unit: str | None
    begins_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. ``principal`` and ``on_behalf_of`` are ids without personal data; a ValueError for any other text.
    ``roles`` are those of ``held`` and what his running grants make him: member, leader, management, break_glass, reader; of a
    machine also its token's scopes. ``rights`` are what they permit in this service, and ``teams`` those whose rows
    exist for him now as this process knows it: statements name them, and whatever they name the row policies know better."""

    principal: str
    roles: frozenset[str] = frozenset()
    on_behalf_of: str = ""
    kind: Kind = "person"
    held: tuple[Held, ...] = ()
    rights: frozenset[str] = frozenset()
    teams: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for name in filter(None, (self.principal, *self.roles, self.on_behalf_of)):
            if not NAME.fullmatch(name):
                raise ValueError("an actor's name holds other than small letters, digits and . _ : -")

    @classmethod
    def service(cls, name: str) -> "Actor":
        """The service itself, in its handlers and jobs."""
        return cls(f"service:{name}", kind="service")

    @property
    def named(self) -> str:
        """The principal as headers and histories name it: nothing for nobody in particular and for a service by itself."""
        return "" if self.kind in ("anonymous", "service") else self.principal

    @property
    def belongs(self) -> bool:
        """Whether a role or grant of territory's runs: without one no team's rows exist for him."""
        return "reader" in self.roles if self.kind == "machine" else bool(self.roles)

    @property
    def sees(self) -> bool:
        """Whether rows of some team exist for him now."""
        return not SEEING.isdisjoint(self.roles)

    def may(self, permission: StrEnum) -> bool:
        """Whether one of the roles permits it."""
        return permission in self.rights

    def with_rights(self, roles: Roles) -> "Actor":
        """The same, with what these roles permit."""
        return replace(self, rights=frozenset(str(p) for role in self.roles for p in roles.get(role, ())))


ANONYMOUS = Actor("anonymous", kind="anonymous")
UNCHECKED = Actor("unchecked", kind="anonymous")  # shows a token, and we have no key of the issuer's yet
STRANGER = Actor("person:unknown")  # signed in, and nobody whom territory knows
OPERATOR = Actor(
    "operator",
    frozenset(
        ("leads:capture", "outcomes:report", "spend:report", "campaigns:plan", "market:write", "market:read"),
    ),
    kind="machine",
)


def bearer(authorization: str) -> str:
    """The token of an Authorization header, or nothing."""
    scheme, _, given = authorization.partition(" ")
    return given if scheme.lower() == "bearer" else ""


def is_the_operators(settings: Settings, token: str) -> bool:
    """Whether this is the operator's token. An empty one in the settings opens nothing."""
    expected = settings.operator_token.get_secret_value()
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())


def signed_in(scope: MutableMapping[str, Any]) -> bool:
    """Whether somebody in particular is at the door."""
    actor = scope.get(ACTOR)
    return actor is not None and actor.kind != "anonymous"


def not_signed_in(scope: MutableMapping[str, Any] | None = None) -> Problem:
    """401, one text for all causes, with what would open the door; 503 while no token can be checked."""
    if scope is not None and scope.get(ACTOR) is UNCHECKED:
        return Problem(503, "Who you are can't be checked just now", headers={"Retry-After": "2"})
    return Problem(401, "Sign in", detail="A token that is valid here is needed.", headers=REALM)


class Guard(ABC):
    """A dependency of a door that says who may use it. The gateway asks it before it reads a body (http.py)."""

    @abstractmethod
    def check(self, scope: MutableMapping[str, Any]) -> None:
        """Raises the problem that keeps who is at the door out."""

    async def __call__(self, request: Request) -> None:
        self.check(request.scope)


class Anybody(Guard):
    """Takes everybody, and says why that is right."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """Nothing keeps anybody out."""


class SignedIn(Guard):
    """Takes whoever shows a valid token, also one who belongs to nothing. 401 for others."""

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """401 when nobody in particular asks."""
        if not signed_in(scope):
            raise not_signed_in(scope)


class May(SignedIn):
    """Takes who has the permission. Before that is asked, who may see what must be known (503) and he must belong to something
    (403): but not where a machine puts something in or reads no team's ``rows``, for which its token's scope is enough."""

    def __init__(self, permission: StrEnum, rows: bool = True) -> None:
        self.permission, self.rows = permission, rows

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """401 when nobody in particular asks, 503 while what he may see is not known, 403 when he may not."""
        super().check(scope)
        actor: Actor = scope[ACTOR]
        if self.rows or actor.kind != "machine":
            scope["service"].access.check()
            if not actor.belongs:
                raise Problem(403, "You belong to no unit", detail="Ask whoever keeps the sales structure.")
        if not actor.may(self.permission):
            raise Problem(403, f"This needs the permission {self.permission.value}")


class MayOn(May):
    """The same at the door of one thing of a team: who lacks the permission is told so where he sees the thing, and to everybody
    else it is absent. ``sees`` looks whether it is there for who asks, and ``absent`` is how the door says that it is not."""

    def __init__(
        self, permission: StrEnum, sees: Callable[[Request], Awaitable[bool]], absent: Callable[[], Problem]
    ) -> None:
        super().__init__(permission)
        self._sees, self._absent = sees, absent

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """401, 503, and 404 for whom no team's thing is there. Whoever sees some is asked about this one once it is looked for."""
        try:
            super().check(scope)
        except Problem as refusal:
            if refusal.status != 403:
                raise
            if not scope[ACTOR].sees:
                raise self._absent() from None

    async def __call__(self, request: Request) -> None:
        try:
            super().check(request.scope)
        except Problem as refusal:
            if refusal.status == 403 and not (request.scope[ACTOR].sees and await self._sees(request)):
                raise self._absent() from None
            raise


def may(permission: StrEnum, *, rows: bool = True) -> May:
    """``dependencies=[Depends(may(Permission.X))]``: who is at this door has the permission; 401, 403 or 503 otherwise.
    ``rows=False``: no team's rows are behind the door, so the scope in a machine's token suffices."""
    return May(permission, rows)


def may_on(permission: StrEnum, sees: Callable[[Request], Awaitable[bool]], absent: Callable[[], Problem]) -> MayOn:
    """``dependencies=[Depends(may_on(Permission.X, sees, no_such_thing))]``: the door of one thing of a team, whose id is in its
    path; 401, 403, 404 or 503 otherwise."""
    return MayOn(permission, sees, absent)


def anybody(reason: str) -> Anybody:
    """``dependencies=[Depends(anybody("why"))]``: the door is open to all."""
    return Anybody(reason)
