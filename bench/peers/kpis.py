"""The KPI part: the metrics service, Quix Streams and Bytewax on the same events, in turns, on one Kafka."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.peers.engines import Engine
from bench.peers.events import Writer
from bench.peers.ours import Ours
from bench.peers.servers import servers
from contracts import STREAMS, Stream
from tributary.topics import create_topics

PREFIX = "few."
FEW = [Stream(PREFIX + topic, "lead_id", (), "", sequenced=False) for topic in ("leads.lead", "territory.lead")]


def run(home: Path, rounds: int, leads: int, few: int, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Every engine once a round; it is killed in the last. Quix Streams gets ``few`` leads: it is slow by the wall clock, and
    after a kill it takes a minute, for which a quick run has no time."""
    found: dict[str, Any] = {"leads": leads, "few": few, "rounds": []}
    with servers(home) as (kafka, postgres):
        create_topics(kafka.bus, [*STREAMS, *FEW])
        idle = {"bytewax": Engine("bytewax", home, kafka, 0), "quix": Engine("quix", home, kafka, 0, PREFIX)}
        with ThreadPoolExecutor() as both:
            starts = dict(zip(idle, both.map(Engine.cost_of_a_start, idle.values()), strict=True))
        say("an idle start: " + ", ".join(f"{name} {cost['engine']:.2f} s" for name, cost in starts.items()))
        many, fewer = Writer(kafka.bootstrap), Writer(kafka.bootstrap, PREFIX)
        for writer, count in ((many, leads), (fewer, few)):
            writer.lead_events(count)
            writer.flush()
        for number in range(1, rounds + 1):
            last = number == rounds
            row = {"ours": Ours(home, kafka, postgres, number).measure(many, last)}
            say(options("metrics", row["ours"]))
            row["bytewax"] = Engine("bytewax", home, kafka, number).measure(many, starts["bytewax"], last)
            say(options("Bytewax", row["bytewax"]))
            row["quix"] = Engine("quix", home, kafka, number, PREFIX).measure(fewer, starts["quix"], last and not quick)
            say(options("Quix Streams", row["quix"]))
            found["rounds"].append(row)
    return found


def options(name: str, row: dict[str, Any]) -> str:
    """One line of progress."""
    right = "right" if not row["wrong"] else f"WRONG: {row['wrong'][0]}"
    killed = f", next KPI {row['kill_to_kpi_s']} s after kill -9" if "kill_to_kpi_s" in row else ""
    if row.get("wrong_after_kill"):
        killed += f" and WRONG then: {row['wrong_after_kill'][0]}"
    return (
        f"  {name}: {row['events']} events in {row['seconds']} s, {row['per_cpu_second']} a processor second"
        f" ({row['per_cpu_second_all']} all in), {row['peak_rss_mb']} MB at most, {right}{killed}"
    )
