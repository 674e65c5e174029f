"""A sales company for tests: leads that were given to teams and people, and who works there."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from chassis_testing import ServiceUnderTest, tokens
from contracts.territory.access import AccessGranted, Subject
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned

EVER = "2020-01-01T00:00:00Z"
RECORDS = {"member": "own", "substitute": "own", "supervisor": "all"}


def may(person: str, *grants: dict[str, Any], version: int = 1) -> AccessGranted:
    """All that somebody may see: each grant a member's of a team, unless it says more."""
    made = [
        {"kind": "member", "records": RECORDS.get(one.get("kind", "member"), "none"), "opens": True, "begins_at": EVER}
        | one
        for one in grants
    ]
    return AccessGranted.model_validate(
        {
            "person": person,
            "kind": "person",
            "subjects": [Subject(issuer=tokens.ISSUER, subject=person).model_dump()],
            "grants": made,
            "version": version,
            "cause": "joined",
            "granted_at": EVER,
        }
    )


class Sales:
    """Anna and Jonas sell in berlin, Otto leads there; Camille sells in paris; Gm is the general manager."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.count = 0
        self.at = datetime.now(UTC) - timedelta(hours=1)

    async def opens(self) -> "Sales":
        """Everybody is there."""
        both = ("berlin", "paris")
        await self.service.told(
            may("anna", {"team": "berlin"}),
            may("jonas", {"team": "berlin"}),
            may("otto", {"team": "berlin", "kind": "supervisor"}),
            may("camille", {"team": "paris"}),
            may("gm", *({"team": team, "kind": "management"} for team in both)),
            may("root"),
        )
        return self

    def __getattr__(self, person: str) -> httpx.AsyncClient:
        return self.service.as_(person)

    async def lead(
        self, team: str | None = "berlin", person: str | None = None, waits: str | None = None, **form: Any
    ) -> str:
        """A lead on record, given to a team and to somebody there."""
        self.count += 1
        contact = {"email": f"c{self.count}@customer.example", "name": f"Customer {self.count}"} | form.pop(
            "contact", {}
        )
        body = {"source": "web", "country": "DE", "message": "Please call.", "contact": contact} | form
        answer = await self.service.http.post("/v1/leads", json=body)
        assert answer.status_code == 202, answer.text
        await self.service.receives(self.service.intake.emitted[-1])
        lead_id = UUID(answer.json()["id"])
        if team:
            await self.service.receives(self.routed(lead_id, team))
        if team and person:
            await self.assigned(lead_id, team, person)
        if team and waits:
            fields = {
                "lead_id": lead_id,
                "segment": "dach",
                "team": team,
                "reason": waits,
                "ruleset": 1,
                "decided_at": self.later(),
            }
            await self.service.receives(LeadUnassigned.model_validate(fields))
        return str(lead_id)

    async def assigned(self, lead_id: UUID | str, team: str, person: str) -> None:
        """Somebody of the team has it from now on."""
        fields = {
            "lead_id": lead_id,
            "segment": "dach",
            "team": team,
            "person": person,
            "ruleset": 1,
            "assigned_at": self.later(),
        }
        await self.service.receives(LeadAssigned.model_validate(fields))

    def routed(self, lead_id: UUID | str, team: str) -> LeadRouted:
        """A team has it from now on."""
        where = {"segment": "dach", "team": team, "pipeline": "contract", "rule": "r", "ruleset": 1}
        return LeadRouted.model_validate({"lead_id": lead_id, "routed_at": self.later(), **where})

    def later(self) -> datetime:
        """Each thing that is said happened a second after the one before."""
        self.at += timedelta(seconds=1)
        return self.at
