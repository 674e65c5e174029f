"""The whole stack on one machine: Kafka, Postgres, topics, migrations, the four services; and its orderly end."""

import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

import httpx
from rich.markup import escape

from contracts import STREAMS
from tributary import principals, topics
from tributary.bus import Bus
from tributary.child_process import StackError, free_port, take_lock
from tributary.gateway import DOOR_PORT, FrontEnd, NoGateway
from tributary.gateway import PORT as WEB_PORT
from tributary.issuer import PORT as ISSUER_PORT
from tributary.issuer import LocalIssuer, NoIssuer
from tributary.jars import JarsMissing
from tributary.kafka import PORT as KAFKA_PORT
from tributary.kafka import LocalKafka, NoJava, answers
from tributary.mock import MockKafka
from tributary.people import people
from tributary.postgres import PORT as POSTGRES_PORT
from tributary.postgres import LocalPostgres, database_password, ensure_role_and_database
from tributary.progress import Step, Steps
from tributary.running import Running, RunningService
from tributary.server import Server
from tributary.services import PORTS, LocalService, operator_token
from tributary.state import secret, state, token
from tributary.tokens import ADMINISTRATORS, LOCAL, Tokens, make_keys, public_keys

KEPT_DOWN = "down"  # in the stack's folder: a file of a service's name there keeps it from being started again
LOCK_WAIT, ANSWER_WAIT = 3.0, 10.0
RENEW_EVERY_S = 60.0
FIRST_PAUSE, LONGEST_PAUSE, LONG_ENOUGH = 0.5, 10.0, 30.0


class Stack:
    """Everything up, or nothing: what fails to start takes the rest down with it.

    ``kafka`` and ``postgres`` are addresses of servers that run already (the second a superuser's URL); the environment's
    KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL say the same. ``throw_away`` is for tests: a Postgres without fsync. Without
    ``usual_ports`` everything listens on free ones, so that several stacks are out of each other's way. A Kafka of its own
    asks who comes; ``open_to_machine`` gives it another door, at which any program of this machine may do what visitors may.
    With ``sign_in`` the issuer runs, and services ask it for its keys; without it they are given the keys as a file, and
    tokens are the same.
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
        sign_in: bool = False,
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
        self.issuer = LocalIssuer(self.home, self._free_or(ISSUER_PORT))
        self._sign_in = sign_in
        self.front = FrontEnd(self.home, self.name, self._free_or(WEB_PORT), self._free_or(DOOR_PORT))
        self._front_database = self.web = ""
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
        """A token of this stack's own reading machine, good for half an hour at least."""
        return self.tokens.machine(LOCAL)

    @functools.cached_property
    def tokens(self) -> Tokens:
        """Tokens of anybody here."""
        return Tokens(self.home, self.issuer.url)

    @property
    def signs_in(self) -> bool:
        """Whether people can sign in at the issuer's page."""
        return self._sign_in

    @property
    def running(self) -> Running:
        """What runs now and where."""
        child_process: dict[str, Server | LocalService] = dict(self.services)
        if self.kafka:
            child_process["kafka"] = self.kafka
        if self.postgres:
            child_process["postgres"] = self.postgres
        if self._sign_in:
            child_process["issuer"] = self.issuer
        if self.web:
            child_process |= {"gateway": self.front.gateway, "door": self.front.door or self.front.gateway}
        services = {
            name: RunningService(service.url, service.database, service.watched)
            for name, service in self.services.items()
        }
        pids = {"stack": os.getpid(), **{name: thing.pid for name, thing in sorted(child_process.items())}}
        open_at = self.kafka.machine if self.kafka else ""
        return Running(
            open_at or self.bus.address,
            services,
            self.token,
            pids,
            self.name,
            str(self.home),
            self.issuer.url,
            operator_token=operator_token(self.home),
            secured=self.bus.address if self.bus.keys else "",
            web=self.web,
        )

    def start(self) -> Running:
        """Starts everything and returns once every service says that it is ready."""
        self._lock = take_lock(self.home / "stack.lock", LOCK_WAIT, "already has a stack running: stop that one first")
        try:
            (self.home / "stack.json").unlink(missing_ok=True)
            operator_token(self.home)  # made before several threads ask for it
            make_keys(self.home)
            together(self._start_kafka, self._start_databases, self._start_issuer)
            self._tell_services()
            starts = [functools.partial(self._start_service, service) for service in self.services.values()]
            together(*starts)
            self._start_front()
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
        servers: list[Server] = [server for server in (self.kafka, self.postgres, self.issuer) if server]
        for group in (self.front.servers, list(self.services.values()), servers):
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

    def _start_issuer(self) -> None:
        if not self._sign_in:
            return
        with self._steps.step("the issuer") as step:
            self.issuer.knows(people())
            try:
                step.done = f"the issuer at {self.issuer.start()}"
            except NoIssuer as failure:
                self._sign_in, step.done = False, "the issuer's keys alone"
                self._steps.say(
                    f"[bold yellow]Nobody can sign in at a page ({escape(str(failure))});"
                    " `tributary token` gives tokens all the same.[/bold yellow]"
                )

    def _start_front(self) -> None:
        if not self._sign_in:
            return
        with self._steps.step("the page") as step:
            services = {name: service.url for name, service in self.services.items()}
            try:
                self.web = self.front.start(self._front_database, self.issuer.url, services)
                step.done = f"the page at {self.web}"
            except NoGateway as failure:
                step.done = "no page"
                self._steps.say(f"[bold yellow]{escape(str(failure))}[/bold yellow]")

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
                self._front_database = self._outside_database("web") if self._sign_in else ""
        else:
            with self._steps.step("Postgres 18") as step:
                port = self._free_or(POSTGRES_PORT)
                self.postgres = LocalPostgres(self.home / "postgres", port=port, throw_away=self._throw_away)
                self.postgres.start()
                addresses = {name: self.postgres.ensure_role_and_database(name) for name in self.names}
                self._front_database = self.postgres.ensure_role_and_database("web") if self._sign_in else ""
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
        key = secret(self.home / "keys" / "databases")
        return ensure_role_and_database(self.outside, name, database_password(key, name))

    def _tell_services(self) -> None:
        for service in self.services.values():
            service.kafka, service.issuer = self.bus, self.issuer.url
            service.issuer_keys = "" if self._sign_in else str(public_keys(self.home))

    def _start_service(self, service: LocalService) -> None:
        with self._steps.step(service.name) as step:
            service.start_and_wait()
            if service.name == "territory" and not self._has_begun(service):
                first = [word for name in ADMINISTRATORS for word in ("--person", name, "--subject", name)]
                service.run("Beginning the organisation", "bootstrap", *first, "--machine", LOCAL)
            step.done = f"{service.name} at {service.url}"

    def _has_begun(self, territory: LocalService) -> bool:
        """Whether the organisation knows its administrators: what is asked takes less than what begins it."""
        ask = httpx.Client(base_url=territory.url, timeout=10, trust_env=False)
        with ask, contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
            headers = {"authorization": f"Bearer {self.tokens.person(ADMINISTRATORS[1])}"}
            return bool(ask.get("/v1/access/me", headers=headers).json()["person"])
        return False

    def _keep_alive(self) -> None:
        kept: list[Server | LocalService] = [*self.services.values()]
        kept += [server for server in (self.kafka, self.postgres, self._sign_in and self.issuer) if server]
        kept += self.front.servers if self.web else []
        for thing in kept:
            threading.Thread(target=self._keep_one_alive, args=(thing,), daemon=True).start()
        threading.Thread(target=self._renew, daemon=True).start()

    def _renew(self) -> None:
        """The token in ``stack.json`` is made anew long before it ends."""
        said = self.token
        while not self._ending.wait(RENEW_EVERY_S):
            if self.token != said:
                said = self.token
                self._write()

    def _keep_one_alive(self, thing: Server | LocalService) -> None:
        """What ends by itself is started again, soon at first and then more and more patiently."""
        pause, began, known = FIRST_PAUSE, time.monotonic(), thing.pid
        while not self._ending.wait(0.1):
            if thing.alive and thing.pid != known:  # whoever has started it: others signal it by the id in the file
                known = thing.pid
                self._write()
            if not thing.fell or self._kept_down(thing):
                continue
            pause = FIRST_PAUSE if time.monotonic() - began > LONG_ENOUGH else min(pause * 2, LONGEST_PAUSE)
            while not self._started_again(thing, pause):
                pause = min(pause * 2, LONGEST_PAUSE)
            began = time.monotonic()

    def _started_again(self, thing: Server | LocalService, pause: float) -> bool:
        self._steps.say(f"[yellow]{thing.name} has ended by itself; it is started again in {pause:g} s.[/yellow]")
        # Somebody else has started it meanwhile, or wants it down.
        if self._ending.wait(pause) or thing.alive or self._kept_down(thing):
            return True
        if isinstance(thing, LocalService) and thing.robbed:
            self._steps.say(f"[red]Another process has taken the port of {thing.name}, {thing.port}.[/red]")
            return False
        try:
            thing.start()
        except StackError as failure:
            self._steps.say(f"[red]{failure}[/red]")
            return False
        return True

    def _kept_down(self, thing: Server | LocalService) -> bool:
        return (self.home / KEPT_DOWN / thing.name).exists()

    def _write(self) -> None:
        with self._writing:
            if not self._ending.is_set():
                self.running.write(self.home)


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
