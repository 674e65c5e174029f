"""What territory says of the people of these tests."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis_testing import tokens
from contracts.territory.access import AccessGranted, AccessRevoked, Grant

_versions = itertools.count(1)


def member(team: str, kind: str = "member", begins: float = -60, ends: float | None = None) -> Grant:
    """A grant that begins and ends so many seconds from now."""
    until = None if ends is None else _at(ends)
    return Grant(team=team, kind=kind, records="own", opens=True, begins_at=_at(begins), ends_at=until)


def granted(person: str, *grants: Grant, **more: Any) -> AccessGranted:
    """All that this person may see, whom the issuer calls by the same name. A later word has a greater version."""
    said = {"kind": "person", "subjects": (tokens.subject(person),), "cause": "joined", "granted_at": _at(0)} | more
    return AccessGranted(person=person, grants=grants, version=next(_versions), **said)


def revoked(person: str) -> AccessRevoked:
    """Nothing is left."""
    return AccessRevoked(person=person, version=next(_versions), cause="left", revoked_at=_at(0))


def _at(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
