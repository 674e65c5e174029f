"""What the person at the terminal sees: KPIs as they change, one lead's walk, budgets, and all addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tributary.demo.board import Board
from tributary.demo.people import Sight, said
from tributary.demo.tally import BudgetLine
from tributary.demo.walk import Walk
from tributary.running import Running

COUNTS = {"leads": "leads", "valid": "valid", "routed": "routed", "assigned": "assigned"}
ENDS = {"won": "won", "lost": "lost"}
NARROW, TALL, AROUND = 104, 40, 18  # columns and lines below which some are left out; lines that are not KPI rows
LINES_SHOWN = 4


def screen(
    board: Board,
    headline: str,
    walk: Walk | None,
    lines: Sequence[BudgetLine],
    sights: Sequence[Sight] = (),
    width: int = 110,
    height: int = 60,
) -> Group:
    """All of it, as much as fits."""
    tall = height >= TALL
    room = max(3, height - AROUND - (len(sights) if tall else 0))
    seen = sight_table(sights) if tall else Text(said(sights), overflow="ellipsis", no_wrap=True)
    return Group(
        Text(headline, style="bold"),
        _panel("KPIs by segment, from the stream", kpi_table(board, width >= NARROW, room)),
        walk.text() if walk else Text("the first lead is on its way", style="dim"),
        _panel("the same leads, as each who has signed in sees them", seen),
        _panel("budget lines, the most used first", budget_table(lines)),
    )


def _panel(title: str, inside: Table | Text) -> Panel:
    return Panel(inside, title=title, title_align="left", border_style="dim")


def kpi_table(board: Board, wide: bool, room: int) -> Table:
    """Segments, the largest first, and their sum; what changed since the last look is bold."""
    counts = COUNTS if wide else {name: COUNTS[name] for name in ("leads", "assigned")}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0) if wide else (0, 1, 0, 0), header_style="dim")
    table.add_column("segment", no_wrap=True, max_width=20)
    for name in (*counts.values(), *ENDS.values(), "conv", "won for", "spent", "per lead"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = board.largest_first()
    for row in rows[:room]:
        table.add_row(*_cells(row, [*counts, *ENDS]), style="bold" if row["key"] in board.fresh else "")
    board.fresh.clear()
    if len(rows) > room:
        table.add_row(f"and {len(rows) - room} more", style="dim")
    if rows:
        table.add_row(*_cells(_sum(rows), [*counts, *ENDS]), style="cyan")
    return table


def _cells(row: Mapping[str, Any], counts: Sequence[str]) -> list[str]:
    share = "" if row["conversion"] is None else f"{row['conversion']:.0%}"
    each = row["cost_per_lead"] or {}
    return [
        escape(row["key"]),
        *(f"{row[name]:,}" for name in counts),
        share,
        money(row["won_amount"]),
        money(row["spend"]),
        money(each),
    ]


def _sum(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All segments as one row, without money: a sum over nine currencies says nothing."""
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in (*COUNTS, *ENDS)}
    conversion = total["won"] / total["valid"] if total["valid"] else None
    return {"key": "all", **total, "conversion": conversion, "won_amount": {}, "spend": {}, "cost_per_lead": None}


def sight_table(sights: Sequence[Sight]) -> Table:
    """Who sees how many of the same leads, and what the door says to who sees none."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for justify in ("left", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for one in sights:
        seen = Text(f"{one.seen} of {one.of}", style="green" if one.seen else "dim")
        table.add_row(one.person, Text(one.what, style="dim"), seen, Text(one.why, style="dim"))
    return table


def budget_table(lines: Sequence[BudgetLine]) -> Table:
    """The lines nearest to overspent, or beyond."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for justify in ("left", "left", "left", "right", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for line in sorted(lines, key=lambda line: (-line.used, line.campaign, line.line))[:LINES_SHOWN]:
        over = line.available < 0
        colour = "red" if over else "yellow" if line.used > 0.8 else "green"
        bar = ProgressBar(total=1, completed=min(line.used, 1), width=20, complete_style=colour, finished_style=colour)
        left = money({line.currency: abs(line.available)})
        table.add_row(
            f"{escape(line.campaign)} / {escape(line.line)}",
            bar,
            Text(f"{line.used:.0%}", style=colour),
            Text(f"{left} {'overspent' if over else 'left'}", style="red bold" if over else ""),
            f"of {money({line.currency: line.budget})}",
            Text(line.owner, style="dim"),
        )
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
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size * 0.9995:
            return f"{amount / size:.3g}{letter}"
    return f"{amount:.0f}"


def plain(
    board: Board, headline: str, walk: Walk | None, lines: Sequence[BudgetLine], sights: Sequence[Sight] = ()
) -> list[str]:
    """The same in a few lines of text, for a log."""
    sums = ", ".join(f"{board.total(name)} {word}" for name, word in {**COUNTS, **ENDS}.items())
    most = ", ".join(f"{row['key']} {row['leads']}" for row in board.largest_first()[:4])
    shown = [headline, f"  counted   {sums}", f"  segments  {most}"]
    if walk:
        shown.append(f"  one lead  {walk.who} ({walk.where}): {walk.steps_text().plain}")
    if sights:
        shown.append(f"  who sees  {said(sights)}")
    if lines:
        line = max(lines, key=lambda line: line.used)
        of = f"{line.campaign} / {line.line} ({line.owner})"
        shown.append(f"  budget    {of}: {line.used:.0%} of {money({line.currency: line.budget})}")
    return shown


def addresses(running: Running) -> list[str]:
    """Every door, docs page, health page and stream."""
    url = {name: service.url for name, service in running.services.items()}
    pages = [f"  {name:<11}{at}/docs   {at}/readyz   {at}/metrics" for name, at in url.items()]
    doors = {
        "a form": f"POST {url['leads']}/v1/leads",
        "a call": f"POST {url['leads']}/v1/calls",
        "an import": f"POST {url['leads']}/v1/leads/batch",
        "outcomes": f"POST {url['leads']}/v1/outcomes",
        "a decision": f"GET  {url['territory']}/v1/leads/{{id}}/decision",
        "spend": f"POST {url['campaigns']}/v1/spend",
        "KPIs": f"GET  {url['metrics']}/v1/kpis?by=segment|channel|team|campaign",
        "stream": f"GET  {url['metrics']}/v1/kpis/stream?by=segment",
        "Kafka": running.kafka,
        "sign in": f"{running.issuer}, with the word in .local/keys/sign-in",
    }
    page = f"Open {running.web} in a browser: ingrid.sommer, anna.schmidt and others sign in with the word in .local/keys/sign-in."
    return [
        *([page, ""] if running.web else []),
        "Docs, health and telemetry of each service:",
        *pages,
        "Doors (a form needs no token; .venv/bin/python -m tributary token --as anna.schmidt gives one for the others):",
        *(f"  {what:<11}{where}" for what, where in doors.items()),
    ]
