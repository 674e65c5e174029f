"""The verdict as a page of text, as JSON, and as telemetry."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tributary.verify.verdict import Verdict

SHOWN = 10


def page(verdict: Verdict) -> RenderableType:
    """For people: what holds, what does not and by which counter-examples, and where every lead is."""
    return Group(_invariants(verdict), *_violations(verdict), Text(), _places(verdict), Text(), *_closing(verdict))


def _invariants(verdict: Verdict) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for finding in verdict.findings:
        mark = f"[red]{finding.found:,} x[/red]" if finding.found else "[green]ok[/green]"
        table.add_row(f"[bold]{finding.invariant.id}[/bold]", finding.invariant.sentence, mark)
    return table


def _violations(verdict: Verdict) -> Iterator[RenderableType]:
    for finding in verdict.findings:
        if not finding.found:
            continue
        yield Text()
        yield Text.from_markup(f"[bold red]{finding.invariant.id}[/bold red]: {finding.found:,} violations")
        for violation in finding.violations[:SHOWN]:
            yield Text.from_markup(f"  [red]{violation.kind:8}[/red] {escape(violation.what)}")
        if finding.found > SHOWN:
            yield Text(f"  and {finding.found - SHOWN:,} more")


def _places(verdict: Verdict) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("[bold]accepted leads[/bold]", f"[bold]{verdict.accepted:,}[/bold]")
    for place, n in verdict.places.items():
        table.add_row(f"  {place}", f"{n:,}", style="red" if place == "nowhere" and n else "")
    table.add_row("[bold]unaccounted[/bold]", f"[bold]{verdict.unaccounted:,}[/bold]")
    return table


def _closing(verdict: Verdict) -> Iterator[RenderableType]:
    yield Text("Looked at: " + ", ".join(f"{n:,} {what}" for what, n in verdict.looked_at.items()) + ".")
    for note in verdict.notes:
        yield Text(note, style="yellow")
    for what in verdict.moving:
        yield Text(f"On the way: {what}.", style="red" if verdict.at_rest_demanded else "yellow")
    if verdict.holds:
        yield Text(f"Everything holds. {verdict.seconds:.1f} s.", style="bold green")
    else:
        found = sum(finding.found for finding in verdict.findings)
        what = f"{found:,} violations." if found else "The stack did not come to rest."
        yield Text(f"{what} {verdict.seconds:.1f} s.", style="bold red")


def as_json(verdict: Verdict) -> dict[str, Any]:
    """For programs. ``lost`` and ``doubled`` count counter-examples, so one lost lead is usually seen by several invariants."""
    return {
        "holds": verdict.holds,
        "accepted": verdict.accepted,
        "unaccounted": verdict.unaccounted,
        **{kind: verdict.kind(kind) for kind in ("lost", "doubled", "invented", "wrong")},
        "places": verdict.places,
        "at_rest": not verdict.moving,
        "moving": list(verdict.moving),
        "looked_at": {what.replace(" ", "_"): n for what, n in verdict.looked_at.items()},
        "notes": list(verdict.notes),
        "seconds": round(verdict.seconds, 2),
        "invariants": [
            {
                "id": finding.invariant.id,
                "sentence": finding.invariant.sentence,
                "holds": not finding.found,
                "found": finding.found,
                "violations": [violation._asdict() for violation in finding.violations],
            }
            for finding in verdict.findings
        ],
    }


def show(verdict: Verdict, *, json_wanted: bool) -> None:
    """On the standard output."""
    if json_wanted:
        text = json.dumps(as_json(verdict), ensure_ascii=False, indent=2)
        Console(highlight=False, markup=False, soft_wrap=True, emoji=False).print(text)
    else:
        Console(highlight=False).print(page(verdict))


def telemetry(verdict: Verdict, now: float | None = None) -> str:
    """In Prometheus' text format, for a node exporter's text file collector or any scraper that reads files."""
    gauges: list[tuple[str, str, list[tuple[str, float]]]] = [
        ("tributary_unaccounted_leads", "Accepted leads that are nowhere.", [("", verdict.unaccounted)]),
        ("tributary_accepted_leads", "Leads accepted so far.", [("", verdict.accepted)]),
        (
            "tributary_verify_violations",
            "Counter-examples found, by invariant.",
            [(f'{{invariant="{f.invariant.id}"}}', f.found) for f in verdict.findings],
        ),
        ("tributary_verify_seconds", "How long the last verification took.", [("", round(verdict.seconds, 3))]),
        ("tributary_verify_timestamp_seconds", "When it ended.", [("", time.time() if now is None else now)]),
    ]
    lines = []
    for name, about, values in gauges:
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", *(f"{name}{label} {n}" for label, n in values)]
    return "\n".join(lines) + "\n"


def write_telemetry(verdict: Verdict, path: Path) -> None:
    """Whole or not at all: a scraper never sees half a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(telemetry(verdict))
    os.replace(part, path)
