"""The demo says what is missing, ends with status 1 when something is, and is readable where nothing can move."""

import contextlib
import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tributary.cli import app
from tributary.demo import command
from tributary.demo.board import Board
from tributary.demo.people import People, Sight
from tributary.demo.picture import save_picture
from tributary.demo.screen import budget_table, money, plain, screen
from tributary.demo.show import Show
from tributary.demo.tally import DIMENSIONS, BudgetLine, Sent, Standing, disagreements, summary
from tributary.demo.walk import Walk
from tributary.people import CAST, people
from tributary.running import Running, RunningService
from tributary.tokens import ADMINISTRATORS

BEFORE = Standing(dict.fromkeys(DIMENSIONS, 40), routed=30, assigned=20, closed=5, incurred={"EUR": 1_000})
AFTER = Standing(dict.fromkeys(DIMENSIONS, 42), routed=32, assigned=21, closed=6, incurred={"EUR": 3_000, "INR": 700})
LINE = BudgetLine("salon-lyon", "print", "camille.martin", "EUR", budget=100_000, incurred=90_000, available=10_000)
OVER = replace(LINE, line="stand", incurred=120_000, available=-20_000)
WALK = Walk.of(
    {"contact": {"name": "सीता"}, "country": "IN", "source": "web"},
    {
        "history": [
            {"what": "captured", "at": "2026-05-04T12:00:00.020+00:00"},
            {"what": "qualified", "at": "2026-05-04T12:00:00.020+00:00", "grade": "B"},
            {"what": "routed", "at": "2026-05-04T12:00:00.060+00:00", "team": "delhi"},
            {"what": "assigned", "at": "2026-05-04T12:00:00.060+00:00", "person": "priya.sharma"},
        ]
    },
    datetime(2026, 5, 4, 12, tzinfo=UTC),
    accepted_ms=12,
    shown_ms=90,
)
RUNNING = Running(
    "127.0.0.1:9",
    {
        name: RunningService(f"http://127.0.0.1:{n}", "")
        for n, name in enumerate(("leads", "territory", "campaigns", "metrics"))
    },
    "a-token",
    {},
)


SIGHTS = [
    Sight("anna.schmidt", "sells in Team Berlin", 3, 20),
    Sight("tom.keller", "system administrator", 0, 20, "This needs the permission leads.see"),
]


async def _look(*_: object) -> list[Sight]:
    return SIGHTS


PEOPLE: Any = SimpleNamespace(sights=SIGHTS, look=_look, join=lambda: "two people", move=lambda leads: "nobody")


def sent() -> Sent:
    made = Sent({"lead-1", "lead-2"}, outcomes=1)
    for spend_id, kind, currency, minor in (
        ("a", "incurred", "EUR", 2_000),
        ("b", "committed", "EUR", 9),
        ("c", "incurred", "INR", 700),
    ):
        made.spend({"spend_id": spend_id, "kind": kind, "amount": {"currency": currency, "minor": minor}})
    return made


def row(key: str, version: int, leads: int) -> dict[str, Any]:
    counts = dict.fromkeys(("qualified", "valid", "routed", "assigned", "won", "lost"), 1)
    return {
        "key": key,
        "version": version,
        "leads": leads,
        **counts,
        "conversion": 1.0,
        "won_amount": {"EUR": 500},
        "spend": {"EUR": 4_200},
        "cost_per_lead": {"EUR": 4_200},
    }


def board(*rows: dict[str, Any]) -> Board:
    made = Board()
    made.take({"rows": rows or (row("dach", 1, 7), row("fr", 2, 9))})
    return made


def test_a_run_of_which_all_came_out_is_conserved_and_what_was_there_before_counts_for_nothing() -> None:
    assert disagreements(sent(), BEFORE, AFTER) == []
    assert any(line.startswith("conserved") for line in summary(sent(), BEFORE, AFTER, []))


@pytest.mark.parametrize(
    ("after", "named"),
    [
        (replace(AFTER, leads={**AFTER.leads, "team": 41}), "2 leads were accepted and 1 are counted by team"),
        (replace(AFTER, leads={**AFTER.leads, "channel": 43}), "2 leads were accepted and 3 are counted by channel"),
        (replace(AFTER, closed=5), "1 outcomes were accepted and 0 leads were closed"),
        (
            replace(AFTER, incurred={"EUR": 2_999, "INR": 700}),
            "2000 EUR in minor units were spent and 1999 are on the ledgers",
        ),
        (replace(AFTER, incurred={"EUR": 3_000}), "700 INR in minor units were spent and 0 are on the ledgers"),
        (
            replace(AFTER, incurred={**AFTER.incurred, "USD": 5}),
            "0 USD in minor units were spent and 5 are on the ledgers",
        ),
    ],
)
def test_what_is_missing_or_too_much_is_named(after: Standing, named: str) -> None:
    assert disagreements(sent(), BEFORE, after) == [named]
    shown = summary(sent(), BEFORE, after, [named])
    assert f"NOT CONSERVED: {named}." in shown
    assert not any(line.startswith("conserved") for line in shown)


def test_a_spend_that_was_sent_twice_counts_once_and_money_set_aside_is_not_spent() -> None:
    made = sent()
    made.spend({"spend_id": "a", "kind": "incurred", "amount": {"currency": "EUR", "minor": 2_000}})
    assert made.incurred() == {"EUR": 2_000, "INR": 700}


def test_a_row_of_the_stream_gives_way_only_to_a_newer_one() -> None:
    seen = board(row("dach", 5, 7))
    seen.take({"rows": [row("dach", 4, 6)]})
    assert seen.rows["dach"]["leads"] == 7
    seen.take({"rows": [row("dach", 6, 8)]})
    assert seen.rows["dach"]["leads"] == 8


async def test_a_stream_is_resumed_where_it_broke_off_and_begun_anew_when_that_is_too_old() -> None:
    seen = Board()
    shown = b'retry: 2000\n\nid: x-3\nevent: changed\ndata: {"rows": []}\n\n: keep-alive\n\n'
    assert await seen._read(httpx.Response(200, content=shown), "") == "x-3"
    assert await seen._read(httpx.Response(200, content=b"id: x-9\nevent: resync\ndata: {}\n\n"), "x-3") == ""


def test_the_screen_fits_a_small_terminal_and_says_how_much_it_leaves_out() -> None:
    seen = board(*(row(f"segment-{n}", 1, 10 + n) for n in range(30)))
    console = Console(width=80, height=24, record=True, file=io.StringIO())
    console.print(screen(seen, "a headline", WALK, [LINE, OVER], SIGHTS, 80, 24))
    lines = console.export_text().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert any("and 24 more" in line for line in lines)


def test_a_walk_has_each_step_with_its_time() -> None:
    assert WALK.steps_text().plain == (
        "accepted 12 -> qualified B 20 -> team delhi 60 -> person priya.sharma 60 -> on record 90 ms"
    )


def test_budget_lines_are_shown_the_most_used_first_and_overspent_ones_are_named() -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(budget_table([LINE, OVER]))
    first, second = console.export_text().splitlines()
    assert re.search(r"salon-lyon / stand .* 120% +200 EUR overspent +of 1k EUR +camille.martin", first)
    assert re.search(r"salon-lyon / print .* 90% +100 EUR left", second)


def test_who_signs_in_is_shown_with_what_he_sees_and_why_he_sees_nothing() -> None:
    console = Console(width=100, height=50, record=True, file=io.StringIO())
    console.print(screen(board(), "a headline", WALK, [LINE], SIGHTS, 100, 50))
    shown = console.export_text()
    assert re.search(r"anna.schmidt +sells in Team Berlin +3 of 20", shown)
    assert re.search(r"tom.keller +system administrator +0 of 20 +This needs the permission leads.see", shown)


async def test_each_looks_at_the_same_leads_with_a_token_of_his_own() -> None:
    def door(request: httpx.Request) -> httpx.Response:
        who = request.headers["authorization"].removeprefix("Bearer ")
        if who == "tom.keller":
            return httpx.Response(403, json={"title": "This needs the permission leads.see"})
        return httpx.Response(200 if who == "ingrid.sommer" or request.url.path.endswith("/a") else 404, json={})

    people = People(RUNNING, page=True)
    people._tokens = {person: (math.inf, person) for person in CAST}
    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as http:
        sights = {one.person: (one.seen, one.of, one.why) for one in await people.look(http, ["a", "b"])}
    assert sights["anna.schmidt"] == (1, 2, "")
    assert sights["ingrid.sommer"] == (2, 2, "")
    assert sights["tom.keller"] == (0, 2, "This needs the permission leads.see")
    assert set(sights) == set(CAST)


def test_whom_the_page_knows_are_the_markets_people_and_those_who_keep_the_organisation() -> None:
    known = people()
    assert list(known)[: len(CAST)] == list(CAST)
    assert known["li.wei"] == "上海团队"
    assert set(ADMINISTRATORS) < set(known)


@pytest.mark.parametrize(
    ("minor", "shown"),
    [
        (0, "0 EUR"),
        (99_949, "999 EUR"),
        (99_960, "1k EUR"),
        (123_456_789, "1.23M EUR"),
        (160_000_000_000_000, "1.6T EUR"),
        (-250_000, "-2.5k EUR"),
    ],
)
def test_an_amount_is_shown_in_three_digits(minor: int, shown: str) -> None:
    assert money({"EUR": minor}) == shown


def test_where_nothing_can_move_plain_lines_say_the_same() -> None:
    lines = plain(board(), "5 s: 16 leads accepted", WALK, [LINE, OVER], SIGHTS)
    assert lines == [
        "5 s: 16 leads accepted",
        "  counted   16 leads, 2 valid, 2 routed, 2 assigned, 2 won, 2 lost",
        "  segments  fr 9, dach 7",
        f"  one lead  सीता (IN, web): {WALK.steps_text().plain}",
        "  who sees  of the same 20 leads: anna.schmidt 3, tom.keller none",
        "  budget    salon-lyon / stand (camille.martin): 120% of 1k EUR",
    ]
    assert not set("╭│╰━\x1b") & set("".join(lines))


def test_on_no_terminal_the_end_is_a_plain_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    show = Show(RUNNING, SimpleNamespace(sent=sent(), walk=None), SimpleNamespace(), PEOPLE, 0.0)  # type: ignore[arg-type]
    show.board = board()
    show.leave(tmp_path / "last.svg")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert re.search(r"fr +9 +1 +1 +1 +1 +1 +100% +5 EUR +42 EUR +42 EUR", shown)
    assert (tmp_path / "last.svg").read_text().startswith("<svg")


def test_a_picture_asks_nobody_for_anything(tmp_path: Path) -> None:
    save_picture(screen(board(), "a headline", WALK, [LINE]), 110, tmp_path / "demo.svg")
    drawn = (tmp_path / "demo.svg").read_text()
    assert not set(re.findall(r"https?://[^\"' )]+", drawn)) - {"http://www.w3.org/2000/svg"}
    assert "<script" not in drawn


def test_a_picture_does_not_stretch_letters_that_join(tmp_path: Path) -> None:
    save_picture(screen(board(), "a headline", WALK, [LINE]), 110, tmp_path / "demo.svg")
    drawn = (tmp_path / "demo.svg").read_text()
    [name] = re.findall(r"<text[^>]*>सीता</text>", drawn)
    [headline] = re.findall(r"<text[^>]*>a&#160;headline</text>", drawn)
    assert "textLength" not in name
    assert "textLength" in headline


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The command without a stack; ``wrong`` is what the play finds."""
    found: dict[str, Any] = {"wrong": []}

    @contextlib.contextmanager
    def stack(**_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(running=RUNNING, home=tmp_path, signs_in=False)

    async def play(*_: object) -> tuple[list[str], Standing]:
        return found["wrong"], AFTER

    monkeypatch.setattr(command, "Stack", stack)
    monkeypatch.setattr(command, "load_market", lambda running: "nothing")
    monkeypatch.setattr(command, "_come_to_rest", lambda *_: None)
    monkeypatch.setattr(command, "Asking", lambda *_: SimpleNamespace(standing=lambda: BEFORE))
    monkeypatch.setattr(command, "_play", play)
    monkeypatch.setattr(command, "work", lambda *_: "nothing")
    monkeypatch.setattr(command, "People", lambda *_, **__: PEOPLE)
    return found


@pytest.mark.parametrize(("wrong", "status"), [([], 0), (["2 leads were accepted and 1 are counted by team"], 1)])
def test_the_status_is_0_only_when_all_that_went_in_came_out(
    played: dict[str, Any], monkeypatch: pytest.MonkeyPatch, wrong: list[str], status: int
) -> None:
    played["wrong"] = wrong
    verdict = SimpleNamespace(
        holds=True, places={"won": 2}, accepted=2, findings=[], looked_at={"records": 9, "decisions": 2}
    )
    monkeypatch.setattr(command, "_verified", lambda *_: verdict)
    ended = CliRunner().invoke(app, ["demo", "--seconds", "1"])
    assert ended.exit_code == status, ended.output


def test_the_status_is_1_when_an_invariant_is_violated(played: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    finding = SimpleNamespace(found=1, invariant=SimpleNamespace(id="accounted"))
    verdict = SimpleNamespace(holds=False, places={"nowhere": 1}, accepted=2, findings=[finding], looked_at={})
    monkeypatch.setattr(command, "_verified", lambda *_: verdict)
    monkeypatch.setattr(command, "show_verdict", lambda *_, **__: None)
    ended = CliRunner().invoke(app, ["demo", "--seconds", "1"])
    assert ended.exit_code == 1
    assert "VIOLATED    accounted" in ended.output
