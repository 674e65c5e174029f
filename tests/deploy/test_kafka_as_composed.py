"""The broker of the compose file, set up by the image's own program from the file's environment, and the jobs that follow it."""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka import Producer

from contracts import STREAMS
from contracts.principals import principals, rights
from tributary import jars
from tributary.bus import ADMIN, Bus
from tributary.certificates import certificates
from tributary.child_process import Owned, free_port, run
from tributary.kafka import answers, answers_now, java, jvm_flags
from tributary.state import cache, private

ROOT = Path(__file__).parents[2]
LOGGING = """\
Configuration:
  Appenders:
    Console: {name: STDOUT, PatternLayout: {pattern: "%p %m%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: [{ref: STDOUT}]}
"""
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
TLS: dict[str, Any] = yaml.safe_load((ROOT / "deploy/tls/compose.yaml").read_text())["services"]


class Keys:
    """Passwords as ``.env`` would hold them; with ``certificates``, their folder, the file for TLS is laid over the other."""

    def __init__(self, folder: Path, certificates: Path | None = None) -> None:
        self.bus = Bus(keys=folder)
        self.certificates = certificates
        for principal in (ADMIN, *principals()):
            private(folder / f"kafka.{principal}", f"a+b=/{principal}-2")
        self.env = {f"{p.upper().replace('-', '_')}_KAFKA_PASSWORD": self.bus.password(p) for p in principals()}
        self.env["KAFKA_ADMIN_PASSWORD"] = self.bus.password(ADMIN)

    def filled(self, service: str) -> dict[str, str]:
        """The environment of a compose service, its variables filled in."""
        told = {**COMPOSE[service]["environment"]}
        if self.certificates is not None:
            more = TLS[service]["environment"]
            told |= {k: str(v).replace("/etc/tributary", str(self.certificates)) for k, v in more.items()}
        return {
            k: re.sub(r"\$\{([A-Z_]+)[^}]*\}", lambda m: self.env.get(m[1], "29092"), str(v)) for k, v in told.items()
        }


@pytest.fixture(scope="module", params=["as it is", "with deploy/tls"])
def composed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Keys, Bus, Bus]]:
    """The passwords, and the door inside the network and the one for programs of this machine."""
    home = tmp_path_factory.mktemp("composed")
    encrypted = home / "certificates" if request.param == "with deploy/tls" else None
    if encrypted:
        certificates(encrypted)
    keys = Keys(home / "keys", encrypted)
    inside, machine, controller = free_port(), free_port(), free_port()
    doors = f"INSIDE://127.0.0.1:{inside},MACHINE://127.0.0.1:{machine}"
    place = {
        "KAFKA_LISTENERS": f"{doors},CONTROLLER://127.0.0.1:{controller}",
        "KAFKA_ADVERTISED_LISTENERS": doors,
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@127.0.0.1:{controller}",
        "KAFKA_LOG_DIRS": str(home / "data"),
        "CLUSTER_ID": "5L6g3nShT-eMCtK--X86sw",
    }
    program, version = java()
    base = [program, *jvm_flags(version, "256m"), "-cp", ":".join(map(str, jars.ensure(cache() / "kafka-4.3.1")))]
    for folder in ("default", "mounted", "final"):
        (home / folder).mkdir()
    (home / "default" / "server.properties").write_text("process.roles=broker,controller\n")
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        (home / "default" / name).write_text(LOGGING)
    folders = [word for name in ("default", "mounted", "final") for word in (f"--{name}-configs-dir", home / name)]
    env = {"PATH": os.environ["PATH"], **keys.filled("kafka"), **place}
    setup = [*base, "kafka.docker.KafkaDockerWrapper", "setup", *folders]
    run("Setting the broker up", setup, log=home / "setup.log", env=env)
    broker = Owned(
        "Kafka", [*base, "kafka.Kafka", home / "final" / "server.properties"], log=home / "kafka.log"
    ).start()
    try:
        ca = encrypted / "ca.crt" if encrypted else None
        buses = tuple(Bus(f"127.0.0.1:{port}", home / "keys", ca) for port in (inside, machine))
        assert answers(buses[0], 60)
        yield keys, buses[0], buses[1]
    finally:
        broker.stop()


def job(keys: Keys, bus: Bus, service: str) -> str:
    """What one of the compose file's jobs says."""
    env = {"PATH": os.environ["PATH"], **keys.filled(service), "KAFKA_BOOTSTRAP_SERVERS": bus.address}
    command = [sys.executable, "-m", "leads", *COMPOSE[service]["command"]]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def taken(bus: Bus, principal: str, topic: str) -> bool:
    """Whether a record of this principal was taken."""
    told: list[bool] = []
    producer = Producer(bus.librdkafka(principal, message_timeout_ms=8000))
    producer.produce(topic, b"{}", on_delivery=lambda e, _: told.append(e is None))
    producer.flush(10)
    return told == [True]


def test_the_jobs_make_topics_and_principals_and_every_door_asks_who_comes(composed: tuple[Keys, Bus, Bus]) -> None:
    keys, inside, machine = composed
    assert job(keys, inside, "topics").split() == [stream.topic for stream in STREAMS]
    assert job(keys, inside, "principals").startswith(
        f"{len(rights())} rights given, 0 taken away; passwords set of ad-"
    )
    assert job(keys, inside, "principals").startswith("0 rights given, 0 taken away")
    assert taken(inside, "leads", "leads.lead")
    assert not taken(inside, "leads", "territory.access")
    assert taken(machine, "ad-platforms", "campaigns.spend")
    assert not taken(machine, "ad-platforms", "leads.lead")
    assert not answers_now(machine)  # the admin does not come from outside
    assert not any(answers_now(Bus(bus.address)) for bus in (inside, machine))
    assert inside.ca is None or not answers_now(dataclasses.replace(inside, ca=None))  # in the clear nobody comes
