"""The jars are exactly the pinned ones, or they are fetched again."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tributary import jars

FILES = {f"org/example/{name}/{name}.jar": name.encode() * 100 for name in ("one", "two", "three")}


class Mirror(http.server.SimpleHTTPRequestHandler):
    """A Maven mirror that remembers what was asked of it."""

    asked: list[str] = []

    def log_message(self, format: str, *args: object) -> None:
        self.asked.append(self.path)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mirror with three small jars; the fixture is its folder."""
    folder = tmp_path / "mirror"
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(content)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Mirror, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("TRIBUTARY_MAVEN_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(jars.shutil, "which", lambda name: None)
    Mirror.asked.clear()
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """The list of the three."""
    rows = [f"{hashlib.sha256(content).hexdigest()} {len(content)} {path}" for path, content in FILES.items()]
    lock = tmp_path / "jars.lock"
    lock.write_text("\n".join(rows) + "\n")
    return lock


def test_what_is_missing_is_fetched_once(mirror: Path, pinned: Path, tmp_path: Path) -> None:
    first = jars.ensure(tmp_path / "cache", pinned)
    assert [place.read_bytes() for place in first] == list(FILES.values())
    assert jars.ensure(tmp_path / "cache", pinned) == first
    assert len(Mirror.asked) == 3


@pytest.mark.parametrize("damage", [b"", b"one" * 99, b"eno" * 100])
def test_a_damaged_jar_is_fetched_again_and_only_that_one(
    mirror: Path, pinned: Path, tmp_path: Path, damage: bytes
) -> None:
    one = jars.ensure(tmp_path / "cache", pinned)[0]
    Mirror.asked.clear()
    one.write_bytes(damage)
    jars.ensure(tmp_path / "cache", pinned)
    assert one.read_bytes() == b"one" * 100
    assert len(Mirror.asked) == 1


def test_a_mirror_that_sends_something_else_is_not_believed(
    mirror: Path, pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars.time, "sleep", lambda seconds: None)
    (mirror / "org/example/two/two.jar").write_bytes(b"own" * 100)
    with pytest.raises(jars.JarsMissing, match=r"two\.jar of Apache Kafka could not be fetched"):
        jars.ensure(tmp_path / "cache", pinned)
    assert not (tmp_path / "cache/org/example/two/two.jar").exists()


def test_progress_ends_at_the_whole(mirror: Path, pinned: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    jars.ensure(tmp_path / "cache", pinned, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 1100)
    assert seen[-1] == (1100, 1100)


def test_the_pinned_list_names_no_host_and_has_the_broker_and_its_log() -> None:
    paths = [jar.path for jar in jars.pinned()]
    assert len(paths) == len(set(paths)) == 46
    assert not [path for path in paths if "://" in path]
    assert "org/apache/kafka/kafka_2.13/4.3.1/kafka_2.13-4.3.1.jar" in paths
    assert any("log4j-slf4j-impl" in path for path in paths)
