"""Every number that a service tells, read from the code that makes it."""

import ast
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contracts.hearers import HEARS

ROOT = Path(__file__).parents[5]
EVERY = "every service"
VERIFY = "`tributary verify --telemetry`"
PLACES: Mapping[str, Path] = {
    EVERY: ROOT / "libs/chassis/src/chassis",
    **{service: ROOT / "services" / service / "src" / service for service in HEARS},
}
KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram"}

# What one of it is, where the name does not end with its unit.
UNITS: Mapping[str, str] = {
    "access_unreadable": "records",
    "access_violations": "statements",
    "build_info": "1",
    "database_connections": "connections",
    "database_connections_used": "connections",
    "database_waiting": "tasks",
    "delivery_records": "records",
    "events": "events",
    "held_deliveries": "deliveries",
    "job_failures": "turns",
    "job_rows_failed": "rows",
    "lag_records": "records",
    "leads_unaccounted": "leads",
    "leads_without_due_time": "leads",
    "outbox_rows": "events",
    "parked_events": "events",
    "parked_suspect": "events",
    "parked_waiting": "events",
    "ready": "1 or 0",
    "relay_restarts": "times",
    "sent_events": "events",
    "deadlines_late": "times",
    "sequence_gaps": "gaps",
    "sequence_gaps_open": "partitions",
    "stream_clients": "streams",
    "stream_clients_stalled": "streams",
    "tributary_accepted_leads": "leads",
    "tributary_unaccounted_leads": "leads",
    "tributary_verify_timestamp_seconds": "seconds of the epoch",
    "tributary_verify_violations": "violations",
    "waiting_without_wake": "leads",
}


class Label(NamedTuple):
    """What a label says, and why it has few values."""

    about: str
    bound: str


LABELS: Mapping[str, Label] = {
    "cause": Label("why", "the causes of [parked](runbooks/parked.md) and [held](runbooks/held.md)"),
    "invariant": Label("which invariant", "those of `tributary verify`"),
    "contracts": Label("which contracts a build has", "one of each build at work"),
    "service": Label("which service", "its own name"),
    "version": Label("which version of a service", "one of each build at work"),
    "job": Label("which job", "the jobs of the service"),
    "method": Label("HTTP method", "six methods, and `other`"),
    "outcome": Label("what became of an event", "`handled`, `duplicate`, `ignored`, `parked`"),
    "pool": Label("which connections", "`workers`, `doors`"),
    "route": Label("the door's path as its document has it", "the doors of the service, and `other`"),
    "status": Label("HTTP status", "those that a door answers with"),
    "topic": Label("which topic", "the topics of the [catalogue](catalogue.md)"),
    "type": Label("type of event", "the types of the [catalogue](catalogue.md), and `unknown`"),
}


@dataclass(frozen=True)
class Metric:
    """One number: its name without the endings that the format adds, what kind it is, and who tells it."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    by: str

    @property
    def unit(self) -> str:
        """What one of it is."""
        return UNITS[self.name] if self.name in UNITS or not self.name.endswith("_seconds") else "seconds"

    @property
    def series(self) -> tuple[str, ...]:
        """The names by which a query finds it."""
        if self.kind == "histogram":
            return f"{self.name}_bucket", f"{self.name}_count", f"{self.name}_sum"
        return (f"{self.name}_total",) if self.kind == "counter" else (self.name,)


VERIFIED = (
    Metric("tributary_accepted_leads", "gauge", "Leads accepted so far.", (), VERIFY),
    Metric("tributary_unaccounted_leads", "gauge", "Accepted leads that are nowhere.", (), VERIFY),
    Metric("tributary_verify_seconds", "gauge", "How long the last verification took.", (), VERIFY),
    Metric("tributary_verify_timestamp_seconds", "gauge", "When it ended.", (), VERIFY),
    Metric("tributary_verify_violations", "gauge", "Violations by invariant.", ("invariant",), VERIFY),
)


@functools.cache  # to read all of the code takes half a second, and it is asked for again and again
def metrics() -> tuple[Metric, ...]:
    """All of them, in order of who tells them and their names."""
    found = [metric for by, folder in PLACES.items() for metric in sorted(_made_in(folder, by), key=lambda m: m.name)]
    return (*found, *VERIFIED)


def series() -> dict[str, Metric]:
    """What a query may name."""
    return {name: metric for metric in metrics() for name in metric.series}


def _made_in(folder: Path, by: str) -> Iterator[Metric]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in KINDS
                and any(given.arg == "registry" for given in node.keywords)  # collections has a Counter too
            ):
                yield _read(node, node.func.id, by)


def _read(call: ast.Call, kind: str, by: str) -> Metric:
    name, meaning, *labels = (_plain(argument) for argument in call.args)
    return Metric(name, KINDS[kind], meaning, tuple(labels[0]) if labels else (), by)


def _plain(node: ast.expr) -> Any:
    """Names, meanings and labels are written out: a page can be made of them, and a search finds them."""
    return ast.literal_eval(node)


def page() -> str:
    """The catalogue as Markdown."""
    lines = [
        "# Telemetry",
        "",
        "Generated from the code by `make contracts`. Every service tells its numbers at `/metrics`, in the OpenMetrics format where the",
        "scraper asks for it: histograms then lead to a trace by exemplars. A counter's name ends with `_total` there, a histogram has",
        "`_bucket`, `_count` and `_sum`. No label holds an id, a name or anything else that a caller can choose.",
        "",
    ]
    for by in (*PLACES, VERIFY):
        if some := [metric for metric in metrics() if metric.by == by]:
            lines += [
                f"## Told by {by}",
                "",
                "| name | kind | unit | labels | meaning |",
                "| --- | --- | --- | --- | --- |",
            ]
            lines += [
                f"| `{m.name}` | {m.kind} | {m.unit} | {', '.join(f'`{name}`' for name in m.labels)} | {m.meaning} |"
                for m in some
            ]
            lines.append("")
    lines += ["## Labels", "", "| label | what it says | its values |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {label.about} | {label.bound} |" for name, label in sorted(LABELS.items())]
    return "\n".join(lines) + "\n"
