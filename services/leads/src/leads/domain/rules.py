"""The company's deciding rules as data: of each kind there are versions, one of which is in force. What was in force once never
changes: what is to be otherwise is a new draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

Kind = Literal["scorecard", "response", "waiting", "reasons"]
State = Literal["draft", "active", "archived"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Version:
    """A version as it stands. ``edit`` counts its changes: whoever changes it names the one that he has seen. ``tried`` is the
    last look at what it would have decided, asked for or done."""

    kind: Kind
    version: int
    state: State
    content: Mapping[str, Any]
    author: str
    at: datetime
    edit: int
    history: Sequence[Mapping[str, Any]]
    tried: Mapping[str, Any] | None = None


class NotPossible(Exception):
    """What the version's state forbids."""


class ByItsAuthor(Exception):
    """Another than its author puts it in force."""


class Unusable(ValueError):
    """A rule can't be followed; ``faults`` says why, by field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field} {why}" for field, why in faults.items()))
        self.faults = dict(faults)


def drafted(kind: Kind, last: int, content: Mapping[str, Any], by: str, at: datetime, of: int | None = None) -> Version:
    """The next version after the ``last`` one, which decides nothing yet; a copy ``of`` another, where it is one."""
    done = _done("drafted", by, at) | ({"of": of} if of else {})
    return Version(kind, last + 1, "draft", content, by, at, 1, (done,))


def edited(one: Version, content: Mapping[str, Any], by: str, at: datetime) -> Version:
    """The draft says this from now on; what was tried of it holds no more. Raises NotPossible."""
    _only(one, "draft", "Only a draft is changed: make a copy of this version.")
    after = _changed(one, "edited", by, at)
    return replace(after, content=content, author=by, at=at, tried=None)


def activated(one: Version, before: Version | None, by: str, at: datetime) -> list[Version]:
    """The draft decides from now on, and what did ``before`` is archived. Raises NotPossible, and ByItsAuthor where nobody but its
    author has looked at it."""
    _only(one, "draft", "Only a draft is activated: make a copy of this version.")
    if one.author == by:
        raise ByItsAuthor
    archived = [replace(_changed(before, "archived", by, at), state="archived")] if before else []
    return [*archived, replace(_changed(one, "activated", by, at), state="active")]


def dropped(one: Version, by: str, at: datetime) -> Version:
    """The draft will decide nothing. Raises NotPossible."""
    _only(one, "draft", "It is archived." if one.state == "archived" else "It decides: activate another in its place.")
    return replace(_changed(one, "archived", by, at), state="archived")


def asked(one: Version, last: int, by: str, at: datetime) -> Version:
    """Somebody wants to know what it would have decided about the ``last`` so many leads."""
    return replace(one, tried={"state": "waiting", "last": last, "by": by, "asked_at": at.isoformat()})


def found(one: Version, result: Mapping[str, Any], at: datetime) -> Version:
    """This is what it would have decided."""
    return replace(one, tried={**(one.tried or {}), "state": "done", "done_at": at.isoformat(), **result})


def _only(one: Version, state: State, why: str) -> None:
    if one.state != state:
        raise NotPossible(why)


def _changed(one: Version, what: str, by: str, at: datetime) -> Version:
    return replace(one, edit=one.edit + 1, history=(*one.history, _done(what, by, at)))


def _done(what: str, by: str, at: datetime) -> dict[str, Any]:
    return {"what": what, "by": by, "at": at.isoformat()}
