"""Who had a lead when, as its timeline tells."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leads.domain.holding import Holding, holder_at, holdings

T = datetime(2026, 11, 2, 8, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T + timedelta(hours=hours)


def entry(what: str, hours: float, **detail: Any) -> dict[str, Any]:
    return {"what": what, "at": at(hours), **detail}


LIFE = (
    entry("captured", 0, source="web"),
    entry("opened", 1, team="berlin", segment="dach", pipeline="contract"),
    entry("assigned", 1, team="berlin", assignee="anna"),
    entry("opened", 2, team="berlin", segment="other", pipeline="contract"),
    entry("assigned", 3, team="berlin", assignee="jonas"),
    entry("returned", 4, reason="wrong_person"),
    entry("opened", 5, team="paris", segment="fr", pipeline="contract", released="jonas"),
    entry("won", 6),
)


def test_each_change_of_team_or_person_ends_one_holding_and_begins_another() -> None:
    assert holdings(LIFE) == [
        Holding("berlin", "anna", at(1), "assigned", at(3)),
        Holding("berlin", "jonas", at(3), "assigned", at(4)),
        Holding("berlin", None, at(4), "returned", at(5)),
        Holding("paris", None, at(5), "opened"),
    ]


@pytest.mark.parametrize(
    ("hours", "held"),
    [(0.5, None), (1, "anna"), (2.9, "anna"), (3, "jonas"), (4.5, None), (9, None)],
)
def test_who_had_it_then(hours: float, held: str | None) -> None:
    found = holder_at(LIFE, at(hours))
    assert (found and found.person) == held
    assert (found is None) == (hours < 1)


def test_steps_that_were_heard_late_stand_where_they_happened() -> None:
    assert holdings(LIFE[::-1]) != []
    late = (entry("assigned", 3, team="berlin", assignee="anna"), entry("opened", 1, team="berlin"))
    assert [(one.person, one.since) for one in holdings(late)] == [(None, at(1)), ("anna", at(3))]
