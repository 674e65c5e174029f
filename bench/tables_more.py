"""The tables of overload and of growth."""

from typing import Any

from bench.tables import number, table

Results = dict[str, Any]


def overload(results: Results) -> list[str]:
    """What ten times too much does."""
    row = results.get("overload")
    if not row:
        return []
    answers = [
        (
            "accepted (202)" if status in ("200", "202") else f"refused ({status})",
            number(answer["n"]),
            *(number(answer[p]) for p in ("p50", "p99", "p99.9", "max")),
        )
        for status, answer in row["answers"].items()
    ]
    memory = row["memory_mb"]
    kept = "all of them counted" if row["counted"] == row["accepted"] else f"BUT {number(row['counted'])} counted"
    green = "green" if row["verify"]["green"] else "NOT green"
    return [
        "## Overload",
        "",
        f"{number(row['offered'])} leads/s were meant to come for {row['asked_s']:g} s, from {number(row['callers'])} callers that each wait for an answer before"
        f" they call again. Sent: {number(row['sent'])} of {number(row['intended'])}; without an answer: {row['unanswered'] + row['broken']}."
        f" Accepted: {number(row['accepted'])} ({number(row['accepted_per_second'])}/s), {kept}, the last {row['drain_s']:g} s after the end."
        f" Cores busy: {row['cores_busy']:g}, and {row['generator_cpu_s'] / row['asked_s']:.2f} for the callers."
        f" Invariants: {green}.",
        "",
        "Milliseconds from the sending to the answer:",
        "",
        *table(("answer", "n", "p50", "p99", "p99.9", "max"), answers),
        "",
        "Memory, MB (proportional set size):",
        "",
        *table(
            ("when", *memory["before"]),
            [(when, *(number(mb) for mb in look.values())) for when, look in memory.items()],
        ),
    ]


def growth(results: Results) -> list[str]:
    """What grows with what."""
    grown = results.get("growth")
    if not grown:
        return []
    return [
        "## Growth",
        "",
        f"Leads one at a time at {number(grown['rate'])}/s; x is the ratio to the first row.",
        "",
        *_costs(grown["rules"], "rules", "territory", ("seconds to activate", "activated_s")),
        "",
        "Ten thousand rules, leading to few segments or many:",
        "",
        *_costs(grown["segments"], "segments", "metrics", ("KPI rows", "kpi_rows")),
        "",
        *_stored(grown),
        "",
        *_readers(grown["readers"]),
        "",
        *_rebuild(grown["rebuild"]),
    ]


def _ratio(value: float, first: float) -> str:
    return f"{value / first:.2f}x" if first else "-"


def _costs(rows: list[dict[str, Any]], what: str, role: str, more: tuple[str, str]) -> list[str]:
    first = rows[0]
    return table(
        (
            what,
            more[0],
            "done/s",
            "us a lead, all",
            "x",
            f"us a lead, {role}",
            "x",
            "assigned p50",
            "p99",
            "drained in",
        ),
        [
            (
                number(row[what]),
                number(row[more[1]], 2),
                number(row["per_second"], 0),
                number(row["cpu_us_all"]),
                _ratio(row["cpu_us_all"], first["cpu_us_all"]),
                number(row["cpu_us"][role]),
                _ratio(row["cpu_us"][role], first["cpu_us"][role]),
                f"{number(row['assigned']['p50'])} ms",
                f"{number(row['assigned']['p99'])} ms",
                f"{row['drain_s']:g} s",
            )
            for row in rows
        ],
    )


def _stored(grown: dict[str, Any]) -> list[str]:
    rows, first = grown["stored"], grown["stored"][0]
    roles = ("leads", "territory", "metrics", "postgres")
    return [
        "Stored leads. The second row is after copies of the leads that were there, and of their persons, decisions and facts, were put"
        " straight into the tables under new ids and vacuumed; no topic knows them, so the checker is asked before and not after.",
        "",
        *table(
            ("stored leads", "done/s", "us a lead, all", "x", *roles, "assigned p50", "p99", "drained in"),
            [
                (
                    number(row["stored"]),
                    number(row["per_second"], 0),
                    number(row["cpu_us_all"]),
                    _ratio(row["cpu_us_all"], first["cpu_us_all"]),
                    *(number(row["cpu_us"][role]) for role in roles),
                    f"{number(row['assigned']['p50'])} ms",
                    f"{number(row['assigned']['p99'])} ms",
                    f"{row['drain_s']:g} s",
                )
                for row in rows
            ],
        ),
    ]


def _readers(rows: list[dict[str, Any]]) -> list[str]:
    first = rows[0]
    return [
        "Readers of the KPI stream while leads come at 200/s. *frame*: from the newest event in a frame to the last byte of it at one reader"
        " in ten, so a frame that waits for its turn among thousands counts in full; *form to frame*: by probes, as above.",
        "",
        *table(
            (
                "readers",
                "connected",
                "frames/s, all",
                "frames/s each",
                "frame p50",
                "p99",
                "x",
                "form to frame p99",
                "cores, metrics",
                "x",
                "MB, metrics",
            ),
            [
                (
                    number(row["readers"]),
                    number(row["connected"]) + (f", {row['lost']} lost" if row["lost"] else ""),
                    number(row["frames_per_second"]),
                    number(row["frames_per_reader"]),
                    f"{number(row['age']['p50'])} ms",
                    f"{number(row['age']['p99'])} ms",
                    _ratio(row["age"]["p99"] or 0.0, first["age"]["p99"] or 0.0),
                    f"{number(row['probe_frame']['p99'])} ms",
                    number(row["metrics_cores"], 2),
                    _ratio(row["metrics_cores"], first["metrics_cores"]),
                    number(row["metrics_resident_mb"]),
                )
                for row in rows
            ],
        ),
    ]


def _rebuild(row: dict[str, Any]) -> list[str]:
    spent = row["cpu_s"]
    return [
        "Metrics made anew: its database is dropped, `python -m metrics restored` begins a new history, and every event since the first is"
        " heard again until all KPI rows are what they were.",
        "",
        *table(
            (
                "leads",
                "events",
                "seconds until equal",
                "events/s",
                "events per CPU second of metrics",
                "CPU s: metrics, Kafka, Postgres",
                "peak RSS",
            ),
            [
                (
                    number(row["leads"]),
                    number(row["events"]),
                    f"{row['seconds']:g} (ready after {row['ready_s']:g})",
                    number(row["events_per_second"]),
                    number(row["events_per_cpu_second_of_metrics"]),
                    f"{spent['metrics']:g}, {spent['kafka']:g}, {spent['postgres']:g}",
                    f"{number(row['peak_resident_mb'])} MB",
                )
            ],
        ),
    ]
