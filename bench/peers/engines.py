"""Quix Streams and Bytewax on the same events: environments of their own, one process each, measured from outside."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import roles
from bench.peers.events import Writer
from bench.peers.killing import next_kpi_after_a_kill
from bench.peers.sampling import Sampler
from bench.peers.watching import Watcher
from bench.running import OUT, ROOT
from contracts import Stream
from tributary.child_process import Owned, tail
from tributary.kafka import LocalKafka
from tributary.topics import create_topics

HERE = Path(__file__).parent
DIMENSIONS = ("segment", "channel")


def python_of(engine: str) -> Path:
    """The interpreter of the engine's own environment, which is made when it is not there."""
    # A name with a dot: tools that walk through folders leave it alone.
    place, wanted = OUT / "peers" / f".{engine}", HERE / f"requirements-{engine}.txt"
    made = place / "made"
    if not made.exists() or made.read_text() != wanted.read_text():
        shutil.rmtree(place, ignore_errors=True)
        uv = _uv()
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
        command = [uv, "pip", "install", "--quiet", "--python", str(place / "bin/python"), "-r", str(wanted)]
        subprocess.run(command, check=True, env={"UV_SYSTEM_CERTS": "1", **os.environ})  # as make has it
        made.write_text(wanted.read_text())
    return place / "bin" / "python"


def _uv() -> str:
    """The one that make has fetched, else the machine's."""
    ours = Path(os.environ.get("TRIBUTARY_STATE", ROOT / ".local")) / "uv/bin/uv"
    if found := str(ours) if ours.exists() else shutil.which("uv"):
        return found
    raise SystemExit("The peers need an environment of their own, and there is no uv to make it: run make test once.")


class Engine:
    """One engine with a group, a state folder and a KPI topic of its own."""

    def __init__(self, engine: str, home: Path, kafka: LocalKafka, number: int, prefix: str = "") -> None:
        self.engine, self.python, self.kafka = engine, python_of(engine), kafka
        self.kpis, self.state = f"peers.{engine}.kpi.{number}", home / f"{engine}-{number}"
        self.log = home / f"{engine}-{number}.log"
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(parents=True)
        create_topics(kafka.bus, [Stream(self.kpis, "key", (), "", partitions=1, sequenced=False)])
        options = {"KAFKA": kafka.bootstrap, "PREFIX": prefix, "KPIS": self.kpis, "STATE": str(self.state)}
        self.process: Owned | None = None
        self.environment = {**os.environ, **options, "GROUP": f"peers.{engine}.{number}", "PYTHONPATH": str(HERE)}
        if engine == "bytewax":
            subprocess.run([self.python, "-m", "bytewax.recovery", str(self.state), "1"], check=True)

    def start(self) -> Owned:
        """The process, begun, or begun again after a kill."""
        command: Sequence[str | Path] = [self.python, HERE / "quix_kpis.py"]
        if self.engine == "bytewax":
            command = [self.python, "-m", "bytewax.run", "bytewax_kpis:flow", "-r", self.state, "-s", "5", "-b", "0"]
        self.process = Owned(self.engine, command, log=self.log, env=self.environment, grace=3).start()
        return self.process

    def stop(self) -> None:
        """Ends the process."""
        if self.process is not None:
            self.process.stop()

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()

    def cost_of_a_start(self, seconds: float = 6) -> dict[str, float]:
        """Processor seconds of a start before empty topics: what is taken off a run to see its steady cost."""
        try:
            pid = self.start().pid
            time.sleep(seconds)
            return roles.cpu({"engine": pid}) | {"broker": 0.0}
        finally:
            self.stop()

    def measure(self, writer: Writer, start: dict[str, float], kill: bool, limit: float = 150) -> dict[str, Any]:
        """Starts it before full topics, lets it count everything, and kills it then."""
        watcher, right = Watcher(self.kafka.bootstrap, self.kpis), writer.right
        try:
            sampler = Sampler({"engine": self.start().pid, "broker": self.kafka.pid})
            began = looked = time.perf_counter()
            while (done := watcher.leads()) < right.leads:
                watcher.look(0.1)
                if time.perf_counter() - looked > 0.25:
                    looked = time.perf_counter()
                    sampler.sample(done * writer.events // right.leads)
                if self.process is None or not self.process.alive or looked - began > limit:
                    raise SystemExit(f"{self.engine} counted {done} of {right.leads} leads:\n{tail(self.log)}")
            wrong = watcher.until_right(right, DIMENSIONS, 60)
            sampler.sample(writer.events)
            row = {**sampler.summary(start), "leads": right.leads, "wrong": wrong[:5]}
            if kill:
                row |= next_kpi_after_a_kill(writer, watcher, DIMENSIONS, self.kill, self.start)
            return row
        finally:
            watcher.close()
            self.stop()
