"""Readers of the stream: what they are sent, how they resume, and how a stream ends."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from chassis.telemetry import REGISTRY
from chassis_testing import TOKEN, ServiceUnderTest
from contracts.leads.lead import LeadCaptured

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def captured(number: int, channel: str = "web") -> LeadCaptured:
    return LeadCaptured(lead_id=UUID(int=number), source=channel, occurred_at=NOON, captured_at=NOON)


class EventMetadata(NamedTuple):
    """One server-sent event."""

    event: str
    id: str
    data: Any


@dataclass
class Stream:
    """One open stream, on ASGI itself, whose reader can stop reading."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    raw: bytes = b""
    writes: int = 0
    bodies: list[bytes] = field(default_factory=list)
    ended: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    async def receive(self) -> dict[str, Any]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.writes += 1
            self.bodies.append(message["body"])
            self.raw += message["body"]
            self.ended = not message.get("more_body", False)
        self.news.set()

    @property
    def events(self) -> list[EventMetadata]:
        """Everything sent so far but comments."""
        found = []
        for block in self.raw.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
            if "event" in fields:
                found.append(EventMetadata(fields["event"], fields.get("id", ""), json.loads(fields["data"])))
        return found

    async def until(self, true: Callable[["Stream"], bool]) -> None:
        """Waits for what the stream must say within two seconds."""
        async with asyncio.timeout(2):
            while not true(self):
                self.news.clear()
                await self.news.wait()

    async def hears(self, event: str, n: int = 1) -> EventMetadata:
        """The nth event of this name."""
        await self.until(lambda s: sum(e.event == event for e in s.events) >= n)
        return [e for e in self.events if e.event == event][n - 1]

    async def finished(self) -> None:
        assert self.task is not None
        async with asyncio.timeout(4):
            await self.task


class Doors(NamedTuple):
    service: ServiceUnderTest
    open: Callable[..., Stream]


@pytest.fixture
async def doors(service: ServiceUnderTest) -> AsyncIterator[Doors]:
    """The service with its ticker running, and a way to open streams on it."""
    streams: list[Stream] = []
    running = asyncio.create_task(service.service.background[0](service.service))

    def open_stream(
        by: str = "channel",
        last_event_id: str = "",
        token: str = TOKEN,
        cookie: str = "",
        query: str = "",
        origin: str = "",
    ) -> Stream:
        stream = Stream()
        stream.reading.set()
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        if cookie:
            headers.append((b"cookie", cookie.encode()))
        if origin:
            headers.append((b"origin", origin.encode()))
        if last_event_id:
            headers.append((b"last-event-id", last_event_id.encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/v1/kpis/stream",
            "raw_path": b"/v1/kpis/stream",
            "root_path": "",
            "query_string": f"by={by}{query}".encode(),
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        stream.task = asyncio.create_task(service.service.asgi(scope, stream.receive, stream.send))
        streams.append(stream)
        return stream

    yield Doors(service, open_stream)
    for stream in streams:
        stream.reading.set()
        stream.hung_up.set()
        with contextlib.suppress(Exception):
            await stream.finished()
    service.service.stopping.set()
    await running


async def test_a_new_stream_begins_with_every_row_and_then_tells_what_changed(doors: Doors) -> None:
    await doors.service.receives(captured(1, "web"), captured(2, "phone"))
    stream = doors.open()
    snapshot = await stream.hears("snapshot")
    assert {row["key"]: row["leads"] for row in snapshot.data["rows"]} == {"web": 1, "phone": 1}
    assert set(snapshot.data["as_of"]) == {"leads.lead"}
    await doors.service.receives(captured(3, "web"))
    # A transaction of anybody else in this server may let the first tick read the snapshot's rows again.
    before, ticks, web = {row["key"]: row["version"] for row in snapshot.data["rows"]}, 0, {"leads": 0}
    while web["leads"] < 2:
        ticks += 1
        changed = await stream.hears("changed", ticks)
        web = next((row for row in changed.data["rows"] if row["key"] == "web"), web)
    assert (web["leads"], ticks <= 2) == (2, True)
    assert web["version"] > before["web"]
    assert stream.status == 200
    assert stream.raw.startswith(b"retry: ")


async def test_what_a_tick_reads_again_is_told_once(doors: Doors) -> None:
    stream = doors.open()
    await stream.hears("snapshot")
    async with doors.service.service.database.transaction() as slow:  # every tick reads from this transaction on
        await slow.conn.execute("select pg_current_xact_id()")
        await doors.service.receives(captured(1))
        await stream.hears("changed")
        await asyncio.sleep(0.1)
        assert [e.event for e in stream.events] == ["snapshot", "changed"]
        await doors.service.receives(captured(2, "fair"))
        assert [row["key"] for row in (await stream.hears("changed", 2)).data["rows"]] == ["fair"]


async def test_a_stream_hears_of_its_own_dimension_only(doors: Doors) -> None:
    team, channel = doors.open(by="team"), doors.open(by="channel")
    await team.hears("snapshot")
    await channel.hears("snapshot")
    await doors.service.receives(captured(1))
    assert [row["key"] for row in (await team.hears("changed")).data["rows"]] == ["(unrouted)"]
    assert [row["key"] for row in (await channel.hears("changed")).data["rows"]] == ["web"]


async def test_many_changes_within_a_tick_are_one_event(doors: Doors) -> None:
    stream = doors.open()
    await stream.hears("snapshot")
    await doors.service.receives(*(captured(n, f"c{n}") for n in range(20)))
    assert len((await stream.hears("changed")).data["rows"]) == 20


async def test_a_reader_that_comes_back_is_sent_what_it_missed_and_nothing_else(doors: Doors) -> None:
    first, other = doors.open(), doors.open()
    await other.hears("snapshot")
    await doors.service.receives(captured(1))
    at = (await first.hears("changed")).id
    first.hung_up.set()
    await first.finished()
    await doors.service.receives(captured(2))
    await other.hears("changed", 2)
    back = doors.open(last_event_id=at)
    missed = await back.hears("changed")
    assert [(row["key"], row["leads"]) for row in missed.data["rows"]] == [("web", 2)]
    assert [e.event for e in back.events] == ["changed"]
    await doors.service.receives(captured(3))
    assert (await back.hears("changed", 2)).data["rows"][0]["leads"] == 3


async def test_what_changed_while_nobody_was_reading_is_told_to_whoever_comes_back(doors: Doors) -> None:
    first = doors.open()
    at = (await first.hears("snapshot")).id
    first.hung_up.set()
    await first.finished()
    await asyncio.sleep(0.05)
    await doors.service.receives(captured(1))
    back = doors.open(last_event_id=at)
    assert (await back.hears("changed")).data["rows"][0]["leads"] == 1
    assert [e.event for e in back.events] == ["changed"]


async def test_a_reader_that_comes_back_too_late_is_sent_everything_and_then_goes_on(doors: Doors) -> None:
    first, other = doors.open(), doors.open()
    at = (await first.hears("snapshot")).id
    first.hung_up.set()
    await other.hears("snapshot")
    for n in range(20):  # more than the ring of this test holds
        await doors.service.receives(captured(n))
        await other.hears("changed", n + 1)
    back = doors.open(last_event_id=at)
    assert (await back.hears("snapshot")).data["rows"][0]["leads"] == 20
    await doors.service.receives(captured(99))
    assert (await back.hears("changed")).data["rows"][0]["leads"] == 21
    assert [e.event for e in back.events] == ["resync", "snapshot", "changed"]


async def test_what_a_reader_missed_is_not_kept_for_it_while_it_takes_nothing(doors: Doors) -> None:
    feed = doors.service.service.background[0].__self__  # type: ignore[attr-defined]
    first, other = doors.open(), doors.open()
    at = (await first.hears("snapshot")).id
    first.hung_up.set()
    await other.hears("snapshot")
    for n in range(3):
        await doors.service.receives(captured(n))
        await other.hears("changed", n + 1)
    back = doors.open(last_event_id=at)
    back.reading.clear()
    async with asyncio.timeout(2):
        while not (waits := [r for c in feed.channels.values() for r in c.readers if r.behind is not None]):
            await asyncio.sleep(0.005)
    for n in range(3, 23):  # what it has missed is pushed out of the ring meanwhile; what waits for it stays small
        await doors.service.receives(captured(n))
        await other.hears("changed", n + 1)
        waits[0].backlog.clear()
    assert sum(map(len, waits[0].first)) < 100
    back.reading.set()
    await back.until(lambda s: any(e.event == "snapshot" and e.data["rows"][0]["leads"] == 23 for e in s.events))


STRANGE = ["elsewhere-0", "nonsense", "-", "7", "elsewhere-" + "9" * 80, "x" * 20_000, "\u00e9-\u00b2", "'; --"]


@pytest.mark.parametrize("strange", STRANGE)
async def test_a_position_of_another_process_or_of_none_is_answered_with_everything(doors: Doors, strange: str) -> None:
    await doors.service.receives(captured(1))
    stream = doors.open(last_event_id=strange)
    assert (await stream.hears("snapshot")).data["rows"][0]["leads"] == 1
    await doors.service.receives(captured(2))
    assert (await stream.hears("changed")).data["rows"][0]["leads"] == 2
    assert stream.status == 200


ALL = "channel&by=team&by=segment&by=campaign"  # in any order
EVERY = ["segment", "channel", "team", "campaign"]


async def test_one_connection_tells_of_several_dimensions(doors: Doors) -> None:
    await doors.service.receives(captured(1))
    stream = doors.open(by=ALL)
    await stream.hears("snapshot", 4)
    assert [e.data["by"] for e in stream.events] == EVERY
    assert [bool(e.id) for e in stream.events] == [False, False, False, True]
    assert [[row["leads"] for row in e.data["rows"]] for e in stream.events] == [[1]] * 4
    await doors.service.receives(captured(2, "fair"))
    await stream.hears("changed", 4)
    changed = stream.events[4:]
    assert [(e.event, e.data["by"], len(e.data["rows"])) for e in changed] == [("changed", by, 1) for by in EVERY]
    assert len({e.id for e in stream.events[3:]}) == 5
    told = [body.count(b"event: changed") for body in stream.bodies]
    assert [count for count in told if count] == [4]  # in one write: a page costs what a reader of one dimension does


async def test_whoever_breaks_off_between_two_dimensions_misses_none_of_the_rest(doors: Doors) -> None:
    first, other = doors.open(by=ALL), doors.open(by=ALL)
    await first.hears("snapshot", 4)
    await other.hears("snapshot", 4)
    await doors.service.receives(captured(1))
    at = (await first.hears("changed", 2)).id
    first.hung_up.set()
    await other.hears("changed", 4)
    back = doors.open(by=ALL, last_event_id=at)
    await back.hears("changed", 2)
    assert [e.data["by"] for e in back.events] == EVERY[2:]


async def test_each_change_says_what_it_holds(doors: Doors) -> None:
    stream = doors.open()
    at = [(await stream.hears("snapshot")).data["offset"]]
    for n in (1, 2):
        await doors.service.receives(captured(n))
        changed = (await stream.hears("changed", n)).data
        at.append(changed["offset"])
        assert changed["offset"] >= max(row["version"] for row in changed["rows"])
        assert set(changed["as_of"]) == {"leads.lead"}
    assert at == sorted(set(at))
    table = (await doors.service.http.get("/v1/kpis", params={"by": "channel"})).json()
    assert (table["by"], table["offset"]) == ("channel", at[-1])


async def test_what_is_no_dimension_is_named(doors: Doors) -> None:
    for by in ("nothing", "team&by=nothing", "&".join(["by=team"] * 5)):
        refused = doors.open(by=by)
        await refused.finished()
        assert (refused.status, b'"query.by' in refused.raw) == (422, True)


async def test_a_new_event_source_resumes_by_a_parameter(doors: Doors) -> None:
    first = doors.open()
    at = (await first.hears("snapshot")).id
    back = doors.open(query=f"&last_event_id={at}")
    await doors.service.receives(captured(1))
    await back.hears("changed")
    assert [e.event for e in back.events] == ["changed"]


async def ticket(doors: Doors, **params: str | list[str]) -> str:
    headers = {"content-type": "application/json"}
    answer = await doors.service.http.post("/v1/kpis/stream/tickets", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


async def test_a_ticket_opens_a_stream_and_what_is_none_does_not(doors: Doors) -> None:
    one = await ticket(doors)
    await doors.open(token="", query=f"&ticket={one}").hears("snapshot")
    for query in ("&ticket=guessed", "&ticket=", f"&ticket={one[:-8]}", f"&ticket={'A' * 9000}", "&ticket=%C3%A9"):
        refused = doors.open(token="", query=query)
        await refused.finished()
        assert refused.status == 401


async def test_a_ticket_for_one_dimension_opens_no_other(doors: Doors) -> None:
    one = await ticket(doors, by="team")
    await doors.open(by="team", token="", query=f"&ticket={one}").hears("snapshot")
    refused = doors.open(by="channel", token="", query=f"&ticket={one}")
    await refused.finished()
    assert refused.status == 401


async def test_a_ticket_for_a_row_tells_of_that_row_and_its_numbers_alone(doors: Doors) -> None:
    await doors.service.receives(captured(1, "Web"), captured(2, "fair"))
    one = await ticket(doors, by="channel", key="WEB", number=["leads", "conversion"])
    stream = doors.open(by="channel", token="", query=f"&ticket={one}")
    [row] = (await stream.hears("snapshot")).data["rows"]
    assert (row.keys(), row["key"], row["leads"]) == ({"key", "version", "leads", "conversion"}, "Web", 1)
    await doors.service.receives(captured(3, "fair"), captured(4, "web"))
    [row] = (await stream.hears("changed")).data["rows"]
    assert (row.keys(), row["key"], row["leads"]) == ({"key", "version", "leads", "conversion"}, "Web", 2)
    await doors.service.receives(captured(5, "fair"))
    await asyncio.sleep(0.05)
    assert [e.event for e in stream.events] == ["snapshot", "changed"]
    other = doors.open(by="channel")
    assert len((await other.hears("snapshot")).data["rows"]) == 2


async def test_a_ticket_that_names_a_row_of_no_dimension_or_no_number_is_not_given(doors: Doors) -> None:
    for params, name in (
        ({"key": "web"}, "by"),
        ({"key": "web", "by": ["team", "channel"]}, "by"),
        ({"by": "channel", "number": "secrets"}, "number"),
        ({"origin": "http://www.example.com"}, "origin"),
        ({"origin": "https://www.example.com/page"}, "origin"),
        ({"origin": "*"}, "origin"),
    ):
        answer = await doors.service.http.post("/v1/kpis/stream/tickets", params=params)
        assert (answer.status_code, answer.json()["errors"][0]["field"].startswith(f"query.{name}")) == (422, True)


async def test_a_ticket_for_a_site_opens_a_stream_on_that_sites_pages_and_nowhere_else(doors: Doors) -> None:
    site = "https://www.example.com"
    one = await ticket(doors, by="channel", origin=site)
    stream = doors.open(by="channel", token="", origin=site, query=f"&ticket={one}")
    await stream.hears("snapshot")
    assert (stream.headers[b"access-control-allow-origin"], stream.headers[b"vary"]) == (site.encode(), b"Origin")
    assert b"access-control-allow-credentials" not in stream.headers
    for origin in ("", "https://example.com", "http://www.example.com", "https://www.example.com.evil.example", "null"):
        refused = doors.open(by="channel", token="", origin=origin, query=f"&ticket={one}")
        await refused.finished()
        assert (refused.status, b"access-control-allow-origin" in refused.headers) == (401, False)
    free = doors.open(by="channel", origin=site)
    await free.hears("snapshot")
    assert b"access-control-allow-origin" not in free.headers


async def test_a_ticket_is_given_to_the_operator_only(doors: Doors) -> None:
    assert (await doors.service.anonymous.post("/v1/kpis/stream/tickets", json={})).status_code == 401


async def test_the_operators_token_may_come_in_a_cookie(doors: Doors) -> None:
    await doors.open(token="", cookie=f"theme=dark; tributary={TOKEN}").hears("snapshot")
    for token, cookie in (
        ("", "tributary=wrong"),
        ("", "tributary="),
        ("", "other=x"),
        ("wrong", f"tributary={TOKEN}"),
    ):
        refused = doors.open(token=token, cookie=cookie)
        await refused.finished()
        assert refused.status == 401


MANY = """
with n as (
    select n, 'c' || to_char(n, 'FM00000') as key, json_build_object('leads', n) as measures,
        (extract(epoch from clock_timestamp()) * 1000000)::bigint as version from generate_series(1, $1::int) n
), whole as (
    insert into kpi (by, period, key, version, measures) select 'channel', 'all', key, version, measures from n
)
insert into kpi_part (by, period, key, team, version, measures)
select 'channel', 'all', key, '(unplaced)', version, measures from n
"""
CHANGED = """
with whole as (update kpi set changed_xid = default where key = $1)
update kpi_part set measures = '{"leads": 7}', version = (extract(epoch from clock_timestamp()) * 1000000)::bigint where key = $1
"""


async def many(doors: Doors, rows: int) -> None:
    await doors.service.sql(MANY, rows)


async def test_a_large_snapshot_comes_in_pieces_and_only_its_last_one_has_a_position(doors: Doors) -> None:
    await many(doors, 450)
    stream = doors.open()
    pieces = [await stream.hears("snapshot", n) for n in (1, 2, 3)]
    assert [len(piece.data["rows"]) for piece in pieces] == [200, 200, 50]
    assert [piece.data["next"] for piece in pieces] == ["c00200", "c00400", None]
    assert [bool(piece.id) for piece in pieces] == [False, False, True]
    assert len({row["key"] for piece in pieces for row in piece.data["rows"]}) == 450
    await doors.service.receives(captured(1))
    await stream.until(lambda s: any(row["key"] == "web" for e in s.events for row in e.data["rows"]))


async def test_what_changes_while_a_snapshot_is_taken_is_told_after_it(doors: Doors) -> None:
    await many(doors, 450)
    stream, quick = doors.open(), doors.open()
    stream.reading.clear()
    await quick.hears("snapshot", 3)
    await doors.service.sql(CHANGED, "c00001")
    await quick.until(lambda s: any(e.event == "changed" and e.data["rows"][0]["leads"] == 7 for e in s.events))
    stream.reading.set()
    await stream.hears("changed")
    rows: dict[str, Any] = {}
    for event in stream.events:
        for row in event.data["rows"]:
            if row["version"] >= rows.get(row["key"], row)["version"]:
                rows[row["key"]] = row
    assert (len(rows), rows["c00001"]["leads"]) == (450, 7)


async def test_a_reader_that_takes_nothing_is_cut_off_also_when_nothing_changes(doors: Doors) -> None:
    feed = doors.service.service.background[0].__self__  # type: ignore[attr-defined]
    feed.settings.stream_taken_within_s = 0.2
    await many(doors, 450)
    before = REGISTRY.get_sample_value("stream_clients_stalled_total") or 0
    dead = doors.open()
    dead.reading.clear()
    await dead.finished()
    assert (dead.ended, feed.readers) == (False, 0)
    assert REGISTRY.get_sample_value("stream_clients_stalled_total") == before + 1


async def test_what_waits_for_a_reader_is_bounded_in_bytes(doors: Doors) -> None:
    feed = doors.service.service.background[0].__self__  # type: ignore[attr-defined]
    feed.settings.stream_backlog, feed.settings.stream_backlog_bytes = 1000, 200_000
    slow, quick = doors.open(), doors.open()
    await slow.hears("snapshot")
    await quick.hears("snapshot")
    slow.reading.clear()
    await many(doors, 2000)
    await quick.until(lambda s: sum(len(e.data["rows"]) for e in s.events) == 2000)
    assert max(reader.waiting for channel in feed.channels.values() for reader in channel.readers) < 200_000
    slow.reading.set()
    await slow.hears("slow")


async def test_many_changes_at_once_come_in_several_events(doors: Doors) -> None:
    stream = doors.open()
    await stream.hears("snapshot")
    await many(doors, 450)
    await stream.hears("changed", 3)
    assert [len(e.data["rows"]) for e in stream.events] == [0, 200, 200, 50]


async def test_a_slow_reader_is_told_and_cut_off_and_disturbs_nobody(doors: Doors) -> None:
    slow, quick = doors.open(), doors.open()
    await slow.hears("snapshot")
    await quick.hears("snapshot")
    slow.reading.clear()
    for n in range(8):
        await doors.service.receives(captured(n))
        await quick.hears("changed", n + 1)
    slow.reading.set()
    assert (await slow.hears("slow")).data["detail"]
    await slow.finished()
    assert slow.ended
    await doors.service.receives(captured(99))
    assert (await quick.hears("changed", 9)).data["rows"][0]["leads"] == 9


async def test_a_reader_that_does_not_even_take_the_notice_is_cut_off_all_the_same(doors: Doors) -> None:
    dead, quick = doors.open(), doors.open()
    await dead.hears("snapshot")
    await quick.hears("snapshot")
    dead.reading.clear()
    for n in range(8):
        await doors.service.receives(captured(n))
        await quick.hears("changed", n + 1)
    await dead.finished()
    assert not dead.ended


async def test_a_reader_that_was_behind_gets_all_that_waited_in_one_write(doors: Doors) -> None:
    stream, quick = doors.open(), doors.open()
    await stream.hears("snapshot")
    await quick.hears("snapshot")
    stream.reading.clear()
    for n in range(3):
        await doors.service.receives(captured(n))
        await quick.hears("changed", n + 1)
    before = stream.writes
    stream.reading.set()
    await stream.hears("changed", 3)
    assert stream.writes - before <= 2  # the one that was stuck, and all the rest


async def test_silence_is_broken_by_a_comment(doors: Doors) -> None:
    stream = doors.open()
    await stream.until(lambda s: s.raw.count(b": keep-alive") >= 2)


async def test_when_the_service_stops_every_stream_ends_at_once_even_one_that_is_not_read(doors: Doors) -> None:
    reading, stuck = doors.open(), doors.open()
    await reading.hears("snapshot")
    await stuck.hears("snapshot")
    stuck.reading.clear()
    await doors.service.receives(captured(1))
    await reading.hears("changed")
    began = time.perf_counter()
    doors.service.service.stopping.set()
    await reading.finished()
    await stuck.finished()
    assert time.perf_counter() - began < 1
    assert (reading.ended, stuck.ended) == (True, False)


async def test_more_streams_than_allowed_are_refused_and_a_closed_one_makes_room(doors: Doors) -> None:
    open_ones = [doors.open() for _ in range(3)]
    for stream in open_ones:
        await stream.hears("snapshot")
    refused = doors.open()
    await refused.finished()
    assert refused.status == 503
    open_ones[0].hung_up.set()
    await open_ones[0].finished()
    await doors.open().hears("snapshot")


async def test_after_the_database_was_away_readers_are_sent_everything_anew(doors: Doors) -> None:
    stream = doors.open()
    await stream.hears("snapshot")
    await doors.service.alters("alter table kpi_part rename to away")
    await asyncio.sleep(0.1)
    await doors.service.alters("alter table away rename to kpi_part")
    assert [e.event for e in stream.events] == ["snapshot"]
    await doors.open().hears("snapshot")  # somebody who comes first does not take the others' notice away
    await stream.hears("resync")
    await stream.hears("snapshot", 2)
    async with asyncio.timeout(5):
        while not any(e.event == "changed" for e in stream.events):
            await asyncio.sleep(0.1)
            await doors.service.receives(captured(time.perf_counter_ns()))
