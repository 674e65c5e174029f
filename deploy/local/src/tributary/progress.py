"""What the person at the keyboard sees while things start: one line per step, with its time when it is done."""

import contextlib
import threading
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Steps under way spin on a terminal and are one plain line each elsewhere. Safe to use from several threads."""

    def __init__(self, console: Console | None = None, quiet: bool = False) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

        self._under_way = 0
        self._counting = threading.Lock()

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator["Step"]:
        """One step: said when it is done, with the time it took."""
        self._count(+1)
        step = Step(self._live, what)
        begun = time.monotonic()
        try:
            yield step
        except BaseException:
            self.console.print(f"  [red]x[/red] {what}")
            raise
        finally:
            step.over()
            self._count(-1)
        self.console.print(f"  [green]ok[/green] {step.done or what} [dim]{time.monotonic() - begun:.1f} s[/dim]")

    def _count(self, change: int) -> None:
        """The moving lines are there only while something is under way."""
        with self._counting:
            self._under_way += change
            if self._under_way:
                self._live.start()
            else:
                self._live.stop()

    def say(self, text: str) -> None:
        """A line of its own."""
        self.console.print(text)


class Step:
    """One step under way."""

    def __init__(self, live: Progress, what: str) -> None:
        self.what = what
        self.done = ""
        self._live = live
        self._task = live.add_task(what, total=None)

    def detail(self, text: str) -> None:
        """What it is at just now."""
        self._live.update(self._task, description=f"{self.what} [dim]{text}[/dim]")

    def over(self) -> None:
        """Takes the moving line away."""
        self._live.remove_task(self._task)
