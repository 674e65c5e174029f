"""What may be heard again changes nothing when it is: each handler that is declared idempotent."""

import pytest

from chassis_testing import ServiceUnderTest
from contracts.event import Stream
from metrics.handlers import router

from .test_counting import everything, numbers, planned, posted, routed, won

STREAMS = pytest.mark.parametrize(
    "stream", [s.stream for s in router.subscriptions.values() if s.idempotent], ids=lambda s: s.topic
)


@STREAMS
async def test_what_is_heard_again_is_counted_once_and_told_once(service: ServiceUnderTest, stream: Stream) -> None:
    await service.receives(*everything())
    await service.runs("publish_kpis")
    assert await service.emitted()
    before = await service.state()
    await service.rereads(stream.topic)
    assert await service.state() == before
    await service.runs("publish_kpis")
    assert await service.emitted() == []


@STREAMS
async def test_where_an_owner_was_restored_its_histories_are_gone_through_and_the_numbers_are_the_same(
    service: ServiceUnderTest, stream: Stream
) -> None:
    """On the way an older history is believed again until the newer one is heard: rows are told anew, as they were."""
    await service.receives(*everything())
    newer = won(2, 800), planned("tv"), posted(1, 70), routed(1, "east", minutes=5)
    await service.receives_renumbered(*everything()[:9], *newer)
    facts, counted = await service.state(), await numbers(service)
    await service.rereads(stream.topic)
    assert await numbers(service) == counted
    assert (await service.state()) | {"kpi": []} == facts | {"kpi": []}  # but for the versions of the rows
