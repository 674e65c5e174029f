"""Processes that never outlive us: each runs under ``supervise.py``, whose standard input is our life line."""

import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

SUPERVISE = Path(__file__).with_name("supervise.py")


class StackError(RuntimeError):
    """Something the local stack needs is not there; the message is one sentence for the person at the keyboard."""


def free_port(wanted: int | None = None) -> int:
    """The wanted port if nobody listens there, else a free one below the range that outgoing connections take."""
    order = [] if wanted is None else [wanted]
    order += random.sample(range(20_000, 32_000), 200)  # not a security matter: any free port will do
    for port in order:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise StackError("No free port was found on 127.0.0.1.")


@contextlib.contextmanager
def locked(path: Path, wait: float = 10.0, why: str = "is in use by another process") -> Iterator[IO[str]]:
    """Holds a file's lock; a child that inherits the file keeps holding it until it has ended too."""
    handle = take_lock(path, wait, why)
    try:
        yield handle
    finally:
        handle.close()


def take_lock(path: Path, wait: float = 10.0, why: str = "is in use by another process") -> IO[str]:
    """The open file whose lock is now ours; closing it gives the lock back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a")
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > end:
                handle.close()
                raise StackError(f"{path.parent} {why}.") from None
            time.sleep(0.05)


class Owned:
    """One process of ours. It ends when we stop it, when we end, and when we are killed.

    ``life`` names a FIFO that somebody else holds open: then the process lives as long as that somebody, not as long
    as we do.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
        polite: int = signal.SIGTERM,
        grace: float = 15.0,
        life: Path | None = None,
        keeps: Sequence[IO[str]] = (),
    ) -> None:
        self.name = name
        self.log = log
        self.pid = 0
        self._command = [*inside, sys.executable, "-I", "-S", str(SUPERVISE)]
        self._command += ["--signal", str(int(polite)), "--grace", str(grace)]
        self._what = [str(part) for part in command]
        self._env = dict(os.environ if env is None else env)
        self._grace = grace
        self._life = life
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Owned":
        """Starts the process; its process id is known when this returns."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        heard, announced = os.pipe()
        life = subprocess.PIPE if self._life is None else os.open(self._life, os.O_RDONLY)
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*self._command, "--report", str(announced), "--", *self._what],
                    stdin=life,
                    stdout=log,
                    stderr=log,
                    env=self._env,
                    start_new_session=True,
                    pass_fds=[announced, *(kept.fileno() for kept in self._keeps)],
                )
        finally:
            os.close(announced)
            if self._life is not None:
                os.close(life)
        with os.fdopen(heard) as report:
            self.pid = int(report.readline() or 0)
        return self

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit status, None while it runs."""
        return None if self._process is None else self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for it to end by itself."""
        if self._process is None:
            return 0
        return self._process.wait(timeout)

    def signal(self, number: int) -> None:
        """Sends a signal to the process itself, not to its supervisor."""
        if self.alive and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def ask_to_stop(self) -> None:
        """Cuts the life line and does not wait, so that several can stop at once."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """Stops it: politely, then by force when it does not listen."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(self._grace + 5)
        except subprocess.TimeoutExpired:  # the kernel takes the command with its supervisor
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """kill -9, as a crash would do it."""
        self.signal(signal.SIGKILL)
        self.stop()

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        return tail(self.log, lines)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def run(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    inside: Sequence[str] = (),
) -> None:
    """Runs a command of ours to its end; a failure is said with the end of its log."""
    process = Owned(name, command, log=log, env=env, inside=inside, grace=5).start()
    try:
        code = process.wait()
    finally:
        process.stop()
    if code:
        raise StackError(f"{name} failed with status {code}; the end of {log}:\n{process.tail()}")
