"""The four services as processes of their own, and what each is told in its environment."""

import base64
import http.client
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tributary.bus import Bus
from tributary.child_process import Owned, StackError, free_port, run
from tributary.patience import Patience
from tributary.postgres import address_of
from tributary.state import secret, token
from tributary.tokens import ALGORITHM

PORTS = {"leads": 8101, "territory": 8102, "campaigns": 8103, "metrics": 8104}
PORTS_TRIED = 10
NOWHERE = Bus()
IN_USE = "address already in use"


def operator_token(home: Path) -> str:
    """The bearer token of the machine ``operator``, made once: it puts in, and reads no row."""
    return secret(home / "keys" / "operator-token")


def master_key(home: Path, name: str) -> str:
    """The key that wraps all other keys of one service, made once and kept outside its database."""
    return secret(home / "keys" / f"{name}.master", lambda: base64.b64encode(secrets.token_bytes(32)).decode())


class PortTaken(StackError):
    """Somebody else has the port that the service was to answer at."""


DOCUMENTS = "TRIBUTARY_DOCUMENTS_URL"


class LocalService:
    """One service as a process: its database is given, as its owner's address, its port is the usual one or a free one and then stays.

    ``stack`` is a random word that tells this stack's services from all others. They say it at their health pages, so that
    nobody takes another stack's service, which may have got the port first, for this one.
    """

    def __init__(
        self,
        name: str,
        home: Path,
        *,
        database: str,
        kafka: Bus = NOWHERE,
        extra: Mapping[str, str] | None = None,
        usual_port: bool = True,
        stack: str = "",
    ) -> None:
        self.name = name
        self.stack = stack or token()
        self.owner = database
        self.kafka = kafka
        self.issuer = self.issuer_keys = ""
        self.log = home / "log" / f"{name}.log"
        self.port = free_port(PORTS.get(name) if usual_port else None)
        self.began = 0.0
        self._log_began = 0
        self._home = home
        self._extra = dict(extra or {})
        self._process: Owned | None = None
        self._stopping = False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """Its database, as the service itself works in it."""
        return address_of(self.owner, "worker")

    @property
    def _documents(self) -> str:
        """Where documents rest unless the environment names another store: beside the databases."""
        return (self._home / "documents").resolve().as_uri()

    @property
    def watched(self) -> str:
        """Its database for who may look at everything but keys and what is sealed."""
        return address_of(self.owner, "watch")

    @property
    def pid(self) -> int:
        """The process id of the service itself."""
        return 0 if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.alive

    @property
    def fell(self) -> bool:
        """Whether it has ended without being asked to."""
        return self._process is not None and not self._process.alive and not self._stopping

    @property
    def robbed(self) -> bool:
        """Whether another process has its port while it is down."""
        return not self.alive and free_port(self.port) != self.port

    def environment(self) -> dict[str, str]:
        """Everything the service is told."""
        report = {
            "DATABASE_URL": self.database,
            "DOOR_DATABASE_URL": address_of(self.owner, "door"),
            **self.kafka.environment(self.name),
            "TRIBUTARY_HOST": "127.0.0.1",
            "TRIBUTARY_PORT": str(self.port),
            "TRIBUTARY_INSTANCE": f"{self.name}-0",
            "TRIBUTARY_STACK": self.stack,
            **({"TRIBUTARY_ISSUER": self.issuer} if self.issuer else {}),
            **({"TRIBUTARY_ISSUER_KEYS": self.issuer_keys} if self.issuer_keys else {}),
            "TRIBUTARY_TOKEN_ALGORITHMS": ALGORITHM,
            "TRIBUTARY_OPERATOR_TOKEN": operator_token(self._home),
            "TRIBUTARY_MASTER_KEY": master_key(self._home, self.name),
            "TRIBUTARY_RATE_EXEMPT": "127.0.0.0/8",  # all that calls here calls from this machine
            "PYTHONUNBUFFERED": "1",
            **({DOCUMENTS: os.environ.get(DOCUMENTS) or self._documents} if self.name == "leads" else {}),
        }
        return {**os.environ, **report, **self._extra}

    def migrate(self) -> None:
        """Brings its database to the schema of this code."""
        self.run(f"Migrating the database of {self.name}", "migrate", OWNER_DATABASE_URL=self.owner)

    def run(self, doing: str, *words: str, **more: str) -> None:
        """Runs its command line with these words to its end; it is told ``more`` in its environment."""
        run(doing, [sys.executable, "-m", self.name, *words], log=self.log, env={**self.environment(), **more})

    def start(self, **more: str) -> None:
        """Starts it and does not wait; this one process is told ``more`` in its environment."""
        self.began = time.monotonic()
        self._log_began = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, "-m", self.name, "serve"]
        self._process = Owned(self.name, command, log=self.log, env={**self.environment(), **more}, grace=8).start()
        self._stopping = False  # not before: what has been stopped and is not yet started again has not fallen

    def start_and_wait(self) -> None:
        """Starts it for the first time and returns when it is ready. Where its port was taken before it could bind it,
        it gets another: nobody knows the port yet."""
        for _ in range(PORTS_TRIED):
            self.start()
            try:
                self.wait_until_ready()
                return
            except PortTaken:
                self.stop()
                self.port = free_port()
        raise PortTaken(f"{self.name} found each of {PORTS_TRIED} free ports taken a moment later.")

    def wait_until_ready(self) -> None:
        """Returns when /readyz says so; says why not when it has ended or stands still."""
        assert self._process is not None
        why = ""

        def state() -> str:
            return why

        patience = Patience(self._process, state, self._log_began)
        while True:
            ready, why = self.readiness()
            if ready:
                return
            if ended := patience.ended:
                last_words = self._process.tail()
                if self.robbed or (not self.alive and IN_USE in last_words.lower()):
                    raise PortTaken(f"{self.name} has ended: another process has port {self.port}.")
                raise StackError(f"{self.name} {ended} ({why}); the end of {self.log}:\n{last_words}")
            time.sleep(0.1)

    def readiness(self) -> tuple[bool, str]:
        """What /readyz says just now, if it is this service that says it."""
        status, text = self._ask("/readyz")
        return status == 200, f"{status} {text}" if status else text

    @property
    def answers(self) -> bool:
        """Whether this service, ready or not, answers at its port."""
        return self._ask("/readyz")[0] != 0

    def _ask(self, path: str) -> tuple[int, str]:
        """Status and text of the answer; no status where nobody answers, or a stranger."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read(65_536).decode(errors="replace")
        except (OSError, http.client.HTTPException) as failure:
            return 0, str(failure) or type(failure).__name__
        finally:
            connection.close()
        if stack_of(text) != self.stack:
            return 0, f"another process answers at port {self.port}"
        return answer.status, text

    def ask_to_stop(self) -> None:
        """Begins to stop and does not wait."""
        self._stopping = True
        if self._process is not None:
            self._process.ask_to_stop()

    def stop(self) -> None:
        """Stops it: open requests are answered, what is in flight is committed or comes again."""
        self._stopping = True
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """kill -9, as a crash would do it; it stays down until started."""
        self._stopping = True
        if self._process is not None:
            self._process.kill()


def stack_of(answer: str) -> str:
    """The stack that a health page names; empty where it names none."""
    try:
        return str(json.loads(answer).get("stack", ""))
    except (ValueError, AttributeError):
        return ""
