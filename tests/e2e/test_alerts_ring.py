"""An alert rings by its fault: a real one in a running stack, what its services then tell, and the committed rules. Here is what takes
moments; every other alert has its fault in alarms.py, which `make alarms` plays."""

from pathlib import Path

import pytest
from ringing import Watch
from stage import Stage, mark
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")


def test_alerts_of_a_service_that_is_down_and_of_a_record_that_nobody_can_read(stage: Stage, tmp_path: Path) -> None:
    watch, key = Watch(stage, tmp_path), mark("poison").encode()
    stage.put("campaigns.spend", b"no JSON", {"ce_type": b"campaigns.spend.reported.v1", "ce_id": key}, key)
    [(row,)] = until("it is parked", lambda: stage.sql("campaigns", "select id from parked where key = $1", key))
    stage.services["metrics"].stop()
    watch.during(6, 0)
    done = stage.run("campaigns", "parked", "discard", str(row), "--reason", "a test made it")
    assert done.returncode == 0, done.stderr
    assert watch.rang() - watch.rang(before=True) == {"ServiceDown", "EventsParked"}
