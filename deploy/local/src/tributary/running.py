"""``.local/stack.json``: what runs and where, written once everything is ready and removed when it ends."""

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tributary.bus import Bus
from tributary.child_process import StackError
from tributary.state import private, state
from tributary.tokens import Tokens


@dataclass(frozen=True)
class RunningService:
    """Where one service answers and where it keeps its data: as it works in it, and as who only watches sees it."""

    url: str
    database: str
    watched: str = ""


@dataclass(frozen=True)
class Running:
    """A stack that is up: everything another command needs to talk to it.

    ``kafka`` is where any program of this machine comes to it, if the stack has a door for those, and ``secured`` where it asks
    who comes, as whom the principals of the contracts are known. ``token`` is one of the stack's own reading machine and is renewed
    in the file while the stack is up. ``stack`` is what its services say at their health pages, ``home`` the folder of its keys and
    ``issuer`` who signs tokens; empty where a hand has
    written down a stack that runs elsewhere.
    """

    kafka: str
    services: Mapping[str, RunningService]
    token: str
    pids: Mapping[str, int]
    stack: str = ""
    home: str = ""
    issuer: str = ""
    operator_token: str = ""
    secured: str = ""
    web: str = ""

    @property
    def bus(self) -> Bus:
        """How a program that has this stack's keys comes to its Kafka."""
        return Bus(self.secured, Path(self.home) / "keys") if self.secured and self.home else Bus(self.kafka)

    @functools.cached_property
    def tokens(self) -> Tokens:
        """Tokens of anybody here, for who can read the keys."""
        if not self.home:
            raise StackError("This stack runs elsewhere: only its issuer gives tokens.")
        return Tokens(Path(self.home), self.issuer)

    def write(self, home: Path) -> None:
        """Tells others, but only this user: the file holds tokens and the databases' passwords."""
        private(home / "stack.json", json.dumps(asdict(self), indent=2) + "\n")


def read(home: Path | None = None) -> Running:
    """The stack that runs now, or one sentence that says that none does."""
    place = (home or state()) / "stack.json"
    try:
        found = json.loads(place.read_text())
    except FileNotFoundError:
        raise StackError("No stack runs here: start one with `make up` or `make demo` in another terminal.") from None
    owner = found["pids"].get("stack", 0)
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        raise StackError(f"The stack that wrote {place} is gone: start one with `make up` or `make demo`.") from None
    except PermissionError:
        pass
    services = {name: RunningService(**about) for name, about in found["services"].items()}
    names = ("stack", "home", "issuer", "operator_token", "secured", "web")
    more = {name: found.get(name, "") for name in names}
    return Running(found["kafka"], services, found["token"], found["pids"], **more)
