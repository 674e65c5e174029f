"""Replaying a file: what reaches the door, what is refused and told, and what a kill costs."""

import asyncio
import csv
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from rich.console import Console

from leads.api.batch import parse_batch, parse_outcomes
from leads.api.submission import Submission
from leads.domain.identity import lead_id_for
from tributary.child_process import StackError
from tributary.door import Door, Where
from tributary.imports.asked import Answers, Kind
from tributary.imports.judging import Judged, judged
from tributary.imports.naming import CHANGED, Names
from tributary.place import Place
from tributary.replay import IN_FLIGHT, Batch, batches
from tributary.replay import play as played

FUNNEL = """mql_id,first_contact_date,landing_page_id,origin
a1,2018-02-01,p1,social
a2,2017-10-20,p2,
a3,2018-03-22,p1,paid search
"""
DEALS = """mql_id,seller_id,won_date,business_segment,lead_type
a1,s1,2018-02-26 19:58:54,pet,online medium
"""


class Leads:
    """A door that reads batches as the leads service does and remembers what it took, by id."""

    def __init__(self) -> None:
        self.taken: dict[str, Any] = {}
        self.sealed: dict[str, dict[str, Any]] = {}
        self.answers: list[int] = []
        self.at_once = self.most_at_once = 0
        self.away: list[int] = []
        self.stack = "ours"
        self.tokens: list[str] = []  # that it was sent
        self.answered_twice = asyncio.Event()
        self.app = FastAPI()
        self.app.add_api_route("/livez", self.alive)
        self.app.add_api_route("/v1/leads/batch", self.leads, methods=["POST"])
        self.app.add_api_route("/v1/outcomes", self.outcomes, methods=["POST"])

    async def alive(self, request: Request) -> JSONResponse:
        self.tokens += request.headers.getlist("authorization")
        return JSONResponse({"stack": self.stack})

    async def leads(self, request: Request) -> JSONResponse:
        self.tokens += request.headers.getlist("authorization")
        return await self._take(parse_batch(await request.body(), datetime.now(UTC)))

    async def outcomes(self, request: Request) -> JSONResponse:
        return await self._take(parse_outcomes(await request.body(), datetime.now(UTC)))

    async def _take(self, rows: Any) -> JSONResponse:
        if self.away:
            return JSONResponse({"title": "away"}, self.away.pop(), headers={"retry-after": "0"})
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        assert not isinstance(rows, list), rows
        self.answers.append(len(rows.taken))
        if len(self.answers) == 2:
            self.answered_twice.set()
        flagged = []
        for index, taken in rows.taken:
            form = taken.form if isinstance(taken, Submission) else taken
            named = getattr(form, "lead_id", None) or lead_id_for(None, form.source, form.external_id, form.sender)
            self.taken[str(named)] = form
            if isinstance(taken, Submission):
                self.sealed[str(named)] = taken.aside.answers
                flagged.append({"index": index, "flags": taken.aside.flags})
        refused = [
            {"index": i, "errors": [{"field": e.field, "reason": e.reason} for e in wrong]} for i, wrong in rows.refused
        ]
        return JSONResponse({"accepted": len(rows.taken), "ids": [], "refused": refused, "flagged": flagged})


@pytest.fixture
def leads() -> Leads:
    return Leads()


@pytest.fixture
async def door(leads: Leads) -> AsyncIterator[Door]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(leads.app)) as client:
        yield Door(client, lambda: Where("http://leads", "token", "ours"), patience_s=3)


def written(folder: Path, text: str | bytes, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


NOW = datetime(2026, 6, 1, tzinfo=UTC)


def judge(path: Path, kind: Kind = "leads", mapping: Path | None = None, list_name: str = "", **shown: Any) -> Judged:
    return judged(kind, path, mapping, Answers(**shown), list_name)


async def play(kind: Kind, path: Path, door: Door, home: Path, console: Console | None = None, **shown: Any) -> Place:
    return await played(judge(path, kind, **shown), door, console or quiet(), home, "key of the installation")


def made(path: Path, kind: Kind = "leads", begin: Any = None, **shown: Any) -> list[Batch]:
    return list(batches(judge(path, kind, **shown), Names("list", "key"), begin, NOW))


def quiet() -> Console:
    return Console(file=StringIO(), width=200)


def report(folder: Path, name: str = "leads-leads-refused.csv") -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def unsettled(folder: Path) -> None:
    """What a kill between the report and the place leaves behind."""
    with (folder / "leads-leads-refused.csv").open("a") as file:
        file.write("999,999,country,told by a batch that was not settled\n")


def places_in(folder: Path) -> list[Path]:
    return list(folder.glob("*.json"))


def many(rows: int) -> str:
    return "external_id,channel\n" + "".join(f"x{row},social\n" for row in range(rows))


async def test_the_funnel_is_known_by_its_header_and_an_empty_origin_is_a_channel_of_its_own(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    place = await play("leads", written(tmp_path, FUNNEL), door, tmp_path)
    assert (place.accepted, place.refused) == (3, 0)
    shown = {form.external_id: form for form in leads.taken.values()}
    assert {name: form.channel for name, form in shown.items()} == {"a1": "social", "a2": "(none)", "a3": "paid search"}
    assert shown["a2"].occurred_at == datetime(2017, 10, 20, tzinfo=UTC)
    assert (shown["a1"].source, shown["a1"].attributes) == ("import", {"landing_page_id": "p1"})


async def test_the_deals_of_the_funnel_are_won_outcomes_of_the_same_leads(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    await play("leads", written(tmp_path, FUNNEL), door, tmp_path)
    known = set(leads.taken)
    place = await play("outcomes", written(tmp_path, DEALS, "deals.csv"), door, tmp_path, list_name="leads")
    [won] = [form for form in leads.taken.values() if hasattr(form, "result")]
    assert (place.accepted, won.result, won.at) == (1, "won", datetime(2018, 2, 26, 19, 58, 54, tzinfo=UTC))
    assert str(won.lead_id) in known


async def test_a_file_played_twice_is_the_same_leads(tmp_path: Path, leads: Leads, door: Door) -> None:
    path = written(tmp_path, "email,name\na@b.example,A\nb@b.example,B\n")  # names no ids of its own
    for _ in range(2):
        assert (await play("leads", path, door, tmp_path)).accepted == 2
    assert len(leads.taken) == 2


async def test_every_refused_row_is_reported_with_its_row_its_line_and_the_reason_and_the_rest_is_taken(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    rows = [
        "1,good,DE",
        '2,"over\ntwo lines",DE',
        "3,bad country,XX",
        "4,too much,DE,more",
        "5,too long " + "x" * 300_000 + ",DE",
        "6,a NUL \0,DE",
        "",
        "7,good,FR",
    ]
    path = written(
        tmp_path, ("id,region,country\n" + "\n".join(rows) + "\n8,no utf-8 ").encode() + b"\xff,DE\n9,Zo\xc3\xa9,DE\n"
    )
    place = await play("leads", path, door, tmp_path)
    assert (place.accepted, place.refused, place.noted) == (6, 3, 2)
    assert sorted(form.external_id for form in leads.taken.values()) == ["1", "2", "3", "6", "7", "9"]
    shown = [(int(one["row"]), int(one["line"]), one["field"]) for one in report(tmp_path)]
    assert shown == [(4, 6, "row"), (5, 7, "row"), (8, 11, "row")]
    noted = [(one["row"], one["reason"]) for one in report(tmp_path, "leads-leads-noted.csv")]
    assert noted == [("3", "country_unreadable"), ("6", "region_unreadable")]
    assert "XX" not in (tmp_path / "leads-leads-refused.csv").read_text()


async def test_batches_hold_500_rows_and_two_are_under_way_at_once(tmp_path: Path, leads: Leads, door: Door) -> None:
    await play("leads", written(tmp_path, many(1_700)), door, tmp_path)
    assert sorted(leads.answers) == [200, 500, 500, 500]
    assert leads.most_at_once == 2
    assert len(leads.taken) == 1_700


async def test_a_killed_replay_goes_on_where_it_was_and_reports_each_refused_row_once(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    text = many(2_000).replace("x3,social", "x3,social,more").replace("x1900,social", "x1900,social,more")
    path = written(tmp_path, text)
    running = asyncio.create_task(play("leads", path, door, tmp_path))
    await leads.answered_twice.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    before = sum(leads.answers)
    assert before < 2_000
    unsettled(tmp_path)

    place = await play("leads", path, door, tmp_path)
    assert (place.accepted, place.refused) == (1_998, 2)
    assert len(leads.taken) == 1_998
    assert sum(leads.answers) - before < 2_000  # it did not begin again
    assert [one["row"] for one in report(tmp_path)] == ["4", "1901"]
    assert not places_in(tmp_path)


async def test_while_the_door_is_away_the_same_rows_are_sent_again(tmp_path: Path, leads: Leads, door: Door) -> None:
    leads.away = [503, 429, 502]
    assert (await play("leads", written(tmp_path, FUNNEL), door, tmp_path)).accepted == 3
    assert len(leads.taken) == 3


async def test_a_door_that_refuses_the_whole_ends_the_replay_with_a_sentence(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    leads.away = [401]
    with pytest.raises(StackError, match="answers 401: away"):
        await play("leads", written(tmp_path, FUNNEL), door, tmp_path)


@pytest.mark.parametrize("says", ["another's", ""])
async def test_another_stack_at_the_doors_address_is_sent_neither_token_nor_rows(
    tmp_path: Path, leads: Leads, says: str
) -> None:
    leads.stack = says
    async with httpx.AsyncClient(transport=httpx.ASGITransport(leads.app)) as client:
        door = Door(client, lambda: Where("http://leads", "token", "ours"), patience_s=0.5)
        with pytest.raises(StackError, match="is answered by somebody else at http://leads; given up"):
            await play("leads", written(tmp_path, FUNNEL), door, tmp_path)
    assert (leads.tokens, leads.taken) == ([], {})


async def test_the_stack_that_answers_is_asked_for_anew_before_each_batch(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    path = written(tmp_path, many(5_000))
    playing = asyncio.create_task(play("leads", path, door, tmp_path))
    await leads.answered_twice.wait()
    leads.stack, sent = "another's", len(leads.tokens)
    await asyncio.sleep(0.2)
    assert len(leads.tokens) <= sent + IN_FLIGHT
    leads.stack = "ours"
    assert (await playing).accepted == 5_000


async def test_who_wrote_down_where_a_stack_runs_elsewhere_is_believed(tmp_path: Path, leads: Leads) -> None:
    leads.stack = "elsewhere"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(leads.app)) as client:
        door = Door(client, lambda: Where("http://leads", "token", ""), patience_s=3)
        assert (await play("leads", written(tmp_path, FUNNEL), door, tmp_path)).accepted == 3


async def test_a_door_that_never_comes_back_ends_the_replay_with_a_sentence(tmp_path: Path) -> None:
    async with httpx.AsyncClient() as client:
        nobody = Door(client, lambda: Where("http://127.0.0.1:9", "token", "ours"), patience_s=0.5)
        with pytest.raises(StackError, match="does not answer; given up"):
            await play("leads", written(tmp_path, FUNNEL), nobody, tmp_path)


def test_a_file_is_read_row_by_row_whatever_its_length(tmp_path: Path) -> None:
    path = written(tmp_path, many(50_000))
    whole = made(path)
    assert {len(batch.rows) for batch in whole} == {500}
    assert made(path, begin=whole[49].after)[0].rows[0] == (25_001, 25_002)


def test_reading_goes_on_exactly_after_any_row_in_any_script(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffid,name\r\n1,سارا\r\n\r\n2,"两\r\n行"\r\n3,प्रिया\r\n4,Zoé')
    table = judge(path).table
    rows = list(table.rows())
    assert [(row.number, row.line, row.cells["id"]) for row in rows] == [
        (1, 2, "1"),
        (2, 4, "2"),
        (3, 6, "3"),
        (4, 7, "4"),
    ]
    for at, row in enumerate(rows):
        assert list(table.rows(row.after)) == rows[at + 1 :]


def test_a_batch_stays_below_what_the_door_takes(tmp_path: Path) -> None:
    path = written(tmp_path, "id,message\n" + "".join(f"{row},{'ن' * 10_000}\n" for row in range(400)))
    whole = made(path)
    assert sum(len(batch.rows) for batch in whole) == 400
    assert max(len(batch.payload("leads")) for batch in whole) < 4 * 2**20


def test_a_large_file_is_judged_and_mapped_faster_than_the_door_can_take_it(tmp_path: Path) -> None:
    path = written(tmp_path, FUNNEL + "".join(f"b{n},2018-01-01,p,social\n" for n in range(20_000)))
    begun = time.process_time()
    assert len([json.loads(batch.payload("leads")) for batch in made(path)]) == 41
    assert time.process_time() - begun < 4


async def test_a_corrected_file_takes_what_was_refused_and_doubles_nothing(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    rows = "badge,name,phone,email,country\nA-1,Ines,01 23 45 67 89,ines@a.example,FR\nA-2,Hugo,{},,{}\nA-3,Sara,+989123456789,,{}\n"
    first = await play("leads", written(tmp_path, rows.format("12", "FR", "DE")), door, tmp_path)
    assert (first.accepted, first.refused) == (2, 1)
    second = await play("leads", written(tmp_path, rows.format("01 23 45 67 80", "France", "IR")), door, tmp_path)
    assert (second.accepted, len(leads.taken)) == (3, 3)


async def test_a_corrected_address_is_the_same_lead_by_its_number_and_name(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    for address in ("jule@", "jule@a.example", "marx@a.example"):
        await play("leads", written(tmp_path, f"name,email,phone\nJule,{address},+49301234567\n"), door, tmp_path)
    assert len(leads.taken) == 1


async def test_what_was_corrected_of_a_lead_that_was_taken_is_noted_because_it_stays_as_it_was(
    tmp_path: Path, door: Door
) -> None:
    rows = "name,email,product\nJule,jule@a.example,{}\nBert,bert@a.example,laser\n"
    await play("leads", written(tmp_path, rows.format("lathe")), door, tmp_path)
    again = await play("leads", written(tmp_path, rows.format("robot")), door, tmp_path)
    assert (again.accepted, again.noted) == (2, 1)
    assert report(tmp_path, "leads-leads-noted.csv")[0]["reason"] == CHANGED


async def test_two_lists_that_number_their_rows_alike_are_different_leads_and_one_list_in_two_files_is_not(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    rows = "id,email\n1,a@b.example\n2,b@b.example\n"
    await play("leads", written(tmp_path, rows, "anna.csv"), door, tmp_path)
    await play("leads", written(tmp_path, rows, "bert.csv"), door, tmp_path)
    assert len(leads.taken) == 4
    await play("leads", written(tmp_path, rows, "again.csv"), door, tmp_path, list="anna")
    assert len(leads.taken) == 4


async def test_outcomes_find_their_leads_by_address_where_the_list_has_no_ids(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    await play("leads", written(tmp_path, "name,email\nJule,jule@a.example\n"), door, tmp_path)
    known = set(leads.taken)
    deals = 'email,stage,close date,amount,currency\nJULE@a.example,Closed Won,27.11.2025,"1.234,50",EUR\nb@b.example,Proposal,,,\n'
    place = await play("outcomes", written(tmp_path, deals, "deals.csv"), door, tmp_path, list_name="leads")
    [won] = [form for form in leads.taken.values() if hasattr(form, "result")]
    assert (str(won.lead_id) in known, won.result, won.amount.minor) == (True, "won", 123_450)
    assert (place.accepted, place.refused, place.noted) == (1, 0, 1)


async def test_nothing_of_an_unknown_column_travels_in_the_clear(tmp_path: Path, leads: Leads, door: Door) -> None:
    rows = "Email,Prenom de la mere,Owner,country\na@b.example,Zelda,Raj Patel,DE\n"
    await play("leads", written(tmp_path, rows), door, tmp_path)
    [(name, form)] = leads.taken.items()
    assert form.attributes == {}
    assert leads.sealed[name] == {"Prenom de la mere": "Zelda", "Owner": "Raj Patel"}


async def test_what_a_file_was_taken_for_is_told_with_its_list(tmp_path: Path, door: Door) -> None:
    console = quiet()
    path = written(
        tmp_path, "Report of May\n\nE-Mail;Anlagedatum\na@b.example;27.11.2025\n".encode("utf-16"), "fair.csv"
    )
    await play("leads", path, door, tmp_path, console)
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert "list fair; UTF-16, separated by semicolon, 1 title line above the header skipped" in shown
    assert "the day stands first" in shown
    assert "fair.csv: 1 leads taken, 0 refused\n" in shown


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "is empty"), ('id,channel\n1,"open\n' + "x\n" * 600_000, "line 2: a quotation mark")]
)
async def test_a_file_that_is_no_table_is_refused_with_a_sentence_and_nothing_is_sent(
    tmp_path: Path, leads: Leads, door: Door, text: str, sentence: str
) -> None:
    with pytest.raises(StackError, match=sentence):
        await play("leads", written(tmp_path, text), door, tmp_path)
    assert not leads.answers
