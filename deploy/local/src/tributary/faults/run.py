"""One run: a fresh stack, traffic, faults one round after the other, the drain, and then every invariant."""

import contextlib
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tributary.cluster import LocalCluster
from tributary.faults.ground import DidNotHappen, Ground, NotHere, happens
from tributary.faults.journal import Journal
from tributary.faults.nemesis import disk, records, servers
from tributary.faults.report import Report
from tributary.faults.schedule import PRODUCERS, Round, Schedule, Strike, kinds
from tributary.faults.traffic import Load
from tributary.faults.watcher import Recovery, Watcher
from tributary.loading import load_market
from tributary.owned import StackError
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
        with _ground(folder, journal, seed, rate, brokers, steps) as ground:
            journal.note("begins", seed=seed, seconds=seconds, brokers=brokers, rate=rate)
            _warm_up(ground, () if short else PRODUCERS)
            _strike(ground, schedule, report, seconds, short, steps)
            _drain(ground, report, steps)
        journal.note("ends", **report.figures, wrong=report.wrong)
    finally:
        journal.close()
    return report


@contextlib.contextmanager
def _ground(folder: Path, journal: Journal, seed: int, rate: float, brokers: int, steps: Steps) -> Iterator[Ground]:
    """A stack in a folder of its own, under load."""
    home = folder / "stack"
    shutil.rmtree(home, ignore_errors=True)
    with contextlib.ExitStack() as ending:
        cluster: LocalCluster | None = None
        if brokers > 1:
            with steps.step(f"{brokers} brokers"):
                cluster = ending.enter_context(LocalCluster(home, brokers))
                create_topics(cluster.bootstrap, copies=min(3, brokers))
        kafka = cluster.bootstrap if cluster else None
        stack = ending.enter_context(Stack(home, kafka=kafka, extra=TOLD, usual_ports=False, steps=steps))
        load_market(stack.running)
        load = Load(stack.running, rate, seed)
        watcher = Watcher(stack.running, load)
        ground = Ground(stack, cluster, load, watcher, journal, folder, TOLD)
        ending.callback(disk.unmount, ground)
        ending.callback(_stop_replicas, ground)
        ending.callback(watcher.stop)
        load.start()
        watcher.start()
        yield ground


def _stop_replicas(ground: Ground) -> None:
    for one in ground.replicas.values():
        one.stop()


def _warm_up(ground: Ground, backups: Sequence[str]) -> None:
    """Traffic flows to its end before anything is broken, and a backup is made of what will be restored."""
    happens("the first leads are counted", lambda: ground.watcher.seen and ground.watcher.seen[-1].placed > 0)
    time.sleep(WARM_S)
    for name in backups:
        servers.back_up(ground, name)
    ground.journal.note("under way", backups=list(backups), **ground.load.figures)


def _strike(ground: Ground, schedule: Schedule, report: Report, seconds: float, short: bool, steps: Steps) -> None:
    began, rounds = time.monotonic(), schedule.short() if short else schedule.next_pass()
    report.due = [*kinds(rounds), POISON]
    while rounds:
        one = rounds.pop(0)
        with steps.step(" + ".join(kinds([one]))) as step:
            step.done = _round(ground, one, report)
        over = time.monotonic() - began > seconds
        if report.failures:
            return
        if not rounds and not over and not short:
            rounds = schedule.next_pass()
        elif over and not [kind for kind in report.due if kind in kinds(rounds) and kind not in report.happened]:
            return
        time.sleep(0.5)


def _round(ground: Ground, strikes: Round, report: Report) -> str:
    """All strikes at once; then each one's recovery."""
    found: dict[Strike, dict[str, Any] | StackError] = {}
    over: dict[Strike, float] = {}

    def strike(one: Strike) -> None:
        try:
            found[one] = one.do(ground, random.Random(one.seed))
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
    return "; ".join(_settled(ground, one, found[one], over[one], report) for one in strikes)


def _settled(ground: Ground, strike: Strike, found: Mapping[str, Any] | StackError, over: float, report: Report) -> str:
    if isinstance(found, NotHere):
        report.missing[strike.kind] = str(found)
        ground.journal.note("can't be had here", kind=strike.kind, because=str(found))
        return f"{strike.kind}: can't be had here"
    if isinstance(found, StackError):
        report.failures.append(f"{strike.kind} did not happen: {found}")
        ground.journal.note("did not happen", kind=strike.kind, because=str(found))
        return f"{strike.kind}: did not happen"
    onset = found["onset"]
    report.struck(strike.kind)
    ground.journal.note("happened", kind=strike.kind, **{**found, "onset": ground.journal.at(onset)})
    try:
        recovery: Recovery = ground.watcher.recovery(onset, over, BACK_WITHIN_S)
    except StackError as failure:
        report.failures.append(f"{strike.kind}: {failure}")
        ground.journal.note("no recovery", kind=strike.kind, because=str(failure), **ground.load.figures)
        return f"{strike.kind}: NO RECOVERY"
    report.recovered(strike.kind, recovery)
    ground.journal.note("recovered", kind=strike.kind, first_s=recovery.first, fresh_s=recovery.caught_up)
    return f"{strike.kind}: first {recovery.first:.1f} s, fresh {recovery.caught_up:.1f} s"


def _drain(ground: Ground, report: Report, steps: Steps) -> None:
    """Traffic ends, what is on its way arrives, and everything is looked at."""
    with steps.step("drain") as step:
        report.failures += _failing(ground.load.stop)
        report.failures += _failing(lambda: _fresh(ground))
        step.done = f"drained: {len(ground.load.accepted):,} leads accepted"
    report.accepted, report.strangers = len(ground.load.accepted), list(ground.load.strangers)
    ground.journal.note("drained", **ground.load.figures)
    if parked := records.parked(ground):
        report.happened[POISON] = parked
    accepted = ground.journal.keep_accepted(sorted(ground.load.accepted))
    verdict = verified(ground.stack.running, settle=DRAIN_S, accepted=accepted, at_rest=True, steps=steps)
    report.verdict = verdict
    report.lost, more = _on_record(ground)
    report.strangers += more
    ground.journal.note("verdict", holds=verdict.holds, places=verdict.places, looked_at=verdict.looked_at)


def _failing(work: Callable[[], object]) -> list[str]:
    try:
        work()
    except StackError as failure:
        return [str(failure)]
    return []


def _fresh(ground: Ground) -> None:
    happens(f"the numbers are fresh: {ground.watcher.behind()}", lambda: ground.watcher.fresh, BACK_WITHIN_S)


def _on_record(ground: Ground) -> tuple[list[str], list[str]]:
    """Accepted and neither on record nor set aside; and on record though nobody asked under that name."""
    listed = "select string_agg(lead_id::text, ' ') from lead where captured_at is not null"
    on_record = set((ground.sql("leads", listed) or "").split())
    lost = sorted(ground.load.accepted - on_record)
    return lost, [f"lead {one} is on record and nobody sent it" for one in sorted(on_record - ground.load.offered)]
