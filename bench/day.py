"""``python -m bench.day [leads]``: a salesperson's day among many stored leads: pages of lists with their names opened and on
record, the work list, a timeline, a search. One process with its doors, a Postgres of its own; no Kafka, nothing else at work."""

import asyncio
import os
import statistics
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

import chassis_testing
from chassis.sealing import new_key, seal_bytes
from chassis_testing import ServiceUnderTest, tokens
from contracts.territory.access import AccessGranted, Subject
from leads.app import build
from leads.domain.personal import Personal
from leads.domain.search import found_by
from leads.settings import LeadsSettings
from leads.store import search
from leads.store.keys import Ring
from leads.use_cases.personal import pack
from tributary.shared import TestRun, shared_postgres

TEAMS, PEOPLE, TIMES = 200, 10, 200
AT_ONCE = 2_000
EVER = datetime(2020, 1, 1, tzinfo=UTC)
_PERSON = (
    "insert into person (person_id, wrapped_key, known_since) select *, now() from unnest($1::uuid[], $2::bytea[])"
)
_LEAD = """
insert into lead (lead_id, person_id, personal, about, occurred_at, captured_at, content)
select lead_id, person_id, personal, '{"source": "web"}', at, at, 'x'
from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::timestamptz[]) as l(lead_id, person_id, personal, at)
"""
_PLACE = """
insert into lead_place (lead_id, state, place, team, assignee, captured_at, opened_at, pipeline, grade, source, country, differing, outcomes, entries)
select lead_id, state, place, team, assignee, at, at, 'contract', grade, 'web', 'DE', 0, '[]', 4
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
    as p(lead_id, state, place, team, assignee, at, grade)
"""
_TIMELINE = """
insert into timeline (lead_id, n, at, what, detail)
select lead_id, n, at + make_interval(secs => n), 'step', '{"team": "t"}' from unnest($1::uuid[], $2::timestamptz[]) as l(lead_id, at),
    generate_series(1, 4) n
"""
_DONE = """
insert into activity (activity_id, lead_id, kind, direction, evidence, occurred_at, recorded_at, author, content)
select gen_random_uuid(), lead_id, 'call', 'outbound', 'person', at + make_interval(mins => n), now(), 'p', 'x'
from unnest($1::uuid[], $2::timestamptz[]) as l(lead_id, at), generate_series(1, 20) n
"""


async def fill(service: ServiceUnderTest, wanted: int) -> uuid.UUID:
    """Stored leads of all teams, nine of ten closed; the newest of the first team, with activities, is given back."""
    last = uuid.uuid4()
    began = datetime.now(UTC) - timedelta(seconds=2 * wanted)
    for start in range(0, wanted, AT_ONCE):
        async with service.service.database.transaction() as tx:
            wrapping, many = Ring.of(tx).persons, range(start, min(start + AT_ONCE, wanted))
            ids = [uuid.uuid4() for _ in many]
            keys = [new_key() for _ in many]
            at = [began + timedelta(seconds=2 * n) for n in many]
            who = [
                Personal(name=f"Customer N{n}", company=f"Firm {n % 5000} GmbH", email=f"c{n}@x.example") for n in many
            ]
            await tx.conn.execute(
                _PERSON, ids, [seal_bytes(wrapping, k, i.bytes) for k, i in zip(keys, ids, strict=True)]
            )
            boxes = [seal_bytes(k, pack(w), i.bytes) for k, i, w in zip(keys, ids, who, strict=True)]
            await tx.conn.execute(_LEAD, ids, ids, boxes, at)
            teams = [f"t{n % TEAMS}" for n in many]
            holders = [f"{team}.p{n // TEAMS % PEOPLE}" for team, n in zip(teams, many, strict=True)]
            is_open = [n // TEAMS // PEOPLE % 10 == 0 for n in many]
            states = ["assigned" if one else "lost" for one in is_open]
            places = ["person" if one else "lost" for one in is_open]
            await tx.conn.execute(_PLACE, ids, states, places, teams, holders, at, [f"{'ABCD'[n % 4]}" for n in many])
            await tx.conn.execute(_TIMELINE, ids, at)
            await tx.conn.execute(_DONE, ids[:20], at[:20])
            found = {i: found_by((w.name, w.company), w.email, None) for i, w in zip(ids, who, strict=True)}
            await search.put(tx, found, at[-1])
            last = ids[0]
    await service.alters(
        *(f"vacuum analyze {t}" for t in ("lead", "lead_place", "timeline", "activity", "search_word", "person"))
    )
    return last


def granted(person: str, *teams: str, kind: str = "member") -> AccessGranted:
    """What somebody may see."""
    grants = [{"team": t, "kind": kind, "records": "own", "opens": True, "begins_at": EVER} for t in teams]
    subjects = [Subject(issuer=tokens.ISSUER, subject=person)]
    said = {"person": person, "kind": "person", "subjects": subjects, "grants": grants, "version": 1, "cause": "joined"}
    return AccessGranted.model_validate(said | {"granted_at": EVER})


async def timed(clients: list[httpx.AsyncClient], path: str, rows: int | None = None) -> dict[str, Any]:
    """One call after the other, by people in turn, since who looks often is counted longer; a few before them are not counted."""
    took = []
    for n in range(TIMES + 20):
        client = clients[n % len(clients)]
        began = time.perf_counter()
        answer = await client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
        if n == 0:
            got = answer.json().get("rows", [])
            assert rows is None or len(got) == rows, (path, len(got))
    took = sorted(took[20:])
    return {"p50": round(statistics.median(took), 1), "p99": round(took[int(len(took) * 0.99) - 1], 1)}


async def measure(wanted: int) -> dict[str, Any]:
    """Everything, on a Postgres that is there for this alone."""
    root, owner = os.environ.get("TRIBUTARY_TEST_DATABASE_URL") or shared_postgres(), "bench_day"
    more = {"pages_in_five_minutes": 10**6}
    database = await chassis_testing.template(root, owner, build, LeadsSettings, more)
    service = build(chassis_testing._settings(LeadsSettings, root, database, owner, more))
    if why := await service._check_database():
        raise SystemExit(why)
    chassis_testing.lets_in(service)
    transport = httpx.ASGITransport(service.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench") as http:
        under_test = ServiceUnderTest(service, http, http, chassis_testing.MemoryIntake())
        began = time.perf_counter()
        last = await fill(under_test, wanted)
        print(f"{wanted:,} leads stored in {time.perf_counter() - began:.0f} s", flush=True)
        every = [f"t{n}" for n in range(TEAMS)]
        sellers, heads = [f"t0.p{n}" for n in range(PEOPLE)], [f"gm{n}" for n in range(PEOPLE)]
        await under_test.told(*(granted(person, "t0") for person in sellers))
        await under_test.told(*(granted(person, *every, kind="management") for person in heads))
        one, all_teams = ([under_test.as_(person) for person in people] for people in (sellers, heads))
        rows = {}
        for name, client, path, count in (
            ("list, one team", one, "/v1/leads", 50),
            ("list, one team, without names", one, "/v1/leads?names=false", 50),
            ("list, one team, a filter", one, "/v1/leads?place=person", None),
            ("list, all teams", all_teams, "/v1/leads", 50),
            ("list, all teams, without names", all_teams, "/v1/leads?names=false", 50),
            ("list, all teams, a filter", all_teams, "/v1/leads?grade=A&names=false", 50),
            ("search, a rare word", all_teams, "/v1/leads?q=N4711", 1),
            ("search, a word of 40 leads", all_teams, "/v1/leads?q=firm 7&names=false", None),
            ("work list", one, "/v1/work", None),
            ("board, one team", one, "/v1/board?team=t0", None),
            ("board, one team, without names", one, "/v1/board?team=t0&names=false", None),
            ("timeline", one, f"/v1/leads/{last}/timeline", 24),
            ("queue", all_teams, "/v1/queues", None),
            ("summary, one team", one, "/v1/summary?by=team", None),
            ("summary, all teams", all_teams, "/v1/summary?by=team", None),
        ):
            rows[name] = await timed(client, path, count)
            print(f"{name}: p50 {rows[name]['p50']} ms, p99 {rows[name]['p99']} ms", flush=True)
    await service.database.close()
    return rows


def main() -> None:
    """As the command line says: how many leads, 200,000 unless said otherwise."""
    run = TestRun()
    try:
        asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
    finally:
        run.end()


if __name__ == "__main__":
    main()
