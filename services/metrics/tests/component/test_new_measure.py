"""A measure that is wanted later is one definition: nothing else of the service, and no SQL, is changed for it."""

import asyncio
import json
import os
import sys
from typing import Any

from chassis_testing import ServiceUnderTest

# Another process, because everything is made of the catalogue when it is imported. The event is one that nobody tells yet.
ONE_DEFINITION = """
from metrics.domain import catalogue
catalogue.NUMBERS += (catalogue.Count("visits", "visits that were paid to its leads", step="leads.lead.visited.v1"),)
"""
AN_EVENT = """
from typing import Literal
from uuid import UUID
import contracts
from contracts.event import Event, Instant
from contracts.leads.lead import LEAD

class LeadVisited(Event):
    type: Literal["leads.lead.visited.v1"] = "leads.lead.visited.v1"
    lead_id: UUID
    visited_at: Instant

object.__setattr__(LEAD, "events", (*LEAD.events, LeadVisited))
contracts.STREAM_OF[LeadVisited.event_type()] = LEAD
"""
PLAYED = """
import asyncio, json, sys
from datetime import UTC, datetime, timedelta
import httpx
from chassis_testing import MemoryIntake, ServiceUnderTest, lets_in
from contracts.leads.lead import LeadCaptured
from metrics.app import build
from metrics.settings import MetricsSettings
from metrics.use_cases import recompute

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)

def captured(n, channel):
    return LeadCaptured(lead_id=UUID(int=n), source=channel, occurred_at=NOON, captured_at=NOON)

def visited(n, minutes):
    return LeadVisited(lead_id=UUID(int=n), visited_at=NOON + timedelta(minutes=minutes))

async def play():
    service = build(MetricsSettings())
    lets_in(service)
    made, headers = httpx.ASGITransport(service.asgi), {"authorization": f"Bearer {sys.argv[1]}"}
    async with httpx.AsyncClient(transport=made, base_url="http://test", headers=headers) as http:
        under_test = ServiceUnderTest(service, http, http, MemoryIntake())
        await under_test.receives(visited(1, 1), captured(1, "web"), captured(2, "web"), captured(3, "fair"))
        await under_test.receives(visited(1, 1), visited(1, 5), visited(2, 9))
        await under_test.receives_again()
        await under_test.receives_renumbered(visited(1, 1), visited(1, 5), visited(2, 9))
        rows = (await http.get("/v1/kpis", params={"by": "channel"})).json()["rows"]
        document = (await http.get("/openapi.json")).json()["components"]["schemas"]["KpiRow"]["properties"]["visits"]
        await under_test.runs("publish_kpis")
        told = {e.id: e.others for e in await under_test.emitted()}
        async with service.database.transaction() as tx:
            wrong = await recompute.check(tx)
        print(json.dumps({
            "visits": {row["key"]: row["visits"] for row in rows},
            "leads": {row["key"]: row["leads"] for row in rows},
            "document": document["description"],
            "told": told["channel:web"],
            "wrong": len(wrong),
            "page": [line for line in catalogue.page() if "visits" in line],
        }))
    await service.database.close()

asyncio.run(play())
"""


async def test_a_measure_with_an_event_of_its_own_is_counted_shown_told_and_documented_for_one_definition(
    service: ServiceUnderTest,
) -> None:
    settings = service.service.settings
    token = settings.operator_token.get_secret_value() if settings.operator_token else ""
    secrets = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "OWNER_DATABASE_URL": settings.owners_url(),
        "DOOR_DATABASE_URL": settings.door_database_url.get_secret_value(),
        "TRIBUTARY_OPERATOR_TOKEN": token,
        "TRIBUTARY_MASTER_KEY": settings.master_key.get_secret_value() if settings.master_key else "",
    }
    script = AN_EVENT + ONE_DEFINITION + PLAYED
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, token, env={**os.environ, **secrets}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert found == {
        "visits": {"web": 3, "fair": 0},
        "leads": {"web": 2, "fair": 1},
        "document": "visits that were paid to its leads",
        "told": {"visits": 3},
        "wrong": 0,
        "page": ["| `visits` | count | visits that were paid to its leads |"],
    }
