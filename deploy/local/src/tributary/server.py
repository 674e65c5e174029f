"""What Kafka and Postgres have in common: a folder, a lock, a port that is kept, and a life that we own."""

from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tributary.child_process import Owned, StackError, free_port, tail, take_lock
from tributary.patience import Patience

LOCK_WAIT = 10.0


class Server:
    """One server in one folder. Its port is chosen once and kept over restarts, so that clients find it again."""

    name = ""

    def __init__(self, home: Path, port: int, life: Path | None) -> None:
        self.home = home.resolve()
        self.log = self.home / f"{self.name.lower()}.log"
        self._wanted = port
        self._port: int | None = None
        self._pinned = False
        self._life = life
        self._process: Owned | None = None
        self._stopping = False
        self._starting = False

    @property
    def port(self) -> int:
        """The port clients use."""
        if self._port is None:
            raise StackError(f"{self.name} has not been started yet.")
        return self._port

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.alive

    @property
    def fell(self) -> bool:
        """Whether it has ended without being asked to."""
        return self._process is not None and not self._process.alive and not self._stopping and not self._starting

    @property
    def pid(self) -> int:
        """The process id of the server itself."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> str:
        """Starts it and returns its address once it answers; as long as it gets on it is waited for."""
        self._starting, self._stopping = True, False
        try:
            return self._start()
        finally:
            self._starting = False

    def _start(self) -> str:
        lock = take_lock(self.home / "lock", LOCK_WAIT, f"is used by another {self.name}")
        try:
            self._prepare()
            for _ in range(3):  # a port can be taken between our look and the server's
                self._port = self._choose_port()
                began = self.log.stat().st_size if self.log.exists() else 0
                self._process = self._process_for(self._port, lock).start()
                patience = Patience(self._process, read_from=began)
                if patience.until(lambda: self._stopping or self._answers()) and not self._stopping:
                    self._pinned = True
                    return self.address
                if self._stopping:
                    raise StackError(f"{self.name} was stopped while it started.")
                if self.alive:
                    raise StackError(f"{self.name} {patience.ended}; the end of {self.log}:\n{tail(self.log)}")
                self._process.stop()
        except BaseException:
            self.stop()
            raise
        finally:
            lock.close()
        raise StackError(f"{self.name} did not start; the end of {self.log}:\n{tail(self.log)}")

    def ask_to_stop(self) -> None:
        """Begins to stop and does not wait."""
        self._stopping = True
        if self._process is not None:
            self._process.ask_to_stop()

    def stop(self) -> None:
        """Stops it; what it holds stays on disk."""
        self._stopping = True
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """kill -9, as a crash would do it."""
        self._stopping = True
        if self._process is not None:
            self._process.kill()

    def restart(self) -> str:
        """Stops it and starts it on the same port."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """What a client needs to reach it."""
        raise StackError(f"{self.name} has no address.")

    def _prepare(self) -> None:
        """What is done before the first start, once."""

    def _process_for(self, port: int, lock: IO[str]) -> Owned:
        raise StackError(f"{self.name} has no command.")

    def _answers(self) -> bool:
        """Whether the process that was started, and no stranger at its port, takes clients just now."""
        raise StackError(f"{self.name} cannot be asked.")

    def _choose_port(self) -> int:
        """The port of last time when it is free, else another; never another once clients know it."""
        kept = self.home / "port"
        if self._pinned and self._port is not None:
            if free_port(self._port) != self._port:
                raise StackError(f"{self.name}'s port {self._port} was taken by another process while it was down.")
            return self._port
        port = free_port(int(kept.read_text()) if kept.exists() else self._wanted)
        kept.write_text(f"{port}\n")
        return port
