"""Bad input at the real doors gets a clear no, and whoever gave personal data finds it nowhere in the clear."""

import base64
import json
from typing import Any

import httpx
import pytest
from corpus import CANARY, JSON, LEAD, PERSON, PHONE, TEXT, Bad, corpus, raw, tolerated
from spans import Collector
from stage import SAMPLED, SERVICES, Said, Stage, a_lead, mark
from waiting import until

from contracts import STREAMS

pytestmark = pytest.mark.xdist_group("stack")
SECRETS = (CANARY, PHONE, PERSON["phone"], "305550147", "Özdemir", "Allee", "möchte nicht")


def sent(stage: Stage, bad: Bad) -> httpx.Response:
    client = stage.http if bad.token else stage.public
    headers = {"content-type": bad.kind} if bad.kind and bad.method != "GET" else {}
    headers |= {"authorization": f"Bearer {bad.bearer}"} if bad.bearer else {}
    return client.request(bad.method, stage.url(bad.service, bad.path), content=bad.body or None, headers=headers)


def complaints(bad: Bad, answer: httpx.Response) -> list[str]:
    """What is wrong with the answer to a bad request."""
    found = []
    if answer.status_code not in bad.status:
        found.append(f"answered {answer.status_code}")
    if answer.headers["content-type"] != "application/problem+json":
        return [*found, f"is {answer.headers['content-type']}"]
    problem = answer.json()
    if problem.get("status") != answer.status_code or not problem.get("title"):
        found.append("is no problem document")
    errors = problem.get("errors", [])
    if answer.status_code == 422 and bad.method != "GET" and not errors:
        found.append("names no field")
    if any(not error["reason"] for error in errors):
        found.append("gives no reason")
    if bad.field and bad.field not in [error["field"] for error in errors]:
        found.append(f"does not name {bad.field}")
    if any(secret in answer.text for secret in SECRETS):
        found.append("echoes what was sent")
    return found


def test_every_mistake_at_every_door_is_a_problem_document_that_names_the_field_and_echoes_nothing(
    stage: Stage,
) -> None:
    wrong = {}
    for bad in corpus():
        answer = sent(stage, bad)
        if found := complaints(bad, answer):
            wrong[f"{bad.method} {bad.service}{bad.path[:40]}: {bad.what}"] = (found, answer.text[:200])
    assert not wrong, "\n".join(f"{what}: {why}" for what, why in wrong.items())
    assert len(corpus()) + len(tolerated()) > 120
    for service in SERVICES:
        assert 'status="500"' not in stage.telemetry(service)


def test_what_costs_no_lead_is_flagged_in_the_answer_and_on_record(stage: Stage) -> None:
    silent = []
    for what, change in tolerated():
        answer = stage.public.post(stage.url("leads", "/v1/leads"), json={**LEAD, **change})
        assert answer.status_code == 202, (what, answer.text)
        flags = answer.json().get("flags", [])
        if not flags or stage.lead(answer.json()["id"])["history"][0].get("flags") != flags or CANARY in answer.text:
            silent.append((what, flags))
    assert silent == []


def test_a_bad_row_between_good_ones_is_named_at_each_batch_door(stage: Stage) -> None:
    channel = mark("channel")
    rows: list[Any] = [
        a_lead(channel=channel),
        7,
        {**LEAD, "contact": {"phone": "12"}},
        {**LEAD, "x": 1},
        a_lead(channel=channel),
    ]
    answer = stage.post("leads", "/v1/leads/batch", json={"leads": rows})
    told = {one["index"]: [e["field"] for e in one["errors"]] for one in answer.json()["refused"]}
    assert (answer.status_code, told) == (200, {1: ["body"], 2: ["contact.phone"], 3: ["x"]})
    assert CANARY not in answer.text
    stage.counted("channel", channel, leads=2)


def test_a_body_that_is_not_announced_ends_at_the_limit(stage: Stage) -> None:
    def drops() -> Any:
        yield from (b" " * 65_536 for _ in range(1_000))

    for path, client in (("/v1/leads", stage.public), ("/v1/leads/batch", stage.http)):
        answer = client.post(stage.url("leads", path), content=drops(), headers={"content-type": JSON})
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_personal_data_is_in_no_log_topic_span_telemetry_page_answer_or_table(
    stage: Stage, collector: Collector, trace: str
) -> None:
    channel, traced = mark("channel"), {"traceparent": SAMPLED.format(trace=trace)}
    lead = {**LEAD, "channel": channel, "message": TEXT}
    lead_id = stage.submit(lead, **traced)
    batch = stage.post("leads", "/v1/leads/batch", json={"leads": [lead]}, headers=traced).json()["ids"]
    parked = {"ce_type": b"leads.intake.submitted.v1", "traceparent": SAMPLED.format(trace=trace).encode()}
    stranger = {**PERSON, "email": f"{CANARY}@stranger.example", "phone": "+49305550148"}  # nobody who is known here
    stage.put("leads.intake", raw({**LEAD, "contact": stranger, "lead_id": CANARY}), parked, b"x")
    for bad in corpus():
        if bad.service == "leads" and bad.method == "POST":
            sent(stage, bad)
    for _, change in tolerated():
        stage.submit({**lead, **change} if "source" not in change else lead)
    stage.counted("channel", channel, leads=2 + len(tolerated()))
    listed = "select 1 from parked where key = 'x'"
    until("the bad record is parked", lambda: stage.sql("leads", listed))
    until("the spans are there", lambda: len(collector.of(trace)) > 10)

    ours = stage.topic(*(s.topic for s in STREAMS))
    places: dict[str, str] = {
        **{f"the log of {name}": text for name, text in stage.logs().items()},
        **{f"the telemetry of {name}": stage.telemetry(name) for name in SERVICES},
        **{f"the rows of {name}": everything_in(stage, name) for name in SERVICES},
        "the topics": "\n".join(as_text(r) for r in ours if r.headers.get("ce_source", b"").startswith(b"/")),
        "the spans": "\n".join(span.text for span in collector.spans),
        "the lead's record": json.dumps(stage.lead(lead_id), ensure_ascii=False),
        "the list of parked events": stage.run("leads", "parked", "list").stdout,
        "the decision": json.dumps(stage.get("territory", f"/v1/leads/{batch[0]}/decision"), ensure_ascii=False),
        "the facts": json.dumps(stage.get("metrics", f"/v1/kpis/channel/{channel}/facts"), ensure_ascii=False),
    }
    assert all(places.values())
    assert {where: s for where, text in places.items() for s in (*SECRETS, *encoded()) if s in text} == {}
    (intake,) = [r.body for r in ours if r.topic == "leads.intake" and r.key.decode() == lead_id]
    assert set(intake["person"]) == {"key", "box"}


def encoded() -> list[str]:
    """The canary as base64 would show it, at each of its three offsets."""
    return [base64.b64encode(b"x" * n + CANARY.encode())[4:-4].decode() for n in range(3)]


def as_text(record: Said) -> str:
    return f"{record.key!r} {record.headers} {record.value.decode()}"


def everything_in(stage: Stage, service: str) -> str:
    """Every row of every table, as text."""
    tables = stage.sql(service, "select tablename from pg_tables where schemaname = 'public' order by 1")
    rows = [stage.sql(service, f'select t::text as row from "{name}" t') for (name,) in tables]
    return "\n".join(str(row["row"]) for found in rows for row in found)
