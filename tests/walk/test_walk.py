"""docs/walk.md is true: one lead and one spend call these functions in this order, in one trace each."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

ROOT = Path(__file__).parents[2]
WALK = ROOT / "docs" / "walk.md"
# Which leg of the walk follows which: leads and metrics go on from territory at the same time.
AFTER = {2: 1, 3: 2, 4: 3, 5: 3, 6: 5, 7: 5, 9: 8}
LEAD = {
    "source": "web",
    "contact": {"name": "Anna Schmidt", "phone": "+49 30 1234567", "email": "anna@firma.example", "company": "Firma"},
    "message": "Bitte senden Sie uns ein Angebot fuer zwei Drehmaschinen.",
    "country": "DE",
    "postcode": "10115",
    "product": "lathe",
    "channel": "search",
    "expected_amount": {"minor": 9_000_000, "currency": "EUR"},
}
PLAN = {
    "name": "Spring",
    "channel": "search",
    "currency": "EUR",
    "lines": [{"line": "ads", "item": "Ads", "budget": 100_000, "owner": "mia"}],
}
SPEND = {
    "spend_id": "s-1",
    "campaign": "spring",
    "line": "ads",
    "amount": {"minor": 5_000, "currency": "EUR"},
    "source": "card",
    "occurred_at": "2026-05-04T12:00:00Z",
}


def legs() -> dict[int, list[tuple[str, str]]]:
    """The document's tables: leg number to (file, function) rows."""
    found: dict[int, list[tuple[str, str]]] = {}
    for line in WALK.read_text().splitlines():
        if heading := re.match(r"## (\d+)\. ", line):
            number = int(heading.group(1))
            found[number] = []
        elif row := re.match(r"\| `([^`]+\.py)` \| `([^`]+)` \|", line):
            found[number].append((row.group(1), row.group(2)))
    return found


@contextmanager
def recording() -> Iterator[list[tuple[str, str]]]:
    """Every call into our own code, in order."""
    calls: list[tuple[str, str]] = []
    ours = tuple(str(ROOT / part) for part in ("services", "libs"))

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(ours):
            calls.append((code.co_filename[len(str(ROOT)) + 1 :], code.co_qualname))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def end_of(leg: list[tuple[str, str]], calls: list[tuple[str, str]], start: int) -> int:
    """Where the leg's last row was called, its rows found in order after ``start``."""
    at = start
    for row in leg:
        try:
            at = calls.index(row, at) + 1
        except ValueError:
            raise AssertionError(f"{row[0]} {row[1]} was not called where docs/walk.md says it is") from None
    return at


async def until(what: str, asked: Callable[[], Any]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await asked()):
            await asyncio.sleep(0.05)
    assert found, what
    return found


async def one_walk(world: Any) -> str:
    """A lead from the form to the frame that counts it as assigned, and the same for a spend. Returns the lead's trace id."""
    told: dict[str, Any] = {}

    async def watch() -> None:
        url = f"{world.urls['metrics']}/v1/kpis/stream?by=channel"
        async with world.http.stream("GET", url, timeout=None) as stream:
            async for line in stream.aiter_lines():
                for row in json.loads(line[5:]).get("rows", ()) if line.startswith("data:") else ():
                    told[row["key"]] = row

    watching = asyncio.create_task(watch())
    await until("the stream is open", lambda: _now(not watching.done()))
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01", "idempotency-key": "walk"}
    answer = await world.http.post(f"{world.urls['leads']}/v1/leads", json=LEAD, headers=headers)
    assert answer.status_code == 202
    lead = await world.http.get(f"{world.urls['leads']}/v1/leads/{answer.json()['id']}?wait=20&until=decided")
    assert lead.json()["state"] == "assigned"
    await until("the frame counts the lead", lambda: _now(told.get("search", {}).get("assigned")))
    assert (await world.http.put(f"{world.urls['campaigns']}/v1/campaigns/spring", json=PLAN)).status_code == 200
    spent = await world.http.post(f"{world.urls['campaigns']}/v1/spend", json={"spend": [SPEND]})
    assert spent.json()["accepted"] == 1
    await until("the frame has the cost", lambda: _now(told.get("search", {}).get("cost_per_lead")))
    assert told["search"]["cost_per_lead"] == {"EUR": 5_000}
    await asyncio.sleep(1)  # the job that tells the topic has its turn
    watching.cancel()
    return trace_id


async def _now(value: Any) -> Any:
    return value


def chain(spans: list[ReadableSpan], leaf: ReadableSpan) -> list[str]:
    """The names from a span up to the root of its trace."""
    by_id = {s.context.span_id: s for s in spans if s.context}
    names, at = [], leaf
    while at is not None:
        names.append(at.name)
        at = by_id.get(at.parent.span_id) if at.parent else None  # type: ignore[assignment]
    return names


def test_every_row_of_the_walk_is_there() -> None:
    found = legs()
    assert sorted(found) == list(range(1, 10))
    for rows in found.values():
        assert rows
        for file, function in rows:
            name = function.rpartition(".")[2]
            assert re.search(rf"def {name}\(", (ROOT / file).read_text()), f"{file} has no {function}"


async def test_one_lead_calls_what_the_walk_says_in_its_order_and_in_one_trace(world: Any) -> None:
    with recording() as calls:
        trace_id = await one_walk(world)
    ends: dict[int, int] = {}
    for number, leg in legs().items():
        ends[number] = end_of(leg, calls, ends[AFTER[number]] if number in AFTER else 0)

    spans = [s for s in world.spans.get_finished_spans() if s.context and f"{s.context.trace_id:032x}" == trace_id]
    names = {s.name for s in spans}
    assert {
        "POST /v1/leads",
        "send leads.intake",
        "process leads.intake",
        "send leads.lead",
        "process leads.lead",
    } <= names
    assert {"send territory.lead", "process territory.lead"} <= names
    last = [s for s in spans if s.name == "process territory.lead"]
    assert {(s.attributes or {})["messaging.consumer.group.name"] for s in last} == {"leads", "metrics"}
    for leaf in last:
        assert chain(spans, leaf) == [
            "process territory.lead",
            "send territory.lead",
            "process leads.lead",
            "send leads.lead",
            "process leads.intake",
            "send leads.intake",
            "POST /v1/leads",
        ]
        assert leaf.links, "the span of the message is linked to the span of its batch"
