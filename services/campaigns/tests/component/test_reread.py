"""What may be heard again changes nothing and says nothing when it is: each handler that is declared idempotent."""

from datetime import UTC, datetime
from typing import Any

from campaigns.handlers import router
from chassis_testing import ServiceUnderTest
from contracts.campaigns.spend import SPEND, SpendReported
from contracts.event import Money

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def spend(n: int, minor: int = 100, **more: Any) -> SpendReported:
    told = {"campaign": "spring", "line": "search", "occurred_at": NOON} | more
    return SpendReported(spend_id=f"s{n}", amount=Money(minor=minor, currency="EUR"), **told)


async def test_spend_that_is_heard_again_is_counted_once(service: ServiceUnderTest) -> None:
    assert [s.stream for s in router.subscriptions.values() if s.idempotent] == [SPEND]
    line = {"line": "search", "item": "Search ads", "budget": 250, "owner": "ana"}
    plan = {"name": "Spring", "channel": "search", "segment": "de", "currency": "EUR", "lines": [line]}
    await service.receives(spend(1), spend(2, line="unheard-of"))
    assert (await service.http.put("/v1/campaigns/spring", json=plan)).status_code == 200
    await service.receives(spend(3), spend(1), spend(4, kind="committed"), spend(5, source="card"), spend(6, 900))
    await service.receives(spend(3, 999), spend(7, -50), spend(8, campaign="stray"))
    await service.emitted()
    before, aside = await service.state(), await service.parked()
    assert before["ledger_posting"]
    await service.rereads(SPEND.topic)
    assert await service.state() == before
    assert await service.emitted() == []
    assert await service.parked() == aside
