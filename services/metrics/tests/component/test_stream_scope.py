"""A stream shows what its reader may see now, and what he may see is not what others may."""

import asyncio
import time
from typing import Any

import pytest

from chassis_testing import tokens
from metrics.api.feed import Feed

from .people import granted, member, revoked
from .test_counting import captured, routed
from .test_stream import Doors, Stream, doors

__all__ = ["doors"]


async def both_teams(doors: Doors) -> None:
    await doors.service.receives(captured(1, "web"), routed(1), captured(2, "fair"), routed(2, "south", "roma"))
    await doors.service.told(granted("anna", member("berlin")), granted("rosa", member("roma")))


def told(stream: Stream) -> dict[str, int]:
    """What a reader knows who keeps to the rules: by key, the newest of what came after the last word to forget it all."""
    rows: dict[str, dict[str, Any]] = {}
    for event in stream.events:
        if event.event == "resync":
            rows.clear()
        for row in event.data.get("rows", ()):
            if row["version"] >= rows.get(row["key"], row)["version"]:
                rows[row["key"]] = row
    return {key: row["leads"] for key, row in rows.items()}


def feed_of(doors: Doors) -> Feed:
    feed: Feed = doors.service.service.background[0].__self__  # type: ignore[attr-defined]
    return feed


async def in_channel_of(doors: Doors, team: str) -> None:
    """Waits until somebody reads there: within a tick, or a few on a machine that is at other work too."""
    async with asyncio.timeout(2):
        while not any(c.readers for c in feed_of(doors).channels.values() if c.teams == {team}):
            await asyncio.sleep(0.005)


def of(who: str, **claims: float) -> str:
    return tokens.token(who, **claims)


async def test_a_reader_is_told_of_his_own_teams_only(doors: Doors) -> None:
    await both_teams(doors)
    anna, rosa = doors.open(token=of("anna")), doors.open(token=of("rosa"))
    snapshots = [(await stream.hears("snapshot")).data["rows"] for stream in (anna, rosa)]
    assert [{row["key"]: row["leads"] for row in rows} for rows in snapshots] == [{"web": 1}, {"fair": 1}]
    await doors.service.receives(captured(3, "web"), routed(3, "south", "roma"))
    await rosa.until(lambda stream: told(stream) == {"fair": 1, "web": 1})
    await doors.service.receives(captured(4, "web"), routed(4))
    await anna.until(lambda stream: told(stream) == {"web": 2})
    await asyncio.sleep(0.05)
    assert (told(anna), told(rosa)) == ({"web": 2}, {"fair": 1, "web": 1})


async def test_a_position_says_nothing_of_what_others_were_told(doors: Doors) -> None:
    """Numbers of events that grow with those of others would count them."""
    await both_teams(doors)
    anna, rosa = doors.open(token=of("anna")), doors.open(token=of("rosa"))
    first = (await anna.hears("snapshot")).id
    await rosa.hears("snapshot")
    for n in range(5):
        await doors.service.receives(captured(10 + n, "fair"), routed(10 + n, "south", "roma"))
        await rosa.hears("changed", n + 1)
    await doors.service.receives(captured(4, "web"), routed(4))
    name, number = first.split("-")
    assert (await anna.hears("changed")).id == f"{name}-{int(number) + 1}"


async def test_nobody_resumes_where_somebody_else_was(doors: Doors) -> None:
    await both_teams(doors)
    rosa = doors.open(token=of("rosa"))
    at = (await rosa.hears("snapshot")).id
    anna = doors.open(token=of("anna"), last_event_id=at)
    assert [row["key"] for row in (await anna.hears("snapshot")).data["rows"]] == ["web"]


async def test_who_sees_the_same_shares_a_channel_and_the_bytes(doors: Doors) -> None:
    await both_teams(doors)
    await doors.service.told(granted("ada", member("berlin", "supervisor")))
    anna, ada = doors.open(token=of("anna")), doors.open(token=of("ada"))
    for stream in (anna, ada):
        await stream.hears("snapshot")
    assert [len(channel.readers) for channel in feed_of(doors).channels.values() if channel.readers] == [2]
    await doors.service.receives(captured(3), routed(3))
    for stream in (anna, ada):
        await stream.until(lambda stream: told(stream) == {"web": 2})
    assert anna.events[-1] == ada.events[-1]


async def test_a_move_acts_on_an_open_stream_and_nothing_of_before_is_sent_after_it(doors: Doors) -> None:
    await both_teams(doors)
    anna = doors.open(token=of("anna"))
    await anna.hears("snapshot")
    anna.reading.clear()
    for n in range(2):  # waits for her when she moves
        await doors.service.receives(captured(10 + n, "web"), routed(10 + n))
        await asyncio.sleep(0.03)
    began = time.perf_counter()
    await doors.service.told(granted("anna", member("roma")))
    await in_channel_of(doors, "roma")
    anna.reading.set()
    assert (await anna.hears("resync")).data == {"scope": "changed"}
    assert time.perf_counter() - began < 1
    await doors.service.receives(captured(4, "web"), routed(4), captured(5, "fair"), routed(5, "south", "roma"))
    await anna.until(lambda stream: told(stream) == {"fair": 2})
    before = [event.event for event in anna.events].index("resync")
    assert [e.event for e in anna.events[:before]] in (["snapshot"], ["snapshot", "changed"])  # one write was under way
    assert {row["key"] for event in anna.events[before:] for row in event.data.get("rows", ())} == {"fair"}


async def test_who_has_nothing_left_is_told_and_the_stream_ends(doors: Doors) -> None:
    await both_teams(doors)
    anna, rosa = doors.open(token=of("anna")), doors.open(token=of("rosa"))
    for stream in (anna, rosa):
        await stream.hears("snapshot")
    await doors.service.told(revoked("anna"))
    await anna.hears("closed")
    await anna.finished()
    assert (anna.ended, rosa.ended) == (True, False)


async def test_a_grant_that_ends_by_the_clock_ends_the_stream(doors: Doors) -> None:
    await doors.service.told(granted("sub", member("berlin", "substitute", ends=0.4)))
    stream = doors.open(token=of("sub"))
    await stream.hears("snapshot")
    await stream.hears("closed")
    await stream.finished()


async def test_a_stream_ends_with_the_token_that_opened_it_also_by_a_ticket(doors: Doors) -> None:
    await both_teams(doors)
    exp = time.time() + 1.2
    async with doors.service.as_("anna", exp=exp) as http:
        answer = await http.post("/v1/kpis/stream/tickets", json={})
    ticket = answer.json()["ticket"]
    streams = [doors.open(token=of("anna", exp=exp)), doors.open(token="", query=f"&ticket={ticket}")]
    for stream in streams:
        await stream.hears("snapshot")
    for stream in streams:
        await stream.hears("expired")
        await stream.finished()
    assert time.time() - exp < 1


async def test_a_ticket_of_who_has_nothing_left_opens_nothing(doors: Doors) -> None:
    await both_teams(doors)
    async with doors.service.as_("anna") as http:
        ticket = (await http.post("/v1/kpis/stream/tickets", json={})).json()["ticket"]
    await doors.service.told(revoked("anna"))
    refused = doors.open(token="", query=f"&ticket={ticket}")
    await refused.finished()
    assert refused.status == 403


async def test_streams_end_when_it_is_not_known_who_may_see_what(doors: Doors) -> None:
    await both_teams(doors)
    anna = doors.open(token=of("anna"))
    await anna.hears("snapshot")
    doors.service.service.access.level_at = float("-inf")
    await anna.hears("stale")
    await anna.finished()
    refused = doors.open(token=of("anna"))
    await refused.finished()
    assert refused.status == 503


@pytest.mark.parametrize("moved", [True, False])
async def test_a_snapshot_is_not_gone_on_with_after_a_move(doors: Doors, moved: bool) -> None:
    key = "to_char(n, 'FM00000')"
    made = f"select 'channel', 'all', {key}, 'berlin', n, '{{}}' from generate_series(1, 450) n"
    await doors.service.sql(f"insert into kpi_part (by, period, key, team, version, measures) {made}")
    await both_teams(doors)
    anna = doors.open(token=of("anna"))
    await anna.hears("snapshot")
    anna.reading.clear()
    if moved:
        await doors.service.told(granted("anna", member("roma")))
        await in_channel_of(doors, "roma")
    anna.reading.set()
    await anna.hears("resync") if moved else await anna.hears("snapshot", 3)
    await asyncio.sleep(0.05)
    names = [event.event for event in anna.events]
    if not moved:
        assert names == ["snapshot"] * 3
        return
    at = names.index("resync")
    assert at < 3
    assert [row["key"] for event in anna.events[at + 1 :] for row in event.data["rows"]] == ["fair"]
    assert [bool(event.id) for event in anna.events[:at]] == [False] * at
