"""What came of a run: a table for people and one line of JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tributary.faults.watcher import Recovery
from tributary.verify.verdict import Verdict


@dataclass
class Report:
    """Faults by kind, how often they happened and how soon the numbers were fresh again; and what the invariants say."""

    due: Sequence[str] = ()
    happened: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    caught_up: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # kind -> why this machine can't have it
    failures: list[str] = field(default_factory=list)
    accepted: int = 0
    strangers: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)  # to somebody who had no right to it
    verdict: Verdict | None = None

    def struck(self, kind: str) -> None:
        """A fault happened."""
        self.happened[kind] = self.happened.get(kind, 0) + 1

    def recovered(self, kind: str, recovery: Recovery) -> None:
        """And the numbers are fresh again."""
        self.first[kind] = max(self.first.get(kind, 0.0), recovery.first)
        self.caught_up[kind] = max(self.caught_up.get(kind, 0.0), recovery.caught_up)

    @property
    def figures(self) -> dict[str, Any]:
        """The last line. ``recovery_s`` is from the fault until the numbers were as fresh as before, at most."""
        found = self.verdict
        return {
            "accepted": self.accepted,
            "lost": len(self.lost) + (found.kind("lost") if found else 0),
            "doubled": len(self.strangers) + (found.kind("doubled") + found.kind("invented") if found else 0),
            "faults": {kind: self.happened.get(kind, 0) for kind in self.due},
            "recovery_s": {kind: self.caught_up[kind] for kind in self.due if kind in self.caught_up},
        }

    @property
    def wrong(self) -> list[str]:
        """Everything that makes the run fail, in sentences."""
        never = [kind for kind in self.due if not self.happened.get(kind) and kind not in self.missing]
        found = list(self.failures) + [f"{kind} never happened" for kind in never]
        found += (
            [f"accepted and not on record: {one}" for one in self.lost[:20]] + self.strangers[:20] + self.shown[:20]
        )
        if self.verdict is None:
            found.append("the invariants were not looked at")
        elif not self.verdict.holds:
            for finding in self.verdict.findings:
                found += [f"{finding.invariant.id}: {v.kind}: {v.what}" for v in finding.violations[:10]]
            found += [f"not at rest: {what}" for what in self.verdict.moving]
        return found

    def show(self, console: Console) -> None:
        """The table, and what is wrong."""
        table = Table(box=None, pad_edge=False)
        for name in ("fault", "times", "first progress s", "fresh again s"):
            table.add_column(name, justify="left" if name == "fault" else "right")
        for kind in self.due:
            times = str(self.happened.get(kind, 0))
            table.add_row(
                kind, times, *(f"{of[kind]:.1f}" if kind in of else "-" for of in (self.first, self.caught_up))
            )
        console.print(table)
        for kind, why in self.missing.items():
            console.print(f"[yellow]{kind} can't be had here: {escape(why)}.[/yellow]")
        for one in self.wrong:
            console.print(f"[red]{escape(one)}[/red]")

    def line(self) -> str:
        """The figures as one line of JSON."""
        return json.dumps(self.figures, ensure_ascii=False)
