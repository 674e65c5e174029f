"""The section of RESULTS.md about the peers."""

import statistics
from collections.abc import Callable, Iterable
from typing import Any

NAMES = {
    "ours": "metrics, a Postgres transaction per delivery",
    "bytewax": "Bytewax 0.21.1",
    "quix": "Quix Streams 3.28.1",
}


def lines(results: dict[str, Any]) -> list[str]:
    """What was measured, part by part; a part that was not measured is left out."""
    parts: dict[str, Callable[[Any], list[str]]] = {"kpis": _kpis, "doors": _doors, "routing": _routing}
    return [line for name, part in parts.items() if name in results for line in part(results[name])]


def _spread(values: Iterable[float]) -> str:
    found = list(values)
    middle, least, most = statistics.median(found), min(found), max(found)
    return f"{middle:,.6g}" if least == most else f"{middle:,.6g} ({least:,.6g} to {most:,.6g})"


def _kpis(found: dict[str, Any]) -> list[str]:
    page = [
        "## KPIs beside stream engines",
        "",
        f"The same topics and events, {found['leads']:,} leads, 1,000 segments, 2 % of the records twice: per lead its state, contributions of the new",
        "state less those of the old, KPI rows to a topic. Every row of every engine is compared with what it must be; an engine that is",
        "wrong has no figures. Ours counts four dimensions and can be asked in SQL, the peers count two (segment and channel). Durable events",
        "per second of the engine's own processor time, steady; *all in* adds what Kafka and the database use. After kill -9 at 2,000 events/s and",
        "a start at once: seconds until a reader of the KPI topic sees more leads than before.",
        "",
        "| engine | leads | events per CPU second | all in | its start included | peak RSS MB | wall, events/s | kill -9 to next KPI, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for engine, name in NAMES.items():
        rows = [one[engine] for one in found["rounds"] if engine in one]
        if any(row["wrong"] or row.get("wrong_after_kill") for row in rows):
            page.append(f"| {name} | {rows[-1]['leads']:,} | its numbers were wrong | | | | | |")
            continue
        cells = [
            _spread(row[measure] for row in rows)
            for measure in ("per_cpu_second", "per_cpu_second_all", "per_cpu_second_whole", "peak_rss_mb", "per_second")
        ]
        killed = [row["kill_to_kpi_s"] for row in rows if row.get("kill_to_kpi_s") is not None]
        page.append(f"| {name} | {rows[-1]['leads']:,} | {' | '.join(cells)} | {_spread(killed) if killed else '-'} |")
    return [
        *page,
        "",
        "Bytewax keeps all state in memory and copies what changed to SQLite every 5 seconds; what it publishes after a crash is older for a",
        "while. Quix Streams is exactly-once over RocksDB and changelog topics with a commit per second, and gets fewer leads because each of",
        "its two stages waits for the other's commit; after a kill it waits for the dead member's session to end. Both are written as their",
        "documentation shows, with their settings as they come otherwise.",
        "",
        "Measured elsewhere, on another machine and another topic of this kind, and so no closer than by a third: Kafka Streams 4.3.1 in memory,",
        "tuned, 36,700 to 41,300 (20,200 over the whole run; 413 MB; 7.4 s), Flink 2.2.0 on the heap 68,400 (36,100; 565 MB; 7.1 s).",
        "",
    ]


def _doors(found: dict[str, Any]) -> list[str]:
    rows = found["rounds"]
    page = [
        "## The capture door beside FastAPI with FastStream's publish",
        "",
        "64 connections, closed loop, 202 after acks=all of an idempotent producer; every accepted lead is in the topic. `bench/naive/door.py` does",
        "the same job: checks values and phone number, seals personal data, writes event headers. `bench/peers/door.py` does none of the three. Our",
        "door alone: its database is stopped, so that its process does nothing else; it takes leads all the same.",
        "",
        "| door | POST/s | us of its process a POST | POST/s per core | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|",
    ]
    for name, which in (
        ("ours, alone", "alone"),
        ("FastAPI + FastStream, the same job", "same"),
        ("FastAPI + FastStream, less", "less"),
        ("ours, with the consumer's and the relay's work in the same process", "whole"),
    ):
        cells = [_spread(r[which][m] for r in rows) for m in ("per_second", "us", "per_core", "p50_ms", "p99_ms")]
        page.append(f"| {name} | {' | '.join(cells)} |")
    same, less = (_spread(r[f"ratio_{n}"] for r in rows) for n in ("same", "less"))
    return [*page, "", f"Per core, our door alone takes {same}x of the same job, {less}x of less.", ""]


def _routing(found: list[dict[str, Any]]) -> list[str]:
    page = [
        "## Routing beside a linear scan",
        "",
        "Compiled rules beside a loop over the same rules; equal answers. Hits lie evenly over the list, one lead in ten meets only the fallback.",
        "",
        "| rules | compiled, us a lead | p99 | linear scan, us | ratio | compiling, ms |",
        "|---|---|---|---|---|---|",
    ]
    for row in found:
        page.append(
            f"| {row['rules']:,} | {_spread(row['ours_us'])} | {row['ours_p99_us']} | {_spread(row['scan_us'])}"
            f" | {_spread(row['ratio'])}x | {row['build_ms']} |"
        )
    return [*page, ""]
