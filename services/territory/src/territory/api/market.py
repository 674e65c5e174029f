"""The market file: put it, and look at what is in force."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import RootModel

from chassis import FieldError, Problem, begin, document, may, not_valid
from chassis.problems import declared
from territory.api.market_file import Unreadable, read_json, read_yaml, write_yaml
from territory.api.organisation import IfMatch, organisation, tagged, version_in
from territory.api.organisation_file import OrganisationEntry, WholeFile, split
from territory.api.permissions import Permission
from territory.api.schemas import (
    Activated,
    Difference,
    MarketFile,
    RuleSet,
    RuleSets,
    RuleSetVersion,
    Segments,
    Teams,
    Warned,
)
from territory.domain.file_grammar import FAULTS_AT_MOST
from territory.domain.market import Fault, MarketRefused, MarketVersion
from territory.domain.market_difference import differences
from territory.domain.possible import doubtful
from territory.domain.refusal import Against
from territory.domain.rule_index import TooLarge
from territory.store import market as store
from territory.store import organisation_file
from territory.use_cases import market as use_case
from territory.use_cases.market import activate_market, checked
from territory.use_cases.organisation_file import OrganisationFile, merge_organisation, organisation_of

YAML = ("application/yaml", "application/x-yaml", "text/yaml")
JSON = "application/json"
CONTENT_TYPES = frozenset({*YAML, JSON})
NEWEST = 2**31 - 1
VERSION = {"Tributary-Market-Version": {"schema": {"type": "integer"}}}
READ = declared(404) | {200: {"content": {YAML[0]: {"schema": {"type": "string"}}}, "headers": VERSION}}
PARTS = ("segments", "pipelines", "teams", "rules", "fallback")


class AnyFile(RootModel[MarketFile | WholeFile]):
    """A market file of either format."""


router = APIRouter(prefix="/v1", tags=["market"])


@router.put(
    "/market",
    dependencies=[Depends(may(Permission.CHANGE_MARKET, rows=False))],
    summary="Puts a whole market file in force, at once or not at all.",
    responses=declared(409, 412),
    response_model_exclude_unset=True,
    openapi_extra=document.body(AnyFile, YAML[0], JSON),
)
async def put_market(
    request: Request,
    response: Response,
    mode: Annotated[Literal["plan"] | None, Query(description="say what it would change, and change nothing")] = None,
    if_match: IfMatch = None,
) -> Activated:
    """Segments, pipelines, teams, rules and fallback are one file and one version: no lead ever sees half of one. A file of the second
    format says of the organisation too; what it does not name there stays.

    The file that is in force already keeps its version. 422 names every fault by the path of its field, and then nothing of the file is
    put; 412 where another is in force than the file was made from; 409 where markets are changed by drafts only.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    file = await asyncio.to_thread(_read, await request.body(), kind)
    changes: list[Difference] = []
    with contextlib.suppress(_OnlyPlanned):
        async with organisation(request) as tx:
            planned = mode == "plan"
            stood = await store.look(tx)
            before = await store.document_of(tx, stood) if planned else None
            active = await activate_market(file.given, file.market, tx, version_in(if_match))
            if request.app.state.service.settings.market_by_draft and not planned and stood not in (0, active.version):
                raise Against("Here it is drafted, and another puts it in force: see /v1/market/drafts.")
            if file.organisation is not None:
                await merge_organisation(file.organisation, tx)
            if planned:
                found = [*differences(before or {}, file.given), *await organisation_file.changes_of_this(tx)]
                changes = [Difference(part=part, id=name, change=how) for part, name, how in found]
                raise _OnlyPlanned
    if not planned:
        store.keep(tx, active)  # not before the commit: a version that came to nothing may be given again
        tagged(response, active.version)
    return Activated(
        version=active.version,
        rules=len(active.market.rules),
        segments=len(active.market.segments),
        teams=len(active.market.teams),
        warnings=[Warned(**vars(warning)) for warning in file.warnings],
        **({"changes": changes} if planned else {}),
    )


@router.get(
    "/market",
    dependencies=[Depends(may(Permission.SEE_MARKET, rows=False))],
    summary="The market file in force, as YAML or JSON.",
    response_model=MarketFile,
    responses=READ,
)
async def get_market(request: Request) -> Response:
    """JSON unless YAML is asked for with ``Accept: application/yaml``. Put back as it is, it changes nothing."""
    async with begin(request) as tx:
        active = await store.active_market(tx)
        found = await store.document_of(tx, active.version)
    if found is None:
        raise _no_market()
    return _written(_ordered(found), active.version, request)


@router.get(
    "/market/whole",
    dependencies=[Depends(may(Permission.SEE_ORGANISATION))],
    summary="The market in force and the organisation beside it as one file, of format 2.",
    response_model=WholeFile,
    responses=READ,
)
async def get_whole_market(request: Request) -> Response:
    """Put into an empty stack it makes the same teams, members and rules; put back as it is, it changes nothing. Who leads, and what
    machines read, is said by two at doors and stands in no file; neither do absences, nor how people are called."""
    async with begin(request) as tx:
        active = await store.active_market(tx)
        found = await store.document_of(tx, active.version)
        beside = await organisation_of(active.market, tx)
    if found is None:
        raise _no_market()
    said = OrganisationEntry.model_validate(beside).model_dump(mode="json", exclude_unset=True)
    return _written({"format": 2, "market": _ordered(found), "organisation": said}, active.version, request)


def _no_market() -> Problem:
    return Problem(404, "No market has been loaded")


def _ordered(given: Mapping[str, Any]) -> dict[str, Any]:
    return {part: given[part] for part in PARTS if part in given}


def _written(file: Mapping[str, Any], version: int, request: Request) -> Response:
    headers = {"Tributary-Market-Version": str(version), "Vary": "Accept", "ETag": f'"{version}"'}
    accepted = request.headers.get("accept", "")
    if any(kind in accepted for kind in YAML):
        return Response(write_yaml(dict(file)), media_type=YAML[0], headers=headers)
    return JSONResponse(file, headers=headers)


@router.get(
    "/rulesets",
    dependencies=[Depends(may(Permission.SEE_MARKET, rows=False))],
    summary="Every version that was ever in force.",
)
async def get_rulesets(
    request: Request,
    before: int = Query(NEWEST, ge=1, le=NEWEST, description="Only versions older than this one."),
    limit: int = Query(100, ge=1, le=1000),
) -> RuleSets:
    """The newest first."""
    async with begin(request) as tx:
        active = await store.active_market(tx)
        versions = await store.versions(tx, before, limit)
    return RuleSets(active=active.version, rulesets=[RuleSetVersion(**vars(version)) for version in versions])


@router.get(
    "/rulesets/{version}",
    dependencies=[Depends(may(Permission.SEE_MARKET, rows=False))],
    summary="The rules of a version, the narrowest first.",
    response_model=RuleSet,
    responses=declared(404),
)
async def get_ruleset(request: Request, version: int) -> Response:
    """As they were given, in the order in which they win."""
    async with begin(request) as tx:
        found = await store.market_of(tx, version) if 0 < version <= NEWEST else None
        given = await store.document_of(tx, version) if found else None
        wrong = await store.returns(tx, version) if found else {}
    if found is None or given is None:
        raise Problem(404, "No such rule set")
    named = {rule["name"]: rule for rule in given.get("rules") or ()}
    rules = [named[rule.name] for rule in found.ruleset.rules]
    fallback = given.get("fallback")
    return JSONResponse({"version": version, "rules": rules, "fallback": fallback, "returned_as_wrong": wrong})


@router.get(
    "/segments",
    dependencies=[Depends(may(Permission.SEE_MARKET, rows=False))],
    summary="The segments of the market in force.",
    response_model=Segments,
)
async def get_segments(request: Request) -> Response:
    """Empty, under version 0, before the first market."""
    return await _part(request, "segments")


@router.get(
    "/teams",
    dependencies=[Depends(may(Permission.SEE_MARKET, rows=False))],
    summary="The teams of the market in force, with their members.",
    response_model=Teams,
)
async def get_teams(request: Request) -> Response:
    """Empty, under version 0, before the first market."""
    return await _part(request, "teams")


async def _part(request: Request, name: str) -> Response:
    async with begin(request) as tx:
        active = await store.active_market(tx)
        given = await store.document_of(tx, active.version) or {}
    return JSONResponse({"version": active.version, name: given.get(name) or []})


@dataclass(frozen=True)
class _File:
    """A file that has been read: its market as it was given and ready to be routed by, what in that is doubtful, and what is said of
    the organisation."""

    given: Any
    market: MarketVersion
    warnings: Sequence[Fault]
    organisation: OrganisationFile | None


class _OnlyPlanned(Exception):
    """It was only to be planned: what was done comes to nothing."""


def _read(body: bytes, kind: str) -> _File:
    """The file, read and checked as far as that needs no database.

    Runs beside the event loop, one file at a time.
    """
    try:
        with refusing(), use_case.ONE_FILE_AT_A_TIME:
            given, said = split(read_json(body) if kind == JSON else read_yaml(body))
            return _File(given, checked(given), doubtful(given)[:FAULTS_AT_MOST], said)
    except Unreadable as error:
        raise Problem(400, "The market file can't be read", detail=str(error)) from None


@contextlib.contextmanager
def refusing(at: str = "") -> Iterator[None]:
    """What is wrong with a market file is told by field, each below ``at``."""
    try:
        yield
    except MarketRefused as error:
        raise not_valid(FieldError(at + fault.field, fault.reason) for fault in error.faults) from None
    except TooLarge as error:
        raise not_valid([FieldError(f"{at}rules", _too_large(error))]) from None


def _too_large(error: TooLarge) -> str:
    most = use_case.INDEX_BYTES_AT_MOST // 2**20
    return (
        f"ask for too many different values: to find a lead's rules takes more than {most} MiB of memory, "
        f"most of it for {error.attribute}; ask for fewer values, or more rules by country"
    )
