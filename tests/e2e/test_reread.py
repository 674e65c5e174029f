"""Services that are told to hear their topics again come out as they were, and nothing is counted, decided or told twice."""

import json

import pytest
from stage import Stage, a_lead, mark
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")

HEARD = "select coalesce(sum(last_seq), 0) from watermark where topic = $1"


def test_topics_that_are_heard_again_change_nothing(stage: Stage) -> None:
    campaign, channel = mark("campaign"), mark("channel")
    stage.plan(campaign, channel)
    leads = [stage.submit(a_lead(source="campaign", campaign=campaign, channel=channel)) for _ in range(9)]
    outcome = {"lead_id": leads[0], "result": "won", "amount": {"minor": 500, "currency": "EUR"}}
    assert stage.post("leads", "/v1/outcomes", json={"outcomes": [outcome]}).json()["accepted"] == 1
    before = stage.counted("channel", channel, 30, leads=9, routed=9, assigned=9, won=1)
    refused = stage.run("leads", "reread", "leads.intake")
    assert refused.returncode == 1
    assert "on_leads_intake is not declared idempotent" in refused.stdout
    again = {"territory": ("leads.lead",), "metrics": ("leads.lead", "territory.lead", "campaigns.ledger")}
    known = {(service, topic): stage.sql(service, HEARD, topic)[0][0] for service in again for topic in again[service]}
    for service, topics in again.items():
        stage.services[service].stop()
        for topic in topics:
            done = stage.run(service, "reread", topic, "--from", "0")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["records"] or topic == "campaigns.ledger"
            assert stage.sql(service, HEARD, topic)[0][0] == 0
    stage.up()
    for (service, topic), number in known.items():
        until(
            f"{service} has heard {topic} again",
            lambda s=service, t=topic, n=number: stage.sql(s, HEARD, t)[0][0] >= n,
        )
    after = stage.counted("channel", channel, 30, leads=9, routed=9, assigned=9, won=1)
    assert after["won_amount"] == before["won_amount"]
    stage.holds(leads)
