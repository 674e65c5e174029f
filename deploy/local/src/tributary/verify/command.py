"""``tributary verify``: checks every invariant over the running stack and names each violation.

Status 0 says that everything holds, 1 that something does not, 2 that there was nothing to check or it can't be read. With
``--telemetry`` the figures go to a Prometheus text file: ``tributary_unaccounted_leads``,
``tributary_verify_violations{invariant}``, ``tributary_verify_seconds``.
"""

import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from tributary.child_process import StackError
from tributary.ending import ended_by_signals
from tributary.progress import Steps
from tributary.running import Running, read
from tributary.verify.page import show, write_telemetry
from tributary.verify.reading import read_snapshot
from tributary.verify.verdict import Verdict, judge


def verify(
    settle: Annotated[float, typer.Option(help="Wait at most so many seconds for the stack to come to rest.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a page of text.")] = False,
    accepted: Annotated[
        Path | None, typer.Option(help="The ids that a client was given with a 202, one a line: all must be there.")
    ] = None,
    at_rest: Annotated[
        bool, typer.Option("--at-rest", help="What is still on the way after the wait counts as a violation.")
    ] = False,
    telemetry: Annotated[Path | None, typer.Option(help="Also write the figures to this Prometheus text file.")] = None,
) -> None:
    """Checks every invariant over the running stack and names each violation."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with ended_by_signals():
            verdict = verified(read(), settle=settle, accepted=accepted, at_rest=at_rest, steps=Steps(console))
            show(verdict, json_wanted=as_json)
            if telemetry is not None:
                write_telemetry(verdict, telemetry)
    except StackError as failure:
        console.print(f"[red]{escape(str(failure))}[/red]")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        console.print("Ended before the end: nothing is said about the stack.")
        raise typer.Exit(130) from None
    if not verdict.holds:
        raise typer.Exit(1)


def verified(
    running: Running,
    *,
    settle: float = 10,
    accepted: Path | None = None,
    at_rest: bool = False,
    steps: Steps | None = None,
) -> Verdict:
    """The verdict over a running stack, for tests and other commands as well."""
    steps = steps or Steps(quiet=True)
    with steps:
        seen = read_snapshot(running, settle, accepted, steps)
        began = time.monotonic()
        gc.disable()  # as while reading: everything stays until the verdict is there
        try:
            with steps.step("invariants") as step:
                verdict = judge(seen.snapshot, seen.moving, at_rest=at_rest, progress=step.detail)
                step.done = f"{len(verdict.findings)} invariants"
        finally:
            gc.enable()
    return replace(verdict, seconds=seen.seconds + time.monotonic() - began)
