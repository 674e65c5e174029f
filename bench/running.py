"""A stack of its own for a benchmark, as anybody would start it, and what is asked of it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tributary.stack import Stack
from tributary.tokens import LOCAL, Bearer, Tokens

OUT = Path(__file__).parent / "out"
ROOT = Path(__file__).parents[1]


class Running:
    """What ``stack.json`` says, and the questions a benchmark asks."""

    def __init__(self, home: Path) -> None:
        options = json.loads((home / "stack.json").read_text())
        self.home, self.kafka, self.services = home, options["kafka"], options["services"]
        self._tokens = Tokens(home, options["issuer"])
        self.pids: dict[str, int] = {role: pid for role, pid in options["pids"].items() if role != "stack"}
        self.http = httpx.Client(auth=Bearer(lambda: self.token), timeout=300)

    @property
    def token(self) -> str:
        """A token of the stack's reading machine."""
        return self._tokens.machine(LOCAL)

    def port(self, service: str) -> int:
        """The port of a service's door."""
        return int(self.services[service]["url"].rpartition(":")[2])

    def get(self, service: str, path: str) -> Any:
        """An answer of a door."""
        answer = self.http.get(self.services[service]["url"] + path)
        answer.raise_for_status()
        return answer.json()

    def load_market(self, text: str) -> float:
        """Activates a market file and says how many seconds that took."""
        url, began = f"{self.services['territory']['url']}/v1/market", time.monotonic()
        self.http.put(url, content=text.encode(), headers={"content-type": "application/json"}).raise_for_status()
        return time.monotonic() - began

    def counted(self) -> dict[str, int]:
        """The KPIs over all channels."""
        rows = self.get("metrics", "/v1/kpis?by=channel")["rows"]
        return {name: sum(r[name] for r in rows) for name in ("leads", "qualified", "routed", "assigned")}

    def drained(self, leads: int, within: float = 180) -> float:
        """Seconds until metrics has counted this many leads in all as routed, which is the end of the walk."""
        began = time.monotonic()
        while time.monotonic() - began < within:
            if self.counted()["routed"] >= leads:
                return time.monotonic() - began
            time.sleep(0.1)
        raise SystemExit(f"after {within:g} s only {self.counted()} of {leads} leads are counted")

    def verified(self) -> dict[str, Any]:
        """What the invariant checker says; a run whose checker is not green is no result."""
        command = [sys.executable, "-m", "tributary", "verify", "--json"]
        environment = {**os.environ, "TRIBUTARY_STATE": str(self.home)}
        asked = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800, check=False
        )
        with contextlib.suppress(ValueError):
            return {"green": asked.returncode == 0, **json.loads(asked.stdout)}
        return {"green": False, "said": (asked.stdout + asked.stderr)[-500:]}


@contextlib.contextmanager
def stack(name: str, *, sign_in: bool = False, **environment: str) -> Iterator[Running]:
    """A fresh stack in a folder of its own, ended at the end of the block; with ``sign_in`` its page and who signs people in too."""
    home = OUT / "state" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    options = {**os.environ, "TRIBUTARY_STATE": str(home), **environment}
    with (home / "up.log").open("w") as log:
        command = [sys.executable, "-m", "tributary", "up", "--sign-in" if sign_in else "--no-sign-in"]
        up = subprocess.Popen(command, cwd=ROOT, env=options, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 120
            while not (home / "stack.json").exists():
                if up.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"the stack did not start:\n{(home / 'up.log').read_text()[-2000:]}")
                time.sleep(0.1)
            yield Running(home)
        finally:
            up.send_signal(signal.SIGTERM)
            try:
                up.wait(30)
            except subprocess.TimeoutExpired:  # what it has started ends with it
                up.kill()
                up.wait(30)


@contextlib.contextmanager
def own_stack(name: str) -> Iterator[tuple[Running, Stack]]:
    """The same inside this process, for a benchmark that takes parts of it down."""
    home = OUT / "state" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with Stack(home) as up:
        yield Running(home), up
