"""No span holds what somebody sent: personal data goes through every door and every handler of the four services, and all of
it is recorded."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from corpus import CANARY, LEAD, PERSON, PHONE, SPEND, TEXT, Bad, corpus, raw, tolerated
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.event import Event
from contracts.hearers import HEARS
from contracts.leads.opportunity import StageChanged
from contracts.territory.calendar import CalendarPublished, Hours, WeekdayHours
from tributary.traffic import market

SAMPLED = f"00-{'a' * 32}-{'b' * 16}-01"
SECRETS = (CANARY, PHONE, PERSON["phone"], "305550147", "Özdemir", "Allee", "möchte nicht")
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
Services = dict[str, ServiceUnderTest]


@pytest.fixture
def services(
    leads: ServiceUnderTest, territory: ServiceUnderTest, campaigns: ServiceUnderTest, metrics: ServiceUnderTest
) -> Services:
    return {"leads": leads, "territory": territory, "campaigns": campaigns, "metrics": metrics}


async def asked(service: ServiceUnderTest, bad: Bad) -> httpx.Response:
    client = service.http if bad.token else service.anonymous
    headers = {"traceparent": SAMPLED}
    headers |= {"content-type": bad.kind} if bad.kind and bad.method != "GET" else {}
    headers |= {"authorization": f"Bearer {bad.bearer}"} if bad.bearer else {}
    return await client.request(bad.method, bad.path, content=bad.body or None, headers=headers)


async def post(service: ServiceUnderTest, path: str, body: Any) -> httpx.Response:
    answer = await service.http.post(path, json=body, headers={"traceparent": SAMPLED})
    assert answer.is_success, answer.text
    return answer


async def hear(services: Services, events: Sequence[Event]) -> None:
    """Everybody who hears of these events hears them, each under a trace that is recorded."""
    for name, streams in HEARS.items():
        for event in events:
            if any(type(event) in stream.events for stream in streams):
                service = services[name]
                await service.receives_raw(service.record(event, traceparent=SAMPLED))


async def said(services: Services) -> list[Event]:
    """What the services have said since the last look."""
    found: list[Event] = []
    for service in services.values():
        found += [*service.intake.emitted, *await service.emitted()]
        service.intake.emitted.clear()
    return found


def told(spans: InMemorySpanExporter) -> dict[str, str]:
    """Every span as text, by its name."""
    return {
        f"{span.name} #{n}": json.dumps(json.loads(span.to_json()), ensure_ascii=False)
        for n, span in enumerate(spans.get_finished_spans())
    }


def names(spans: InMemorySpanExporter) -> set[str]:
    return {span.name for span in spans.get_finished_spans()}


def secrets_in(spans: InMemorySpanExporter) -> list[tuple[str, str]]:
    return [(name, secret) for name, text in told(spans).items() for secret in SECRETS if secret in text]


async def test_no_span_of_a_request_that_is_refused_holds_what_was_sent(
    services: Services, spans: InMemorySpanExporter
) -> None:
    for bad in corpus():
        await asked(services[bad.service], bad)
    for service in services.values():
        for method, path in (("GET", f"/{CANARY}"), (CANARY.upper(), "/v1/leads"), ("POST", f"/v1/{CANARY}?{CANARY}")):
            await service.anonymous.request(method, path, headers={"traceparent": SAMPLED, "x-about": CANARY})
    assert len(spans.get_finished_spans()) > len(corpus())
    assert names(spans) >= {
        "POST /v1/leads",
        "POST /v1/spend",
        "PUT /v1/market",
        "GET /v1/kpis",
        "GET other",
        "other other",
    }
    assert secrets_in(spans) == []


async def test_no_span_on_the_way_of_a_lead_or_a_spend_holds_what_was_sent(
    services: Services, spans: InMemorySpanExporter
) -> None:
    put = {"traceparent": SAMPLED, "content-type": "application/yaml"}
    assert (await services["territory"].http.put("/v1/market", content=market(), headers=put)).is_success
    for _, change in tolerated():
        await post(services["leads"], "/v1/leads", {**LEAD, **change})
    await post(services["leads"], "/v1/calls", {**LEAD, "source": "phone"})
    [lead_id] = (
        await post(services["leads"], "/v1/leads/batch", {"leads": [{**LEAD, "requests": [{"kind": "sample"}]}]})
    ).json()["ids"]
    outcome = {"lead_id": lead_id, "result": "lost", "reason": TEXT, "at": AT.isoformat()}
    await post(services["leads"], "/v1/outcomes", {"outcomes": [outcome]})
    await post(services["campaigns"], "/v1/spend", {"spend": [{**SPEND, "campaign": "spring"}]})
    plan = CampaignPlanned(campaign="spring", name="S", channel="search", currency="EUR", version=1, planned_at=AT)
    week = (WeekdayHours(day="mon", hours=(Hours(opens="09:00", closes="17:00"),)),)
    calendar = CalendarPublished(id="de", version=1, zone="Europe/Berlin", week=week, published_at=AT)
    sale = {"lead_id": lead_id, "pipeline": "contract", "pipeline_version": 1, "team": "berlin", "by": "anna.schmidt"}
    way = {"from_stage": "visit", "to_stage": "offer", "direction": "forward", "working_s": 1, "wall_s": 1}
    moved = StageChanged.model_validate({**sale, **way, "changed_at": AT})
    events: list[Event] = [plan, calendar, moved, *await said(services)]
    while events:
        await hear(services, events)
        events = await said(services)
    for service, path in (
        ("leads", f"/v1/leads/{lead_id}"),
        ("territory", f"/v1/leads/{lead_id}/decision"),
        ("campaigns", "/v1/campaigns/spring/ledger"),
        ("metrics", "/v1/kpis?by=channel"),
    ):
        assert (await services[service].http.get(path, headers={"traceparent": SAMPLED})).is_success, path
    heard = {f"process {stream.topic}" for streams in HEARS.values() for stream in streams}
    assert names(spans) >= {*heard, "GET /v1/leads/{lead_id}", "POST /v1/calls", "POST /v1/outcomes"}
    assert secrets_in(spans) == []


async def test_no_span_of_a_strangers_record_holds_what_stands_in_its_key_its_headers_or_its_body(
    services: Services, spans: InMemorySpanExporter
) -> None:
    await post(services["leads"], "/v1/leads", LEAD)
    await post(services["campaigns"], "/v1/spend", {"spend": [{**SPEND, "campaign": "spring"}]})
    events = await said(services)
    await hear(services, events)
    for event in [*events, *await said(services)]:
        for name, streams in HEARS.items():
            if not any(type(event) in stream.events for stream in streams):
                continue
            for change in ({}, {"ce_source": CANARY.encode()}, {"source": f"leads/{CANARY}".encode()}):
                record = services[name].record(event, traceparent=SAMPLED, **change)
                record.key = f"{CANARY} Özdemir".encode()
                record.headers = [(key, CANARY.encode() if key == "ce_id" else value) for key, value in record.headers]
                await services[name].receives_raw(record)
            broken = services[name].record(event, traceparent=SAMPLED)
            broken.value = raw({**json.loads(broken.value), "lead_id": PERSON, "campaign": PERSON, CANARY: TEXT})
            await services[name].receives_raw(broken)
    assert names(spans) >= {"process leads.intake", "process leads.lead", "process campaigns.spend"}
    assert secrets_in(spans) == []
