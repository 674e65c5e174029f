"""Starts everything, plays, shows, and at the end says whether all that went in came out."""

import asyncio
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from tributary.demo.playing import Player
from tributary.demo.screen import Board, screen
from tributary.demo.tally import Asking, Sent, Standing, disagreements
from tributary.ending import foreground
from tributary.loading import load_market
from tributary.progress import Steps
from tributary.running import Running
from tributary.stack import Stack
from tributary.verify.command import verified

DRAIN_WITHIN_S, LINE_EVERY_S = 30.0, 5.0


def demo(
    seconds: Annotated[float, typer.Option(help="End by itself after so many seconds of traffic; 0: on Ctrl-C.")] = 0,
    rate: Annotated[float, typer.Option(help="Leads per second.")] = 25,
    seed: Annotated[int, typer.Option(help="The same seed plays the same people; 0: other people each time.")] = 0,
) -> None:
    """Sets everything up, plays a small market and shows its KPIs live."""
    steps, began = Steps(), time.monotonic()
    agreed = True
    with foreground(steps.console):
        steps.say("Starting Tributary:")
        with steps, Stack(steps=steps, mock_allowed=True) as stack:
            with steps.step("the market") as step:
                step.done = f"the market: {load_market(stack.running)}"
            asking = Asking({n: s.url for n, s in stack.running.services.items()}, stack.token)
            before = asking.standing()
            player = Player(stack.running, rate, seed or int(time.time()))
            try:
                asyncio.run(_play(stack.running, player, seconds, began))
            except KeyboardInterrupt:
                if not seconds:
                    steps.say("Ending.")
                raise
            agreed = _conclude(stack.running, asking, before, player.sent, steps)
    if not agreed:
        raise typer.Exit(1)


async def _play(running: Running, player: Player, seconds: float, began: float) -> None:
    """Traffic and screen together, until the time is over or somebody ends it."""
    board = Board()
    url = f"{running.services['metrics'].url}/v1/kpis/stream?by=segment"
    watching = asyncio.create_task(board.follow(url, running.token))
    playing = asyncio.create_task(player.play())
    showing = asyncio.create_task(_show(running, player, board, began))
    try:
        done, _ = await asyncio.wait({playing, showing}, timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        player.stopping.set()
        await playing
    finally:
        for task in (watching, showing, playing):
            task.cancel()
        await asyncio.gather(watching, showing, playing, return_exceptions=True)


async def _show(running: Running, player: Player, board: Board, began: float) -> None:
    console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 110)
    started = time.monotonic()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=5, transient=False) as live:
            while True:
                live.update(screen(board, player.walk, _headline(player, board, started), _places(running)))
                await asyncio.sleep(0.2)
    said_first = False
    while True:
        if board.rows and not said_first:
            console.print(f"first KPI row {time.monotonic() - began:.1f} s after the start")
            console.print(_places(running))
            said_first = True
            await asyncio.sleep(1)
        if said_first:
            console.print(screen(board, player.walk, _headline(player, board, started), ""))
        await asyncio.sleep(LINE_EVERY_S if said_first else 0.1)


def _headline(player: Player, board: Board, started: float) -> str:
    took = max(time.monotonic() - started, 0.1)
    leads = len(player.sent.leads)
    counted = sum(row["leads"] for row in board.rows.values())
    return (
        f"{leads} leads accepted in {took:.0f} s ({leads / took:.0f}/s), {counted} counted in all, "
        f"{len(player.sent.spends)} spends, {player.sent.outcomes} outcomes"
    )


def _places(running: Running) -> str:
    lines = [f"{name:<10} {s.url}/docs   {s.url}/readyz   {s.url}/metrics" for name, s in running.services.items()]
    metrics, leads = running.services["metrics"].url, running.services["leads"].url
    lines.append(f"{'form':<10} POST {leads}/v1/leads    stream: GET {metrics}/v1/kpis/stream?by=segment")
    return "\n".join(lines)


def _conclude(running: Running, asking: Asking, before: Standing, sent: Sent, steps: Steps) -> bool:
    """Waits until everything has arrived, then says what went in, what came out, and whether they agree."""
    deadline = time.monotonic() + DRAIN_WITHIN_S
    after, wrong = before, ["nothing was asked yet"]
    with steps.step("everything on its way arrives"):
        while wrong and time.monotonic() < deadline:
            after = asking.standing()
            wrong = disagreements(sent, before, after)
            if wrong:
                time.sleep(0.3)
    verdict = verified(running, settle=10, at_rest=True, steps=steps)
    for line in summary(sent, before, after, wrong):
        typer.echo(line)
    said = "all hold" if verdict.holds else "VIOLATED: make verify names them while the stack is up"
    typer.echo(f"invariants  {len(verdict.findings)} checked, {said}")
    return not wrong and verdict.holds


def summary(sent: Sent, before: Standing, after: Standing, wrong: list[str]) -> list[str]:
    """The last words of a run."""
    spent = ", ".join(f"{minor / 100:,.2f} {currency}" for currency, minor in sorted(sent.incurred().items()))
    return [
        f"went in     {len(sent.leads)} leads, {len(sent.spends)} spends ({spent or 'nothing'}), {sent.outcomes} outcomes",
        f"came out    {after.leads['segment'] - before.leads['segment']} leads counted, {after.routed - before.routed} routed, "
        f"{after.assigned - before.assigned} assigned, {after.closed - before.closed} closed; {after.leads['segment']} in all",
        *(
            ["conserved   every lead is counted once in every dimension, every spend is on the ledger once"]
            if not wrong
            else []
        ),
        *(f"NOT CONSERVED: {one}" for one in wrong),
    ]
