"""What territory says of the people of these tests."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis_testing import tokens
from contracts.territory.access import AccessGranted, AccessRevoked, Grant, RoleHeld

_versions = itertools.count(1)


def grant(team: str, kind: str = "member", begins: float = -60, ends: float | None = None, **more: Any) -> Grant:
    """A grant that begins and ends so many seconds from now."""
    said = {"team": team, "kind": kind, "records": "own", "opens": True} | more
    return Grant(**said, begins_at=_at(begins), ends_at=None if ends is None else _at(ends))


def role(name: str, begins: float = -60, ends: float | None = None, unit: str | None = None) -> RoleHeld:
    """A role, from and until so many seconds from now."""
    return RoleHeld(role=name, unit=unit, begins_at=_at(begins), ends_at=None if ends is None else _at(ends))


def granted(person: str, *grants: Grant, roles: tuple[RoleHeld, ...] = (), **more: Any) -> AccessGranted:
    """All that this person may see; his issuer calls him by the same name. A later one has a greater version."""
    said = {
        "kind": "person",
        "subjects": (tokens.subject(person),),
        "version": next(_versions),
        "cause": "joined",
    } | more
    return AccessGranted(person=person, grants=grants, roles=roles, granted_at=_at(0), **said)


def revoked(person: str, version: int | None = None) -> AccessRevoked:
    """Nothing is left."""
    return AccessRevoked(person=person, version=version or next(_versions), cause="left", revoked_at=_at(0))


def _at(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
