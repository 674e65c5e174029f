"""A stack is whole or not there at all, tells where it is, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tributary import running
from tributary.child_process import StackError, free_port
from tributary.services import LocalService
from tributary.stack import KEPT_DOWN, Stack, together
from tributary.tokens import public_keys

Soon = Callable[..., bool]
Gone = Callable[[int], bool]
Owner = Callable[[str], "subprocess.Popen[str]"]
OWNER = """
import json, pathlib, sys
from rich.console import Console
from tributary.ending import foreground
from tributary.stack import Stack
with foreground(Console()), Stack(pathlib.Path(sys.argv[1], "state"), services=("lamp",), kafka=KAFKA, throw_away=True) as stack:
    print(json.dumps(dict(stack.running.pids)), flush=True)
    stack.wait()
"""


@pytest.fixture
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: str, kafka_server: str) -> Iterator[Stack]:
    """A stack of one tiny service on the run's servers, not started yet."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    stack = Stack(tmp_path / "state", services=("lamp",), kafka=kafka_server, postgres=postgres_server)
    yield stack
    stack.stop()


def test_a_stack_that_is_up_says_where_and_only_to_its_user(lamp: Stack, gone: Gone) -> None:
    lamp.start()
    place = lamp.home / "stack.json"
    shown = json.loads(place.read_text())
    assert set(shown) == {
        *("kafka", "services", "token", "pids", "stack", "home", "issuer", "operator_token", "secured", "web")
    }
    one = lamp.services["lamp"]
    assert shown["services"]["lamp"] == {"url": one.url, "database": one.database, "watched": one.watched}
    assert one.owner not in place.read_text(), "nobody but migrate needs the owner's address"
    assert psutil.Process(shown["pids"]["lamp"]).cmdline()[-3:] == ["-m", "lamp", "serve"]
    assert place.stat().st_mode & 0o777 == 0o600
    assert running.read(lamp.home) == lamp.running
    lamp.stop()
    assert not place.exists()
    assert gone(shown["pids"]["lamp"])


def test_a_service_that_dies_is_started_again_on_its_port(lamp: Stack, soon: Soon) -> None:
    lamp.start()
    service = lamp.services["lamp"]
    first, port = service.pid, service.port
    os.kill(first, signal.SIGKILL)
    assert soon(lambda: service.pid != first and service.readiness()[0])
    assert service.port == port
    assert soon(lambda: running.read(lamp.home).pids["lamp"] == service.pid)


def test_a_service_killed_on_purpose_stays_down_until_it_is_started(
    lamp: Stack, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.stack.FIRST_PAUSE", 0.05)
    lamp.start()
    service = lamp.services["lamp"]
    service.kill()
    assert not soon(lambda: service.alive, 0.5)
    service.start()
    service.wait_until_ready()
    assert soon(lambda: running.read(lamp.home).pids["lamp"] == service.pid), "the file names a process that is gone"


def test_what_is_to_stay_down_is_not_started_by_who_waits_to_start_it(
    lamp: Stack, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.stack.FIRST_PAUSE", 0.5)
    lamp.start()
    service = lamp.services["lamp"]
    os.kill(service.pid, signal.SIGKILL)
    assert soon(lambda: service.fell)
    time.sleep(0.2)  # its keeper has seen it and pauses
    kept = lamp.home / KEPT_DOWN / "lamp"
    kept.parent.mkdir()
    kept.touch()
    assert not soon(lambda: service.alive, 2)
    kept.unlink()
    assert soon(lambda: service.readiness()[0])


def test_keys_and_data_are_kept_from_one_start_to_the_next(lamp: Stack) -> None:
    first = lamp.start()
    environment = lamp.services["lamp"].environment()
    lamp.stop()
    again = Stack(lamp.home, services=("lamp",), kafka=first.kafka, postgres=lamp.outside)
    with again:
        assert again.running.operator_token == first.operator_token
        assert (again.issuer.url, again.running.tokens.issuer) == (first.issuer, first.issuer)
        jwt.decode(first.token, KeySet.import_key_set(json.loads(public_keys(again.home).read_text())))
        assert again.services["lamp"].environment()["TRIBUTARY_MASTER_KEY"] == environment["TRIBUTARY_MASTER_KEY"]
        assert again.running.services["lamp"].database == first.services["lamp"].database
    assert {path.stat().st_mode & 0o777 for path in (lamp.home / "keys").iterdir()} == {0o600}


def test_a_service_that_cannot_start_takes_the_stack_down_and_its_log_is_shown(
    lamp: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "lamp.py").write_text("raise SystemExit('the bulb is missing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    with pytest.raises(StackError, match=r"(?s)database of lamp failed with status 1.*the bulb is missing"):
        lamp.start()
    assert not (lamp.home / "stack.json").exists()


def test_two_stacks_in_one_folder_are_refused(lamp: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tributary.stack.LOCK_WAIT", 0.1)
    lamp.start()
    with pytest.raises(StackError, match="already has a stack running"):
        Stack(lamp.home, services=("lamp",), kafka=lamp.bootstrap, postgres=lamp.outside).start()
    assert running.read(lamp.home) == lamp.running


def test_a_usual_port_that_is_taken_is_replaced_by_a_free_one(lamp: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setitem(running_ports(), "lamp", port)
        assert lamp.start().services["lamp"].url != f"http://127.0.0.1:{port}"


def running_ports() -> dict[str, int]:
    """The usual ports of services."""
    from tributary import services

    return services.PORTS


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("kafka", "no Kafka answers there"), ("postgres", r"Postgres at .* cannot be used")],
)
def test_a_given_server_that_does_not_answer_is_named(
    tmp_path: Path,
    postgres_server: str,
    kafka_server: str,
    missing: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tributary.stack.ANSWER_WAIT", 0.5)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    given = {"kafka": kafka_server, "postgres": postgres_server}
    nowhere = f"127.0.0.1:{free_port()}"
    given[missing] = nowhere if missing == "kafka" else f"postgresql://a:b@{nowhere}/postgres"
    with pytest.raises(StackError, match=sentence):
        Stack(tmp_path / "state", services=("lamp",), **given).start()


def test_reading_where_no_stack_runs_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="No stack runs here"):
        running.read(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_owner_ends(
    owner: Owner, kafka_server: str, soon: Soon, number: int, gone: Gone
) -> None:
    process = owner(OWNER.replace("KAFKA", repr(kafka_server)))
    assert process.stdout is not None
    pids = json.loads(process.stdout.readline())
    everything = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert {pids["lamp"], pids["postgres"]} <= set(everything)
    process.send_signal(number)
    assert process.wait(15) == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert soon(lambda: all(gone(pid) for pid in everything))


def test_nothing_is_left_when_the_parent_of_the_owner_is_killed(
    owner: Owner, kafka_server: str, soon: Soon, gone: Gone
) -> None:
    code = OWNER.replace("KAFKA", repr(kafka_server))
    parent = owner(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}, sys.argv[1]])")
    assert parent.stdout is not None
    parent.stdout.readline()
    everything = [child.pid for child in psutil.Process(parent.pid).children(recursive=True)]
    assert len(everything) > 5
    parent.kill()
    assert soon(lambda: all(gone(pid) for pid in everything))


def test_two_stacks_that_start_at_the_same_moment_each_speak_to_their_own_service_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: str, kafka_server: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setitem(running_ports(), "lamp", free_port())
    both_have_chosen = threading.Barrier(2)
    monkeypatch.setattr(LocalService, "migrate", lambda service: both_have_chosen.wait(30))
    given = {"services": ("lamp",), "kafka": kafka_server, "postgres": postgres_server}
    stacks = [Stack(tmp_path / name, **given) for name in ("one", "two")]  # type: ignore[arg-type]
    try:
        together(*(stack.start for stack in stacks))
        services = [stack.services["lamp"] for stack in stacks]
        assert services[0].port != services[1].port
        for stack, service in zip(stacks, services, strict=True):
            assert service.readiness() == (True, f'200 {{"stack": "{stack.name}"}}')
    finally:
        for stack in stacks:
            stack.stop()


def test_whoever_answers_at_a_services_port_without_being_it_is_never_ready(lamp: Stack) -> None:
    service = lamp.start().services["lamp"]
    stranger = LocalService("lamp", lamp.home, database=service.database)
    stranger.port = lamp.services["lamp"].port
    assert stranger.readiness() == (False, f"another process answers at port {stranger.port}")


def test_a_start_that_takes_long_is_waited_for_while_it_gets_on(lamp: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tributary.patience.STILL_S", 1.5)
    monkeypatch.setenv("LAMP_WARMS_UP", "abcdefgh")  # a second each, and each says something new
    began = time.monotonic()
    lamp.start()
    assert time.monotonic() - began > 7


def test_a_start_that_stands_still_is_given_up_and_its_last_words_are_shown(
    lamp: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.patience.STILL_S", 1.5)
    monkeypatch.setenv("LAMP_WARMS_UP", "a" * 60)  # the same again and again is no progress
    with pytest.raises(StackError, match=r"(?s)lamp has stood still for 1.5 s \(.*the end of .*warming up: a"):
        lamp.start()
