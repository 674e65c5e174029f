"""What people do while parts are away, on one stack: leads change hands, come back and are answered too late while both services that
see to it are killed under load; and somebody is moved while no broker answers."""

import random
from collections.abc import Iterator

import pytest

from tributary.faults import testbed as beds
from tributary.faults.journal import Journal
from tributary.faults.nemesis import hands, silence
from tributary.faults.run import _testbed, _warm_up
from tributary.faults.sight import GONE_WITHIN_S
from tributary.progress import Steps
from tributary.verify.command import verified


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[beds.Testbed]:
    """The stack under load, warm."""
    folder = tmp_path_factory.mktemp("faults")
    journal = Journal(folder, 1)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
            patch.delenv(name, raising=False)
        with _testbed(folder, journal, seed=1, rate=50, brokers=1, steps=Steps(quiet=True)) as made:
            _warm_up(made, ())
            yield made
    journal.close()


@pytest.mark.timeout(420)
def test_what_is_killed_amid_transfers_returns_and_breaches_goes_on_once(testbed: beds.Testbed) -> None:
    moved = hands.transfer(testbed, random.Random(1))
    returned = hands.give_back(testbed, random.Random(2))
    owed = hands.breach(testbed, random.Random(3))
    testbed.load.stop()
    verdict = verified(testbed.stack.running, settle=60, at_rest=True, steps=Steps(quiet=True))
    assert moved["moved"] > 10
    assert moved["moved_back"] > 10
    assert returned["returned"] > 0
    assert owed["owed"] > 10
    broken = [one.what for finding in verdict.findings for one in finding.violations]
    assert broken == []


@pytest.mark.timeout(200)
def test_who_is_moved_while_no_broker_answers_sees_nothing_after_15_s_and_his_new_team_when_one_is_back(
    testbed: beds.Testbed,
) -> None:
    found = silence.move(testbed, random.Random(1))
    assert 10 < found["shut_s"] < silence.SHUT_WITHIN_S + 2
    assert 0 < found["acted_s"] < GONE_WITHIN_S
