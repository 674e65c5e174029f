"""What a list of leads is asked for, and the cursor that goes on from one page to the next."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Sort = Literal["-captured_at", "due_at"]


@dataclass(frozen=True)
class Filters:
    """All that is given must hold. ``team`` and ``unit`` narrow whose leads are meant, ``unit`` with all teams below it."""

    team: str | None = None
    unit: str | None = None
    person: str | None = None
    place: str | None = None
    state: str | None = None
    campaign: str | None = None
    source: str | None = None
    product: str | None = None
    grade: str | None = None
    country: str | None = None
    segment: str | None = None
    channel: str | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None
    q: str | None = None
    sort: Sort = "-captured_at"


@dataclass(frozen=True)
class After:
    """The last row of a page, by what the list is sorted by."""

    at: datetime
    lead_id: UUID


class WrongCursor(ValueError):
    """The cursor is not of this list: ``fields`` are asked for otherwise than on its first page, or it is none of ours."""

    def __init__(self, *names: str) -> None:
        super().__init__("the cursor belongs to another list")
        self.fields = names or ("after",)


def cursor(filters: Filters, after: After) -> bytes:
    """The last row of a page, with what the list was asked for."""
    asked = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in _given(filters).items()
    }
    return json.dumps([asked, after.at.isoformat(), str(after.lead_id)]).encode()


def continued(asked: Filters, kept: bytes) -> tuple[Filters, After]:
    """The list that goes on: what its first page was asked for holds, and may be said again.

    Raises WrongCursor, with the fields that are asked for otherwise now.
    """
    said, at, lead_id = json.loads(kept)
    if not isinstance(said, dict):
        raise WrongCursor
    times = {name: datetime.fromisoformat(said[name]) for name in ("captured_from", "captured_to") if name in said}
    first = Filters(**{**said, **times})
    others = [name for name, value in _given(asked).items() if value != getattr(first, name)]
    if others:
        raise WrongCursor(*others)
    return first, After(datetime.fromisoformat(at), UUID(lead_id))


def _given(filters: Filters) -> dict[str, Any]:
    plain = Filters()
    every = {field.name: getattr(filters, field.name) for field in fields(filters)}
    return {name: value for name, value in every.items() if value != getattr(plain, name)}
