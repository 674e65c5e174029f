"""The show beside the traffic: a screen that moves on a terminal, a few lines now and then elsewhere."""

import asyncio
import contextlib
import io
import sys
import time
from pathlib import Path

import httpx
from rich.console import Console, Group
from rich.live import Live

from tributary.demo.board import Board
from tributary.demo.people import People
from tributary.demo.picture import save_picture
from tributary.demo.playing import Player
from tributary.demo.screen import addresses, kpi_table, plain, screen
from tributary.demo.tally import Asking, BudgetLine, Standing
from tributary.running import Running
from tributary.tokens import LOCAL

LINE_EVERY_S, BUDGETS_EVERY_S, LOOK_EVERY_S, FRAME_EVERY_S = 5.0, 2.0, 3.0, 0.2
LEADS_LOOKED_AT = 20
LOG_WIDTH = 110


class Show:
    """KPIs come from the stream; budgets, which no stream tells, are asked now and then."""

    def __init__(self, running: Running, player: Player, asking: Asking, people: People, began: float) -> None:
        self.running, self.player, self.people = running, player, people
        self.board = Board()
        self.lines: list[BudgetLine] = []
        self._asking, self._began, self._started = asking, began, time.monotonic()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # names are of every script, a terminal may be of one
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())

    async def run(self) -> None:
        """Until cancelled."""
        for line in addresses(self.running):
            self.say(line)
        url = f"{self.running.services['metrics'].url}/v1/kpis/stream?by=segment"
        async with asyncio.TaskGroup() as group:
            group.create_task(self.board.follow(url, lambda: self.running.tokens.machine(LOCAL)))
            group.create_task(self._ask_budgets())
            group.create_task(self._look())
            group.create_task(self._present())

    async def _present(self) -> None:
        await self.board.began.wait()
        self.say(f"The first KPI row was there {time.monotonic() - self._began:.1f} s after the start.")
        self.say("")
        await (self._move() if self._console.is_terminal else self._log())

    async def _move(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(self._frame(self._console.height), refresh=True)
                await asyncio.sleep(FRAME_EVERY_S)

    def _frame(self, height: int = 60, width: int = 0) -> Group:
        width = width or self._console.width
        return screen(self.board, self.headline(), self.player.walk, self.lines, self.people.sights, width, height)

    async def _log(self) -> None:
        while True:
            for line in plain(self.board, self.headline(), self.player.walk, self.lines, self.people.sights):
                self.say(line)
            await asyncio.sleep(LINE_EVERY_S)

    async def _ask_budgets(self) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                self.lines = await asyncio.to_thread(self._asking.lines)
            await asyncio.sleep(BUDGETS_EVERY_S)

    async def _look(self) -> None:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            while True:
                if leads := self.looked_at:
                    with contextlib.suppress(httpx.HTTPError):
                        await self.people.look(http, leads)
                await asyncio.sleep(LOOK_EVERY_S)

    @property
    def looked_at(self) -> list[str]:
        """The leads that everybody is asked about: none so new that it is still on its way."""
        recent = list(self.player.recent)
        return recent[: min(LEADS_LOOKED_AT, len(recent) // 2)]

    def headline(self) -> str:
        """How much so far, and how fast."""
        sent, took = self.player.sent, max(time.monotonic() - self._started, 0.1)
        return (
            f"{took:.0f} s: {len(sent.leads):,} leads accepted ({len(sent.leads) / took:.0f}/s),"
            f" {self.board.total('leads'):,} counted, {len(sent.spends):,} spends, {sent.outcomes:,} outcomes"
        )

    def behind(self, standing: Standing) -> bool:
        """Whether the stream has told less than the table says."""
        return self.board.total("leads") < standing.leads["segment"]

    def say(self, line: str) -> None:
        """A line of its own."""
        self._console.print(line, markup=False)

    def leave(self, picture: Path | None) -> None:
        """The last state stays on the terminal."""
        if not self.board.rows:
            return
        if self._console.is_terminal:
            self._console.print(self._frame())
        else:
            Console(file=sys.stdout, width=LOG_WIDTH).print(kpi_table(self.board, wide=True, room=60))
        if picture:
            save_picture(self._frame(width=LOG_WIDTH), LOG_WIDTH, picture)
