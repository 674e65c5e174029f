"""The page's part about replicas and partitions."""

from typing import Any

from bench.tables import number, table

Results = dict[str, Any]
SERVICES = ("leads", "territory", "campaigns", "metrics")


def lines(results: Results) -> list[str]:
    """What a lead costs with more of everything, and who waits for whom."""
    found = results.get("scale")
    if not found:
        return []
    return [
        "## Scale",
        "",
        f"Leads one at a time at {number(found['rate'])}/s, all posted to the first replica; microseconds of processor time a lead, all replicas of a",
        "service together. Two cores carry everything, so that latencies of many replicas say nothing about many machines: the cost does.",
        "*load* is what the system said of the last minute: above 2, others used this machine too.",
        "",
        *_costs(found["replicas"], "replicas"),
        "",
        "One replica of each, and the partitions of `leads.intake`, `leads.lead` and `territory.lead`, raised by `tributary partitions`",
        "while the stack is up:",
        "",
        *_costs(found["partitions"], "partitions"),
        "",
        "What sessions of Postgres waited for while a row was measured, in looks out of a hundred (50 looks a second):",
        "",
        *table(
            ("row", "sessions at work", "waited for", "locks that were waited for"),
            [
                (
                    _name(row),
                    f"{row['waits']['active']:g}",
                    _shares(row["waits"]["waited"]),
                    _shares(row["waits"]["blocked"]),
                )
                for row in (*found["replicas"], *found["partitions"])
            ],
        ),
    ]


def _costs(rows: list[dict[str, Any]], what: str) -> list[str]:
    first = rows[0]["cpu_us_all"]
    head = (
        what,
        *SERVICES,
        "Kafka",
        "Postgres",
        "all",
        "x",
        "assigned p50, ms",
        "assigned p99, ms",
        "busy cores",
        "load",
    )
    return table(
        head,
        [
            (
                str(row[what]),
                *(number(row["cpu_us"].get(name, 0)) for name in (*SERVICES, "kafka", "postgres")),
                number(row["cpu_us_all"]),
                f"{row['cpu_us_all'] / first:.2f}",
                number(row["assigned"]["p50"]),
                number(row["assigned"]["p99"]),
                f"{row['cores_busy']:g}",
                f"{row.get('load', 0):g}",
            )
            for row in rows
        ],
    )


def _name(row: dict[str, Any]) -> str:
    what = "replicas" if "replicas" in row else "partitions"
    return f"{row[what]} {what}"


def _shares(found: dict[str, float]) -> str:
    said = [f"{what.replace('|', '/')} {100 * share:.1f}" for what, share in found.items() if share >= 0.001]
    return "; ".join(said[:5]) or "nothing"
