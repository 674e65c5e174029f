"""What somebody was shown is judged by what he had a right to then; a look that shows nothing proves nothing."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from tributary.faults.nemesis.people import QUEUES, TEAMS, WAYS, Looker
from tributary.faults.report import Report
from tributary.faults.sight import GONE_WITHIN_S, Sight, Spell
from tributary.verify.verdict import Verdict


def moved() -> Sight:
    """Otto goes from berlin to munich: the word was sent at 10 and answered at 11."""
    return Sight(spells=[Spell("otto", "berlin", 0, 11), Spell("otto", "munich", 10)])


@pytest.mark.parametrize(
    ("team", "asked", "answered"),
    [("berlin", 1, 2), ("berlin", 11 + GONE_WITHIN_S, 20), ("munich", 9.9, 10), ("munich", 500, 501)],
)
def test_what_was_his_or_had_just_been_is_his_to_see(team: str, asked: float, answered: float) -> None:
    sight = moved()
    sight.shown("otto", team, "leads", asked, answered)
    assert sight.wrong == []


@pytest.mark.parametrize(
    ("person", "team", "asked", "why"),
    [
        ("otto", "berlin", 16.1, "what is of berlin 5.1 s after he had left it"),
        ("otto", "munich", 8, "what is of munich and he never belonged to it"),
        ("eva", "berlin", 5, "what is of berlin and he never belonged to it"),
    ],
)
def test_what_was_shown_without_a_right_fails_the_run(person: str, team: str, asked: float, why: str) -> None:
    sight = moved()
    sight.shown(person, team, "leads", asked, asked + 0.5)
    assert sight.wrong == [f"leads showed {person} {why}"]
    report = Report(verdict=Verdict((), {}, 10, 0, {}), shown=sight.wrong)
    assert report.wrong == sight.wrong


def test_how_long_after_a_move_the_old_rows_were_seen_is_known_and_who_saw_nothing() -> None:
    sight = moved()
    sight.shown("otto", "berlin", "leads", 11.25, 11.3)
    assert sight.gone_s == 0.25
    assert sight.unseen(["otto"], ["berlin", "munich"]) == ["otto saw nothing of munich"]
    sight.spells.append(Spell("otto", "berlin", 12))  # and back: what he sees of it then is not late
    sight.shown("otto", "berlin", "leads", 13, 14)
    assert sight.gone_s == 0.25


OF_BERLIN = {"rows": [{"team": "berlin", "person": "anna", "key": "berlin"}]}
NOTHING: dict[str, Any] = {"rows": [], "columns": []}
LEAKS = {
    WAYS[0]: ("/v1/leads", OF_BERLIN),
    QUEUES: ("/v1/queues", OF_BERLIN),
    WAYS[1]: ("/v1/work", OF_BERLIN),
    WAYS[2]: ("/v1/board", {"columns": [{"count": 3, "rows": []}]}),
    WAYS[3]: ("/v1/summary", OF_BERLIN),
    WAYS[4]: ("/v1/leads/a/documents", NOTHING),
}


@pytest.mark.parametrize("way", LEAKS)
def test_a_service_that_goes_on_showing_what_was_his_is_caught_whichever_way_it_shows_it(way: str) -> None:
    path, leaked = LEAKS[way]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == path and request.url.params.get("team", "berlin") == "berlin":
            return httpx.Response(200, json=leaked)
        return httpx.Response(404) if request.url.path.endswith("documents") else httpx.Response(200, json=NOTHING)

    sight = Sight(spells=[Spell("otto", "berlin", 0, 11), Spell("otto", "munich", 10)])
    running = SimpleNamespace(services={"leads": SimpleNamespace(url="http://leads")})
    looker = Looker(cast("Any", running), "otto", {"a": "berlin", "b": "munich"}, sight, threading.Event())
    looker._working = {"berlin": "anna"}
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        looker.ask_for_many(client)
    assert {look.service for look in sight.looks} == {way}
    assert len(sight.wrong) == len(sight.looks)
    assert sight.unseen([], TEAMS[:1], [way]) == []
    assert sight.unseen([], TEAMS[1:], [way]) == [f"{way} showed nothing of munich"]
