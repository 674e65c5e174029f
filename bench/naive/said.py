"""What the naive services say to each other."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Lead(BaseModel):
    """A lead as it was submitted."""

    id: UUID
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
    received_at: datetime


class Qualified(BaseModel):
    """The lead is genuine."""

    id: UUID
    country: str
    postcode: str
    product: str
    industry: str
    channel: str


class Assigned(BaseModel):
    """The lead has a team and a person."""

    id: UUID
    segment: str
    team: str
    person: str
    channel: str
