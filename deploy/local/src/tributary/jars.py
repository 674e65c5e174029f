"""The jars of Apache Kafka: a pinned list, fetched once, checked by size and SHA-256 every time. Standard library only.

The list is ``kafka-4.3.1.lock``: ``sha256 size path`` per line. Where the jars come from is never written down here: it is
``TRIBUTARY_MAVEN_URL`` (any mirror in Maven layout), else the address the ``jgo`` package knows, else what ``mvn`` is
configured with.
"""

import fcntl
import hashlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).with_name("kafka-4.3.1.lock")
TRIES = 4

Progress = Callable[[int, int], None]


class JarsMissing(RuntimeError):
    """The jars are not here and could not be fetched."""


@dataclass(frozen=True)
class Jar:
    """One pinned file."""

    sha256: str
    size: int
    path: str

    def is_at(self, place: Path) -> bool:
        """Whether exactly this file is there, whole."""
        try:
            if place.stat().st_size != self.size:
                return False
            return hashlib.sha256(place.read_bytes()).hexdigest() == self.sha256
        except OSError:
            return False


def pinned(lock: Path = LOCK) -> list[Jar]:
    """The list, in the order of the class path."""
    rows = [line.split() for line in lock.read_text().splitlines() if line.strip()]
    return [Jar(sha256, int(size), path) for sha256, size, path in rows]


def ensure(cache: Path, lock: Path = LOCK, progress: Progress = lambda done, total: None) -> list[Path]:
    """The class path, after fetching what is missing or damaged. Several processes may ask at once: one fetches."""
    jars = pinned(lock)
    if _missing(jars, cache):
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / ".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if missing := _missing(jars, cache):
                _fetch(missing, cache, progress)
    return [cache / jar.path for jar in jars]


def _missing(jars: Sequence[Jar], cache: Path) -> list[Jar]:
    with ThreadPoolExecutor(4) as pool:
        there = list(pool.map(lambda jar: jar.is_at(cache / jar.path), jars))
    return [jar for jar, found in zip(jars, there, strict=True) if not found]


def _fetch(jars: Sequence[Jar], cache: Path, progress: Progress) -> None:
    try:
        _download(_address(), jars, cache, progress)
    except JarsMissing as failure:
        if shutil.which("mvn") is None:
            raise
        try:
            _fetch_by_mvn(_missing(jars, cache), cache)
        except (JarsMissing, OSError, subprocess.SubprocessError) as second:
            raise JarsMissing(f"{failure} mvn could not fetch them either: {second}") from failure


def _address() -> str:
    if given := os.environ.get("TRIBUTARY_MAVEN_URL"):
        return given
    try:
        from jgo.constants import MAVEN_CENTRAL_URL
    except ImportError as missing:
        raise JarsMissing(
            "Neither TRIBUTARY_MAVEN_URL is set nor the jgo package there, so nobody says where jars are."
        ) from missing
    return str(MAVEN_CENTRAL_URL)


def _download(base: str, jars: Sequence[Jar], cache: Path, progress: Progress) -> None:
    """Eight at a time, on threads that do not keep a program alive that wants to end."""
    waiting, outcomes = list(jars), queue.SimpleQueue[int | JarsMissing]()

    def work() -> None:
        while waiting:
            try:
                outcomes.put(_download_one(base, waiting.pop(), cache))
            except JarsMissing as failure:
                outcomes.put(failure)
            except IndexError:  # another thread took the last one
                return

    total, done = sum(jar.size for jar in jars), 0
    progress(0, total)
    for _ in range(8):
        threading.Thread(target=work, daemon=True).start()
    for _ in jars:
        outcome = outcomes.get()
        if isinstance(outcome, JarsMissing):
            waiting.clear()
            raise outcome
        done += outcome
        progress(done, total)


def _download_one(base: str, jar: Jar, cache: Path) -> int:
    place = cache / jar.path
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    reason: Exception = JarsMissing("it was never asked for")
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(f"{base.rstrip('/')}/{jar.path}", timeout=15) as answer:
                part.write_bytes(answer.read())
            if jar.is_at(part):
                os.replace(part, place)
                return jar.size
            reason = JarsMissing("what came is not the pinned file")
        except OSError as failure:
            reason = failure
        time.sleep(0.2 * 2**attempt)
    part.unlink(missing_ok=True)
    raise JarsMissing(
        f"{jar.path} of Apache Kafka could not be fetched ({reason}); TRIBUTARY_MAVEN_URL may name a mirror."
    )


POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tributary</groupId><artifactId>jars</artifactId><version>1</version><dependencies>
{dependencies}
</dependencies></project>
"""
ROOTS = (("org.apache.kafka", "kafka_2.13", "4.3.1"), ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4"))


def _fetch_by_mvn(jars: Sequence[Jar], cache: Path) -> None:
    """Lets a configured Maven (company mirror, proxy, credentials) fetch the same files; the list still decides."""
    lines = "\n".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        for group, artifact, version in ROOTS
    )
    with tempfile.TemporaryDirectory(dir=cache) as work:
        pom = Path(work, "pom.xml")
        pom.write_text(POM.format(dependencies=lines))
        asked = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-Dmdep.useRepositoryLayout=true"]
        done = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
        for jar in jars:
            found = Path(work, "target", "dependency", jar.path)
            if not jar.is_at(found):
                raise JarsMissing(f"{jar.path} is not among what it brought. {done.stdout.strip()[-300:]}")
            (cache / jar.path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(found, cache / jar.path)


if __name__ == "__main__":
    ensure(Path(sys.argv[1]))
