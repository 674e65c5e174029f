"""Starts everything, plays, shows, and at the end says whether all that went in came out."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer

from tributary.child_process import StackError
from tributary.demo.people import People, Sight, said
from tributary.demo.playing import Player
from tributary.demo.show import LEADS_LOOKED_AT, Show
from tributary.demo.tally import Asking, Sent, Standing, disagreements, summary
from tributary.demo.working import work
from tributary.ending import Ended, foreground
from tributary.loading import load_market
from tributary.progress import Steps
from tributary.running import Running
from tributary.spans import Collector
from tributary.stack import Stack
from tributary.state import private, state
from tributary.tokens import LOCAL
from tributary.verify.command import verified
from tributary.verify.page import show as show_verdict
from tributary.verify.settling import settle
from tributary.verify.topics import Topics
from tributary.verify.verdict import Verdict

REST_WITHIN_S, DRAIN_WITHIN_S = 60.0, 60.0


def demo(
    seconds: Annotated[float, typer.Option(help="End by itself after so many seconds of traffic; 0: on Ctrl-C.")] = 0,
    rate: Annotated[float, typer.Option(min=0.1, max=500, help="Leads per second.")] = 25,
    picture: Annotated[Path | None, typer.Option(help="Also write the last screen to this SVG file.")] = None,
) -> None:
    """Sets everything up, plays a small market and shows its KPIs live."""
    steps, began = Steps(), time.monotonic()
    agreed = True
    with foreground(steps.console):
        steps.say("Starting Tributary:")
        with (
            steps,
            Collector(state()) as spans,
            Stack(steps=steps, mock_allowed=True, sign_in=True, extra=spans.told()) as stack,
        ):
            running = stack.running
            with steps.step("the market") as step:
                step.done = f"the market: {load_market(running)}"
            people = People(running, page=stack.signs_in)
            with steps.step("the people") as step:
                step.done = people.join()
            _come_to_rest(running, steps)
            urls = {name: service.url for name, service in running.services.items()}
            asking = Asking(urls, lambda: running.tokens.machine(LOCAL))
            before = asking.standing()
            player = Player(running, rate, seed=int(time.time()))
            show = Show(running, player, asking, people, began)
            try:
                with _plainly():
                    found = asyncio.run(_play(player, show, seconds, asking, before))
                if found is None:
                    raise Ended
                wrong, after = found
            except KeyboardInterrupt:
                steps.say("The data is kept: `make demo` goes on from it, `make clean` forgets it.")
                raise
            finally:
                show.leave(picture)
            seen = _seen(show, player)
            verdict = _verified(running, player.sent, stack.home, steps)
            for line in (*summary(player.sent, before, after, wrong), *seen, *events_of(verdict)):
                show.say(line)
            if not verdict.holds:
                show_verdict(verdict, json_wanted=False)
            agreed = verdict.holds and not wrong
    if not agreed:
        raise typer.Exit(1)


async def _play(
    player: Player, show: Show, seconds: float, asking: Asking, before: Standing
) -> tuple[list[str], Standing] | None:
    """Traffic and screen together, until the time is over or somebody ends it; then nothing is returned.

    Otherwise what is on its way arrives, in view. Returns what does not agree in the end, and the totals then.
    """
    playing, showing = asyncio.create_task(player.play()), asyncio.create_task(show.run())
    ending = asyncio.create_task(_asked_to_end())
    try:
        first = {playing, showing, ending}
        done, _ = await asyncio.wait(first, timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED)
        if ending in done:
            return None
        for task in done:
            task.result()
        player.stopping.set()
        await playing
        deadline = time.monotonic() + DRAIN_WITHIN_S
        while True:
            after = await asyncio.to_thread(asking.standing)
            wrong = disagreements(player.sent, before, after)
            if time.monotonic() > deadline or not (wrong or show.behind(after)):
                return wrong, after
            await asyncio.sleep(0.2)
    finally:
        for task in (playing, showing, ending):
            task.cancel()
        await asyncio.gather(playing, showing, ending, return_exceptions=True)


def _seen(show: Show, player: Player) -> list[str]:
    """What each sees in the end, and how soon one who moves sees something else."""

    async def look() -> list[Sight]:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            return await show.people.look(http, list(player.recent)[:LEADS_LOOKED_AT])

    sights = asyncio.run(look())
    return [
        f"who sees    {said(sights)}",
        f"moved       {show.people.move(list(player.recent))}",
        f"worked      {work(show.running, show.people)}",
    ]


async def _asked_to_end() -> None:
    """Returns when a signal asks for the end. Inside the loop a signal must not raise: it would tear connections apart that
    are to be closed. Afterwards it raises again as before."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    heeded = [number for number, handler in kept.items() if handler is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, asked.set)
    try:
        await asked.wait()
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
            signal.signal(number, kept[number])


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """What went wrong in one of several tasks, without the group around it."""
    try:
        yield
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


def _come_to_rest(running: Running, steps: Steps) -> None:
    """A run before this one may have been ended in the middle: what it left on its way is no part of this one."""
    with steps.step("what an earlier run left on its way") as step:
        topics = Topics(running.bus)
        try:
            left = asyncio.run(settle(running.services, topics, REST_WITHIN_S))
        finally:
            topics.close()
        if left:
            raise StackError(f"The stack does not come to rest: {left[0]}.")
        step.done = "at rest, the play begins"


def _verified(running: Running, sent: Sent, home: Path, steps: Steps) -> Verdict:
    """Every invariant over the whole stack, and every lead that was answered with a 202 by its id."""
    journal = private(home / "log" / "demo.accepted", "".join(f"{lead_id}\n" for lead_id in sorted(sent.leads)))
    return verified(running, settle=10, accepted=journal, at_rest=True, steps=steps)


def events_of(verdict: Verdict) -> list[str]:
    """The verdict in two lines."""
    places = ", ".join(f"{n:,} {place}" for place, n in verdict.places.items() if n)
    broken = [finding.invariant.id for finding in verdict.findings if finding.found]
    if verdict.holds:
        read = f"{verdict.looked_at['records']:,} records and {verdict.looked_at['decisions']:,} decisions"
        result = f"verified    {len(verdict.findings)} invariants hold over {read}"
    else:
        result = f"VIOLATED    {', '.join(broken) or 'the stack did not come to rest'}"
    return [f"on record   {verdict.accepted:,} accepted leads, each in one place: {places}", result]
