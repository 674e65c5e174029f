"""What may be heard again changes nothing and says nothing when it is: each handler that is declared idempotent."""

from datetime import UTC, datetime

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from contracts.territory.structure import STRUCTURE, UnitDefined
from leads.handlers import router

AT = datetime(2026, 3, 1, tzinfo=UTC)


def planned(campaign: str, version: int) -> CampaignPlanned:
    return CampaignPlanned(campaign=campaign, name=campaign, currency="EUR", version=version, planned_at=AT)


async def test_campaigns_that_are_heard_again_are_known_as_they_were(service: ServiceUnderTest) -> None:
    assert [s.stream for s in router.subscriptions.values() if s.idempotent] == [CAMPAIGN, STRUCTURE]
    await service.receives(planned("spring", 1), planned("autumn", 1), planned("spring", 2))
    await service.receives_renumbered(planned("spring", 1))
    before = await service.state()
    assert before["campaign"]
    await service.rereads(CAMPAIGN.topic)
    assert await service.state() == before
    assert await service.emitted() == []


async def test_units_that_are_heard_again_stay_where_they_are(service: ServiceUnderTest) -> None:
    def unit(parent: str, version: int) -> UnitDefined:
        said = {"id": "unit:berlin", "unit": "berlin", "kind": "sales", "team": True, "name": "B", "from_at": AT}
        return UnitDefined.model_validate(said | {"parent": parent, "version": version, "defined_at": AT})

    await service.receives(unit("north", 1), unit("south", 2))
    await service.receives_renumbered(unit("north", 1))
    before = await service.state()
    assert [row["parent"] for row in await service.sql("select parent from unit")] == ["south"]
    await service.rereads(STRUCTURE.topic)
    assert await service.state() == before
