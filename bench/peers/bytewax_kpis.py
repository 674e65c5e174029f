"""The KPIs in Bytewax, as its documentation shows: Kafka in, a stateful map per lead, a stateful map per number, Kafka out.

Run with ``python -m bytewax.run`` and a recovery folder, in an environment of its own.
"""

import json
import os
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]
from bytewax.connectors.kafka import KafkaSinkMessage  # type: ignore[import-not-found]
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from fold import changes, contributions, learn, options  # type: ignore[import-not-found]

BROKERS = [os.environ["KAFKA"]]
TOPICS = [os.environ["PREFIX"] + "leads.lead", os.environ["PREFIX"] + "territory.lead"]


def of_a_lead(fact: dict[str, Any] | None, event: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The numbers move by what the lead contributes now less what it contributed before."""
    fact = {} if fact is None else fact
    before = contributions(fact)
    learn(fact, event)
    return fact, changes(before, contributions(fact))


def of_a_number(total: list[int] | None, change: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """One number with the change added."""
    total = [a + b for a, b in zip(total or [0] * 8, change["added"], strict=True)]
    return total, options(change["by"], change["key"], total)


def message(row: tuple[str, dict[str, Any]]) -> KafkaSinkMessage[bytes, bytes]:
    """A KPI row as it goes out."""
    return KafkaSinkMessage(row[0].encode(), json.dumps(row[1]).encode())


flow = Dataflow("kpis")
records = kop.input("events", flow, brokers=BROKERS, topics=TOPICS)
events = op.map("read", records.oks, lambda record: (record.key.decode(), json.loads(record.value)))
moved = op.stateful_map("leads", events, of_a_lead)
each = op.flat_map("changes", moved, lambda found: [(f"{c['by']}:{c['key']}", c) for c in found[1]])
numbers = op.stateful_map("numbers", each, of_a_number)
kop.output("kpis", op.map("tell", numbers, message), brokers=BROKERS, topic=os.environ["KPIS"])
