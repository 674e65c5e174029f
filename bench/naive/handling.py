"""What every naive service does around its handler: inbox, commit, outbox."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bench.naive.tables import Base, Inbox, Outbox, connect
from contracts.event import Event

engine, sessions = connect(os.environ["DATABASE"])
broker = KafkaBroker(
    os.environ["KAFKA"],
    acks="all",
    enable_idempotence=True,
    middlewares=[
        KafkaTelemetryMiddleware(tracer_provider=TracerProvider(sampler=ParentBasedTraceIdRatio(0.01))),
        KafkaPrometheusMiddleware(registry=CollectorRegistry()),
    ],
)


def listen(topic: str, group: str) -> Any:
    """A subscriber that loses nothing: it acknowledges after the handler, and goes back when it fails."""
    return broker.subscriber(topic, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR)


async def once(event: Event, work: Callable[[Any], Awaitable[None]]) -> None:
    """Runs the work in a transaction unless the event was handled before."""
    async with sessions() as session, session.begin():
        heard = insert(Inbox).values(event=f"{event.type}:{event.lead_id}")  # type: ignore[attr-defined]
        fresh = await session.execute(heard.on_conflict_do_nothing().returning(Inbox.event))
        if fresh.scalar() is not None:
            await work(session)


def say(session: Any, topic: str, event: Event) -> None:
    """Puts an event into the outbox of this transaction."""
    key, body = str(event.lead_id), event.model_dump_json(exclude_none=True).encode()  # type: ignore[attr-defined]
    session.add(Outbox(topic=topic, key=key, type=event.type, body=body))


async def relay() -> None:
    """Publishes what is in the outbox, row by row, oldest first."""
    while True:
        async with sessions() as session, session.begin():
            rows = (
                await session.scalars(select(Outbox).order_by(Outbox.id).limit(100).with_for_update(skip_locked=True))
            ).all()
            for row in rows:
                headers = {"content-type": "application/json", "ce_id": str(row.id), "ce_type": row.type}
                await broker.publish(row.body, row.topic, key=row.key.encode(), headers=headers)
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
