"""What is heard of what customers are owed, put into the words of a lead's fact."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chassis.transaction import EventMetadata
from contracts.event import Event
from contracts.leads.request import (
    RequestAnswered,
    RequestBreached,
    RequestCancelled,
    RequestCorrected,
    RequestReceived,
    RequestReopened,
)
from metrics.domain.facts import CannotCount, LeadFact
from metrics.domain.requests import ANSWER, BREACHED, CANCELLED, NO_ANSWER, RECEIVED
from metrics.use_cases.values import can_be_kept

OfARequest = RequestReceived | RequestBreached | RequestAnswered | RequestCorrected | RequestReopened | RequestCancelled
LONGEST_WAIT_S = 2**33  # longer than the years that a fact can have


def _told(fact: LeadFact, event: OfARequest, what: str, at: datetime, *words: object) -> None:
    for time in (at, *words):
        if isinstance(time, datetime):
            can_be_kept(time)
    if event.n >= 2**31:
        raise CannotCount("the request has a number that can't be kept")
    fact.told(event.n, what, at, *words)


def _received(fact: LeadFact, event: RequestReceived, _: EventMetadata) -> None:
    _told(fact, event, RECEIVED, event.asked_at)


def _cancelled(fact: LeadFact, event: RequestCancelled, _: EventMetadata) -> None:
    _told(fact, event, CANCELLED, event.cancelled_at)


def _breached(fact: LeadFact, event: RequestBreached, metadata: EventMetadata) -> None:
    _told(fact, event, BREACHED, metadata.at, event.due_at, True)


def _answered(fact: LeadFact, event: RequestAnswered | RequestCorrected, metadata: EventMetadata) -> None:
    if max(event.system_s, event.human_s) > LONGEST_WAIT_S:
        raise CannotCount("nobody waits that long")
    _told(fact, event, ANSWER, metadata.at, event.answered_at, event.late, event.system_s, event.human_s)


def _corrected(fact: LeadFact, event: RequestCorrected, metadata: EventMetadata) -> None:
    """The answer was given at another time, and the time it was due did not go by without one where that is taken back."""
    _answered(fact, event, metadata)
    if BREACHED in event.withdraws:
        _told(fact, event, BREACHED, metadata.at, event.due_at, False)


def _reopened(fact: LeadFact, event: RequestReopened, metadata: EventMetadata) -> None:
    _told(fact, event, ANSWER, metadata.at, *NO_ANSWER)


HEAR_REQUESTS: Mapping[type[Event], Callable[[LeadFact, Any, EventMetadata], None]] = {
    RequestReceived: _received,
    RequestBreached: _breached,
    RequestAnswered: _answered,
    RequestCorrected: _corrected,
    RequestReopened: _reopened,
    RequestCancelled: _cancelled,
}
