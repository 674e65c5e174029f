"""python supervise.py [--signal N] [--grace S] [--report FD] -- command...

Runs a command and ends it when standard input closes (the owner is gone, even by kill -9) or on SIGTERM, SIGINT, SIGHUP.
Standard library and one thread only: on Linux the command also dies when this process is killed, and that promise is
kept by the kernel per *thread*, so a threaded owner must never make it itself.
"""

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable

ASKED_TO_END = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
PR_SET_PDEATHSIG = 1


def die_with_me() -> Callable[[], None]:
    """What the child does before it becomes the command: ask the kernel to be killed when this process is."""
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def wait_for_an_end(child: "subprocess.Popen[bytes]", woken: int) -> None:
    """Returns when the child has ended, when a signal asks for its end, or when the owner's end of the life line closed."""
    while child.poll() is None:
        ready = select.select([0, woken], [], [])[0]
        if woken in ready and set(os.read(woken, 64)) & ASKED_TO_END:
            return
        if 0 in ready and not os.read(0, 1):
            return


def end(child: "subprocess.Popen[bytes]", polite: int, grace: float) -> int:
    """Asks politely, waits, then kills; whatever the command left in its process group goes with it."""
    if child.poll() is None:
        child.send_signal(polite)
    try:
        code = child.wait(grace)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except OSError:
        pass
    return code if code >= 0 else 128 - code


def main() -> int:
    """The supervisor's whole life."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM), help="the polite signal")
    parser.add_argument("--grace", type=float, default=15.0, help="seconds between the polite signal and the kill")
    parser.add_argument("--report", type=int, help="a file descriptor that is told the command's process id")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (*ASKED_TO_END, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(
        asked.command,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_me(),
        process_group=0,
    )
    if asked.report is not None:
        os.write(asked.report, f"{child.pid}\n".encode())
        os.close(asked.report)
    wait_for_an_end(child, woken)
    return end(child, asked.signal, asked.grace)


if __name__ == "__main__":
    sys.exit(main())
