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
from tributary.door import Door
from tributary.guessing import guessed
from tributary.mapping import Plan, plan_for
from tributary.owned import StackError
from tributary.replay import Batch, batches, play
from tributary.table import Table

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
        self.answers: list[int] = []
        self.at_once = self.most_at_once = 0
        self.away: list[int] = []
        self.answered_twice = asyncio.Event()
        self.app = FastAPI()
        self.app.add_api_route("/v1/leads/batch", self.leads, methods=["POST"])
        self.app.add_api_route("/v1/outcomes", self.outcomes, methods=["POST"])

    async def leads(self, request: Request) -> JSONResponse:
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
        for _, one in rows.taken:
            form = one.form if isinstance(one, Submission) else one
            lead_id = getattr(form, "lead_id", None)
            self.taken[str(lead_id or lead_id_for(None, form.source, form.external_id, form.sender))] = form
        refused = [
            {"index": i, "errors": [{"field": e.field, "reason": e.reason} for e in wrong]} for i, wrong in rows.refused
        ]
        return JSONResponse({"accepted": len(rows.taken), "ids": [], "refused": refused})


@pytest.fixture
def leads() -> Leads:
    return Leads()


@pytest.fixture
async def door(leads: Leads) -> AsyncIterator[Door]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(leads.app)) as client:
        yield Door(client, lambda: ("http://leads", "token"), patience_s=3)


def written(folder: Path, text: str | bytes, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


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
    place = await play("leads", written(tmp_path, FUNNEL), None, door, quiet(), tmp_path)
    assert (place.accepted, place.refused) == (3, 0)
    told = {form.external_id: form for form in leads.taken.values()}
    assert {name: form.channel for name, form in told.items()} == {"a1": "social", "a2": "(none)", "a3": "paid search"}
    assert told["a2"].occurred_at == datetime(2017, 10, 20, tzinfo=UTC)
    assert (told["a1"].source, told["a1"].attributes) == ("import", {"landing_page_id": "p1"})


async def test_the_deals_of_the_funnel_are_won_outcomes_of_the_same_leads(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    await play("leads", written(tmp_path, FUNNEL), None, door, quiet(), tmp_path)
    known = set(leads.taken)
    place = await play("outcomes", written(tmp_path, DEALS, "deals.csv"), None, door, quiet(), tmp_path)
    [won] = [form for form in leads.taken.values() if hasattr(form, "result")]
    assert (place.accepted, won.result, won.at) == (1, "won", datetime(2018, 2, 26, 19, 58, 54, tzinfo=UTC))
    assert str(won.lead_id) in known


async def test_a_file_played_twice_is_the_same_leads(tmp_path: Path, leads: Leads, door: Door) -> None:
    path = written(tmp_path, "email,name\na@b.example,A\nb@b.example,B\n")  # names no ids of its own
    for _ in range(2):
        assert (await play("leads", path, None, door, quiet(), tmp_path)).accepted == 2
    assert len(leads.taken) == 2


async def test_every_refused_row_is_reported_with_its_row_its_line_and_the_reason_and_the_rest_is_taken(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    rows = [
        "1,good,DE",
        '2,"over\ntwo lines",DE',
        "3,bad country,XX",
        "4,too few",
        "5,too long " + "x" * 300_000 + ",DE",
        "6,a NUL \0,DE",
        "",
        "7,good,FR",
    ]
    path = written(tmp_path, ("id,region,country\n" + "\n".join(rows) + "\n8,no utf-8 ").encode() + b"\xff,DE\n")
    place = await play("leads", path, None, door, quiet(), tmp_path)
    assert (place.accepted, place.refused) == (5, 3)
    assert sorted(form.external_id for form in leads.taken.values()) == ["1", "2", "3", "6", "7"]
    told = [(int(one["row"]), int(one["line"]), one["field"]) for one in report(tmp_path)]
    assert told == [(4, 6, "row"), (5, 7, "row"), (8, 11, "row")]
    assert "XX" not in (tmp_path / "leads-leads-refused.csv").read_text()


async def test_batches_hold_500_rows_and_two_are_under_way_at_once(tmp_path: Path, leads: Leads, door: Door) -> None:
    await play("leads", written(tmp_path, many(1_700)), None, door, quiet(), tmp_path)
    assert sorted(leads.answers) == [200, 500, 500, 500]
    assert leads.most_at_once == 2
    assert len(leads.taken) == 1_700


async def test_a_killed_replay_goes_on_where_it_was_and_reports_each_refused_row_once(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    text = (
        many(2_000)
        .replace("x3,social", "x3" + "y" * 501 + ",social")
        .replace("x1900,social", "x1900" + "y" * 501 + ",social")
    )
    path = written(tmp_path, text)
    running = asyncio.create_task(play("leads", path, None, door, quiet(), tmp_path))
    await leads.answered_twice.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    before = sum(leads.answers)
    assert before < 2_000
    unsettled(tmp_path)

    place = await play("leads", path, None, door, quiet(), tmp_path)
    assert (place.accepted, place.refused) == (1_998, 2)
    assert len(leads.taken) == 1_998
    assert sum(leads.answers) - before < 2_000  # it did not begin again
    assert [one["row"] for one in report(tmp_path)] == ["4", "1901"]
    assert not places_in(tmp_path)


async def test_while_the_door_is_away_the_same_rows_are_sent_again(tmp_path: Path, leads: Leads, door: Door) -> None:
    leads.away = [503, 429, 502]
    assert (await play("leads", written(tmp_path, FUNNEL), None, door, quiet(), tmp_path)).accepted == 3
    assert len(leads.taken) == 3


async def test_a_door_that_refuses_the_whole_ends_the_replay_with_a_sentence(
    tmp_path: Path, leads: Leads, door: Door
) -> None:
    leads.away = [401]
    with pytest.raises(StackError, match="answers 401: away"):
        await play("leads", written(tmp_path, FUNNEL), None, door, quiet(), tmp_path)


async def test_a_door_that_never_comes_back_ends_the_replay_with_a_sentence(tmp_path: Path) -> None:
    async with httpx.AsyncClient() as client:
        nobody = Door(client, lambda: ("http://127.0.0.1:9", "token"), patience_s=0.5)
        with pytest.raises(StackError, match="does not answer; given up"):
            await play("leads", written(tmp_path, FUNNEL), None, nobody, quiet(), tmp_path)


def test_a_file_is_read_row_by_row_whatever_its_length(tmp_path: Path) -> None:
    path = written(tmp_path, many(50_000))
    plan = guessed("leads", Table(path).header)
    sizes = [len(batch.rows) for batch in batches(Table(path), plan, "f", None)]
    assert set(sizes) == {500}
    half = list(batches(Table(path), plan, "f", None))[49].after
    again = [batch.rows[0] for batch in batches(Table(path), plan, "f", half)]
    assert again[0] == (25_001, 25_002)


def test_reading_goes_on_exactly_after_any_row_in_any_script(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffid,name\r\n1,سارا\r\n\r\n2,"两\r\n行"\r\n3,प्रिया\r\n4,Zoé')
    rows = list(Table(path).rows())
    assert [(row.number, row.line, row.cells["id"]) for row in rows] == [
        (1, 2, "1"),
        (2, 4, "2"),
        (3, 6, "3"),
        (4, 7, "4"),
    ]
    for at, row in enumerate(rows):
        assert list(Table(path).rows(row.after)) == rows[at + 1 :]


def test_a_time_with_a_zone_keeps_it_and_one_without_is_utc() -> None:
    at = guessed("leads", ["created_at"]).fields["occurred_at"]
    assert at.of({"created_at": "2026-05-04 12:00:00+03:30"}) == "2026-05-04T12:00:00+03:30"
    assert at.of({"created_at": "2026-05-04"}) == "2026-05-04T00:00:00+00:00"


def test_a_batch_stays_below_what_the_door_takes(tmp_path: Path) -> None:
    path = written(tmp_path, "id,message\n" + "".join(f"{row},{'ن' * 10_000}\n" for row in range(400)))
    made = list(batches(Table(path), guessed("leads", ["id", "message"]), "f", None))
    assert sum(len(batch.rows) for batch in made) == 400
    assert max(len(batch.payload("leads")) for batch in made) < 4 * 2**20
    assert all(isinstance(batch, Batch) for batch in made)


def test_columns_are_known_by_their_names_in_several_languages_and_the_others_become_attributes(tmp_path: Path) -> None:
    header = ["E-Mail", "Téléphone", "Land", "PLZ", "Größe", "utm_campaign", "value"]
    plan = guessed("leads", header)
    body = plan.body(
        dict(zip(header, ["a@b.example", "030 901820", "DE", "10115", "20", "spring", "5"], strict=True)), "f-1"
    )
    assert body == {
        "contact": {"email": "a@b.example", "phone": "030 901820"},
        "country": "DE",
        "postcode": "10115",
        "campaign": "spring",
        "attributes": {"grosse": "20", "value": "5"},
        "external_id": "f-1",
        "source": "import",
    }


def test_a_file_of_any_width_gives_its_first_32_other_columns_and_says_which_are_left() -> None:
    plan = guessed("leads", ["id", *(f"c{n}" for n in range(1_000))])
    assert len(plan.body({"id": "1", **{f"c{n}": "x" for n in range(1_000)}}, "f-1")["attributes"]) == 32
    assert len(plan.unused) == 968


MAPPING = """
leads:
  fields:
    source: {constant: sales}
    external_id: ref
    channel: {column: how, values: {TV: television}, default: unknown}
    occurred_at: {column: day, time: "%d.%m.%Y", zone: Europe/Berlin}
    expected_amount.minor: {column: price, decimals: 2}
    expected_amount.currency: {constant: EUR}
    attributes.staff: {column: staff, number: true}
"""


def mapped(folder: Path, text: str, header: list[str]) -> Plan | None:
    return plan_for("leads", header, written(folder, text, "mapping.yaml"))


def test_a_mapping_says_constants_values_defaults_times_amounts_and_numbers(tmp_path: Path) -> None:
    header = ["ref", "how", "day", "price", "staff", "more"]
    plan = mapped(tmp_path, MAPPING, header)
    assert plan
    assert plan.unused == ("more",)
    assert plan.body(dict(zip(header, ["7", "TV", "04.05.2026", "19.99", "20", "?"], strict=True)), "f-1") == {
        "source": "sales",
        "external_id": "7",
        "channel": "television",
        "occurred_at": "2026-05-04T00:00:00+02:00",
        "expected_amount": {"minor": 1999, "currency": "EUR"},
        "attributes": {"staff": 20},
    }
    odd = plan.body(dict(zip(header, ["7", "", "4 May", "1e99", "NaN", ""], strict=True)), "f-1")
    assert odd["channel"] == "unknown"
    assert (odd["occurred_at"], odd["expected_amount"]["minor"], odd["attributes"]["staff"]) == ("4 May", "1e99", "NaN")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("leads: {fields: {shoe: ref}}", "leads.shoe|shoe is not a field"),
        ("leads: {fields: {channel: nowhere}}", "no column nowhere"),
        ("leads: {fields: {channel: {colour: ref}}}", "is a column's name, or"),
        ("leads: {fields: {occurred_at: {column: ref, time: iso, zone: Mars}}}", "no such zone"),
        ("leads: [1]", "has no fields"),
        ("rows: {}", "the parts leads and outcomes"),
        ("{", "is not YAML"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(StackError, match=sentence):
        mapped(tmp_path, text, ["ref"])


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "has no header"), ('id,channel\n1,"open\n' + "x\n" * 600_000, "not closed")]
)
async def test_a_file_that_is_no_table_is_refused_with_a_sentence(
    tmp_path: Path, door: Door, text: str, sentence: str
) -> None:
    with pytest.raises(StackError, match=sentence):
        await play("leads", written(tmp_path, text), None, door, quiet(), tmp_path)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_separator_is_the_one_of_the_header_and_a_byte_order_mark_is_no_part_of_it(
    tmp_path: Path, separator: str
) -> None:
    table = Table(
        written(
            tmp_path,
            b"\xef\xbb\xbf" + separator.join(("id", "channel")).encode() + b"\r\n" + f"1{separator}a,b\r\n".encode(),
        )
    )
    assert [row.cells for row in table.rows()] == [{"id": "1", "channel": "a,b"}]


def test_a_large_file_is_mapped_faster_than_the_door_can_take_it(tmp_path: Path) -> None:
    path = written(tmp_path, FUNNEL + "".join(f"b{n},2018-01-01,p,social\n" for n in range(20_000)))
    table = Table(path)
    plan = plan_for("leads", table.header, None)
    assert plan
    begun = time.process_time()
    bodies = [json.loads(batch.payload("leads")) for batch in batches(table, plan, "f", None)]
    assert len(bodies) == 41
    assert time.process_time() - begun < 4
