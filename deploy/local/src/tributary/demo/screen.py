"""What the person at the terminal sees: segment KPIs as they change, one lead's walk, and where everything is."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

HEADINGS = ("leads", "qual", "valid", "rout", "assg", "won", "lost", "conv", "won for", "spent")
COLUMNS = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost")


class Board:
    """The rows of the KPI stream, newest state of each."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.fresh: set[str] = set()
        self.first_row_at: float | None = None

    async def follow(self, url: str, token: str) -> None:
        """Reads the stream until cancelled, resuming where it broke off."""
        last, headers = "", {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(timeout=None, trust_env=False) as http:
            while True:
                more = {"last-event-id": last} if last else {}
                try:
                    async with http.stream("GET", url, headers={**headers, **more}) as stream:
                        async for line in stream.aiter_lines():
                            if line.startswith("id:"):
                                last = line[3:].strip()
                            elif line.startswith("data:"):
                                self.take(json.loads(line[5:]))
                except httpx.HTTPError:
                    continue

    def take(self, told: Mapping[str, Any]) -> None:
        """A frame: absolute rows, a row's higher version wins."""
        for row in told.get("rows", ()):
            if row["version"] >= self.rows.get(row["key"], {"version": 0})["version"]:
                self.rows[row["key"]] = row
                self.fresh.add(row["key"])

    def table(self) -> Table:
        """Segments with a lead in them, the largest first; what changed since the last look is bright."""
        table = Table(box=None, pad_edge=False, header_style="dim", row_styles=["", ""])
        table.add_column("segment", no_wrap=True, min_width=14, max_width=26)
        for name in HEADINGS:
            table.add_column(name, justify="right", no_wrap=True)
        for row in sorted(self.rows.values(), key=lambda r: (-r["leads"], r["key"])):
            if not row["leads"] and not row["spend"]:
                continue
            share = "" if row["conversion"] is None else f"{row['conversion']:.0%}"
            cells = [*(str(row[c]) for c in COLUMNS), share, money(row["won_amount"]), money(row["spend"])]
            table.add_row(row["key"], *cells, style="bold" if row["key"] in self.fresh else "")
        self.fresh.clear()
        return table


def money(amounts: Mapping[str, int]) -> str:
    """``{"EUR": 1234567}`` as ``12.3k EUR``; the largest currency by number and how many more there are."""
    if not amounts:
        return ""
    currency, minor = max(amounts.items(), key=lambda item: item[1])
    more = f" +{len(amounts) - 1}" if len(amounts) > 1 else ""
    return f"{short(minor / 100)} {currency}{more}"


def short(amount: float) -> str:
    """1234567 as 1.23M: a glance needs three digits."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.3g}{letter}"
    return f"{amount:.0f}"


def walk_line(walk: Mapping[str, Any]) -> Text:
    """The newest lead that was followed: what it asked, and when it was whose."""
    if not walk:
        return Text("the first lead is on its way", style="dim")
    contact, lead = walk["lead"].get("contact", {}), walk["lead"]
    text = Text()
    text.append(f"{(contact.get('name') or 'somebody')[:22]} ", style="bold")
    text.append(f"({lead.get('country', '?')}, {lead.get('channel') or lead['source']}) ")
    text.append(f"accepted {walk['accepted_ms']:.0f} ms", style="green")
    if walk.get("team"):
        text.append(f" -> {walk['segment']} -> {walk['team']}")
    if walk.get("person"):
        text.append(f" -> {walk['person']} ", style="bold")
        text.append(f"after {walk['decided_ms']:.0f} ms", style="green")
    else:
        text.append(
            f" -> {walk.get('waits') or walk.get('discarded_because') or walk.get('disposition') or walk.get('state')}",
            style="yellow",
        )
    return text


def screen(board: Board, walk: Mapping[str, Any], headline: str, places: str) -> Group:
    """All of it."""
    return Group(
        Text(headline, style="bold"),
        Panel(board.table(), title="KPIs by segment, live", title_align="left", border_style="dim"),
        Panel(walk_line(walk), title="one lead, followed", title_align="left", border_style="dim"),
        Text(places, style="dim"),
    )
