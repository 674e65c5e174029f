"""One run: a fresh stack, traffic, faults one round after the other, the drain, and then every invariant."""

import contextlib
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tributary.child_process import StackError
from tributary.cluster import LocalCluster
from tributary.faults.journal import Journal
from tributary.faults.nemesis import disk, records, servers
from tributary.faults.report import Report
from tributary.faults.schedule import PRODUCERS, Round, Schedule, Strike, kinds
from tributary.faults.testbed import DidNotHappen, NotHere, Testbed, happens
from tributary.faults.traffic import Load
from tributary.faults.watcher import Recovery, Watcher
from tributary.loading import load_market
from tributary.progress import Steps
from tributary.stack import Stack
from tributary.topics import create_topics
from tributary.verify.command import verified

TOLD = {"TRIBUTARY_SESSION_TIMEOUT_MS": "6000", "TRIBUTARY_TRACE_RATIO": "0"}
BACK_WITHIN_S, DRAIN_S, WARM_S = 90.0, 90.0, 3.0
POISON = "poison"


def play(
    folder: Path,
    *,
    seconds: float,
    seed: int,
    rate: float = 200,
    brokers: int = 1,
    short: bool = False,
    steps: Steps | None = None,
) -> Report:
    """Strikes for so long, and at least until every kind of fault has happened once."""
    steps, report = steps or Steps(quiet=True), Report()
    schedule, journal = Schedule(seed, brokers), Journal(folder, seed)
    try:
        with _testbed(folder, journal, seed, rate, brokers, steps) as testbed:
            journal.note("begins", seed=seed, seconds=seconds, brokers=brokers, rate=rate)
            _warm_up(testbed, () if short else PRODUCERS)
            _strike(testbed, schedule, report, seconds, short, steps)
            _drain(testbed, report, steps)
        journal.note("ends", **report.figures, wrong=report.wrong)
    finally:
        journal.close()
    return report


@contextlib.contextmanager
def _testbed(folder: Path, journal: Journal, seed: int, rate: float, brokers: int, steps: Steps) -> Iterator[Testbed]:
    """A stack in a folder of its own, under load."""
    home = folder / "stack"
    shutil.rmtree(home, ignore_errors=True)
    with contextlib.ExitStack() as ending:
        cluster: LocalCluster | None = None
        if brokers > 1:
            with steps.step(f"{brokers} brokers"):
                cluster = ending.enter_context(LocalCluster(home, brokers, keys=home / "keys"))
                create_topics(cluster.bus, copies=min(3, brokers))
        kafka = cluster.bus if cluster else None
        stack = ending.enter_context(Stack(home, kafka=kafka, extra=TOLD, usual_ports=False, steps=steps))
        load_market(stack.running)
        load = Load(stack.running, rate, seed)
        watcher = Watcher(stack.running, load)
        testbed = Testbed(stack, cluster, load, watcher, journal, folder, TOLD)
        ending.callback(disk.unmount, testbed)
        ending.callback(_stop_replicas, testbed)
        ending.callback(watcher.stop)
        load.start()
        watcher.start()
        yield testbed


def _stop_replicas(testbed: Testbed) -> None:
    for one in testbed.replicas.values():
        one.stop()


def _warm_up(testbed: Testbed, backups: Sequence[str]) -> None:
    """Traffic flows to its end before anything is broken, and a backup is made of what will be restored."""
    happens("the first leads are counted", lambda: testbed.watcher.seen and testbed.watcher.seen[-1].placed > 0)
    time.sleep(WARM_S)
    for name in backups:
        servers.back_up(testbed, name)
    testbed.journal.note("under way", backups=list(backups), **testbed.load.figures)


def _strike(testbed: Testbed, schedule: Schedule, report: Report, seconds: float, short: bool, steps: Steps) -> None:
    began, rounds = time.monotonic(), schedule.short() if short else schedule.next_pass()
    report.due = [*kinds(rounds), POISON]
    while rounds:
        one = rounds.pop(0)
        with steps.step(" + ".join(kinds([one]))) as step:
            step.done = _round(testbed, one, report)
        over = time.monotonic() - began > seconds
        if report.failures:
            return
        if not rounds and not over and not short:
            rounds = schedule.next_pass()
        elif over and not [kind for kind in report.due if kind in kinds(rounds) and kind not in report.happened]:
            return
        time.sleep(0.5)


def _round(testbed: Testbed, strikes: Round, report: Report) -> str:
    """All strikes at once; then each one's recovery."""
    found: dict[Strike, dict[str, Any] | StackError] = {}
    over: dict[Strike, float] = {}

    def strike(one: Strike) -> None:
        try:
            found[one] = one.do(testbed, random.Random(one.seed))
        except StackError as failure:
            found[one] = failure
        except Exception as failure:  # a bug in a fault is as bad as a fault that did not happen
            found[one] = DidNotHappen(f"{type(failure).__name__}: {failure}")
        over[one] = time.monotonic()

    threads = [threading.Thread(target=strike, args=(one,)) for one in strikes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "; ".join(_settled(testbed, one, found[one], over[one], report) for one in strikes)


def _settled(
    testbed: Testbed, strike: Strike, found: Mapping[str, Any] | StackError, over: float, report: Report
) -> str:
    if isinstance(found, NotHere):
        report.missing[strike.kind] = str(found)
        testbed.journal.note("can't be had here", kind=strike.kind, caused_by=str(found))
        return f"{strike.kind}: can't be had here"
    if isinstance(found, StackError):
        report.failures.append(f"{strike.kind} did not happen: {found}")
        testbed.journal.note("did not happen", kind=strike.kind, caused_by=str(found))
        return f"{strike.kind}: did not happen"
    onset = found["onset"]
    report.struck(strike.kind)
    testbed.journal.note("happened", kind=strike.kind, **{**found, "onset": testbed.journal.at(onset)})
    try:
        recovery: Recovery = testbed.watcher.recovery(onset, over, BACK_WITHIN_S)
    except StackError as failure:
        report.failures.append(f"{strike.kind}: {failure}")
        testbed.journal.note("no recovery", kind=strike.kind, caused_by=str(failure), **testbed.load.figures)
        return f"{strike.kind}: NO RECOVERY"
    report.recovered(strike.kind, recovery)
    testbed.journal.note("recovered", kind=strike.kind, first_s=recovery.first, fresh_s=recovery.caught_up)
    return f"{strike.kind}: first {recovery.first:.1f} s, fresh {recovery.caught_up:.1f} s"


def _drain(testbed: Testbed, report: Report, steps: Steps) -> None:
    """Traffic ends, what is on its way arrives, and everything is looked at."""
    with steps.step("drain") as step:
        report.failures += _failing(testbed.load.stop)
        report.failures += _failing(lambda: _fresh(testbed))
        step.done = f"drained: {len(testbed.load.accepted):,} leads accepted"
    report.shown = testbed.shown
    report.accepted, report.strangers = len(testbed.load.accepted), list(testbed.load.strangers)
    testbed.journal.note("drained", **testbed.load.figures)
    if parked := records.parked(testbed):
        report.happened[POISON] = parked
    accepted = testbed.journal.keep_accepted(sorted(testbed.load.accepted))
    verdict = verified(testbed.stack.running, settle=DRAIN_S, accepted=accepted, at_rest=True, steps=steps)
    report.verdict = verdict
    report.lost, more = _on_record(testbed)
    report.strangers += more
    testbed.journal.note("verdict", holds=verdict.holds, places=verdict.places, looked_at=verdict.looked_at)


def _failing(work: Callable[[], object]) -> list[str]:
    try:
        work()
    except StackError as failure:
        return [str(failure)]
    return []


def _fresh(testbed: Testbed) -> None:
    happens(f"the numbers are fresh: {testbed.watcher.behind()}", lambda: testbed.watcher.fresh, BACK_WITHIN_S)


def _on_record(testbed: Testbed) -> tuple[list[str], list[str]]:
    """Accepted and neither on record nor set aside; and on record though nobody asked under that name."""
    listed = "select string_agg(lead_id::text, ' ') from lead where captured_at is not null"
    on_record = set((testbed.sql("leads", listed) or "").split())
    lost = sorted(testbed.load.accepted - on_record)
    return lost, [f"lead {one} is on record and nobody sent it" for one in sorted(on_record - testbed.load.offered)]
