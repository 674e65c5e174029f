"""Leads change hands, come back and are answered too late while both services that see to it are killed: each once."""

import random
from pathlib import Path

import pytest

from tributary.faults.journal import Journal
from tributary.faults.nemesis import hands
from tributary.faults.run import _testbed, _warm_up
from tributary.progress import Steps
from tributary.verify.command import verified


@pytest.mark.timeout(420)
def test_what_is_killed_amid_transfers_returns_and_breaches_goes_on_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    journal = Journal(tmp_path, 1)
    with _testbed(tmp_path, journal, seed=1, rate=50, brokers=1, steps=Steps(quiet=True)) as testbed:
        _warm_up(testbed, ())
        moved = hands.transfer(testbed, random.Random(1))
        returned = hands.give_back(testbed, random.Random(2))
        owed = hands.breach(testbed, random.Random(3))
        testbed.load.stop()
        verdict = verified(testbed.stack.running, settle=60, at_rest=True, steps=Steps(quiet=True))
    journal.close()
    assert moved["moved"] > 10
    assert moved["moved_back"] > 10
    assert returned["returned"] > 0
    assert owed["owed"] > 10
    broken = [one.what for finding in verdict.findings for one in finding.violations]
    assert broken == []
