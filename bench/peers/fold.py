"""What the peers' programs share: a lead's state from its events, and what it adds to which number. Standard library only.

It counts what the metrics service counts, for segments and channels only (the service also counts teams and campaigns). State
and contributions are plain dictionaries and lists, because the engines store them as JSON or pickle them.
"""

from datetime import datetime
from typing import Any

Fact = dict[str, Any]
MEASURES = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost", "won_amount")


def learn(fact: Fact, event: dict[str, Any]) -> None:
    """The lead's state takes in what the event says; said twice, or late, it makes no difference."""
    kind = event["type"]
    if kind == "leads.lead.captured.v1":
        fact["channel"] = event.get("channel") or event["source"]
    elif kind == "leads.lead.qualified.v1":
        if _newer(fact, "qualified_at", event["qualified_at"]):
            fact["valid"] = event["genuine"] and event["disposition"] in ("near_term", "nurture")
    elif kind == "leads.lead.discarded.v1":
        fact["discarded"] = True
    elif kind == "territory.lead.routed.v1":
        if _newer(fact, "placed_at", event["routed_at"]):
            fact["segment"] = event["segment"]
    elif kind == "territory.lead.assigned.v1":
        if _newer(fact, "placed_at", event["assigned_at"]):
            fact["segment"] = event["segment"]
        fact["person"] = event["person"]
    elif kind == "leads.lead.closed.v1" and event.get("revision", 1) >= fact.get("revision", 0):
        fact["revision"], fact["result"] = event.get("revision", 1), event["result"]
        fact["amount"] = (event.get("amount") or {}).get("minor", 0)


def _newer(fact: Fact, field: str, said: str) -> bool:
    at = datetime.fromisoformat(said).timestamp()
    if at < fact.get(field, 0.0):
        return False
    fact[field] = at
    return True


def contributions(fact: Fact) -> dict[tuple[str, str], list[int]]:
    """What a lead counts, and where; nothing until it is captured."""
    if "channel" not in fact:
        return {}
    result = fact.get("result")
    counts = [
        1,
        int("qualified_at" in fact),
        int(fact.get("valid", False)),
        int("segment" in fact),
        int("person" in fact),
        int(result == "won"),
        int(result == "lost"),
        fact["amount"] if result == "won" else 0,
    ]
    elsewhere = "(discarded)" if "discarded" in fact else "(unrouted)"
    return {("channel", fact["channel"]): counts, ("segment", fact.get("segment", elsewhere)): counts}


def changes(before: dict[tuple[str, str], list[int]], after: dict[tuple[str, str], list[int]]) -> list[dict[str, Any]]:
    """What was added to and taken from each number; nothing for what stayed as it was."""
    found = []
    for by, key in {**before, **after}:
        was, now = before.get((by, key)), after.get((by, key))
        if was != now:
            added = [b - a for a, b in zip(was or [0] * 8, now or [0] * 8, strict=True)]
            found.append({"by": by, "key": key, "added": added})
    return found


def options(by: str, key: str, total: list[int]) -> dict[str, Any]:
    """A KPI row as it is published."""
    counts: dict[str, Any] = dict(zip(MEASURES, total, strict=True))
    return {"by": by, "key": key, **counts, "won_amount": {"EUR": counts["won_amount"]}}
