"""Somebody acts on a lead at a door: what he has to have read, what he is told when he may not, and that this is on record."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Request, Response
from pydantic import Field

from chassis import FieldError, Problem, Transaction, begin, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from leads.api.activity import refusing
from leads.api.permissions import Permission
from leads.api.record import no_such_lead, shown, state_shown
from leads.domain.lead import Entry
from leads.domain.stage import Missing
from leads.domain.verdict import MayNot, NotSo
from leads.store import lead as leads
from leads.use_cases import hand, rules
from leads.use_cases.hand import Changed, NoSuchLead, Seen, Unread
from leads.use_cases.verdict import Claimed

IfMatch = Annotated[str | None, Header(description="the ETag of the lead as it was read")]
Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="a code")]
Note = Annotated[str | None, Field(min_length=1, max_length=10_000, pattern=r"^[^\x00]+$", description="kept sealed")]
ETAG: dict[int | str, dict[str, Any]] = {200: {"headers": {"ETag": {"schema": {"type": "string"}}}}}
STEP = declared(403, 404, 409, 412, 428) | ETAG
_MOVES = {"submitted again": "content", "undecided": "due_at", "stage": "stage", "joined": "merged", "parted": "merged"}
_PLACES = {"arriving": "is not decided about yet", "person": "is worked by a person"}


def seen(if_match: str | None) -> Seen:
    """How the lead stood when he read it; a tag that is none of ours is one of before all."""
    if if_match is None:
        return Seen(None)
    plain = if_match.removeprefix("W/").strip('"')
    return Seen(int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else 0)


async def known(step: str, code: str, tx: Transaction, field: str = "code") -> str:
    """A code of those that are in force for this step; 422 for another."""
    codes = (await rules.reasons(tx)).of(step)
    if code not in codes:
        raise not_valid([FieldError(field, f"is none of {', '.join(codes)}")])
    return code


@asynccontextmanager
async def acting(request: Request, lead_id: UUID) -> AsyncIterator[Transaction]:
    """A transaction of this request; what its use case refuses is a problem, changes nothing, and is on record where a right is
    missing."""
    try:
        async with refusing(request, writes=True) as tx:
            yield tx
    except NoSuchLead:
        await _put_down(request, lead_id, hand.NOT_THERE)
        raise no_such_lead() from None
    except MayNot as lacks:
        await _put_down(request, lead_id, lacks.right)
        raise refusal(lacks) from None
    except (Unread, Changed, NotSo, Missing, Claimed) as stands:
        raise refusal(stands) from None


def refusal(why: Exception) -> Problem:
    """What somebody is told whose step is refused for this."""
    match why:
        case NoSuchLead():
            return no_such_lead()
        case MayNot():
            return Problem(403, "You may see this lead, and not do this", detail=_WHO.get(why.right))
        case Unread():
            return Problem(428, "Read it first", detail="Send the ETag that you read in If-Match.")
        case Changed():
            errors = [_changed(entry) for entry in why.entries]
            return Problem(412, "It has changed since you read it", detail="Read it again.", errors=errors)
        case NotSo():
            stands = why.why or f"It {_PLACES.get(why.place, f'is in state {state_shown(why.place)}')}."
            return Problem(409, "What is on record stands against it", detail=stands)
        case Missing():
            errors = [FieldError(one, _NEEDED[one.partition(":")[0]]) for one in why.what]
            return Problem(409, "Something is missing", detail=f"Missing: {', '.join(why.what)}.", errors=errors)
        case Claimed():
            until = f"{why.claim.person} looks at it until {why.claim.until:%Y-%m-%dT%H:%M:%SZ}."
            return Problem(409, "Somebody else looks at it", detail=until)
    raise why


_NEEDED = {
    "answered": "the customer has had no first response",
    "document": "no such document is attached",
    "field": "is not known",
    "transfer": "they are of two teams: one of them has to go to the other's first",
}
_WHO = {
    hand.QUALIFY: "A qualifier of its team judges what nobody works; whoever has it, or leads the team, may set it aside.",
    "leads.return": "Whoever has it, or leads the team, gives it back.",
    "leads.stage": "Whoever has it, or leads the team, moves it on.",
    "leads.close": "Whoever has it, or leads the team, says how it ended.",
    "leads.reopen": "Who leads the team may.",
    "leads.merge": "Who has both leads, or leads their team, says that they are one; a qualifier of those that nobody works.",
    "leads.restore": "Who leads the team may, and a qualifier.",
}


async def _put_down(request: Request, lead_id: UUID, lacks: str) -> None:
    async with begin(request, writes=True) as tx:
        await hand.refuse(lead_id, request.url.path.rpartition("/")[2], lacks, tx)


def _changed(entry: Entry) -> FieldError:
    by = f" by {entry['by']}" if entry.get("by") else ""
    return FieldError(
        ", ".join(entry.get("changed", ())) or _MOVES.get(entry["what"], "place"),
        f"{state_shown(entry['what'])}{by} at {entry['at'].isoformat()}",
    )


def qualifies(request: Request) -> bool:
    """Whether who is at the door is a qualifier."""
    return actor_of(request).may(Permission.QUALIFY)


async def answer(response: Response, lead_id: UUID, tx: Transaction) -> dict[str, Any]:
    """The lead as it stands now, with its tag; for whom it is there no more, only that it was done."""
    record = await leads.show(tx, lead_id)
    if record is None:
        raise NoSuchLead
    response.headers["ETag"] = f'"{record.version}"'
    return shown(record)
