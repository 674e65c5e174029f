"""The KPIs in Quix Streams, as its documentation shows: two topics concatenated, state per lead, group_by, state per number.

Exactly once, state in RocksDB with changelog topics, everything else as it comes. Runs in an environment of its own.
"""

import os
from typing import Any

from fold import changes, contributions, learn, options  # type: ignore[import-not-found]
from quixstreams import Application, State  # type: ignore[import-not-found]

app = Application(
    broker_address=os.environ["KAFKA"],
    consumer_group=os.environ["GROUP"],
    state_dir=os.environ["STATE"],
    auto_offset_reset="earliest",
    processing_guarantee="exactly-once",
    commit_interval=1.0,  # with the default of 5 seconds the second stage waits so long for the first, and KPIs are as old
    loglevel="WARNING",
)
leads = app.topic(os.environ["PREFIX"] + "leads.lead", value_deserializer="json")
territory = app.topic(os.environ["PREFIX"] + "territory.lead", value_deserializer="json")
kpis = app.topic(os.environ["KPIS"], value_serializer="json")


def of_a_lead(event: dict[str, Any], state: State) -> list[dict[str, Any]]:
    """The numbers move by what the lead contributes now less what it contributed before."""
    fact = state.get("fact", {})
    before = contributions(fact)
    learn(fact, event)
    state.set("fact", fact)
    moved: list[dict[str, Any]] = changes(before, contributions(fact))
    return moved


def of_a_number(change: dict[str, Any], state: State) -> dict[str, Any]:
    """One number with the change added."""
    total = [a + b for a, b in zip(state.get("total", [0] * 8), change["added"], strict=True)]
    state.set("total", total)
    row: dict[str, Any] = options(change["by"], change["key"], total)
    return row


stream = app.dataframe(leads).concat(app.dataframe(territory))
stream = stream.apply(of_a_lead, stateful=True, expand=True)
stream = stream.group_by(lambda change: f"{change['by']}:{change['key']}", name="number")
stream = stream.apply(of_a_number, stateful=True)
stream.to_topic(kpis)

if __name__ == "__main__":
    app.run()
