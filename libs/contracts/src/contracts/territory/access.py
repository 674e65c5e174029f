"""territory.access: who may see and do what, the whole of it for each person and machine."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream, Value

Principal = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._:-]{0,79}$", description="an id without personal data")]
Version = Annotated[
    int,
    Field(ge=1, description="the writer's clock in microseconds, or one more than the last; only a greater one acts"),
]

UNPLACED = "(unplaced)"  # the team of what no team has: a grant for it is a seat at the catch-all desk


class Subject(Value):
    """Whom an issuer's tokens call by this name."""

    issuer: str
    subject: str


class RoleHeld(Value):
    """What somebody may do, for one unit and what is below it, or for the whole company. Readers must stand unknown roles."""

    role: Principal
    unit: str | None = None
    begins_at: Instant
    ends_at: Instant | None = None


class Grant(Value):
    """The rows of one team exist for somebody from ``begins_at`` until before ``ends_at``; both are judged when a row is asked for.

    ``kind`` says why: member, supervisor, management, substitute, break_glass, machine; a reader must stand others.
    ``records``: what may be written: nothing, on leads that are one's own or those of the one one stands in for, on all of the team.
    ``opens``: whether contact data may be opened. ``reference`` names the break-glass.
    """

    team: str
    kind: str
    records: Literal["none", "own", "all"]
    opens: bool
    on_behalf_of: Principal | None = None
    begins_at: Instant
    ends_at: Instant | None = None
    reference: UUID | None = None


class AccessGranted(Event):
    """This is all that somebody may see and do from now on; what was said before holds no more.

    ``cause``: joined, moved, left, role, suspended, substitution, break_glass, structure, correction; a reader must stand others.
    ``by`` names who decided, one or two.
    """

    type: Literal["territory.access.granted.v1"] = "territory.access.granted.v1"
    person: Principal
    kind: Literal["person", "machine"]
    subjects: tuple[Subject, ...] = ()
    roles: tuple[RoleHeld, ...] = ()
    grants: tuple[Grant, ...] = ()
    version: Version
    cause: str
    by: tuple[str, ...] = ()
    granted_at: Instant


class AccessRevoked(Event):
    """Nothing is left of what somebody might see and do."""

    type: Literal["territory.access.revoked.v1"] = "territory.access.revoked.v1"
    person: Principal
    version: Version
    cause: str
    by: tuple[str, ...] = ()
    revoked_at: Instant


ACCESS = Stream(
    "territory.access",
    key="person",
    events=(AccessGranted, AccessRevoked),
    about="Who may see and do what: the newest whole state of each person and machine.",
    compacted=True,
    partitions=1,
)
