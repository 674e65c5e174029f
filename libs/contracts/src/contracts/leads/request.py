"""leads.request: what a customer is owed an answer to, and whether it came in time.

Each lead has requests with numbers. Number 0 is the first response, which every lead is owed that stands as an opportunity: its clock
begins with ``leads.lead.opened``, so it is not received here. A request's responder is the lead's person, unless it names another.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream
from contracts.leads.audit import Word
from contracts.leads.lead import Code, Nth
from contracts.territory.access import Principal

Seconds = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=0, description="0 is the lead's first response")]
RequestId = Annotated[str, Field(description="the lead's id, a slash and the number")]


class _OfRequest(Event):
    """Whose promise it is. ``kind``: first_response, material, sample, quotation, technical_advice, call_back, asked_again,
    follow_up, document, other; a reader must stand others."""

    request_id: RequestId
    lead_id: UUID
    n: Number
    kind: Word
    team: str | None = None
    responder: Principal | None = None


class RequestReceived(_OfRequest):
    """A customer is owed an answer by ``due_at``: worked out from ``starts_at`` by this policy and calendar. No calendar is one
    that always runs."""

    type: Literal["leads.request.received.v1"] = "leads.request.received.v1"
    asked_at: Instant
    starts_at: Instant
    due_at: Instant
    policy: int
    calendar: str | None = None
    calendar_version: int | None = None
    product: str | None = None
    quantity: int | None = None


class RequestOffered(_OfRequest):
    """Somebody is named who is to answer."""

    type: Literal["leads.request.offered.v1"] = "leads.request.offered.v1"
    offered_at: Instant
    due_at: Instant
    by: Principal | None = None


class RequestDueSoon(_OfRequest):
    """Most of the time is over."""

    type: Literal["leads.request.due_soon.v1"] = "leads.request.due_soon.v1"
    due_at: Instant
    step_at: Instant
    fired_at: Instant


class RequestBreached(_OfRequest):
    """The time is over and no answer was given. ``holder`` has the lead; how much working time it was with nobody (system) and with a
    person (human) until then."""

    type: Literal["leads.request.breached.v1"] = "leads.request.breached.v1"
    due_at: Instant
    step_at: Instant
    fired_at: Instant
    holder: Principal | None = None
    system_s: Seconds = 0
    human_s: Seconds = 0


class RequestEscalated(_OfRequest):
    """Still no answer: a step of the policy. ``does`` is notify or take_back; ``level`` says who is told: supervisor or manager;
    ``to`` are those persons."""

    type: Literal["leads.request.escalated.v1"] = "leads.request.escalated.v1"
    step: Nth
    does: Word
    level: Word | None = None
    to: tuple[Principal, ...] = ()
    due_at: Instant
    step_at: Instant
    fired_at: Instant


class _Answer(_OfRequest):
    """``evidence``: person for what somebody says he did, machine for what a system has seen. Working seconds, and seconds of the wall
    clock, with nobody (system) and with a person (human). ``activity_id`` is what was done."""

    answered_at: Instant
    recorded_at: Instant
    due_at: Instant
    late: bool
    by: Principal | None = None
    on_behalf_of: Principal | None = None
    evidence: Word
    result: Word | None = None
    met: bool | None = None
    system_s: Seconds
    human_s: Seconds
    system_wall_s: Seconds
    human_wall_s: Seconds
    activity_id: UUID | None = None


class RequestAnswered(_Answer):
    """The customer has an answer."""

    type: Literal["leads.request.answered.v1"] = "leads.request.answered.v1"


class RequestCorrected(_Answer):
    """The answer was given at another time than was known. It replaces what was said of the answer; ``withdraws`` names what was told
    and was not so: breached, escalated:1 and so on."""

    type: Literal["leads.request.corrected.v1"] = "leads.request.corrected.v1"
    withdraws: tuple[str, ...] = ()


class RequestReopened(_OfRequest):
    """What counted as the answer counts no more: the answer is still owed by the same time."""

    type: Literal["leads.request.reopened.v1"] = "leads.request.reopened.v1"
    due_at: Instant
    reopened_at: Instant


class RequestChecked(_OfRequest):
    """A supervisor has looked whether the answer met what was asked; ``codes`` say why not."""

    type: Literal["leads.request.checked.v1"] = "leads.request.checked.v1"
    met: bool
    codes: tuple[Code, ...] = ()
    by: Principal | None = None
    checked_at: Instant


class RequestCancelled(_OfRequest):
    """No answer is owed any more: it was withdrawn, or the lead has ended."""

    type: Literal["leads.request.cancelled.v1"] = "leads.request.cancelled.v1"
    code: Code
    by: Principal | None = None
    cancelled_at: Instant


REQUEST = Stream(
    "leads.request",
    key="lead_id",
    events=(
        RequestReceived,
        RequestOffered,
        RequestDueSoon,
        RequestBreached,
        RequestEscalated,
        RequestAnswered,
        RequestCorrected,
        RequestReopened,
        RequestChecked,
        RequestCancelled,
    ),
    about="What customers are owed an answer to: received, due soon, breached, escalated, answered, corrected, cancelled.",
)
