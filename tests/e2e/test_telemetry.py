"""What each service says of itself: numbers that lead to a trace, its doors as OpenAPI, and who may pass them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from stage import SAMPLED, SERVICES, Stage, a_lead, mark
from test_journeys import a_spend

pytestmark = pytest.mark.xdist_group("stack")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PUBLIC = {
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("POST", "/v1/leads"),
    ("GET", "/v1/leads/thanks"),
    ("GET", "/v1/forms/{form}/definition"),
    ("GET", "/v1/forms/{form}/embed.js"),
    ("OPTIONS", "/v1/forms/{form}/submissions"),
    ("POST", "/v1/forms/{form}/submissions"),
    ("GET", "/f/{form}"),
    ("GET", "/f/{form}/thanks"),
}
COMMITTED = Path(__file__).parents[2] / "services"


def document(stage: Stage, service: str) -> dict[str, Any]:
    """The service's OpenAPI document, as anybody may read it."""
    answer = stage.public.get(stage.url(service, "/openapi.json"))
    assert answer.status_code == 200
    return dict(answer.json())


def doors(stage: Stage, service: str) -> set[tuple[str, str]]:
    """Method and path of everything that the document lists."""
    paths = document(stage, service)["paths"]
    return {(method.upper(), path) for path, operations in paths.items() for method in operations}


def test_the_openapi_document_lists_every_door_and_its_page_is_there(stage: Stage) -> None:
    for service in SERVICES:
        assert document(stage, service)["openapi"].startswith("3.1.")
        committed = json.loads((COMMITTED / service / "openapi.json").read_bytes())
        assert document(stage, service)["paths"].keys() == committed["paths"].keys()
        page = stage.public.get(stage.url(service, "/docs"))
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "/openapi.json" in page.text


def test_every_door_that_is_not_public_asks_for_a_token(stage: Stage) -> None:
    wrong = [{}, {"authorization": "Bearer no"}, {"authorization": f"Basic {stage.stack.token}"}]
    opened = []
    for service in SERVICES:
        for method, path in doors(stage, service) - PUBLIC:
            url = stage.url(service, re.sub(r"\{.*?\}", "7", path))
            for headers in wrong:
                content = {"content": b"{}"} if method != "GET" else {}
                answer = stage.public.request(
                    method, url, headers={**headers, "content-type": "application/json"}, **content
                )
                if answer.status_code != 401 or answer.headers["content-type"] != "application/problem+json":
                    opened.append((method, path, answer.status_code))
                assert stage.stack.token not in answer.text
    assert opened == []


def test_a_slow_requests_number_leads_to_its_trace_and_an_unsampled_one_to_none(stage: Stage, trace: str) -> None:
    unseen = trace[::-1]
    stage.submit(a_lead(channel=mark("channel")), traceparent=SAMPLED.format(trace=unseen)[:-1] + "0")
    stage.submit(a_lead(channel=mark("channel")), traceparent=SAMPLED.format(trace=trace))
    page = stage.telemetry("leads", OPENMETRICS)
    assert page.endswith("# EOF\n")
    line = next(line for line in page.splitlines() if f'# {{trace_id="{trace}"}}' in line)
    assert line.startswith("http_request_duration_seconds_bucket{")
    assert 'route="/v1/leads",status="202"' in line
    assert unseen not in page
    assert "# {" not in stage.telemetry("leads")  # the older format has no exemplars and must not be broken by one


def test_every_service_tells_what_it_heard_how_old_that_was_and_what_it_has_still_to_say(stage: Stage) -> None:
    campaign = mark("campaign")
    stage.plan(campaign, mark("channel"))
    stage.post("campaigns", "/v1/spend", json={"spend": [a_spend(campaign, 7)]})
    stage.lead(stage.submit(a_lead()))
    stage.counted("campaign", campaign, spend={"EUR": 7})
    for service in SERVICES:
        page = stage.telemetry(service)
        assert re.search(r"^ready 1\.0$", page, re.M)
        for name in ("outbox_rows", "outbox_oldest_seconds", "event_age_seconds_count", "events_total"):
            assert re.search(rf"^{name}[ {{]", page, re.M), f"{service} does not tell {name}"
