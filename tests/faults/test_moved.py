"""People are moved under a little load and nothing else is broken: every way to show rows shows theirs, and no other's."""

import random
from pathlib import Path

import pytest

from tributary.faults.journal import Journal
from tributary.faults.nemesis import people
from tributary.faults.run import _testbed, _warm_up
from tributary.progress import Steps


@pytest.mark.timeout(240)
def test_who_is_moved_is_shown_what_is_his_in_every_way_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    journal = Journal(tmp_path, 1)
    with _testbed(tmp_path, journal, 1, 20, 1, Steps(quiet=True)) as testbed:
        _warm_up(testbed, ())
        found = people.move(testbed, random.Random(1))
        testbed.load.stop()
    journal.close()
    assert testbed.shown == []
    assert found["without_a_right"] == 0
    assert set(people.WAYS) < set(found["by"])
    assert found["gone_s"] < people.GONE_WITHIN_S
