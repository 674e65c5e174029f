"""Units of the company, and its words for them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import begin, may
from chassis.problems import absent, declared
from territory.api.organisation import EDITS, ID, Body, Code, IfMatch, Words, organisation, tagged, version_in
from territory.api.permissions import Permission
from territory.domain.organisation import Structure
from territory.domain.organisation import Unit as UnitOf
from territory.store import unit as store
from territory.use_cases.authority import look
from territory.use_cases.unit import close_unit, put_unit, put_words

router = APIRouter(prefix="/v1", tags=["units"])
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
CHANGES = [Depends(may(Permission.CHANGE_UNITS))]
Name = Annotated[str, Path(min_length=1, max_length=200)]
Vocabulary = Literal["unit_kind", "rank", "absence_kind"]


class Settings(Body, strict=True):
    """Of a team."""

    record_for: Literal["substitute", "team"] = Field(
        "substitute", description="who records on a member's leads: a substitute only, or every member of the team"
    )
    hours: Literal["ignore", "respect"] = Field(
        "ignore", description="whether leads are given only in working time: of the person's calendar, else the unit's"
    )
    grace_min: int = Field(0, ge=0, le=1440, description="minutes before working time in which leads are given already")
    language: Literal["ignore", "prefer", "require"] = Field(
        "ignore", description="whether a lead goes to those who speak its language: if anybody does, or to nobody else"
    )
    same_person: Literal["always", "if_free", "never"] = Field(
        "always",
        description="whether a further lead of a customer goes to the person who has him, also where that is full",
    )
    returns_max: int = Field(3, ge=1, le=20, description="after so many returns the supervisor decides")


class UnitBody(Body):
    """A unit as it shall be."""

    kind: Code
    parent: ID | None = None
    name: Words
    zone: Words | None = None
    calendar: ID | None = None
    settings: Settings = Field(default_factory=Settings)


class Unit(BaseModel):
    """A unit as it is. ``path`` has those above it, the nearest first."""

    id: str
    kind: str
    parent: str | None
    name: str
    zone: str | None
    calendar: str | None
    settings: dict[str, Any]
    team: bool
    state: str
    path: list[str]
    members: int
    version: int


class Units(BaseModel):
    """Units, in the order of their ids."""

    units: list[Unit]
    after: str | None = None


class Closing(Body):
    """Where what is left in it goes."""

    to: ID | None = None


class VocabularyBody(Body):
    """All words of a vocabulary."""

    items: list[dict[str, Any]] = Field(max_length=200)


class KeptWords(BaseModel):
    """A vocabulary as it is."""

    items: list[dict[str, Any]]
    version: int


@router.get("/units", dependencies=SEES, summary="The units of the company.")
async def get_units(
    request: Request,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    parent: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[Literal["planned", "active", "closed"] | None, Query()] = None,
    after: Annotated[str, Query(max_length=200)] = "",
    limit: int = Query(50, ge=1, le=200),
) -> Units:
    """In the order of their ids. They hold no lead."""
    async with begin(request) as tx:
        structure, _ = await look(tx)
        members = await store.members(tx, tx.now)
        found = [
            unit
            for unit in structure.units.values()
            if unit.id > after
            and kind in (None, unit.kind)
            and parent in (None, unit.parent)
            and state in (None, unit.state(tx.now))
        ]
        found.sort(key=lambda unit: unit.id)
        shown = [_unit(unit, structure, members.get(unit.id, 0), tx.now) for unit in found[:limit]]
    return Units(units=shown, after=shown[-1].id if len(found) > limit else None)


@router.get("/units/{unit}", dependencies=SEES, summary="One unit.", responses=declared(404))
async def get_unit(request: Request, response: Response, unit: Name) -> Unit:
    """With its place in the tree."""
    async with begin(request) as tx:
        structure, _ = await look(tx)
        found = structure.units.get(unit)
        if found is None:
            raise absent("No such unit")
        shown = _unit(found, structure, (await store.members(tx, tx.now)).get(unit, 0), tx.now)
    tagged(response, shown.version)
    return shown


@router.put(
    "/units/{unit}",
    dependencies=CHANGES,
    summary="Makes a unit, or changes it.",
    responses=EDITS | {201: {"model": Unit, "description": "It is new."}},
)
async def put_unit_at(
    request: Request, response: Response, unit: Name, body: UnitBody, if_match: IfMatch = None
) -> Unit:
    """A unit that appears is told to everybody in whose scope it is. No circle, no deeper than 12 floors."""
    async with organisation(request) as tx:
        wanted = UnitOf(
            unit, body.kind, body.parent, body.name, tx.now, body.zone, body.calendar, body.settings.model_dump()
        )
        structure, is_new = await put_unit(wanted, version_in(if_match), tx)
        members = await store.members(tx, tx.now)
        shown = _unit(structure.units[unit], structure, members.get(unit, 0), tx.now)
    response.status_code = 201 if is_new else 200
    tagged(response, shown.version)
    return shown


@router.post(
    "/units/{unit}/close", dependencies=CHANGES, summary="Closes a unit: it takes nothing more.", responses=EDITS
)
async def post_close(request: Request, response: Response, unit: Name, body: Closing, if_match: IfMatch = None) -> Unit:
    """Its history stays, and its id is never given again. What is left in it goes ``to`` another unit."""
    async with organisation(request) as tx:
        structure = await close_unit(unit, body.to, version_in(if_match), tx)
        shown = _unit(structure.units[unit], structure, 0, tx.now)
    tagged(response, shown.version)
    return shown


@router.get("/vocabularies/{vocabulary}", dependencies=SEES, summary="The company's words of one kind.")
async def get_words(request: Request, response: Response, vocabulary: Vocabulary) -> KeptWords:
    """Kinds of units, ranks, kinds of absences."""
    async with begin(request) as tx:
        version, items = await store.words(tx, vocabulary)
    tagged(response, version)
    return KeptWords(items=[dict(item) for item in items], version=version)


@router.put("/vocabularies/{vocabulary}", dependencies=CHANGES, summary="Other words of one kind.", responses=EDITS)
async def put_words_at(
    request: Request, response: Response, vocabulary: Vocabulary, body: VocabularyBody, if_match: IfMatch = None
) -> KeptWords:
    """None that is in use can go, nor open more or less than it did."""
    async with organisation(request) as tx:
        version = await put_words(vocabulary, body.items, version_in(if_match), tx)
        _, items = await store.words(tx, vocabulary)
    tagged(response, version)
    return KeptWords(items=[dict(item) for item in items], version=version)


def _unit(unit: UnitOf, structure: Structure, members: int, at: Any) -> Unit:
    return Unit(
        id=unit.id,
        kind=unit.kind,
        parent=unit.parent,
        name=unit.name,
        zone=unit.zone,
        calendar=unit.calendar,
        settings=dict(unit.settings),
        team=structure.is_team(unit.id),
        state=unit.state(at),
        path=list(structure.path(unit.id)[1:]),
        members=members,
        version=unit.version,
    )
