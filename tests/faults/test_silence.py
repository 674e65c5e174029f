"""A move while no broker answers: nobody sees by a right that may be gone, and it acts as soon as it can be heard."""

import random
from pathlib import Path

import pytest

from tributary.faults.journal import Journal
from tributary.faults.nemesis import silence
from tributary.faults.run import _testbed, _warm_up
from tributary.faults.sight import GONE_WITHIN_S
from tributary.progress import Steps


@pytest.mark.timeout(200)
def test_who_is_moved_while_no_broker_answers_sees_nothing_after_15_s_and_his_new_team_when_one_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    journal = Journal(tmp_path, 1)
    with _testbed(tmp_path, journal, seed=1, rate=50, brokers=1, steps=Steps(quiet=True)) as testbed:
        _warm_up(testbed, ())
        found = silence.move(testbed, random.Random(1))
        testbed.load.stop()
    journal.close()
    assert 10 < found["shut_s"] < silence.SHUT_WITHIN_S + 2
    assert 0 < found["acted_s"] < GONE_WITHIN_S
