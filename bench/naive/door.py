"""A capture door that does the job of ours as the frameworks' documentation shows it: models, validators, a dependency for the
idempotency key, personal data sealed, CloudEvents headers, a trace begun, FastStream's publish, 202. Idempotent producer,
acks=all.
"""

import base64
import json
import os
import random
import re
import secrets
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import phonenumbers
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import FastAPI, Header
from faststream.kafka import KafkaBroker
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from contracts.event import Sealed
from contracts.leads.intake import LeadSubmitted

TOPIC = os.environ["TOPIC"]
EMAIL = re.compile(r"[^\s@]{1,64}@(?:[^\s@.]{1,63}\.)+[^\s@.]{2,63}")
Text = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]

broker = KafkaBroker(os.environ["KAFKA"], acks="all", enable_idempotence=True)
sealer = AESGCM(bytes.fromhex(os.environ["DOOR_KEY"]))


class Form(BaseModel):
    """Nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid")


class Contact(Form):
    """Who asks."""

    name: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    company: Text | None = None
    address: Text | None = None

    @field_validator("email")
    @classmethod
    def an_address(cls, email: str | None) -> str | None:
        """Mail could be sent there."""
        if email and not EMAIL.fullmatch(email):
            raise ValueError("is not an e-mail address")
        return email


class Money(Form):
    """An amount."""

    minor: Annotated[int, Field(ge=0, le=10**15)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class LeadForm(Form):
    """A lead as it comes in."""

    source: Literal["web", "phone", "campaign", "sales", "import"]
    contact: Contact
    message: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    region: Text | None = None
    postcode: Text | None = None
    product: Text | None = None
    industry: Text | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] | None = None
    channel: Text | None = None
    campaign: Text | None = None
    expected_amount: Money | None = None
    external_id: Text | None = None
    attributes: Annotated[dict[Text, Text | bool | int | float], Field(max_length=32)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def reachable(self) -> "LeadForm":
        """There is a way to answer, and a phone number is a possible one of its country."""
        if not (self.contact.phone or self.contact.email or self.external_id):
            raise ValueError("one of phone, email or external_id is needed")
        if self.contact.phone:
            number = phonenumbers.parse(self.contact.phone, self.country)
            if not phonenumbers.is_possible_number(number):
                raise ValueError("is not a possible phone number")
            self.contact.phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return self


@asynccontextmanager
async def lifespan(_: FastAPI) -> Any:
    """The broker lives as long as the application."""
    async with broker:
        await broker.start()
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/leads", status_code=202)
async def capture(form: LeadForm, idempotency_key: Annotated[str | None, Header()] = None) -> dict[str, str]:
    """Takes a lead."""
    now = datetime.now(UTC)
    lead_id = uuid.uuid5(uuid.NAMESPACE_OID, idempotency_key) if idempotency_key else uuid.uuid4()
    nonce, personal = secrets.token_bytes(12), {**form.contact.model_dump(exclude_none=True), "message": form.message}
    box = sealer.encrypt(nonce, json.dumps(personal).encode(), lead_id.bytes)
    said = LeadSubmitted(
        lead_id=lead_id,
        received_at=now,
        occurred_at=now,
        person=Sealed(key="door", box=base64.urlsafe_b64encode(nonce + box).decode()),
        **form.model_dump(exclude={"contact", "message"}),
    )
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid.uuid4()),
        "ce_type": said.type,
        "ce_source": "/leads",
        "ce_time": now.isoformat(),
        "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{random.random() < 0.01:02d}",
    }
    await broker.publish(said, TOPIC, key=str(lead_id).encode(), headers=headers)
    return {"id": str(lead_id), "received_at": now.isoformat()}
