"""What verify expects in a timeline of a lead's later life is what the leads service writes there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic_core import to_json

from contracts.leads.lead import (
    LeadAttributes,
    LeadForgotten,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    LeadUnclaimed,
)
from contracts.territory.lead import LeadTransferred
from leads.domain import lead as life
from leads.domain import verdict as people
from leads.domain.lead import Lead, Outcome, entry
from leads.domain.verdict import Hand, Verdict
from tributary.verify.events import body_of
from tributary.verify.invariants.written import _as_told_of
from tributary.verify.invariants.written import entry as entry_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HAND = Hand("quinn", "anna", leads=True, holds=True, qualifies=True)
ANNAS = Lead(captured_at=AT, opened_at=AT, assigned_at=AT, team="berlin", assignee="anna", grade="B")


def told(event: Any) -> Any:
    """What verify makes of it."""
    body = body_of(event.type, to_json(event.model_dump(mode="json", exclude_none=True)))
    return body.entry if hasattr(body, "entry") and body.entry else entry_of(body)


def written(line: life.Entry | None) -> life.Entry:
    assert line is not None
    return _as_told_of(line)


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("near_term", "A"),
        Verdict("nurture", revisit_on=date(2026, 6, 1)),
        Verdict("not_genuine", code="spam"),
        Verdict("not_a_target", code="no_need"),
    ],
)
def test_a_persons_verdict(verdict: Verdict) -> None:
    after, line = people.judged(ANNAS, AT, verdict, HAND, timedelta(days=30))
    event = LeadQualified(
        lead_id=uuid4(),
        genuine=verdict.judgement != "not_genuine",
        grade=after.grade or "D",  # type: ignore[arg-type]
        score=1,
        disposition=after.disposition,  # type: ignore[arg-type]
        scorecard=1,
        about=LeadAttributes(source="web"),
        qualified_at=AT,
        revision=after.life.verdict,
        by="quinn",
        code=verdict.code,
        revisit_on=verdict.revisit_on,
    )
    assert told(event) == written(line)


def test_a_return_a_reopening_a_restoration_and_a_time_that_came() -> None:
    lead_id = uuid4()
    _, line = people.returned(ANNAS, AT, "overload", HAND)
    of: dict[str, Any] = {"lead_id": lead_id, "attempt": 1, "team": "berlin", "person": "anna", "code": "overload"}
    assert told(LeadReturned(**of, due_at=AT, returned_at=AT)) == written(line)
    _, line = life.reopened(ANNAS._replace(outcomes=(Outcome("won", AT),)), AT, "other", "otto")
    assert told(LeadReopened(lead_id=lead_id, revision=2, code="other", by="otto", reopened_at=AT)) == written(line)
    _, line = life.restored(ANNAS._replace(discarded_at=AT), AT, "other", "otto")
    assert told(LeadRestored(lead_id=lead_id, code="other", by="otto", restored_at=AT)) == written(line)
    waited: dict[str, Any] = {"lead_id": lead_id, "place": "queue", "waits": "queue", "since_at": AT, "due_at": AT}
    _, line = life.forgotten(ANNAS, AT)
    assert told(LeadForgotten(lead_id=lead_id, cause="retention", forgotten_at=AT)) == written(line)
    line = entry("unclaimed", AT, place="queue", step=1)
    assert told(LeadUnclaimed(**waited, step=1, fired_at=AT)) == written(line)


@pytest.mark.parametrize("person", ["camille", None])
def test_an_order_that_gave_it_to_others(person: str | None) -> None:
    transfer = uuid4()
    _, line = life.transferred(ANNAS, AT, "paris", person, 2, str(transfer), "transfer", "otto")
    of: dict[str, Any] = {
        "lead_id": uuid4(),
        "transfer_id": transfer,
        "order": 1,
        "to_team": "paris",
        "to_person": person,
    }
    assert told(LeadTransferred(**of, cause="transfer", revision=2, by="otto", decided_at=AT)) == written(line)
