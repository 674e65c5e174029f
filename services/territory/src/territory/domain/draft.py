"""Drafts of the market: written, tried on leads that came, and put in force by another than who wrote them. What was in force never
changes: what is to be otherwise is a new draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from territory.domain.refusal import Against, NotYours

State = Literal["draft", "active", "archived"]


@dataclass(frozen=True)
class Draft:
    """A draft as it stands. ``edit`` counts its changes: whoever changes it names the one that they have seen. ``made_from`` is the
    version that was in force when it was written last, ``version`` the one that it became. ``tried`` is the last look at where it would
    have sent leads, asked for or done."""

    draft: int
    document: Mapping[str, Any]
    author: str
    at: datetime
    edit: int
    made_from: int
    history: Sequence[Mapping[str, Any]]
    version: int | None = None
    is_dropped: bool = False
    tried: Mapping[str, Any] | None = None

    def state(self, in_force: int) -> State:
        """Where this version is in force: whether it is a draft, decides, or does so no more or never did."""
        return state_of(self.version, self.is_dropped, in_force)


def state_of(version: int | None, is_dropped: bool, in_force: int) -> State:
    """Of a draft that became this version, or none, or was given up."""
    if version is None:
        return "archived" if is_dropped else "draft"
    return "active" if version == in_force else "archived"


def drafted(
    last: int, document: Mapping[str, Any], made_from: int, by: str, at: datetime, of: int | None = None
) -> Draft:
    """The next draft after the ``last`` one, which decides nothing yet; a copy ``of`` a version, where it is one."""
    done = _done("drafted", by, at) | ({"of": of} if of else {})
    return Draft(last + 1, document, by, at, 1, made_from, (done,))


def edited(one: Draft, document: Mapping[str, Any], made_from: int, by: str, at: datetime) -> Draft:
    """It says this from now on; what was tried of it holds no more. Raises Against."""
    _only_open(one, "Only a draft is changed: make a copy of this version.")
    after = _changed(one, "edited", by, at)
    return replace(after, document=document, made_from=made_from, author=by, at=at, tried=None)


def is_for(one: Draft, in_force: int, by: str) -> None:
    """Whether this person may put it in force. Raises Against, also where something would be undone that its author has not seen, and
    NotYours where nobody but its author has looked at it."""
    _only_open(one, "Only a draft is activated: make a copy of this version.")
    if one.author == by:
        raise NotYours("Another than its author puts it in force.")
    if one.made_from != in_force:
        raise Against(
            f"It was written while version {one.made_from} was in force, and now {in_force} is: look at what it would change, and save it again."
        )


def activated(one: Draft, version: int, by: str, at: datetime) -> Draft:
    """It decides from now on, as this version."""
    return replace(_changed(one, "activated", by, at), version=version)


def dropped(one: Draft, by: str, at: datetime) -> Draft:
    """It will decide nothing. Raises Against."""
    _only_open(one, "Only a draft is given up: what is in force is archived by another market that takes its place.")
    return replace(_changed(one, "archived", by, at), is_dropped=True)


def asked(one: Draft, last: int, by: str, at: datetime) -> Draft:
    """Somebody wants to know where it would have sent the ``last`` so many leads."""
    return replace(one, tried={"state": "waiting", "last": last, "by": by, "asked_at": at.isoformat()})


def found(one: Draft, result: Mapping[str, Any], at: datetime) -> Draft:
    """This is where."""
    return replace(one, tried={**(one.tried or {}), "state": "done", "done_at": at.isoformat(), **result})


def _only_open(one: Draft, why: str) -> None:
    if one.version is not None or one.is_dropped:
        raise Against(why)


def _changed(one: Draft, what: str, by: str, at: datetime) -> Draft:
    return replace(one, edit=one.edit + 1, history=(*one.history, _done(what, by, at)))


def _done(what: str, by: str, at: datetime) -> dict[str, Any]:
    return {"what": what, "by": by, "at": at.isoformat()}
