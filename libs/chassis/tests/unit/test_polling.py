"""How long the broker may gather: not at all where nothing came, a little while records flow, longer where they come in crowds."""

from types import SimpleNamespace

import pytest

from chassis import broker


@pytest.fixture
def fetcher(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(broker, "keep_looking", lambda client: None)
    return SimpleNamespace(_fetch_min_bytes=1, _fetch_max_wait_ms=broker.IDLE_WAIT_MS)


async def polls(fetcher: SimpleNamespace, records: int) -> int:
    async def getmany(timeout_ms: int, max_records: int) -> dict[str, list[int]]:
        return {"a partition": list(range(records))} if records else {}

    consumer = SimpleNamespace(_fetcher=fetcher, _client=None, getmany=getmany, flowing_wait_ms=15)
    assert len(await broker._poll(2000, consumer)) == records
    waits: int = fetcher._fetch_max_wait_ms
    return waits


async def test_what_comes_after_nothing_is_answered_at_once(fetcher: SimpleNamespace) -> None:
    assert await polls(fetcher, 0) == broker.IDLE_WAIT_MS
    assert fetcher._fetch_min_bytes == 1


async def test_while_records_flow_the_broker_gathers_a_little(fetcher: SimpleNamespace) -> None:
    assert await polls(fetcher, 3) == 15
    assert fetcher._fetch_min_bytes == broker.FLOWING_MIN_BYTES
    assert [await polls(fetcher, 40) for _ in range(3)] == [15, 15, 15], "2,600 a second"


async def test_where_they_come_in_crowds_it_gathers_longer_and_goes_back_with_the_rate(
    fetcher: SimpleNamespace,
) -> None:
    assert await polls(fetcher, 10) == 15
    assert await polls(fetcher, 60) == 60, "4,000 a second"
    assert await polls(fetcher, 240) == 60, "as many a second, gathered for longer"
    assert await polls(fetcher, 150) == 15, "2,500 a second"
