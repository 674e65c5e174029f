"""The naive territory service: the rules one after the other, a counter per team."""

import json
import os
from pathlib import Path
from typing import Any

from bench.naive.handling import app, listen, once, say
from bench.naive.said import Assigned, Qualified
from bench.naive.tables import Decision, Turn

RULES: list[dict[str, str]] = json.loads(Path(os.environ["RULES"]).read_text())
PEOPLE = ("anna", "ben", "chen")


def claims(rule: dict[str, str], lead: Qualified) -> bool:
    """Whether the rule wants the lead."""
    return (
        rule["country"] in ("", lead.country)
        and lead.postcode.startswith(rule["postcode"])
        and rule["product"] in ("", lead.product)
    )


@listen("naive.lead", "naive-territory")
async def on_qualified(lead: Qualified) -> None:
    """Gives the lead to a team and a person."""
    rule = next((r for r in RULES if claims(r, lead)), RULES[-1])

    async def work(session: Any) -> None:
        turn = await session.get(Turn, rule["team"], with_for_update=True)
        if turn is None:
            turn = Turn(team=rule["team"], given=0)
            session.add(turn)
        turn.given += 1
        person = PEOPLE[turn.given % len(PEOPLE)]
        session.add(Decision(lead_id=lead.id, rule=rule["name"], team=rule["team"], person=person))
        say(
            session,
            "naive.assigned",
            str(lead.id),
            Assigned(id=lead.id, segment=rule["segment"], team=rule["team"], person=person, channel=lead.channel),
        )

    await once(f"qualified:{lead.id}", work)


__all__ = ["app"]
