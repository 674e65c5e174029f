"""What may be heard again changes nothing and says nothing when it is: each handler that is declared idempotent."""

from datetime import UTC, datetime

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from leads.handlers import router

AT = datetime(2026, 3, 1, tzinfo=UTC)


def planned(campaign: str, version: int) -> CampaignPlanned:
    return CampaignPlanned(campaign=campaign, name=campaign, currency="EUR", version=version, planned_at=AT)


async def test_campaigns_that_are_heard_again_are_known_as_they_were(service: ServiceUnderTest) -> None:
    assert [s.stream for s in router.subscriptions.values() if s.idempotent] == [CAMPAIGN]
    await service.receives(planned("spring", 1), planned("autumn", 1), planned("spring", 2))
    await service.receives_renumbered(planned("spring", 1))
    before = await service.state()
    assert before["campaign"]
    await service.rereads(CAMPAIGN.topic)
    assert await service.state() == before
    assert await service.emitted() == []
