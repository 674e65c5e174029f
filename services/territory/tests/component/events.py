"""Leads and markets that the component tests speak of."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis_testing import ServiceUnderTest
from contracts.event import Money
from contracts.leads.lead import LeadAttributes, LeadQualified

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

MARKET: dict[str, Any] = {
    "segments": [
        {"id": "de-machines", "name": "Maschinenbau Deutschland"},
        {"id": "de", "name": "Deutschland"},
        {"id": "everyone-else", "name": "その他"},
    ],
    "pipelines": [
        {"id": "contract", "name": "Written contract", "stages": ["qualified", "offer", "contract", "won"]},
        {"id": "short", "name": "Order by phone", "stages": ["qualified", "won"]},
    ],
    "teams": [
        {
            "id": "berlin",
            "name": "Team Berlin",
            "country": "DE",
            "pipeline": "contract",
            "members": [
                {"person": "anna.schmidt", "weight": 2},
                {"person": "bo", "weight": 1},
                {"person": "jo", "weight": 1, "available": False},
            ],
        },
        {"id": "germany", "name": "Team Deutschland", "country": "DE", "pipeline": "short"},
        {"id": "head-office", "name": "Head office", "pipeline": "short", "members": [{"person": "eve"}]},
    ],
    "rules": [
        {
            "name": "berlin-machines",
            "segment": "de-machines",
            "team": "berlin",
            "priority": 10,
            "when": {
                "country": ["DE"],
                "postcode_area": {"prefix": "10"},
                "attributes.size": {"min": 10, "max": 50},
            },
        },
        {"name": "germany", "segment": "de", "team": "germany", "when": {"country": "DE"}},
    ],
    "fallback": {"segment": "everyone-else", "team": "head-office"},
}


def qualified(number: int, disposition: Any = "near_term", genuine: bool = True, **about: Any) -> LeadQualified:
    """A lead with this number; unless told otherwise one for ``berlin-machines``."""
    known = {"source": "web", "country": "DE", "postcode_area": "101", "attributes": {"size": 25}} | about
    return LeadQualified(
        lead_id=UUID(int=number),
        genuine=genuine,
        grade="A",
        score=80,
        value=Money(minor=100_000, currency="EUR"),
        disposition=disposition,
        scorecard=1,
        about=LeadAttributes(**known),
        qualified_at=AT,
    )


async def put_market(service: ServiceUnderTest, **changes: Any) -> int:
    """Puts the market in force, with these parts changed, and passes over what it says. Returns the version."""
    answer = await service.http.put("/v1/market", json=MARKET | changes)
    assert answer.status_code == 200, answer.text
    await service.emitted()
    version: int = answer.json()["version"]
    return version
