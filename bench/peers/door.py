"""A capture door that does less than ours: FastAPI, a model, FastStream's publish, 202. Idempotent producer, acks=all.

It looks at no value, seals nothing and writes no headers.
"""

import os
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from faststream.kafka import KafkaBroker
from pydantic import BaseModel

broker = KafkaBroker(os.environ["KAFKA"], acks="all", enable_idempotence=True)


class LeadIn(BaseModel):
    """A form."""

    source: str
    contact: dict[str, str]
    message: str = ""
    country: str = ""
    postcode: str = ""
    product: str = ""
    industry: str = ""
    language: str = ""
    channel: str = ""
    expected_amount: dict[str, int | str] | None = None
    attributes: dict[str, int | str] = {}


class Lead(LeadIn):
    """A lead as it was submitted."""

    id: uuid.UUID
    received_at: datetime


@asynccontextmanager
async def run_broker(_: FastAPI) -> Any:
    """The broker lives as long as the application."""
    async with broker:
        await broker.start()
        yield


app = FastAPI(lifespan=run_broker)


@app.post("/v1/leads", status_code=202)
async def capture(form: LeadIn) -> dict[str, str]:
    """Takes a lead."""
    lead = Lead(id=uuid.uuid4(), received_at=datetime.now(UTC), **form.model_dump())
    await broker.publish(lead, os.environ["TOPIC"], key=str(lead.id).encode())
    return {"id": str(lead.id)}
