"""The naive territory service: the rules one after the other, a row of credits per team."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from bench.naive.handling import app, listen, once, say
from bench.naive.tables import Decision, Rotation
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadQualified, OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted
from territory.domain.rotation import Member, next_turn

RULES: list[dict[str, str]] = json.loads(Path(os.environ["RULES"]).read_text())
MEMBERS = tuple(Member(person, weight) for person, weight in (("anna", 1), ("ben", 2), ("chen", 1)))

OfALead = Annotated[LeadCaptured | LeadQualified | OpportunityOpened, Field(discriminator="type")]


def claims(rule: dict[str, str], about: LeadAttributes) -> bool:
    """Whether the rule wants the lead."""
    return (
        rule["country"] in ("", about.country)
        and (about.postcode_area or "").startswith(rule["postcode"])
        and rule["product"] in ("", about.product)
    )


@listen("naive.lead", "naive-territory")
async def on_lead(event: OfALead) -> None:
    """Gives a lead that was judged to a team and a person."""
    if not isinstance(event, LeadQualified):
        return
    rule = next((r for r in RULES if claims(r, event.about)), RULES[-1])
    lead_id, now = event.lead_id, datetime.now(UTC)

    async def work(session: Any) -> None:
        rotation = await session.get(Rotation, rule["team"], with_for_update=True)
        if rotation is None:
            rotation = Rotation(team=rule["team"], credits={})
            session.add(rotation)
        turn = next_turn(MEMBERS, rotation.credits)
        rotation.credits = dict(turn.credits)
        session.add(
            Decision(
                lead_id=lead_id,
                disposition=event.disposition,
                ruleset=1,
                rule=rule["name"],
                segment=rule["segment"],
                team=rule["team"],
                pipeline="contract",
                person=turn.assignee,
                reason=turn.reason,
                inputs=event.about.model_dump(mode="json", include={"country", "postcode_area", "product"}),
                refused=[[one.candidate, one.why] for one in turn.refused],
                decided_at=now,
            )
        )
        where = {"lead_id": lead_id, "segment": rule["segment"], "team": rule["team"], "ruleset": 1}
        say(session, "naive.territory", LeadRouted(pipeline="contract", rule=rule["name"], routed_at=now, **where))
        say(session, "naive.territory", LeadAssigned(person=turn.assignee, assigned_at=now, **where))

    await once(event, work)


__all__ = ["app"]
