"""What may be heard again changes nothing and says nothing when it is: each handler that is declared idempotent."""

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LEAD
from territory.handlers import router

from .events import put_market, qualified


async def test_leads_that_are_heard_again_are_decided_as_they_were(service: ServiceUnderTest) -> None:
    assert [s.stream for s in router.subscriptions.values() if s.idempotent] == [LEAD]
    await service.receives(qualified(1))
    await put_market(service)
    await service.receives(*(qualified(n) for n in range(2, 6)), qualified(6, "nurture"), qualified(7, genuine=False))
    await service.receives_renumbered(qualified(2, "nurture"), qualified(8, country="FR"))
    await put_market(service, rules=[])
    before = await service.state()
    await service.rereads(LEAD.topic)
    assert await service.state() == before
    assert await service.emitted() == []
    assert await service.parked() == []
