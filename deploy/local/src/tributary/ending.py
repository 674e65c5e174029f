"""How a command in the foreground ends: Ctrl-C, SIGTERM and the death of whoever started it all mean the same."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from rich.console import Console
from rich.markup import escape

from tributary import STARTED_BY
from tributary.child_process import StackError


class Ended(KeyboardInterrupt):
    """Somebody asked for the end."""


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise ``Ended`` as Ctrl-C raises KeyboardInterrupt; a second one does not disturb the end.

    Under ``nohup`` the command is meant to outlive its parent, so its death is not watched.
    """
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}

    def end(number: int, frame: FrameType | None) -> None:
        for other in kept:
            signal.signal(other, signal.SIG_IGN)
        raise Ended(signal.Signals(number).name)

    for number in kept:
        if number != signal.SIGHUP or kept[number] is not signal.SIG_IGN:
            signal.signal(number, end)
    if kept[signal.SIGHUP] is not signal.SIG_IGN and STARTED_BY != 1:
        threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _watch_parent() -> None:
    while os.getppid() == STARTED_BY:
        time.sleep(0.25)
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def foreground(console: Console) -> Iterator[None]:
    """The frame of a command that runs a stack: ends with status 0 when asked to end, with 1 and a sentence when it cannot go on."""
    try:
        with ended_by_signals():
            yield
    except StackError as failure:
        console.print(f"[red]{escape(str(failure))}[/red]")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        console.print("Ended.")
        raise SystemExit(0) from None
