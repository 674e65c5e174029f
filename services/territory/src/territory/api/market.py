"""The market file: put it, and look at what is in force."""

import asyncio
from datetime import datetime
from threading import Lock
from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chassis import FieldError, Problem, begin, may, not_valid
from territory.api.market_file import Unreadable, read_json, read_yaml, write_yaml
from territory.api.permissions import Permission
from territory.domain.market import ActiveMarket, Fault, MarketRefused
from territory.domain.market_file import FAULTS_AT_MOST, read_market
from territory.domain.possible import doubtful, impossible
from territory.domain.rule_index import TooLarge
from territory.store import market as store
from territory.use_cases.market import activate_market

YAML = ("application/yaml", "application/x-yaml", "text/yaml")
JSON = "application/json"
CONTENT_TYPES = frozenset({*YAML, JSON})
NEWEST = 2**31 - 1
INDEX_BYTES_AT_MOST = 64 * 2**20
PARTS = ("segments", "pipelines", "teams", "rules", "fallback")

_ONE_AT_A_TIME = Lock()

router = APIRouter(prefix="/v1", tags=["market"])


class Sizes(BaseModel):
    """A version, and how much of everything it holds."""

    version: int
    rules: int
    segments: int
    teams: int


class Warned(BaseModel):
    """What was taken, but is worth a look."""

    field: str
    reason: str


class Activated(Sizes):
    """The version in force, and what in it no lead is known to meet."""

    warnings: list[Warned]


class RuleSetVersion(Sizes):
    """A version in the list of all."""

    sha256: str
    activated_at: datetime


class RuleSets(BaseModel):
    """Versions, the newest first. ``active`` is 0 before the first."""

    active: int
    rulesets: list[RuleSetVersion]


class RuleSet(BaseModel):
    """The rules of a version in the order in which they win: the narrowest first."""

    version: int
    rules: list[dict[str, Any]]
    fallback: dict[str, str] | None


class Part(BaseModel):
    """One part of the market in force."""

    version: int


class Segments(Part):
    """All segments."""

    segments: list[dict[str, Any]]


class Teams(Part):
    """All teams with their members."""

    teams: list[dict[str, Any]]


_BODY = {
    "requestBody": {"required": True, "content": {kind: {"schema": {"type": "object"}} for kind in (YAML[0], JSON)}}
}


@router.put(
    "/market",
    dependencies=[Depends(may(Permission.CHANGE_MARKET))],
    summary="Puts a whole market file in force, at once or not at all.",
    openapi_extra=_BODY,
)
async def put_market(request: Request) -> Activated:
    """Segments, pipelines, teams, rules and fallback are one file and one version: no lead ever sees half of one.

    The file that is in force already keeps its version. 422 names every fault by the path of its field.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    document, market, warnings = await asyncio.to_thread(_read, await request.body(), kind)
    async with begin(request) as tx:
        active = await activate_market(document, market, tx)
    store.keep(tx, active)  # not before the commit: a version that came to nothing may be given again
    return Activated(
        version=active.version,
        rules=len(active.market.rules),
        segments=len(active.market.segments),
        teams=len(active.market.teams),
        warnings=[Warned(**vars(warning)) for warning in warnings],
    )


@router.get(
    "/market",
    dependencies=[Depends(may(Permission.SEE_MARKET))],
    summary="The market file in force, as YAML or JSON.",
    responses={200: {"content": {YAML[0]: {"schema": {"type": "string"}}}}},
)
async def get_market(request: Request) -> Response:
    """JSON unless YAML is asked for with ``Accept: application/yaml``. Put back as it is, it changes nothing."""
    async with begin(request) as tx:
        active = await store.active_market(tx)
        document = await store.document_of(tx, active.version)
    if document is None:
        raise Problem(404, "No market has been loaded")
    ordered = {part: document[part] for part in PARTS if part in document}
    headers = {"Tributary-Market-Version": str(active.version), "Vary": "Accept"}
    accepted = request.headers.get("accept", "")
    if any(kind in accepted for kind in YAML):
        return Response(write_yaml(ordered), media_type=YAML[0], headers=headers)
    return JSONResponse(ordered, headers=headers)


@router.get(
    "/rulesets", dependencies=[Depends(may(Permission.SEE_MARKET))], summary="Every version that was ever in force."
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
    dependencies=[Depends(may(Permission.SEE_MARKET))],
    summary="The rules of a version, the narrowest first.",
)
async def get_ruleset(request: Request, version: int) -> RuleSet:
    """As they were given, in the order in which they win."""
    async with begin(request) as tx:
        found = await store.market_of(tx, version) if 0 < version <= NEWEST else None
        document = await store.document_of(tx, version) if found else None
    if found is None or document is None:
        raise Problem(404, "No such rule set")
    given = {rule["name"]: rule for rule in document.get("rules") or ()}
    rules = [given[rule.name] for rule in found.ruleset.rules]
    return RuleSet(version=version, rules=rules, fallback=document.get("fallback"))


@router.get(
    "/segments", dependencies=[Depends(may(Permission.SEE_MARKET))], summary="The segments of the market in force."
)
async def get_segments(request: Request) -> Segments:
    """Empty, under version 0, before the first market."""
    version, segments = await _part(request, "segments")
    return Segments(version=version, segments=segments)


@router.get(
    "/teams",
    dependencies=[Depends(may(Permission.SEE_MARKET))],
    summary="The teams of the market in force, with their members.",
)
async def get_teams(request: Request) -> Teams:
    """Empty, under version 0, before the first market."""
    version, teams = await _part(request, "teams")
    return Teams(version=version, teams=teams)


async def _part(request: Request, name: str) -> tuple[int, list[dict[str, Any]]]:
    async with begin(request) as tx:
        active = await store.active_market(tx)
        document = await store.document_of(tx, active.version) or {}
    return active.version, document.get(name) or []


def _read(body: bytes, kind: str) -> tuple[Any, ActiveMarket, list[Fault]]:
    """The file, its market ready to be routed by, and what in it is doubtful.

    Runs beside the event loop, one file at a time: a file of 4 MiB takes a while, and its index takes memory.
    """
    try:
        with _ONE_AT_A_TIME:
            document = read_json(body) if kind == JSON else read_yaml(body)
            market = ActiveMarket.of(0, read_market(document))
            if faults := impossible(document):
                raise MarketRefused(faults[:FAULTS_AT_MOST])
            market.ruleset.compile(INDEX_BYTES_AT_MOST)
            return document, market, doubtful(document)[:FAULTS_AT_MOST]
    except Unreadable as error:
        raise Problem(400, "The market file can't be read", detail=str(error)) from None
    except MarketRefused as error:
        raise not_valid(FieldError(fault.field, fault.reason) for fault in error.faults) from None
    except TooLarge as error:
        raise not_valid([FieldError("rules", _too_large(error))]) from None


def _too_large(error: TooLarge) -> str:
    most = INDEX_BYTES_AT_MOST // 2**20
    return (
        f"ask for too many different values: to find a lead's rules takes more than {most} MiB of memory, "
        f"most of it for {error.attribute}; ask for fewer values, or more rules by country"
    )
