"""The section of RESULTS.md about scope."""

from typing import Any

from bench.tables import number, table

Results = dict[str, Any]


def lines(results: Results) -> list[str]:
    """What it costs that rows are somebody's."""
    found = results.get("scope")
    if not found:
        return []
    return [
        "## Scope",
        "",
        f"{number(found['leads'])} leads of {found['teams']} teams, 2,000 members, 20,000 grants that are over. Whole transactions of a caller in Python, in"
        " microseconds. *Bare*: begin, ask, commit, in a role that no row policy binds. *Entered*: begun in somebody's name as doors begin, and"
        " not bound. *Guarded*: as doors are. In turns on connections with the same settings. What is asked are the"
        " use cases of the doors, which name the teams; the ratio is of the processor time of caller and Postgres. An *expert* is of one team, a *head* of five, a *manager* of all, *nobody* of none.",
        "",
        *table(
            ("asked", "by", "bare", "p99", "entered", "guarded", "p99", "guarded : bare"),
            [
                (
                    row["name"],
                    row["who"],
                    *(number(row[f"{one}_us"]) for one in ("bare", "bare_p99", "entered", "guarded", "guarded_p99")),
                    f"{row['ratio']:.2f}x",
                )
                for row in found["rows"]
            ],
        ),
        "",
        f"A delivery of 500, loaded and saved by a worker: {found['writes']['bare_ms']} ms without policies, {found['writes']['guarded_ms']} ms under the"
        f" policy that is true for workers ({found['writes']['ratio']:.2f}x). In metrics, a page of 50: "
        + ", ".join(f"{row['name']} {row['ms']} ms" for row in found["facts"])
        + ".",
    ]


def storm(results: Results) -> list[str]:
    """What a storm of moves does to the walk, and how soon each move acts."""
    found = results.get("storm")
    if not found:
        return []
    rows = [
        (
            name,
            number(row["per_second"]),
            number(row["cpu_us_all"]),
            *(f"{number(row[what][p])} ms" for what in ("post", "assigned", "frame") for p in ("p50", "p99")),
        )
        for name, row in (("without", found["calm"]), ("with", found["stormy"]))
    ]
    return [
        "## A storm of moves",
        "",
        f"{number(found['moves'])} moves of {number(found['people'])} people between teams, {found['at_once']} at once by a market file, in {found['seconds']:g} s, while leads"
        f" come at {number(found['rate'])}/s: a move acts in all four services after p50 {number(found['acts_p50_ms'])} ms, p99 {number(found['acts_p99_ms'])} ms (the"
        f" slowest service), at most {number(found['acts_most_ms'])} ms, from the moment at which territory begins its transaction; of that a file of"
        f" {found['at_once']} moves takes {number(found['put_ms'])} ms to be put. One of them at a time, while leads come at a fifth of that rate, acts after"
        f" p50 {number(found['single']['acts_p50_ms'])} ms, p99 {number(found['single']['acts_p99_ms'])} ms.",
        "",
        *table(
            (
                "the moves",
                "done/s",
                "us a lead, all",
                "POST p50",
                "p99",
                "assigned p50",
                "p99",
                "form to frame p50",
                "p99",
            ),
            rows,
        ),
    ]
