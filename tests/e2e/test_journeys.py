"""From a door to a number: each way in, and the same values wherever one looks."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from stage import Said, Stage, a_lead, mark
from stream import Watcher
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")
NUMBERS = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost", "conversion", "won_amount", "spend")


def newest(records: list[Said], kpi: str) -> dict[str, Any]:
    """The newest state of a KPI row that its topic tells."""
    rows = [r.body for r in records if r.key.decode() == kpi]
    return dict(max(rows, key=lambda row: row["version"], default={}))


def test_a_form_becomes_a_decision_a_number_and_a_frame_and_all_of_them_say_the_same(stage: Stage) -> None:
    channel = mark("channel")
    with Watcher(stage.url("metrics"), stage.stack.token, "channel") as watcher:
        lead_id = stage.submit(a_lead(channel=channel))
        record = stage.lead(lead_id)
        row = stage.counted("channel", channel, leads=1, qualified=1, valid=1, routed=1, assigned=1)
        until("the stream tells the same row", lambda: watcher.row(channel) == row)
    decision = stage.get("territory", f"/v1/leads/{lead_id}/decision")
    behind = stage.get("metrics", f"/v1/kpis/channel/{channel}/facts")["leads"]
    events = [r.body for r in stage.topic("territory.lead") if r.key.decode() == lead_id]

    assert record["state"] == "assigned"
    assert [step["what"] for step in record["history"]] == ["captured", "qualified", "routed", "assigned"]
    places = [
        (record["segment"], record["team"], record["person"]),
        tuple(decision[part]["value"] for part in ("segment", "team", "person")),
        (behind[0]["segment"], behind[0]["team"], record["person"]),
        (events[0]["segment"], events[0]["team"], events[1]["person"]),
    ]
    assert set(places) == {("dach-machines", "berlin", record["person"])}
    assert decision["team"]["rule"] == "de-berlin-lathes"

    def told() -> dict[str, Any]:
        return newest(stage.topic("metrics.kpi"), f"channel:{channel}")

    said = until("metrics.kpi tells the row's version", lambda: told().get("version") == row["version"] and told())
    assert {n: said.get(n, row[n]) for n in NUMBERS} == {n: row[n] for n in NUMBERS}


def test_every_way_in_counts_and_a_bad_row_is_named_and_costs_no_other(stage: Stage) -> None:
    channel = mark("channel")
    form = {
        "source": "web",
        "contact.phone": "+49 30 901820",
        "country": "DE",
        "channel": channel,
        "attributes.size": "12",
    }
    posted = stage.public.post(stage.url("leads", "/v1/leads"), data=form)
    called = stage.post("leads", "/v1/calls", json=a_lead(source="phone", channel=channel))
    rows = [
        a_lead(source="sales", channel=channel, external_id=mark("s")),
        a_lead(channel=channel, contact={"phone": "12"}),
        a_lead(source="import", channel=channel, external_id=mark("i")),
    ]
    batch = stage.post("leads", "/v1/leads/batch", json={"leads": rows}).json()

    assert (posted.status_code, called.status_code) == (202, 202)
    assert (batch["accepted"], [one["index"] for one in batch["refused"]]) == (2, [1])
    assert batch["refused"][0]["errors"] == [{"field": "contact.phone", "reason": "is not a possible phone number"}]
    ids = [posted.json()["id"], called.json()["id"], *batch["ids"]]
    began = time.monotonic()
    sources = [stage.lead(one)["about"]["source"] for one in ids]
    assert time.monotonic() - began < 10  # a lead that waits for no person is not waited for either
    assert sources == ["web", "phone", "sales", "import"]
    stage.counted("channel", channel, leads=4)


def test_a_mistyped_campaign_loses_no_lead_and_is_flagged(stage: Stage) -> None:
    known, unknown = mark("campaign"), mark("campaign")
    stage.plan(known, mark("channel"))
    right = stage.submit(a_lead(source="campaign", campaign=known))
    wrong = stage.submit(a_lead(source="campaign", campaign=unknown))
    flags = {one: stage.lead(one)["history"][0].get("flags", []) for one in (right, wrong)}
    assert flags == {right: [], wrong: ["unknown campaign"]}
    stage.counted("campaign", unknown, leads=1, assigned=1)


def test_a_submission_sent_again_has_the_same_id_and_one_effect(stage: Stage) -> None:
    channel, key = mark("channel"), mark("key")
    form = a_lead(channel=channel)
    ids = {stage.submit(form, **{"idempotency-key": key}) for _ in range(3)}
    other = a_lead(channel=channel, message="Something else by now.")
    told = stage.public.post(stage.url("leads", "/v1/leads"), json=other, headers={"idempotency-key": key})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    other = stage.submit(a_lead(channel=channel), **{"idempotency-key": mark("key")})
    assert len(ids) == 1
    stage.lead(other)
    stage.counted("channel", channel, leads=2, assigned=2)
    (lead_id,) = ids
    captured = [r.headers["ce_type"] for r in stage.topic("leads.lead") if r.key.decode() == lead_id]
    assert captured.count(b"leads.lead.captured.v1") == 1


def test_an_outcome_that_overtakes_its_lead_waits_for_it(stage: Stage) -> None:
    channel, external = mark("channel"), mark("deal")
    outcome = {
        "source": "sales",
        "external_id": external,
        "result": "won",
        "amount": {"minor": 125_000, "currency": "EUR"},
    }
    answer = stage.post("leads", "/v1/outcomes", json={"outcomes": [outcome, {"result": "won"}]}).json()
    assert (answer["accepted"], answer["refused"][0]["index"]) == (1, 1)
    kept = "select count(*) from waiting_outcome where lead_id = $1::text::uuid"
    until("the outcome is kept", lambda: stage.sql("leads", kept, answer["ids"][0])[0][0])

    lead_id = stage.submit(a_lead(source="sales", channel=channel, external_id=external))
    assert lead_id == answer["ids"][0]
    stage.counted("channel", channel, leads=1, won=1, lost=0, conversion=1.0, won_amount={"EUR": 125_000})
    assert stage.lead(lead_id)["state"] == "won"


def test_money_spent_by_the_door_and_by_an_outsider_is_counted_once_and_becomes_cost_per_lead(stage: Stage) -> None:
    campaign, channel = mark("campaign"), mark("channel")
    stage.plan(campaign, channel, budget=10_000)
    lead_ids = [stage.submit(a_lead(source="campaign", campaign=campaign, channel=channel)) for _ in range(2)]
    ours, theirs = a_spend(campaign, 2_500), a_spend(campaign, 6_500)
    with Watcher(stage.url("metrics"), stage.stack.token, "campaign") as watcher:
        for _ in range(2):  # a report sent again is the same spend
            assert stage.post("campaigns", "/v1/spend", json={"spend": [ours]}).json()["accepted"] == 1
            from_outside(stage, theirs)
        for lead_id in lead_ids:
            assert stage.lead(lead_id)["state"] == "assigned"
        row = stage.counted("campaign", campaign, valid=2, spend={"EUR": 9_000}, cost_per_lead={"EUR": 4_500})
        until("the stream tells the same row", lambda: watcher.row(campaign) == row)

    ledger = stage.get("campaigns", f"/v1/campaigns/{campaign}/ledger")
    (line,) = ledger["lines"]
    assert (line["budget"], line["incurred"], line["available"]) == (10_000, 9_000, 1_000)
    assert [p["amount"] for p in ledger["postings"] if p["kind"] == "incurred"] in ([6_500, 2_500], [2_500, 6_500])
    stage.counted("channel", channel, spend={"EUR": 9_000})

    from_outside(stage, a_spend(campaign, 1_700))
    stage.counted("campaign", campaign, spend={"EUR": 10_700}, cost_per_lead={"EUR": 5_350})
    told = [r.body for r in stage.topic("campaigns.ledger") if r.key.decode() == campaign]
    assert [e["over_by"] for e in told if e["type"] == "campaigns.ledger.overspent.v1"] == [700]


def a_spend(campaign: str, minor: int) -> dict[str, Any]:
    """A spend on the campaign's one line."""
    return {
        "spend_id": mark("spend"),
        "campaign": campaign,
        "line": "ads",
        "amount": {"minor": minor, "currency": "EUR"},
        "source": "card feed",
        "occurred_at": datetime.now(UTC).isoformat(),
    }


def from_outside(stage: Stage, spend: dict[str, Any]) -> None:
    """An ad platform puts it on the topic itself, as CloudEvents in binary mode, and knows nothing else of us."""
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": mark("id").encode(),
        "ce_type": b"campaigns.spend.reported.v1",
        "ce_source": b"/ad-platform/7",
        "ce_time": datetime.now(UTC).isoformat().encode(),
        "content-type": b"application/json",
    }
    body = {"type": "campaigns.spend.reported.v1", **spend}
    stage.put("campaigns.spend", json.dumps(body).encode(), headers, spend["campaign"].encode())
