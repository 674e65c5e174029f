"""The four services as processes of their own, and what each is told in its environment."""

import base64
import http.client
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tributary.owned import Owned, StackError, free_port, run
from tributary.state import secret

PORTS = {"leads": 8101, "territory": 8102, "campaigns": 8103, "metrics": 8104}


def operator_token(home: Path) -> str:
    """The operator's bearer token, made once."""
    return secret(home / "keys" / "operator-token")


def master_key(home: Path, name: str) -> str:
    """The key that wraps all other keys of one service, made once and kept outside its database."""
    return secret(home / "keys" / f"{name}.master", lambda: base64.b64encode(secrets.token_bytes(32)).decode())


class LocalService:
    """One service as a process: its database is given, its port is the usual one or a free one and then stays."""

    def __init__(
        self,
        name: str,
        home: Path,
        *,
        database: str,
        kafka: str = "",
        extra: Mapping[str, str] | None = None,
        usual_port: bool = True,
    ) -> None:
        self.name = name
        self.database = database
        self.kafka = kafka
        self.log = home / "log" / f"{name}.log"
        self.port = free_port(PORTS.get(name) if usual_port else None)
        self.began = 0.0
        self._home = home
        self._extra = dict(extra or {})
        self._process: Owned | None = None
        self._stopping = False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

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

    def environment(self) -> dict[str, str]:
        """Everything the service is told."""
        told = {
            "DATABASE_URL": self.database,
            **({"KAFKA_BOOTSTRAP_SERVERS": self.kafka} if self.kafka else {}),
            "TRIBUTARY_HOST": "127.0.0.1",
            "TRIBUTARY_PORT": str(self.port),
            "TRIBUTARY_INSTANCE": f"{self.name}-0",
            "TRIBUTARY_OPERATOR_TOKEN": operator_token(self._home),
            "TRIBUTARY_MASTER_KEY": master_key(self._home, self.name),
            "TRIBUTARY_RATE_EXEMPT": "127.0.0.0/8",  # all that calls here calls from this machine
            "PYTHONUNBUFFERED": "1",
        }
        return {**os.environ, **told, **self._extra}

    def migrate(self) -> None:
        """Brings its database to the schema of this code."""
        command = [sys.executable, "-m", self.name, "migrate"]
        run(f"Migrating the database of {self.name}", command, log=self.log, env=self.environment())

    def start(self, **more: str) -> None:
        """Starts it and does not wait; this one process is told ``more`` in its environment."""
        self.began = time.monotonic()
        command = [sys.executable, "-m", self.name, "serve"]
        self._process = Owned(self.name, command, log=self.log, env={**self.environment(), **more}, grace=8).start()
        self._stopping = False  # not before: what has been stopped and is not yet started again has not fallen

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Returns when /readyz says so; says why not when it never does."""
        end = time.monotonic() + timeout
        while True:
            ready, why = self.readiness()
            if ready:
                return
            if not self.alive or time.monotonic() > end:
                state = "does not become ready" if self.alive else "has ended"
                end_of_log = "" if self._process is None else self._process.tail()
                raise StackError(f"{self.name} {state} ({why}); the end of {self.log}:\n{end_of_log}")
            time.sleep(0.05)

    def readiness(self) -> tuple[bool, str]:
        """What /readyz says just now."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            said = answer.read(2000).decode(errors="replace")
            return answer.status == 200, f"{answer.status} {said}"
        except (OSError, http.client.HTTPException) as failure:
            return False, str(failure) or type(failure).__name__
        finally:
            connection.close()

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
