"""Each service is exchanged under load by itself: the released build, both, today's, and the released one again on today's schema;
in the end all of them are today's, and the schema is left to them."""

import dataclasses
import functools
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import builds
from balancer import Balancer
from callers import Callers
from confluent_kafka.admin import AdminClient

from chassis import migrations
from tributary.bus import ADMIN
from tributary.faults.testbed import happens
from tributary.faults.traffic import Load
from tributary.faults.watcher import Watcher
from tributary.loading import load_market
from tributary.running import Running, RunningService
from tributary.services import LocalService
from tributary.stack import Stack, together
from tributary.verify.command import verified

SERVICES = ("leads", "territory", "campaigns", "metrics")
TOLD = {"TRIBUTARY_SESSION_TIMEOUT_MS": "6000", "TRIBUTARY_TRACE_RATIO": "0"}
RATE = 60


def released(service: str) -> str:
    """The commit that a service's last release was built of."""
    said = json.loads((builds.PROJECT / "deploy" / "release" / service / "release.json").read_text())
    return str(said["commit"])


@pytest.fixture
def former(tmp_path: Path) -> dict[str, dict[str, str]]:
    """For each service, what makes a process run its released build."""
    told, folders = {}, {}
    for service in SERVICES:
        commit = released(service)
        if commit not in folders:
            folders[commit] = builds.sources(commit, tmp_path / commit[:12])
        told[service] = {**TOLD, **builds.environment(folders[commit])}
    return told


class Rolled:
    """A stack in which released builds run behind a balancer, and what is exchanged in it. Where nobody is ``patient``, the next process
    is started while Kafka still waits for the one that has gone."""

    patient = True

    def __init__(self, stack: Stack, former: dict[str, dict[str, str]], home: Path) -> None:
        self.stack, self.former = stack, former
        self.new = {name: self._other(name, 1, {**TOLD, "PYTHONPATH": ""}) for name in SERVICES}
        self.again = {name: self._other(name, 2, former[name]) for name in SERVICES}
        replicas = {n: [s.url, self.new[n].url, self.again[n].url] for n, s in stack.services.items()}
        self.balancer = Balancer(home, replicas)

    @property
    def running(self) -> Running:
        """The stack as it is seen from outside: through the balancer."""
        here = self.stack.running
        seen = {
            name: RunningService(self.balancer.url(name), service.database, service.watched)
            for name, service in here.services.items()
        }
        return dataclasses.replace(here, services=seen)

    def _other(self, service: str, number: int, told: dict[str, str]) -> LocalService:
        """One more process of a service, not yet started."""
        first = self.stack.services[service]
        more = LocalService(
            service,
            self.stack.home,
            database=first.owner,
            kafka=first.kafka,
            extra={**told, "TRIBUTARY_INSTANCE": f"{service}-{number}"},
            usual_port=False,
            stack=self.stack.name,
        )
        more.issuer, more.issuer_keys = first.issuer, first.issuer_keys
        return more

    def owners(self, service: str) -> set[str]:
        """The processes of a service that have partitions just now, by their names in its group."""
        admin: Any = AdminClient(self.stack.bus.librdkafka(ADMIN))
        described = admin.describe_consumer_groups([service], request_timeout=10)[service].result()
        return {member.group_instance_id for member in described.members if member.assignment.topic_partitions}

    def share(self, service: str, one: LocalService, two: LocalService) -> None:
        """Starts the second beside the first, unless it runs; returns when both have partitions."""
        if not two.alive:
            two.start()
        two.wait_until_ready()
        both = {member(one), member(two)}
        happens(f"two processes of {service} have partitions", lambda: self.owners(service) == both, 60)

    def leave(self, service: str, gone: LocalService, one: LocalService, following: LocalService | None = None) -> None:
        """The one ends; returns when the other has all partitions, or when it answers alone and the following one is on its way."""
        gone.stop()
        if following is not None and not self.patient:
            following.start()
            return
        happens(f"one process of {service} has partitions", lambda: self.owners(service) == {member(one)}, 60)


def member(process: LocalService) -> str:
    """A process' name in its service's consumer group."""
    return f"{process.name}-{process.environment()['TRIBUTARY_INSTANCE']}"


@pytest.fixture
def rolled(tmp_path: Path, former: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Rolled]:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    told = former[SERVICES[0]]
    with Stack(tmp_path / "stack", extra=told, usual_ports=False, throw_away=True) as stack:
        made = Rolled(stack, former, tmp_path / "balancer")
        more = [*made.new.values(), *made.again.values()]
        try:
            with made.balancer:
                yield made
        finally:
            for one in more:
                one.ask_to_stop()
            for one in more:
                one.stop()


@pytest.mark.timeout(840)
def test_each_service_is_exchanged_and_taken_back_under_load_alone(rolled: Rolled, tmp_path: Path) -> None:
    exchange(rolled, SERVICES, RATE, tmp_path)


def exchange(rolled: Rolled, names: Sequence[str], rate: float, folder: Path) -> None:
    """These services are exchanged one after the other, and in the end for good; whatever was accepted meanwhile is there, once."""
    running = rolled.running
    load_market(running, builds.market(released("territory")))
    load = Load(running, rate, 14)
    watcher = Watcher(running, load)
    doors = {name: service.url for name, service in running.services.items()}
    load.start()
    watcher.start()
    try:
        with Callers(doors, lambda: rolled.stack.token) as callers:
            took = exchanged(rolled, names, callers)
        load.stop()
        happens(f"the numbers are fresh: {watcher.behind()}", lambda: watcher.fresh, 60)
    finally:
        watcher.stop()
    assert callers.wrong == []
    accepted = load.accepted | set(callers.accepted)
    journal = folder / "accepted"
    journal.write_text("\n".join(sorted(accepted)))
    verdict = verified(running, settle=60, accepted=journal, at_rest=True)
    wrong = {f.invariant.id: [v.what for v in f.violations][:3] for f in verdict.findings if f.found}
    assert verdict.holds, f"{wrong} {list(verdict.moving)}"
    assert (verdict.unaccounted, load.strangers) == (0, [])
    assert len(accepted) > 10 * rate
    assert callers.asked_again < 0.01 * sum(callers.answers.values())
    print(json.dumps({"accepted": len(accepted), "again": callers.asked_again, "rolled_s": took, "load": load.figures}))


def exchanged(rolled: Rolled, names: Sequence[str], callers: Callers) -> dict[str, float]:
    """The steps, and the seconds that each took."""
    took: dict[str, float] = {}
    callers.heard("the released builds")
    for one in rolled.new.values():
        expand(one)
    callers.heard("the released builds on today's schemas")
    for name in names:
        began = time.monotonic()
        roll(rolled, rolled.new[name], callers)
        assert callers.wrong == []
        took[name] = round(time.monotonic() - began, 1)
    began = time.monotonic()
    together(*(functools.partial(bring_for_good, rolled, name) for name in names))
    callers.heard("today's builds for good")
    for name in names:
        contract(rolled.new[name])
    callers.heard("today's builds on contracted schemas")
    took["for good"] = round(time.monotonic() - began, 1)
    return took


def expand(new: LocalService) -> None:
    """What a deployment does first, while the released build is at work: here, where a process for each would wait for a processor."""
    migrations.upgrade(new.name, new.owner, "before")


def contract(new: LocalService) -> None:
    """What a deployment does last, when no replica of the released build is left."""
    migrations.upgrade(new.name, new.owner, "after")


def bring_for_good(rolled: Rolled, name: str) -> None:
    """Today's build once more, beside the released one and then without it: it says what waited for somebody who knows its topic."""
    rolled.share(name, rolled.again[name], rolled.new[name])
    rolled.leave(name, rolled.again[name], rolled.new[name])


def roll(rolled: Rolled, new: LocalService, callers: Callers) -> None:
    """Old, both, new, both, old."""
    name = new.name
    old = rolled.stack.services[name]
    assert is_former(rolled, name)
    again = rolled.again[name]
    rolled.share(name, old, new)
    callers.heard(f"{name}: both")
    rolled.leave(name, old, new, again)
    callers.heard(f"{name}: today's build")
    rolled.share(name, new, again)
    callers.heard(f"{name}: both again")
    rolled.leave(name, new, again)
    callers.heard(f"{name}: the released build again")


def is_former(rolled: Rolled, name: str) -> bool:
    """Whether the stack's process of a service is of the released sources."""
    env = {**os.environ, **rolled.former[name]}
    return not builds.origin(sys.executable, name, env).is_relative_to(builds.PROJECT / "services")
