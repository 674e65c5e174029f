"""territory.member: what becomes of people in the organisation. What they may see stands in territory.access."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream

By = Annotated[tuple[str, ...], Field(description="who decided it, one or two")]


class MemberJoined(Event):
    """Somebody belongs to a unit from ``at`` on."""

    type: Literal["territory.member.joined.v1"] = "territory.member.joined.v1"
    person: str
    unit: str
    rank: str
    at: Instant
    by: By = ()


class MemberMoved(Event):
    """Somebody leaves a unit for another at ``at``. ``book`` says what becomes of the leads: handover, take_along, queue; a
    reader must stand others."""

    type: Literal["territory.member.moved.v1"] = "territory.member.moved.v1"
    person: str
    unit: str
    to_unit: str
    rank: str
    book: str
    at: Instant
    by: By = ()


class MemberLeft(Event):
    """Somebody belongs to a unit no more from ``at`` on; without a unit, to the company."""

    type: Literal["territory.member.left.v1"] = "territory.member.left.v1"
    person: str
    unit: str | None = None
    book: str = "queue"
    at: Instant
    by: By = ()


class RoleGranted(Event):
    """Somebody may do something, in a unit and below it, or in the company, from ``at`` on."""

    type: Literal["territory.member.role_granted.v1"] = "territory.member.role_granted.v1"
    person: str
    role: str
    unit: str | None = None
    at: Instant
    until_at: Instant | None = None
    by: By = ()


class RoleRevoked(Event):
    """Somebody may do it no more from ``at`` on."""

    type: Literal["territory.member.role_revoked.v1"] = "territory.member.role_revoked.v1"
    person: str
    role: str
    unit: str | None = None
    at: Instant
    by: By = ()


class AbsenceChanged(Event):
    """Somebody is away from ``from_at`` until before ``until_at``, as far as is known; an end that lies not behind the
    beginning takes it back."""

    type: Literal["territory.member.absence_changed.v1"] = "territory.member.absence_changed.v1"
    person: str
    absence: UUID
    kind: str
    from_at: Instant
    until_at: Instant | None = None
    by: By = ()


class SubstitutionOrdered(Event):
    """Somebody stands in for another in a unit, from ``from_at`` until before ``until_at``."""

    type: Literal["territory.member.substitution_ordered.v1"] = "territory.member.substitution_ordered.v1"
    person: str
    for_person: str
    unit: str
    substitution: UUID
    from_at: Instant
    until_at: Instant | None = None
    by: By = ()


class SubstitutionEnded(Event):
    """Somebody stands in no more from ``at`` on. ``why``: revoked, moved, left; a reader must stand others."""

    type: Literal["territory.member.substitution_ended.v1"] = "territory.member.substitution_ended.v1"
    person: str
    for_person: str
    unit: str
    substitution: UUID
    at: Instant
    why: str
    by: By = ()


class GlassOpened(Event):
    """Somebody from outside may look at a unit's rows until ``until_at``: its leaders are told. ``person`` asked for it and
    ``granter`` granted it."""

    type: Literal["territory.member.glass_opened.v1"] = "territory.member.glass_opened.v1"
    person: str
    granter: str
    unit: str
    glass: UUID
    code: str
    until_at: Instant
    at: Instant


class GlassClosed(Event):
    """The look at a unit's rows has ended before its time."""

    type: Literal["territory.member.glass_closed.v1"] = "territory.member.glass_closed.v1"
    person: str
    unit: str
    glass: UUID
    at: Instant
    by: By = ()


MEMBER = Stream(
    "territory.member",
    key="person",
    events=(
        MemberJoined,
        MemberMoved,
        MemberLeft,
        RoleGranted,
        RoleRevoked,
        AbsenceChanged,
        SubstitutionOrdered,
        SubstitutionEnded,
        GlassOpened,
        GlassClosed,
    ),
    about="What becomes of people in the organisation, each a fact, in order for each person.",
    partitions=1,
)
