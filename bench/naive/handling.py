"""What every naive service does around its handler: inbox, commit, outbox."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bench.naive.tables import Base, Inbox, Outbox, connect

engine, sessions = connect(os.environ["DATABASE"])
# Two log lines per message are off: logging.INFO is the default. With a file to write to they cost little.
broker = KafkaBroker(os.environ["KAFKA"], acks="all", enable_idempotence=True, log_level=logging.DEBUG)


def listen(topic: str, group: str) -> Any:
    """A subscriber that loses nothing: it acknowledges after the handler, and goes back when it fails."""
    return broker.subscriber(topic, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR)


async def once(event: str, work: Callable[[Any], Awaitable[None]]) -> None:
    """Runs the work in a transaction unless the event was handled before."""
    async with sessions() as session, session.begin():
        fresh = await session.execute(insert(Inbox).values(event=event).on_conflict_do_nothing().returning(Inbox.event))
        if fresh.scalar() is not None:
            await work(session)


def say(session: Any, topic: str, key: str, event: BaseModel) -> None:
    """Puts an event into the outbox of this transaction."""
    session.add(Outbox(topic=topic, key=key, body=event.model_dump_json().encode()))


async def relay() -> None:
    """Publishes what is in the outbox, row by row, oldest first."""
    while True:
        async with sessions() as session, session.begin():
            rows = (
                await session.scalars(select(Outbox).order_by(Outbox.id).limit(100).with_for_update(skip_locked=True))
            ).all()
            for row in rows:
                await broker.publish(
                    row.body, row.topic, key=row.key.encode(), headers={"content-type": "application/json"}
                )
                await session.execute(delete(Outbox).where(Outbox.id == row.id))
        if not rows:
            await asyncio.sleep(0.05)


app = FastStream(broker)


@app.on_startup
async def tables() -> None:
    """Makes the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


@app.after_startup
async def start_relay() -> None:
    """The relay runs beside the handlers."""
    app.relay = asyncio.create_task(relay())  # type: ignore[attr-defined]
