"""The page's parts about a salesperson's day and about the clock of what customers are owed."""

from typing import Any

from bench.tables import number, table

Results = dict[str, Any]
WHO = {"one": "a member", "few": "a head, 20 teams", "all": "a manager, all teams"}


def day(results: Results) -> list[str]:
    """How long one call takes of what a salesperson asks all day."""
    found = results.get("day")
    if not found:
        return []
    moved = found["transfers"]
    return [
        "## A salesperson's day",
        "",
        f"{number(found['leads'])} leads of {found['teams']} teams, nine of ten closed, sealed and findable; one call after the other, {found['asked']} of each, through the",
        "doors in the process that calls, names opened and on record unless it says otherwise. Nothing else is at work. Milliseconds:",
        "",
        *table(
            ("asked", "by", "rows", "p50", "p99"),
            [
                (row["name"], WHO[row["by"]], row["rows"], number(row["p50"]), number(row["p99"]))
                for row in found["rows"]
            ],
        ),
        "",
        f"{number(moved['leads'])} of these leads went to people of other teams in {moved['seconds']:g} s, in deliveries of {number(moved['at_once'])}: all that is recorded of each is",
        "hashed before and after, in the transaction that moves it.",
    ]


def clock(results: Results) -> list[str]:
    """What open deadlines cost."""
    found = results.get("clock")
    if not found:
        return []
    return [
        "## The clock",
        "",
        f"{number(found['open'])} open first responses. Processor time is that of the process and of all of its Postgres.",
        "",
        *table(
            ("what", "measured"),
            [
                ("idle: the clock alone", f"{found['idle']:g} % of a core"),
                ("idle: all jobs of leads", f"{found['idle_all']:g} % of a core"),
                (f"{number(found['at_once'])} due at once", f"{number(found['fired'])} told/s"),
                (
                    f"{number(found['rate'])} due/s: told after its time",
                    f"p50 {found['late_p50_s']:g} s, p99 {found['late_p99_s']:g} s",
                ),
            ],
        ),
    ]
