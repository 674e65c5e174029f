"""Alerts ring by their faults: a real one in a running stack, what its services then tell, and the committed rules."""

from pathlib import Path

import pytest
from ringing import Watch
from stage import Stage, a_lead, mark
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")


def asked(stage: Stage, status: int) -> None:
    """Somebody sends a lead."""
    answer = stage.public.post(stage.url("leads", "/v1/leads"), json=a_lead())
    assert answer.status_code == status, answer.text


def test_alerts_of_a_broker_that_is_away(stage: Stage, tmp_path: Path) -> None:
    watch, kafka = Watch(stage, tmp_path), stage.stack.kafka
    assert kafka is not None
    kafka.kill()
    # What this says waits in the outbox.
    lines = [{"line": "ads", "item": "Anzeigen", "budget": 1000, "owner": "anna.schmidt"}]
    plan = {"name": "Away", "channel": mark("c"), "segment": "dach-machines", "currency": "EUR", "lines": lines}
    assert stage.http.put(stage.url("campaigns", f"/v1/campaigns/{mark('away')}"), json=plan).status_code == 200
    watch.during(14, 1.5, lambda: asked(stage, 503))
    due = {"ServiceNotReady", "AccessStale", "OutboxOld", "DoorFull"}
    assert due - watch.rang() == set()
    assert due & watch.rang(before=True) == set()


def test_alerts_of_a_database_that_is_away(stage: Stage, tmp_path: Path) -> None:
    watch, postgres = Watch(stage, tmp_path), stage.stack.postgres
    assert postgres is not None
    postgres.kill()
    watch.during(26, 1.5, lambda: asked(stage, 202))
    due = {"ServiceNotReady", "DeliveriesHeld", "RelayRestarts", "Lag", "JobFails"}
    assert due - watch.rang() == set()
    assert due & watch.rang(before=True) == set()


def test_alerts_of_a_service_that_is_down(stage: Stage, tmp_path: Path) -> None:
    watch = Watch(stage, tmp_path)
    stage.services["metrics"].stop()
    watch.during(6, 0.1)
    assert watch.rang() - watch.rang(before=True) == {"ServiceDown"}


def test_alerts_of_a_record_whose_sender_is_nobody_known(stage: Stage, tmp_path: Path) -> None:
    watch, key = Watch(stage, tmp_path), mark("stranger")
    forged = {"ce_type": b"leads.lead.qualified.v1", "ce_id": b"1", "ce_time": b"2026-01-01T00:00:00+00:00"}
    numbered = {"source": b"leads.of.nobody", "shard": b"0", "seq": b"1"}
    stage.put("leads.lead", b"{}", {**forged, **numbered}, key.encode(), 0)
    found = "select cause from parked where key = $1 and ended_at is null"
    [(cause,)] = until("it is parked", lambda: stage.sql("metrics", found, key.encode()))
    assert cause == "unknown history"
    until("it is told", lambda: "parked_suspect 0.0" not in stage.telemetry("metrics"), 40)
    watch.during(2, 0.1)
    for service in ("territory", "metrics"):
        for (one,) in stage.sql(service, "select id from parked where key = $1", key.encode()):
            stage.run(service, "parked", "discard", str(one), "--because", "a test made it")
    assert "StrangerOnATopic" in watch.rang() - watch.rang(before=True)
