"""People: who is in the organisation, whom tokens call so, and whether they are there."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import begin, may
from chassis.problems import absent, declared
from territory.api.organisation import CHANGES, EDITS, ID, Body, IfMatch, Words, organisation, tagged, version_in
from territory.api.permissions import Permission
from territory.api.proposal import Proposal, shown_proposal
from territory.store import person as store
from territory.use_cases.authority import look
from territory.use_cases.person import (
    Profile,
    may_know,
    propose_return,
    propose_subject,
    put_person,
    suspend,
    unbind_subject,
)

router = APIRouter(prefix="/v1", tags=["people"])
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
KEEPS = [Depends(may(Permission.CHANGE_PEOPLE))]
Name = Annotated[str, Path(min_length=1, max_length=200)]


class PersonBody(Body):
    """What colleagues may know of somebody."""

    name: Words | None = None
    zone: Words | None = None
    calendar: ID | None = None
    languages: list[Words] = Field(default_factory=list, max_length=50)
    skills: list[Words] = Field(default_factory=list, max_length=200)


class Person(BaseModel):
    """Somebody. ``name`` is there for who sees a unit of theirs."""

    id: str
    kind: str
    name: str | None
    zone: str | None
    calendar: str | None
    languages: list[str]
    skills: list[str]
    suspended: bool
    left_at: datetime | None
    units: list[str]
    version: int


class People(BaseModel):
    """People, in the order of their ids."""

    people: list[Person]
    after: str | None = None


class SubjectBody(Body):
    """What an issuer's tokens call somebody."""

    issuer: Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]
    subject: Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]


@router.get("/people", dependencies=SEES, summary="People and reading machines.")
async def get_people(
    request: Request,
    unit: Annotated[str | None, Query(max_length=200, description="only who belongs to it now")] = None,
    after: Annotated[str, Query(max_length=200)] = "",
    limit: int = Query(50, ge=1, le=200),
) -> People:
    """In the order of their ids; names as far as one's scope goes."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.page(tx, after, unit, limit)
        units = await store.units_of(tx, [row["id"] for row in rows])
    shown = [_person(row, units.get(row["id"], []), who) for row in rows]
    return People(people=shown, after=shown[-1].id if len(shown) == limit else None)


@router.get("/people/{person}", dependencies=SEES, summary="Somebody.", responses=declared(404))
async def get_person(request: Request, response: Response, person: Name) -> Person:
    """A name is there for who sees a unit of theirs."""
    async with begin(request) as tx:
        _, who = await look(tx)
        row = await store.profile(tx, person)
        units = await store.units_of(tx, [person])
    if row is None:
        raise absent("No such person")
    tagged(response, row["version"])
    return _person(row, units.get(person, []), who)


@router.put(
    "/people/{person}",
    dependencies=KEEPS,
    summary="Puts somebody on record, or changes what is known.",
    responses=EDITS | {201: {"model": Person, "description": "They are new."}},
)
async def put_person_at(
    request: Request, response: Response, person: Name, body: PersonBody, if_match: IfMatch = None
) -> Person:
    """It makes nobody see anything. ``machine:<client>`` is a machine that reads."""
    async with organisation(request) as tx:
        profile = Profile(body.name, body.zone, body.calendar, tuple(body.languages), tuple(body.skills))
        version, is_new = await put_person(person, profile, version_in(if_match), tx)
        _, who = await look(tx)
        row = await store.profile(tx, person)
        units = await store.units_of(tx, [person])
    assert row is not None
    response.status_code = 201 if is_new else 200
    tagged(response, version)
    return _person(row, units.get(person, []), who)


@router.post(
    "/people/{person}/subjects",
    dependencies=KEEPS,
    status_code=202,
    summary="Proposes what tokens call somebody.",
    responses=CHANGES,
)
async def post_subject(request: Request, person: Name, body: SubjectBody) -> Proposal:
    """It holds when somebody else has confirmed it."""
    async with organisation(request) as tx:
        proposal = await propose_subject(person, body.issuer, body.subject, tx)
    return shown_proposal(proposal, tx.now)


@router.post(
    "/people/{person}/subjects/unbind",
    dependencies=KEEPS,
    status_code=204,
    summary="Tokens call nobody so any more.",
    responses=CHANGES,
)
async def post_unbind(request: Request, person: Name, body: SubjectBody) -> None:
    """At once, by one."""
    async with organisation(request) as tx:
        await unbind_subject(person, body.issuer, body.subject, tx)


@router.put(
    "/people/{person}/suspension",
    dependencies=KEEPS,
    status_code=204,
    summary="They see nothing and take nothing from now on.",
    responses=CHANGES,
)
async def put_suspension(request: Request, person: Name) -> None:
    """At once, by one; they keep their leads."""
    async with organisation(request) as tx:
        await suspend(person, tx)


@router.delete(
    "/people/{person}/suspension",
    dependencies=KEEPS,
    status_code=202,
    summary="Proposes that they see again what they saw.",
    responses=CHANGES,
)
async def delete_suspension(request: Request, person: Name) -> Proposal:
    """It holds when somebody else has confirmed it."""
    async with organisation(request) as tx:
        proposal = await propose_return(person, tx)
    return shown_proposal(proposal, tx.now)


def _person(row: dict[str, Any], units: list[str], who: Any) -> Person:
    name = row["name"] if may_know(who, row["id"], units) else None
    return Person(**{**row, "name": name}, units=units)
