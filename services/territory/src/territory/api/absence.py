"""Who is away, and who stands in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from chassis import begin, may
from territory.api.organisation import (
    CHANGES,
    EDITS,
    ID,
    Body,
    Code,
    Idempotency,
    IfMatch,
    Interval,
    Moment,
    began,
    named,
    organisation,
    tagged,
    version_in,
)
from territory.api.permissions import Permission
from territory.domain.organisation import Absence as AbsenceOf
from territory.domain.organisation import Substitution as SubstitutionOf
from territory.store import substitution as store
from territory.store.person import units_of
from territory.use_cases.absence import change_absence, end_absence, report_absence
from territory.use_cases.authority import look
from territory.use_cases.person import may_know
from territory.use_cases.substitution import end_substitution, order_substitution

router = APIRouter(prefix="/v1", tags=["absences"])
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
REPORTS = [Depends(may(Permission.REPORT_ABSENCE))]
Name = Annotated[str, Path(min_length=1, max_length=200)]
MOST = 500
UNSAID = "away"


class AbsenceBody(Interval):
    """When somebody is away."""

    kind: Code = "leave"


class AbsenceEdit(Body):
    """What shall be otherwise; what is not named stays."""

    from_at: Moment | None = None
    until_at: Moment | None = None
    kind: Code | None = None


class Absence(BaseModel):
    """An absence. ``source``: door or file."""

    id: UUID
    person: str
    from_at: datetime
    until_at: datetime | None
    kind: str
    source: str
    version: int


class Absences(BaseModel):
    """Absences, the latest first."""

    absences: list[Absence]


class SubstitutionBody(Interval):
    """Who stands in for whom. Where it ends with the absence, it holds only while that lasts."""

    absent: ID
    substitute: ID
    unit: ID
    ends_with_absence: bool = False


class Substitution(BaseModel):
    """A substitution."""

    id: UUID
    absent: str
    substitute: str
    unit: str
    from_at: datetime
    until_at: datetime | None
    ends_with_absence: bool
    version: int


class Substitutions(BaseModel):
    """Those that are not over."""

    substitutions: list[Substitution]


@router.get("/people/{person}/absences", dependencies=SEES, summary="When somebody is away.")
async def get_absences(request: Request, person: Name) -> Absences:
    """The latest first. Of what kind one is, is said to who sees a unit of theirs; to others it is `away`."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.absences_of(tx, person, MOST)
        knows = may_know(who, person, (await units_of(tx, [person])).get(person, []))
    return Absences(absences=[Absence(**vars(row) | ({} if knows else {"kind": UNSAID})) for row in rows])


@router.post(
    "/people/{person}/absences",
    dependencies=REPORTS,
    status_code=201,
    summary="Says that somebody is away.",
    responses=CHANGES | {200: {"model": Absence, "description": "It was made before under this id."}},
)
async def post_absence(
    request: Request, response: Response, person: Name, body: AbsenceBody, idempotency_key: Idempotency = None
) -> Absence:
    """Themselves, who leads them, or who administers people. They get no leads in turn meanwhile."""
    async with organisation(request) as tx:
        wanted = AbsenceOf(named(idempotency_key), person, began(body.from_at, tx.now), body.until_at, body.kind)
        absence, is_new = await report_absence(wanted, tx)
    response.status_code = 201 if is_new else 200
    tagged(response, absence.version)
    return Absence(**vars(absence))


@router.patch("/absences/{absence}", dependencies=REPORTS, summary="Another interval or kind.", responses=EDITS)
async def patch_absence(
    request: Request, response: Response, absence: UUID, body: AbsenceEdit, if_match: IfMatch = None
) -> Absence:
    """Turns follow at once."""
    async with organisation(request) as tx:
        fields = {name: getattr(body, name) for name in body.model_fields_set}
        for name in ("from_at", "kind"):
            if name in fields and fields[name] is None:
                del fields[name]
        changed = await change_absence(absence, fields, version_in(if_match), tx)
    tagged(response, changed.version)
    return Absence(**vars(changed))


@router.delete(
    "/absences/{absence}", dependencies=REPORTS, status_code=204, summary="They are back.", responses=CHANGES
)
async def delete_absence(request: Request, absence: UUID) -> None:
    """Now; an absence that has not begun never was."""
    async with organisation(request) as tx:
        await end_absence(absence, tx)


@router.get("/substitutions", dependencies=SEES, summary="Who stands in for whom.")
async def get_substitutions(request: Request) -> Substitutions:
    """In the units that one sees, and one's own, as far as they are not over."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.of_units(tx, who.sees | who.member_of, who.principal)
    return Substitutions(substitutions=[Substitution(**vars(row)) for row in rows])


@router.post(
    "/substitutions",
    dependencies=REPORTS,
    status_code=201,
    summary="Orders that somebody stands in for another.",
    responses=CHANGES | {200: {"model": Substitution, "description": "It was made before under this id."}},
)
async def post_substitution(
    request: Request, response: Response, body: SubstitutionBody, idempotency_key: Idempotency = None
) -> Substitution:
    """By a leader of the unit or the absent person: for at most 90 days, in one unit, of no lower rank, and no chain."""
    async with organisation(request) as tx:
        fields = body.model_dump(exclude={"from_at"})
        wanted = SubstitutionOf(id=named(idempotency_key), from_at=began(body.from_at, tx.now), **fields)
        made, is_new = await order_substitution(wanted, tx)
    response.status_code = 201 if is_new else 200
    return Substitution(**vars(made))


@router.post(
    "/substitutions/{substitution}/end",
    dependencies=REPORTS,
    status_code=204,
    summary="Nobody stands in any more.",
    responses=CHANGES,
)
async def post_end(request: Request, substitution: UUID) -> None:
    """At once, by one."""
    async with organisation(request) as tx:
        await end_substitution(substitution, tx)
