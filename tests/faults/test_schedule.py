"""What strikes and in which order is drawn from the seed, and a run in which something did not happen fails."""

from typing import Any

import pytest

from chassis import failpoint
from tributary.faults.report import Report
from tributary.faults.schedule import Schedule, kinds
from tributary.faults.watcher import Recovery, Watcher
from tributary.verify.verdict import Verdict


def order(seed: int, brokers: int = 1) -> list[list[tuple[str, str, str]]]:
    """A schedule's first two passes, in words."""
    schedule = Schedule(seed, brokers)
    passes = [*schedule.next_pass(), *schedule.next_pass()]
    return [[(strike.kind, repr(getattr(strike.do, "keywords", "")), strike.seed) for strike in one] for one in passes]


def test_a_seed_always_has_the_same_schedule_and_another_seed_another() -> None:
    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize("seed", range(5))
def test_every_named_crash_point_is_struck_in_every_pass(seed: int) -> None:
    assert set(failpoint._POINTS) <= set(kinds(Schedule(seed, 1).next_pass()))


def test_of_three_brokers_each_is_killed_in_turn() -> None:
    struck = [strike for one in Schedule(1, 3).next_pass() for strike in one if strike.kind == "broker killed"]
    assert [strike.do.keywords["node"] for strike in struck] == [0, 1, 2]  # type: ignore[attr-defined]


def test_the_second_replica_comes_before_the_freeze_and_goes_after_it() -> None:
    for seed in range(5):
        names = [strike.kind for one in Schedule(seed, 1).next_pass() for strike in one]
        at = names.index("second replica")
        assert names[at : at + 3] == ["second replica", "frozen", "rebalance"]


def clean() -> Report:
    """A run in which everything went as it must."""
    report = Report(due=("kill -9", "poison"), accepted=10, verdict=Verdict((), {}, 10, 0, {}))
    report.struck("kill -9")
    report.happened["poison"] = 3
    report.recovered("kill -9", Recovery(1.0, 2.0))
    report.recovered("kill -9", Recovery(0.5, 3.0))
    return report


def test_a_clean_run_says_how_often_and_how_long_at_most() -> None:
    report = clean()
    assert report.wrong == []
    assert report.figures == {
        "accepted": 10,
        "lost": 0,
        "doubled": 0,
        "faults": {"kill -9": 1, "poison": 3},
        "recovery_s": {"kill -9": 3.0},
    }


def test_a_fault_that_never_happened_a_lost_lead_and_a_strange_one_fail_the_run() -> None:
    report = clean()
    report.happened.pop("kill -9")
    report.lost.append("lead 1")
    report.strangers.append("lead 2 is on record and nobody sent it")
    assert report.wrong == [
        "kill -9 never happened",
        "accepted and not on record: lead 1",
        "lead 2 is on record and nobody sent it",
    ]
    assert (report.figures["lost"], report.figures["doubled"]) == (1, 1)


def test_what_this_machine_cannot_have_is_told_and_fails_nothing() -> None:
    report = clean()
    report.happened.pop("kill -9")
    report.missing["kill -9"] = "there is no kill here"
    assert report.wrong == []
    assert report.figures["faults"]["kill -9"] == 0


class Taken:
    """A load of which ten leads had been taken before second 100, and twenty before second 101."""

    def taken_until(self, moment: float) -> tuple[int, int]:
        return (10 if moment < 100.5 else 20, 0)


def seen(*samples: tuple[float, int]) -> Watcher:
    from tributary.faults.watcher import Seen

    watcher: Any = Watcher.__new__(Watcher)
    watcher._load, watcher.seen = Taken(), [Seen(at, placed, 0) for at, placed in samples]
    return watcher  # type: ignore[no-any-return]


def test_a_recovery_begins_with_the_first_lead_taken_after_the_fault_and_ends_when_all_are_counted() -> None:
    watcher = seen((99.9, 10), (101.0, 10), (102.5, 11), (103.0, 19), (104.0, 20))
    assert watcher.recovery(onset=100.0, over=100.2, within=5) == Recovery(first=2.5, caught_up=4.0)


def test_numbers_that_are_fresh_while_the_fault_still_strikes_are_no_recovery() -> None:
    watcher = seen((101.0, 11), (102.0, 20), (106.0, 20))
    assert watcher.recovery(onset=100.0, over=105.0, within=5) == Recovery(first=1.0, caught_up=6.0)
