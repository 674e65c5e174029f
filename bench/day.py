"""A salesperson's day among many stored leads: pages of lists with their names opened and on record, a board, the work list, a timeline, a
search, a summary; and ten thousand leads that go to others with all that is recorded of them."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from bench.alone import Alone, alone
from bench.day_filled import OPEN_OF, PEOPLE, TEAMS, fill
from contracts.territory.lead import LeadTransferred

LEADS, TIMES, WARM, MOVED = 1_000_000, 400, 20, 10_000
OFTEN = {"pages_in_five_minutes": 10**6}  # one person asks for what a company of them asks for
ONE, ALL, FEW = "one", "all", "few"
_HELD = """
select lead_id, team, assignee from lead_place where place = 'person' and team <> 't0' order by captured_at desc limit $1
"""
_WENT = "select count(*) from transfer_item i join lead_place p using (lead_id) where (p.team, p.assignee) = (i.to_team, i.to_person)"


def asked(last: UUID) -> list[tuple[str, str, str, int | None]]:
    """What is asked, who asks, of whom, and how many rows the answer has, where that is known."""
    return [
        ("list, one team", ONE, "/v1/leads", 50),
        ("list, one team, without names", ONE, "/v1/leads?names=false", 50),
        ("list, one team, a filter", ONE, "/v1/leads?place=person", None),
        ("list, all teams", ALL, "/v1/leads", 50),
        ("list, all teams, without names", ALL, "/v1/leads?names=false", 50),
        ("list, all teams, a filter", ALL, "/v1/leads?grade=A&names=false", 50),
        ("search, a rare word", ALL, "/v1/leads?q=N4711", 1),
        ("search, a word of a firm", ALL, "/v1/leads?q=firm 7&names=false", None),
        ("work list", ONE, "/v1/work", None),
        ("work list, who sees all teams", ALL, "/v1/work", None),
        ("board, one team", ONE, "/v1/board?team=t0", None),
        ("board, one team, without names", ONE, "/v1/board?names=false&team=t0", None),
        ("board, twenty teams, without names", FEW, "/v1/board?names=false", None),
        ("timeline", ONE, f"/v1/leads/{last}/timeline", 24),
        ("queue", ALL, "/v1/queues", None),
        ("summary, one team", ONE, "/v1/summary?by=team", None),
        ("summary, all teams", ALL, "/v1/summary?by=team", None),
    ]


def day(home: Path, leads: int, times: int, say: Callable[[str], None], server: str = "") -> dict[str, Any]:
    """Everything, among so many leads, each question so many times."""
    return asyncio.run(_measured(home, leads, times, say, server))


async def _measured(home: Path, leads: int, times: int, say: Callable[[str], None], server: str) -> dict[str, Any]:
    async with alone(home, server, **OFTEN) as running:
        began = time.perf_counter()
        last = await fill(running, leads)
        say(f"  {leads:,} leads of {TEAMS} teams in {time.perf_counter() - began:.0f} s")
        every = [f"t{n}" for n in range(TEAMS)]
        people = {
            ONE: await running.signed_in([f"t0.p{n}" for n in range(PEOPLE)], every[:1], "member"),
            FEW: await running.signed_in([f"head{n}" for n in range(PEOPLE)], every[:20], "supervisor"),
            ALL: await running.signed_in([f"manager{n}" for n in range(PEOPLE)], every, "management"),
        }
        rows = []
        for name, who, path, count in asked(last):
            rows.append({"name": name, "by": who, **await timed(people[who], path, times, count)})
            say(f"  {name}: p50 {rows[-1]['p50']} ms, p99 {rows[-1]['p99']} ms")
        moved = await transfers(running, min(MOVED, leads // OPEN_OF // 2))
        say(f"  {moved['leads']:,} leads to others in {moved['seconds']} s")
        return {"leads": leads, "teams": TEAMS, "asked": times, "rows": rows, "transfers": moved}


async def timed(clients: Sequence[httpx.AsyncClient], path: str, times: int, rows: int | None) -> dict[str, Any]:
    """One call after the other, by people in turn, since who looks often is counted longer; a few before them are not counted."""
    took = []
    warm = min(WARM, times)
    for n in range(times + warm):
        client = clients[n % len(clients)]
        began = time.perf_counter()
        answer = await client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.text}")
        if n == 0:
            body = answer.json()
            got = body["rows"] if "rows" in body else [row for column in body["columns"] for row in column["rows"]]
            if rows is not None and len(got) != rows:
                raise SystemExit(f"{path}: {len(got)} rows and not {rows}")
    ordered = sorted(took[warm:])
    p99 = ordered[max(0, int(len(ordered) * 0.99) - 1)]
    return {"rows": len(got), "p50": round(statistics.median(ordered), 1), "p99": round(p99, 1)}


async def transfers(running: Alone, wanted: int) -> dict[str, Any]:
    """So many leads go to others of other teams, in deliveries as large as they get: each is hashed before and after, in one transaction
    with its new place, and what is told of it waits to be sent."""
    order, at = uuid4(), datetime.now(UTC)
    records = []
    for n, row in enumerate(await running.sql(_HELD, wanted), 1):
        team = f"t{(int(row['team'][1:]) + 1) % TEAMS}"
        told = {"lead_id": row["lead_id"], "transfer_id": order, "order": n, "to_team": team, "to_person": f"{team}.p1"}
        told |= {"cause": "realignment", "revision": 2, "by": "manager0", "decided_at": at}
        records.append(running.under_test.record(LeadTransferred.model_validate(told)))
    most = running.service.settings.max_records
    began = time.perf_counter()
    for start in range(0, len(records), most):
        await running.under_test.receives_raw(*records[start : start + most])
    took = time.perf_counter() - began
    [(went,)] = await running.sql(_WENT)
    if went != len(records):
        raise SystemExit(f"{went} of {len(records)} leads went")
    return {"leads": went, "at_once": most, "seconds": round(took, 1)}
