"""The company's deciding rules: drafted, tried, put in force by another, and read by whoever works by them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal, cast, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis import FieldError, Problem, Transaction, absent, begin, may, not_valid
from chassis.problems import declared
from leads.api.permissions import Permission
from leads.domain.policy import FIRST_RESPONSE, Of, Policy
from leads.domain.rules import ByItsAuthor, Kind, NotPossible, Unusable, Version
from leads.store import application as applications
from leads.store import rules as store
from leads.use_cases import application, policies, rules, trial
from leads.use_cases.policies import NoSuchCalendar
from leads.use_cases.rule_contents import read
from leads.use_cases.rules import NoSuchRule, Outdated
from values.working_time import NoWorkingTime

router = APIRouter(prefix="/v1/rules", tags=["rules"])
SEES, DRAFTS, ACTIVATES = (
    [Depends(may(one))] for one in (Permission.SEE_RULES, Permission.DRAFT_RULES, Permission.ACTIVATE_RULES)
)
EDITS = declared(404, 409, 412, 428)

KindOf = Annotated[str, Path(max_length=40, description="scorecard, response, waiting or reasons")]
VersionOf = Annotated[int, Path(ge=1, le=10**9)]
IfMatch = Annotated[str | None, Header(description="the ETag of the version, as it was read")]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class Body(BaseModel):
    """What a door takes: nothing unknown."""

    model_config = ConfigDict(extra="forbid")


class Drafted(Body):
    """A new draft: what it says, or the version that it is a copy of."""

    content: Annotated[dict[str, Any] | None, Field(description="as a version of its kind shows it")] = None
    copy_of: Annotated[int | None, Field(ge=1, le=10**9)] = None


class Edited(Body):
    """What the draft says from now on."""

    content: dict[str, Any]


class Latest(Body):
    """On how many of the leads that came last it is tried."""

    last: Annotated[int, Field(ge=1, le=10_000)] = 1000


class Promised(Body):
    """Something that begins to be owed at this moment where people work by this calendar."""

    calendar: Word
    starts_at: Annotated[AwareDatetime, Field(description="in the years 2000 to 2099")]
    kind: Word = FIRST_RESPONSE
    line: Word | None = None
    grade: Annotated[str | None, Field(pattern="^[A-D]$")] = None
    language: Word | None = None


class Times(BaseModel):
    """When it would be due soon and due, and when each step behind that would come."""

    soon_at: datetime
    due_at: datetime
    steps: list[datetime]


class RuleStep(BaseModel):
    """What was done to a version."""

    what: str
    by: str
    at: datetime
    of: int | None = None


class RuleListed(BaseModel):
    """A version in a list."""

    kind: Kind
    version: int
    state: str
    author: str
    at: datetime
    history: list[RuleStep]


class Rules(BaseModel):
    """Versions, the newest first."""

    rows: list[RuleListed]


class Moved(BaseModel):
    """How many leads go from this to that."""

    before: str
    after: str
    leads: int


class CardSays(BaseModel):
    """What a card says of a lead."""

    grade: str
    score: int
    disposition: str


class Example(BaseModel):
    """A lead about which the two cards differ."""

    lead_id: UUID
    before: CardSays
    after: CardSays


class Tried(BaseModel):
    """What a scorecard would have decided, beside the version in force then (``against``). All leads are counted; of the examples
    those are shown that exist for who asks. ``unreadable`` are leads whose person was forgotten."""

    state: Literal["waiting", "done"]
    last: int
    by: str
    asked_at: datetime
    done_at: datetime | None = None
    against: int | None = None
    leads: int | None = None
    unreadable: int | None = None
    changed: int | None = None
    grades: list[Moved] = []
    dispositions: list[Moved] = []
    examples: list[Example] = []


class Applied(BaseModel):
    """How far it has judged anew who waits for a qualifier: so many leads, of which it says something else of ``changed``. Of
    ``unreadable`` the person was forgotten."""

    state: Literal["waiting", "done"]
    by: str
    asked_at: datetime
    done_at: datetime | None
    leads: int
    changed: int
    unreadable: int


class RuleShown(RuleListed):
    """A version with what it says, what came of trying it last, and of applying it."""

    content: dict[str, Any]
    tried: Tried | None
    applied: Applied | None = None


@asynccontextmanager
async def _refusing(request: Request, *, writes: bool = True) -> AsyncIterator[Transaction]:
    try:
        async with begin(request, writes=writes) as tx:
            yield tx
    except NoSuchRule:
        raise _no_such_rule() from None
    except Outdated as refusal:
        tag = {"ETag": f'"{refusal.edit}"'}
        raise Problem(412, "It was changed since you read it", detail="Read it again.", headers=tag) from None
    except NotPossible as refusal:
        raise Problem(409, "The version's state forbids it", detail=str(refusal)) from None
    except ByItsAuthor:
        raise Problem(403, "Another than its author puts it in force") from None
    except NoWorkingTime:
        raise not_valid([FieldError("calendar", "has so little working time that it is never due")]) from None
    except NoSuchCalendar:
        raise not_valid([FieldError("calendar", "is none that was published")]) from None
    except Unusable as refusal:
        faults = sorted(refusal.faults.items())
        raise not_valid(FieldError(f"content.{field}".rstrip("."), reason) for field, reason in faults) from None


def _no_such_rule() -> Problem:
    return absent("No such rule")


def _kind(said: str) -> Kind:
    if said not in get_args(Kind):
        raise _no_such_rule()
    return cast(Kind, said)


def _read(if_match: str | None) -> int:
    if if_match is None:
        raise Problem(428, "Read it first", detail="Send the ETag that you read in If-Match.")
    plain = if_match.strip().removeprefix("W/").strip('"')
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else 0


async def _shown(one: Version | None, response: Response, tx: Transaction) -> RuleShown:
    if one is None:
        raise _no_such_rule()
    response.headers["ETag"] = f'"{one.edit}"'
    tried = None
    if one.tried:
        examples = one.tried.get("examples", ())
        seen = await store.seen(tx, [UUID(each["lead_id"]) for each in examples]) if examples else set()
        tried = Tried(**{**one.tried, "examples": [each for each in examples if UUID(each["lead_id"]) in seen]})
    done = await applications.one(tx, one.kind, one.version) if one.kind == "scorecard" else None
    applied = Applied.model_validate(done, from_attributes=True) if done else None
    return RuleShown(**_listed(vars(one)), content=dict(one.content), tried=tried, applied=applied)


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in RuleListed.model_fields}


@router.get("", dependencies=SEES)
async def get_rules(request: Request) -> Rules:
    """The versions in force, one of each kind, and drafts."""
    async with begin(request) as tx:
        return Rules(rows=[RuleListed(**row) for row in await store.open_(tx)])


@router.get("/{kind}", dependencies=SEES, responses=declared(404))
async def get_versions(
    request: Request,
    kind: KindOf,
    before: Annotated[int | None, Query(ge=1, le=10**9, description="versions older than this one")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Rules:
    """Versions of a kind, the newest first, with what was done to each."""
    its = _kind(kind)
    async with begin(request) as tx:
        return Rules(rows=[RuleListed(**row) for row in await store.heads(tx, its, before, limit)])


@router.get("/{kind}/active", dependencies=SEES, responses=declared(404))
async def get_active(request: Request, response: Response, kind: KindOf) -> RuleShown:
    """The version in force."""
    its = _kind(kind)
    async with begin(request) as tx:
        return await _shown(await store.active(tx, its), response, tx)


@router.get("/{kind}/{version}", dependencies=SEES, responses=declared(404))
async def get_rule(request: Request, response: Response, kind: KindOf, version: VersionOf) -> RuleShown:
    """A version; its ETag is what a change has to name."""
    its = _kind(kind)
    async with begin(request) as tx:
        return await _shown(await store.one(tx, its, version), response, tx)


@router.post("/{kind}", status_code=201, dependencies=DRAFTS, responses=declared(404))
async def post_rule(request: Request, response: Response, kind: KindOf, body: Drafted) -> RuleShown:
    """A new version, as a draft that decides nothing. Who wants to go back to what was makes a copy of it."""
    its = _kind(kind)
    if (body.content is None) == (body.copy_of is None):
        raise not_valid([FieldError("content", "or copy_of is needed, and one of them only")])
    async with _refusing(request) as tx:
        made = (
            await rules.copy(its, body.copy_of, tx) if body.copy_of else await rules.draft(its, body.content or {}, tx)
        )
        response.headers["Location"] = f"/v1/rules/{its}/{made.version}"
        return await _shown(made, response, tx)


@router.put("/{kind}/{version}", dependencies=DRAFTS, responses=EDITS)
async def put_rule(
    request: Request, response: Response, kind: KindOf, version: VersionOf, body: Edited, if_match: IfMatch = None
) -> RuleShown:
    """Changes a draft; what was in force once never changes."""
    its, seen = _kind(kind), _read(if_match)
    async with _refusing(request) as tx:
        return await _shown(await rules.edit(its, version, body.content, seen, tx), response, tx)


@router.post("/{kind}/{version}/activate", dependencies=ACTIVATES, responses=EDITS)
async def activate_rule(
    request: Request, response: Response, kind: KindOf, version: VersionOf, if_match: IfMatch = None
) -> RuleShown:
    """It decides from now on, in every process within 5 s, and the one before it is archived. By another than its author."""
    its, seen = _kind(kind), _read(if_match)
    async with _refusing(request) as tx:
        shown = await _shown(await rules.activate(its, version, seen, tx), response, tx)
    rules.forget(
        request.app.state.service.database.process_cache
    )  # this process knows at once, the others within seconds
    return shown


@router.post("/{kind}/{version}/archive", dependencies=DRAFTS, responses=EDITS)
async def archive_rule(
    request: Request, response: Response, kind: KindOf, version: VersionOf, if_match: IfMatch = None
) -> RuleShown:
    """A draft is given up; it stays on record. What is in force is archived by another that takes its place."""
    its, seen = _kind(kind), _read(if_match)
    async with _refusing(request) as tx:
        return await _shown(await rules.drop(its, version, seen, tx), response, tx)


@router.post("/response/{version}/try", dependencies=SEES, responses=declared(404))
async def try_response(request: Request, version: VersionOf, body: Promised) -> Times:
    """By when an answer would be owed."""
    if not 2000 <= body.starts_at.year <= 2099:
        raise not_valid([FieldError("starts_at", "lies in the years 2000 to 2099")])
    async with _refusing(request, writes=False) as tx:
        one = await store.one(tx, "response", version)
        if one is None:
            raise NoSuchRule
        policy = cast(Policy, read("response", version, one.content))
        of = Of(
            body.kind if body.kind == FIRST_RESPONSE else policy.kind(body.kind), body.line, body.grade, body.language
        )
        found = await policies.tried(policy, body.calendar, body.starts_at, of, tx)
    return Times(soon_at=found.soon_at, due_at=found.due_at, steps=list(found.steps))


@router.post("/scorecard/{version}/try", status_code=202, dependencies=DRAFTS, responses=declared(404))
async def try_scorecard(request: Request, response: Response, version: VersionOf, body: Latest) -> RuleShown:
    """It is tried on the leads that came last, beside the one in force. What comes of it stands in the version some seconds later;
    nothing else changes."""
    async with _refusing(request) as tx:
        return await _shown(await trial.ask(version, body.last, tx), response, tx)


@router.post("/scorecard/{version}/apply", status_code=202, dependencies=ACTIVATES, responses=declared(404, 409))
async def apply_scorecard(request: Request, response: Response, version: VersionOf) -> RuleShown:
    """The version in force judges anew who waits for a qualifier, and nobody else: not whom a person has judged. How far that is stands in
    the version."""
    async with _refusing(request) as tx:
        await application.ask(version, tx)
        return await _shown(await store.one(tx, "scorecard", version), response, tx)
