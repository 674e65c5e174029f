"""What may be heard again changes nothing when it is: each handler that is declared idempotent."""

from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.event import Event, Stream
from contracts.metrics.kpi import KpiChanged
from metrics.handlers import router

from .test_counting import everything, numbers, planned, posted, routed, won


def as_told(events: list[Event]) -> dict[tuple[str, str], dict[str, Any]]:
    """The numbers of every row that was told, but for which of its versions they are."""
    rows = [event.model_dump() for event in events if isinstance(event, KpiChanged)]
    return {(row["by"], row["key"]): row | {"version": 0} for row in rows}


@pytest.mark.parametrize(
    "stream", [s.stream for s in router.subscriptions.values() if s.idempotent], ids=lambda s: s.topic
)
@pytest.mark.parametrize("restored", [False, True])
async def test_what_is_heard_again_is_counted_once(service: ServiceUnderTest, stream: Stream, restored: bool) -> None:
    """Where an owner was restored, its older history is believed again until the newer one is heard again too."""
    await service.receives(*everything())
    if restored:
        newer = won(2, 800), planned("tv"), posted(1, 70), routed(1, "east", minutes=5)
        await service.receives_renumbered(*everything()[:9], *newer)
    await service.runs("publish_kpis")
    told = as_told(await service.emitted())
    before, counted = await service.state(), await numbers(service)
    await service.rereads(stream.topic)
    again = await service.state()
    assert again | {"kpi": [], "kpi_part": [], "merged": []} == before | {"kpi": [], "kpi_part": [], "merged": []}
    assert await numbers(service) == counted
    await service.runs("publish_kpis")
    assert as_told(await service.emitted()).items() <= told.items()
