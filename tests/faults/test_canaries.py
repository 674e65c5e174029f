"""Every lead of a fault run has personal values that can be found wherever they stand in the clear, and the doors take them."""

import json
from datetime import UTC, datetime

from campaigns.api.spend import SpendBatch
from leads.api.batch import parse_outcomes
from leads.api.submission import Submission, parse_lead
from tributary.faults.canaries import CANARY, Canaries
from tributary.traffic import SPAM, Traffic

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def traffic() -> Traffic:
    return Traffic(1, clock=lambda: NOW)


def test_every_lead_has_a_canary_in_each_personal_text_and_passes_the_capture_door() -> None:
    made, canaries, answers = traffic(), Canaries(1), 0
    for plain in [*(made.lead() for _ in range(500)), *(made.call() for _ in range(100))]:
        lead = canaries.lead(plain)
        taken = parse_lead(json.dumps(lead).encode(), NOW)
        assert isinstance(taken, Submission), (taken, lead)
        texts = [lead["contact"].get(name, CANARY) for name in ("name", "email", "address")]
        assert all(CANARY in text for text in texts), lead
        message = plain.get("message", "")
        assert CANARY in lead.get("message", "") or len(message) <= 8 or message in SPAM
        assert set(taken.aside.flags) <= {"answer_sealed"}
        answers += "answer_sealed" in taken.aside.flags
        clear = {name: value for name, value in lead.items() if name not in ("contact", "message")}
        assert CANARY not in json.dumps({**clear, "attributes": plain["attributes"]})
    assert answers > 20
    assert canaries.sent == 600


def test_some_outcomes_are_told_in_prose_and_every_spend_at_the_door_has_a_note() -> None:
    made, canaries = traffic(), Canaries(1)
    outcomes = [canaries.outcome(made.outcome("0" * 32)) for _ in range(100)]
    assert sum(CANARY in one.get("reason", "") for one in outcomes) > 5
    rows = parse_outcomes(json.dumps({"outcomes": outcomes}).encode(), NOW)
    assert not isinstance(rows, list)
    assert rows.refused == []
    spend = [canaries.spend(made.spend()) for _ in range(50)]
    assert all(CANARY in one["note"] for one in spend)
    assert not [row for row in SpendBatch.model_validate({"spend": spend}).spend if isinstance(row, list)]


def test_a_canary_changes_nothing_else_and_the_same_seed_makes_the_same() -> None:
    def told(seed: int) -> list[object]:
        made, canaries = traffic(), Canaries(seed)
        return [canaries.lead(made.lead()) for _ in range(20)]

    assert told(1) == told(1) != told(2)
