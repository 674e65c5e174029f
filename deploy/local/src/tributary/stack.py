"""The whole stack on one machine: Kafka, Postgres, topics, migrations, the four services; and its orderly end."""

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from contracts import STREAMS
from tributary import principals, topics
from tributary.bus import Bus
from tributary.child_process import StackError, free_port, take_lock
from tributary.jars import JarsMissing
from tributary.kafka import PORT as KAFKA_PORT
from tributary.kafka import LocalKafka, NoJava, answers
from tributary.mock import MockKafka
from tributary.postgres import PORT as POSTGRES_PORT
from tributary.postgres import LocalPostgres, ensure_role_and_database
from tributary.progress import Step, Steps
from tributary.running import Running, RunningService
from tributary.server import Server
from tributary.services import PORTS, LocalService, operator_token
from tributary.state import secret, state, token

LOCK_WAIT, ANSWER_WAIT = 3.0, 10.0
FIRST_PAUSE, LONGEST_PAUSE, LONG_ENOUGH = 0.5, 10.0, 30.0


class Stack:
    """Everything up, or nothing: what fails to start takes the rest down with it.

    ``kafka`` and ``postgres`` are addresses of servers that run already (the second a superuser's URL); the environment's
    KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL say the same. ``throw_away`` is for tests: a Postgres without fsync. Without
    ``usual_ports`` everything listens on free ones, so that several stacks are out of each other's way. A Kafka of its own
    asks who comes; ``open_to_machine`` gives it another door, at which any program of this machine may do what visitors may.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        services: Sequence[str] = tuple(PORTS),
        kafka: Bus | str | None = None,
        postgres: str | None = None,
        throw_away: bool = False,
        mock_allowed: bool = False,
        extra: Mapping[str, str] | None = None,
        usual_ports: bool = True,
        open_to_machine: bool = False,
        steps: Steps | None = None,
    ) -> None:
        self.home = (home or state()).resolve()
        self.name = token()
        self.names = tuple(services)
        self.services: dict[str, LocalService] = {}
        self.kafka: LocalKafka | None = None
        self.postgres: LocalPostgres | None = None
        self.bus = kafka if isinstance(kafka, Bus) else Bus(kafka or os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""))
        self.outside = postgres or os.environ.get("DATABASE_URL", "")
        self._throw_away = throw_away
        self._mock_allowed = mock_allowed
        self._mock: MockKafka | None = None
        self._extra = dict(extra or {})
        self._usual_ports = usual_ports
        self._open_to_machine = open_to_machine
        self._steps = steps or Steps(quiet=True)
        self._ending = threading.Event()
        self._lock: IO[str] | None = None
        self._writing = threading.Lock()

    @property
    def bootstrap(self) -> str:
        """Where its Kafka answers."""
        return self.bus.address

    @property
    def token(self) -> str:
        """The operator's bearer token."""
        return operator_token(self.home)

    @property
    def running(self) -> Running:
        """What runs now and where."""
        child_process: dict[str, Server | LocalService] = dict(self.services)
        if self.kafka:
            child_process["kafka"] = self.kafka
        if self.postgres:
            child_process["postgres"] = self.postgres
        services = {name: RunningService(service.url, service.database) for name, service in self.services.items()}
        pids = {"stack": os.getpid(), **{name: thing.pid for name, thing in sorted(child_process.items())}}
        open_at = self.kafka.machine if self.kafka else ""
        secured = self.bus.address if self.bus.keys else ""
        return Running(open_at or self.bus.address, services, self.token, pids, self.name, str(self.home), secured)

    def start(self) -> Running:
        """Starts everything and returns once every service says that it is ready."""
        self._lock = take_lock(self.home / "stack.lock", LOCK_WAIT, "already has a stack running: stop that one first")
        try:
            (self.home / "stack.json").unlink(missing_ok=True)
            operator_token(self.home)  # made before several threads ask for it
            together(self._start_kafka, self._start_databases)
            together(*(lambda service=service: self._start_service(service) for service in self.services.values()))
            self._keep_alive()
            self.running.write(self.home)
        except BaseException:
            self.stop()
            raise
        return self.running

    def wait(self) -> None:
        """Returns when the stack is stopped; a signal raises through it."""
        self._ending.wait()

    def stop(self) -> None:
        """Ends the services, then Kafka and Postgres."""
        self._ending.set()
        (self.home / "stack.json").unlink(missing_ok=True)
        servers: list[Server] = [server for server in (self.kafka, self.postgres) if server]
        for group in (list(self.services.values()), servers):
            for thing in group:
                thing.ask_to_stop()
            for thing in group:
                thing.stop()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _start_kafka(self) -> None:
        if self.bus.address:
            with self._steps.step(f"Kafka at {self.bus.address}"):
                if not answers(self.bus, ANSWER_WAIT):
                    raise StackError(f"KAFKA_BOOTSTRAP_SERVERS says {self.bus.address}, but no Kafka answers there.")
        else:
            with self._steps.step("Apache Kafka 4.3.1") as step:
                self._start_local_kafka(step)
        with self._steps.step(f"{len(STREAMS)} topics"):
            if self._mock:
                self._mock.create_topics()
            else:
                topics.create_topics(self.bus)
                if self.bus.keys:
                    principals.establish(self.bus, open_to_machine=self._open_to_machine)

    def _start_local_kafka(self, step: Step) -> None:
        def fetched(done: int, total: int) -> None:
            step.detail(f"its jars: {done >> 20} of {total >> 20} MB" if done < total else "")

        self.kafka = LocalKafka(
            self.home / "kafka",
            port=self._free_or(KAFKA_PORT),
            keys=self.home / "keys",
            open_to_machine=self._open_to_machine,
            progress=fetched,
        )
        try:
            self.kafka.start()
            self.bus = self.kafka.bus
            step.done = f"Apache Kafka 4.3.1 at {self.kafka.machine or self.bus.address}"
        except (JarsMissing, NoJava) as failure:
            self.kafka = None
            if not self._mock_allowed:
                raise StackError(f"There is no Kafka: {failure}") from failure
            self._mock = MockKafka()
            self.bus = Bus(self._mock.bootstrap)
            step.done = "a mock of Kafka"
            self._steps.say(
                f"[bold red]WARNING: there is no real Kafka ({failure})."
                " A mock inside this process stands in: NOTHING IS KEPT when it ends.[/bold red]"
            )

    def _free_or(self, usual: int) -> int:
        return usual if self._usual_ports else free_port()

    def _start_databases(self) -> None:
        if self.outside:
            with self._steps.step("Postgres at DATABASE_URL"):
                addresses = {name: self._outside_database(name) for name in self.names}
        else:
            with self._steps.step("Postgres 18") as step:
                port = self._free_or(POSTGRES_PORT)
                self.postgres = LocalPostgres(self.home / "postgres", port=port, throw_away=self._throw_away)
                self.postgres.start()
                addresses = {name: self.postgres.ensure_role_and_database(name) for name in self.names}
                step.done = f"Postgres 18 at 127.0.0.1:{self.postgres.port}"
        with self._steps.step("migrations"):
            for name, address in addresses.items():
                self.services[name] = LocalService(
                    name,
                    self.home,
                    database=address,
                    extra=self._extra,
                    usual_port=self._usual_ports,
                    stack=self.name,
                )
            together(*(service.migrate for service in self.services.values()))

    def _outside_database(self, name: str) -> str:
        key = secret(self.home / "keys" / "databases").encode()
        return ensure_role_and_database(self.outside, name, hmac.new(key, name.encode(), hashlib.sha256).hexdigest())

    def _start_service(self, service: LocalService) -> None:
        with self._steps.step(service.name) as step:
            service.kafka = self.bus
            service.start_and_wait()
            step.done = f"{service.name} at {service.url}"

    def _keep_alive(self) -> None:
        kept: list[Server | LocalService] = [*self.services.values()]
        kept += [server for server in (self.kafka, self.postgres) if server]
        for thing in kept:
            threading.Thread(target=self._keep_one_alive, args=(thing,), daemon=True).start()

    def _keep_one_alive(self, thing: Server | LocalService) -> None:
        """What ends by itself is started again, soon at first and then more and more patiently."""
        pause, began = FIRST_PAUSE, time.monotonic()
        while not self._ending.wait(0.1):
            if not thing.fell:
                continue
            pause = FIRST_PAUSE if time.monotonic() - began > LONG_ENOUGH else min(pause * 2, LONGEST_PAUSE)
            while not self._started_again(thing, pause):
                pause = min(pause * 2, LONGEST_PAUSE)
            began = time.monotonic()

    def _started_again(self, thing: Server | LocalService, pause: float) -> bool:
        self._steps.say(f"[yellow]{thing.name} has ended by itself; it is started again in {pause:g} s.[/yellow]")
        if self._ending.wait(pause) or thing.alive:  # somebody else has started it meanwhile
            return True
        if isinstance(thing, LocalService) and thing.robbed:
            self._steps.say(f"[red]Another process has taken the port of {thing.name}, {thing.port}.[/red]")
            return False
        try:
            thing.start()
        except StackError as failure:
            self._steps.say(f"[red]{failure}[/red]")
            return False
        with self._writing:
            if not self._ending.is_set():
                self.running.write(self.home)
        return True


def together(*calls: Callable[[], object]) -> None:
    """Runs calls at the same time and raises the first failure at once, without waiting for the others."""
    done = threading.Semaphore(0)
    failures: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as failure:  # raised again in the caller's thread
            failures.append(failure)
        finally:
            done.release()

    for call in calls:
        threading.Thread(target=run, args=(call,), daemon=True).start()
    for _ in calls:
        done.acquire()
        if failures:
            raise failures[0]
