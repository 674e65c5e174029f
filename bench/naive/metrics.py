"""The naive metrics service: a counter per message."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from bench.naive.handling import app, listen, once
from bench.naive.said import Assigned
from bench.naive.tables import Kpi


@listen("naive.assigned", "naive-metrics")
async def on_assigned(event: Assigned) -> None:
    """Counts the lead by segment and by channel."""

    async def work(session: Any) -> None:
        for key in sorted((f"segment:{event.segment}", f"channel:{event.channel}")):
            one_more = insert(Kpi).values(key=key, assigned=1)
            await session.execute(
                one_more.on_conflict_do_update(index_elements=["key"], set_={"assigned": Kpi.assigned + 1})
            )

    await once(f"assigned:{event.id}", work)


__all__ = ["app"]
