"""One thing done to many leads: up to 500 at once with an answer for each, or by a filter as a job."""

import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from uuid_utils.compat import uuid7

from chassis import FieldError, Problem, Transaction, absent, begin, may, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from leads.api.capture import IDEMPOTENCY, key_of
from leads.api.hand import Code, known, qualifies, refusal
from leads.api.list import Asked
from leads.api.permissions import Permission
from leads.api.verdict import Judged
from leads.domain.bulk import AT_ONCE, IN_A_JOB, STEPS, Deed, Job, Row
from leads.domain.search import looked_for
from leads.domain.verdict import ASIDE, Verdict, faults, set_aside
from leads.store import bulk as store
from leads.store.hand import Claim
from leads.use_cases import bulk
from leads.use_cases.bulk import NoSuchJob, Over, UsedBefore
from leads.use_cases.list import which
from leads.use_cases.to_events import money_of


class FieldsAsSent(APIRoute):
    """Names what is wrong by the fields of the body, without the step by which its form was chosen."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The door, and what it refuses."""
        handle = super().get_route_handler()

        async def plain(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise RequestValidationError([_as_sent(one) for one in error.errors()], body=error.body) from None

        return plain


def _as_sent(wrong: Mapping[str, Any]) -> dict[str, Any]:
    loc = tuple(part for n, part in enumerate(wrong["loc"]) if n != 1 or part not in STEPS)
    if wrong["type"].startswith("union_tag"):
        return {**wrong, "loc": (*loc, "do"), "msg": f"is one of {', '.join(STEPS)}"}
    return {**wrong, "loc": loc}


router = APIRouter(prefix="/v1", tags=["many leads"], route_class=FieldsAsSent)
SEES = [Depends(may(Permission.SEE_LEADS))]
_BY_KEY = UUID("b1c5e0a4-98d6-5b0e-8f4e-5a1c3e3f9d27")


class Body(BaseModel):
    """What a door takes: nothing unknown."""

    model_config = ConfigDict(extra="forbid")


class To(Body):
    """A lead, and the ETag that was read; without it the lead is meant as it stands."""

    lead_id: UUID
    if_match: Annotated[str | None, Field(pattern=r'^(W/)?"?[0-9]{1,9}"?$')] = None


class Where(Asked):
    """The leads of a list; one thing is asked for at least."""

    model_config = ConfigDict(extra="forbid")


class Why(Body):
    """A code for the reason."""

    code: Code


class Nothing(Body):
    """Nothing more is said."""


class Many(Body):
    """To whom: leads by their ids, each with its answer at once, or those that a filter finds now, as a job."""

    to: Annotated[list[To] | None, Field(min_length=1, max_length=AT_ONCE)] = None
    where: Where | None = None


class ReturnMany(Many):
    """They are given back."""

    do: Literal["return"]
    with_: Annotated[Why, Field(alias="with")]


class DiscardMany(Many):
    """They are set aside."""

    do: Literal["discard"]
    with_: Annotated[Why, Field(alias="with")]


class QualifyMany(Many):
    """A person's verdict on each."""

    do: Literal["qualify"]
    with_: Annotated[Judged, Field(alias="with")]


class ClaimMany(Many):
    """Who acts looks at them for 15 minutes, and nobody else judges them meanwhile."""

    do: Literal["claim"]
    with_: Annotated[Nothing, Field(alias="with")] = Nothing()


Asking = Annotated[ReturnMany | DiscardMany | QualifyMany | ClaimMany, Field(discriminator="do")]
_ASKING: TypeAdapter[ReturnMany | DiscardMany | QualifyMany | ClaimMany] = TypeAdapter(Asking)


class RowAnswered(BaseModel):
    """What became of a lead: 200 with its ``etag`` now, or with ``until`` when it is claimed; else what its own door would answer."""

    lead_id: UUID
    status: int
    etag: str | None = None
    until: datetime | None = None
    title: str | None = None
    detail: str | None = None
    errors: list[FieldError] = []


class Answered(BaseModel):
    """An answer for each, in the order of the request."""

    rows: list[RowAnswered]


class JobShown(BaseModel):
    """How far a job is: ``done`` of its ``rows``, and how many of them ended with which status."""

    job_id: UUID
    do: str
    state: str
    rows: int
    done: int
    counts: dict[str, int]
    asked_at: datetime
    done_at: datetime | None


class JobRows(BaseModel):
    """Rows of a job that are done. ``after`` is given to the next call; without it there are no more yet."""

    rows: list[RowAnswered]
    after: int | None


def deed_of(said: Mapping[str, Any]) -> Deed:
    """What is done, from how it was asked for."""
    body = _ASKING.validate_python(said)
    match body:
        case ReturnMany():
            return Deed("return", code=body.with_.code)
        case DiscardMany():
            return Deed("discard", set_aside(body.with_.code))
        case QualifyMany():
            said_ = body.with_
            verdict = Verdict(said_.verdict, said_.grade, said_.code, said_.revisit_on)
            return Deed("qualify", verdict, money_of(said_.value))
        case ClaimMany():
            return Deed("claim")


def answer_of(row: Row, became: int | Claim | Exception) -> Mapping[str, Any]:
    """What became of a lead, as it is kept and shown."""
    its = {"lead_id": str(row.lead_id)}
    if isinstance(became, int):
        return its | {"status": 200, "etag": f'"{became}"'}
    if isinstance(became, Claim):
        return its | {"status": 200, "until": became.until.isoformat()}
    problem = refusal(became)
    said = {"title": problem.title, "detail": problem.detail, "errors": [asdict(one) for one in problem.errors]}
    return its | {"status": problem.status} | {name: value for name, value in said.items() if value}


@router.post(
    "/bulk",
    dependencies=SEES,
    responses={202: {"model": JobShown, "description": "By a filter: the job."}},
    openapi_extra={"parameters": [IDEMPOTENCY]},
)
async def post_bulk(request: Request, response: Response, body: Asking) -> Answered | JobShown:
    """Each lead meets the guards and rights that it meets alone, and has its own answer; what is refused to one stops no other. By ids
    all is one transaction. Under an Idempotency-Key the first answer is given again."""
    if (body.to is None) == (body.where is None):
        raise not_valid([FieldError("to", "or where is needed, and one of them only")])
    said = body.model_dump(mode="json", by_alias=True, include={"do", "with_"}, exclude_none=True)
    deed, digest, key = (
        deed_of(said),
        hashlib.sha256(body.model_dump_json().encode()).hexdigest(),
        key_of(request.scope),
    )
    who = actor_of(request).principal
    job_id = uuid5(_BY_KEY, f"{who}/{key}") if key else uuid7()
    try:
        async with begin(request, writes=True) as tx:
            await _check(body, deed, tx)
            there = await bulk.asked_before(job_id, tx) if key else None
            rows = [] if there else await _rows(body, tx)
            job = there or Job(job_id, who, said, digest, "waiting", len(rows), 0, {}, tx.now)
            if job.digest != digest:
                raise UsedBefore
            if body.where is not None:
                job = await bulk.ask(job if rows or there else job.after((), tx.now), rows, tx)
                response.status_code, response.headers["Location"] = 202, f"/v1/jobs/{job.job_id}"
                return _shown(job)
            if there:
                return _answered(await store.page(tx, job_id, 0, None, AT_ONCE))
            done = await bulk.do(deed, rows, qualifies(request), answer_of, tx)
            if key:
                await bulk.ask(job.after([row.answer or {} for row in done], tx.now), done, tx)
            return _answered(done)
    except UsedBefore:
        raise not_valid([FieldError("Idempotency-Key", "was used for another body")]) from None


async def _check(body: Asking, deed: Deed, tx: Transaction) -> None:
    if isinstance(body, ReturnMany | DiscardMany):
        await known(body.do, body.with_.code, tx, "with.code")
    if isinstance(body, QualifyMany) and deed.verdict is not None:
        if wrong := faults(deed.verdict, tx.now):
            raise not_valid(FieldError(f"with.{field}", reason) for field, reason in wrong)
        if deed.verdict.code and deed.verdict.judgement in (*ASIDE, "undecided"):
            step = "undecided" if deed.verdict.judgement == "undecided" else "discard"
            await known(step, deed.verdict.code, tx, "with.code")


async def _rows(body: Asking, tx: Transaction) -> list[Row]:
    if body.to is not None:
        first: dict[UUID, int] = {}
        twice = [n for n, one in enumerate(body.to) if first.setdefault(one.lead_id, n) != n]
        if twice:
            raise not_valid(FieldError(f"to[{n}].lead_id", "is there twice") for n in twice)
        return [Row(n, one.lead_id, _seen(one.if_match)) for n, one in enumerate(body.to, 1)]
    assert body.where is not None
    if not body.where.model_fields_set - {"sort"}:
        raise not_valid([FieldError("where", "asks for nothing: all leads are not meant by that")])
    if body.where.q is not None and not looked_for(body.where.q):
        raise not_valid([FieldError("where.q", "holds nothing to look for")])
    found = await which(body.where.filters(), IN_A_JOB + 1, tx)
    if len(found) > IN_A_JOB:
        raise not_valid([FieldError("where", f"finds more than {IN_A_JOB} leads")])
    return [Row(n, lead_id) for n, lead_id in enumerate(found, 1)]


def _seen(tag: str | None) -> int | None:
    return None if tag is None else int(tag.removeprefix("W/").strip('"'))


@router.get("/jobs/{job_id}", dependencies=SEES, responses=declared(404))
async def get_job(request: Request, job_id: UUID) -> JobShown:
    """How far a job of one's own is. It is kept for 30 days after its end."""
    async with begin(request) as tx:
        return _shown(await _own(job_id, tx))


@router.get("/jobs/{job_id}/rows", dependencies=SEES, responses=declared(404))
async def get_job_rows(
    request: Request,
    job_id: UUID,
    status: Annotated[int | None, Query(ge=200, le=599, description="those only that ended so")] = None,
    after: Annotated[int, Query(ge=0, le=IN_A_JOB)] = 0,
    limit: Annotated[int, Query(ge=1, le=AT_ONCE)] = 100,
) -> JobRows:
    """What became of each lead whose turn has come, in their order."""
    async with begin(request) as tx:
        await _own(job_id, tx)
        rows = await store.page(tx, job_id, after, status, limit)
    done = [row for row in rows if row.answer is not None]
    return JobRows(rows=_answered(done).rows, after=done[-1].n if len(done) == limit else None)


@router.post("/jobs/{job_id}/cancel", dependencies=SEES, responses=declared(404, 409))
async def cancel_job(request: Request, job_id: UUID) -> JobShown:
    """What is done stays done, the rest is left as it is."""
    try:
        async with begin(request) as tx:
            return _shown(await bulk.cancel(job_id, tx))
    except NoSuchJob:
        raise _no_such_job() from None
    except Over as over:
        raise Problem(409, "It is over", detail=f"It is {over.state}.") from None


async def _own(job_id: UUID, tx: Transaction) -> Job:
    job = await store.one(tx, job_id)
    if job is None:
        raise _no_such_job()
    return job


def _no_such_job() -> Problem:
    return absent("No such job")


def _answered(rows: Sequence[Row]) -> Answered:
    return Answered(rows=[RowAnswered.model_validate(row.answer) for row in rows])


def _shown(job: Job) -> JobShown:
    return JobShown(
        job_id=job.job_id,
        do=job.said["do"],
        state=job.state,
        rows=job.rows,
        done=job.position,
        counts=dict(job.counts),
        asked_at=job.asked_at,
        done_at=job.done_at,
    )
