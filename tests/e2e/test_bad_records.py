"""A bad record on a topic is set aside with its cause, seen, and handled once mended; everything around it goes through."""

import base64
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stage import Stage, a_lead, mark
from test_journeys import a_spend, from_outside
from waiting import until

from chassis.sealing import derive, new_key, seal, seal_bytes
from contracts.leads.intake import LeadSubmitted
from leads.domain.personal import Personal
from leads.use_cases.personal import pack

pytestmark = pytest.mark.xdist_group("stack")
SPEND = {"ce_type": b"campaigns.spend.reported.v1", "ce_id": b"1"}


def parked(stage: Stage, service: str, key: str) -> list[dict[str, Any]]:
    """What `parked list` names of this key."""
    listed = stage.run(service, "parked", "list")
    assert listed.returncode == 0, listed.stderr
    ids = {str(r["id"]) for r in stage.sql(service, "select id from parked where key = $1", key.encode())}
    return [one for one in json.loads(listed.stdout) if one["id"] in ids]


def counted(stage: Stage, service: str) -> float:
    """What the telemetry page says was parked so far, in all."""
    found = re.findall(r"^parked_events_total\{.*\} (\S+)$", stage.telemetry(service), re.M)
    return sum(map(float, found))


def test_what_an_outsider_gets_wrong_is_parked_with_its_cause_and_the_rest_is_counted(stage: Stage) -> None:
    campaign, before = mark("campaign"), counted(stage, "campaigns")
    stage.plan(campaign, mark("channel"))
    good = a_spend(campaign, 100)
    bad: list[tuple[bytes, dict[str, bytes]]] = [
        (b"{}", {}),
        (b"{}", {"ce_type": b"\xff\xfe"}),
        (b"{", SPEND),
        (b"", SPEND),
        (json.dumps({**good, "amount": {"minor": "a lot", "currency": "EUR"}}).encode(), SPEND),
        (json.dumps({**good, "spend_id": mark("s"), "amount": {"minor": -5, "currency": "EUR"}}).encode(), SPEND),
        (json.dumps({**good, "occurred_at": "yesterday"}).encode(), SPEND),
    ]
    for body, headers in bad:
        stage.put("campaigns.spend", body, headers, campaign.encode())
    stage.put("campaigns.spend", b"{}", {"ce_type": b"weather.rained.v1"}, campaign.encode())
    from_outside(stage, good)  # the same key: the same partition, behind all of them

    stage.counted("campaign", campaign, spend={"EUR": 100})
    found = parked(stage, "campaigns", campaign)
    assert len(found) == len(bad)
    causes = sorted(one["cause"] for one in found)
    assert causes.count("unreadable header") == 2
    assert causes.count("unreadable body") >= 4
    assert all(one["detail"] and one["topic"] == "campaigns.spend" for one in found)
    assert "amount.minor" in " ".join(one["detail"] for one in found)
    assert counted(stage, "campaigns") - before == len(bad)
    assert 'events_total{outcome="ignored",type="unknown"}' in stage.telemetry("campaigns")
    show = ("campaigns", "parked", "show", found[0]["id"])
    assert json.loads(stage.run(*show).stdout)["payload"] == ""
    shown = json.loads(stage.run(*show, "--because", "the test reads it").stdout)
    assert shown["payload"] in {body.decode() for body, _ in bad}


def test_a_record_without_its_number_on_a_numbered_topic_is_parked_by_every_hearer_and_stops_none(
    stage: Stage,
) -> None:
    key, channel = mark("stranger"), mark("channel")
    for number in range(4):
        stage.put("leads.lead", b"{}", {"ce_type": b"leads.lead.qualified.v1"}, key.encode(), number)
    for _ in range(8):
        stage.submit(a_lead(channel=channel))
    stage.counted("channel", channel, leads=8, assigned=8)
    for service in ("territory", "metrics"):
        assert [(one["cause"], one["detail"]) for one in parked(stage, service, key)] == [
            ("unreadable header", "the header source is missing")
        ] * 4


def test_a_parked_submission_is_replayed_once_its_key_is_there(stage: Stage) -> None:
    channel, name, key, lead_id = mark("channel"), mark("intake"), new_key(), uuid.uuid4()
    now = datetime.now(UTC)
    submitted = LeadSubmitted(
        lead_id=lead_id,
        received_at=now,
        occurred_at=now,
        source="web",
        person=seal(name, key, pack(Personal(name="Ada Beispiel", phone="+4930901820")), lead_id.bytes),
        country="DE",
        channel=channel,
    )
    headers = {"ce_type": submitted.type.encode(), "ce_id": mark("id").encode(), "ce_time": now.isoformat().encode()}
    stage.put("leads.intake", submitted.model_dump_json(exclude_none=True).encode(), headers, str(lead_id).encode())
    stands = "select 1 from parked where key = $1"
    until("it is parked", lambda: stage.sql("leads", stands, str(lead_id).encode()))
    (event,) = parked(stage, "leads", str(lead_id))
    assert (event["cause"], event["type"]) == ("refused", "leads.intake.submitted.v1")
    assert 'parked_events_total{cause="refused"}' in stage.telemetry("leads")
    assert "failed again" in stage.run("leads", "parked", "replay", event["id"]).stdout
    assert stage.get("leads", f"/v1/leads/{lead_id}") is None

    wrapped_by = base64.b64decode(stage.services["leads"].environment()["TRIBUTARY_MASTER_KEY"])
    master = derive(wrapped_by, "intake")
    stage.sql(
        "leads",
        "insert into intake_key (name, wrapped_key, made_at) values ($1, $2, $3)",
        name,
        seal_bytes(master, key, name.encode()),
        now - timedelta(days=2),
    )
    assert stage.run("leads", "parked", "replay", event["id"]).stdout.strip() == f"{event['id']}: replayed"
    stage.counted("channel", channel, leads=1, qualified=1)
    assert parked(stage, "leads", str(lead_id)) == []
