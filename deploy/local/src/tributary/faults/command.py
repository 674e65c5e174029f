"""``tributary faults``: strikes a loaded stack of its own in every way there is, and then asks for every invariant."""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from tributary.child_process import StackError
from tributary.ending import ended_by_signals
from tributary.faults.run import play
from tributary.progress import Steps
from tributary.state import state


def faults(
    seconds: Annotated[
        float, typer.Option(help="How long to strike; every kind of fault happens once in any case.")
    ] = 60,
    seed: Annotated[int, typer.Option(help="The same seed strikes in the same order with the same traffic.")] = 1,
    brokers: Annotated[int, typer.Option(help="1, or 3 with every record on all and on two at least.")] = 1,
    rate: Annotated[float, typer.Option(help="Leads a second.")] = 200,
) -> None:
    """Kills, freezes and starves a loaded stack of its own, then checks every invariant."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    folder = state() / "faults"
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        os.environ.pop(name, None)  # what is killed here is always our own
    console.print(f"seed {seed}; the journal is {folder / f'{seed}.jsonl'}")
    try:
        with ended_by_signals():
            report = play(folder, seconds=seconds, seed=seed, rate=rate, brokers=brokers, steps=Steps(console))
    except StackError as failure:
        console.print(f"[red]{escape(str(failure))}[/red]")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("Ended before the end: nothing is said about the stack.")
        raise typer.Exit(130) from None
    report.show(console)
    console.print(
        f"seed {seed}: " + ("[red]NOT everything held.[/red]" if report.wrong else "[green]everything held.[/green]")
    )
    sys.stdout.write(report.line() + "\n")
    if report.wrong:
        raise typer.Exit(1)
