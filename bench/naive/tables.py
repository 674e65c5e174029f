"""The naive services' tables, and the outbox they share in shape."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

When = DateTime(timezone=True)


class Base(DeclarativeBase):
    """All tables of a database."""


class Outbox(Base):
    """An event to be published."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    topic: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    body: Mapped[bytes]


class Inbox(Base):
    """An event that was handled."""

    __tablename__ = "inbox"
    event: Mapped[str] = mapped_column(primary_key=True)


class Person(Base):
    """Somebody who asked, with the key that seals what is known of them."""

    __tablename__ = "person"
    person_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]
    known_since: Mapped[datetime] = mapped_column(When)


class LeadRow(Base):
    """A lead on record."""

    __tablename__ = "lead"
    lead_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID]
    personal: Mapped[bytes]
    about: Mapped[dict[str, object]] = mapped_column(JSONB)
    state: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(When)
    captured_at: Mapped[datetime] = mapped_column(When)
    qualified_at: Mapped[datetime] = mapped_column(When)
    grade: Mapped[str]
    disposition: Mapped[str]
    scorecard: Mapped[int]
    opened_at: Mapped[datetime | None] = mapped_column(When)
    segment: Mapped[str | None]
    team: Mapped[str | None]
    pipeline: Mapped[str | None]
    assigned_at: Mapped[datetime | None] = mapped_column(When)
    person: Mapped[str | None]
    history: Mapped[list[dict[str, object]]] = mapped_column(JSONB)


class Decision(Base):
    """Which rule decided, and for whom."""

    __tablename__ = "decision"
    lead_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    disposition: Mapped[str]
    ruleset: Mapped[int]
    rule: Mapped[str]
    segment: Mapped[str]
    team: Mapped[str]
    pipeline: Mapped[str]
    person: Mapped[str | None]
    reason: Mapped[str]
    inputs: Mapped[dict[str, object]] = mapped_column(JSONB)
    refused: Mapped[list[list[str]]] = mapped_column(JSONB)
    decided_at: Mapped[datetime] = mapped_column(When)


class Rotation(Base):
    """Each team's credits by person."""

    __tablename__ = "rotation"
    team: Mapped[str] = mapped_column(primary_key=True)
    credits: Mapped[dict[str, int]] = mapped_column(JSONB)


class Fact(Base):
    """What is known so far of one lead."""

    __tablename__ = "lead_fact"
    lead_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    captured_at: Mapped[datetime | None] = mapped_column(When)
    channel: Mapped[str | None]
    campaign: Mapped[str | None]
    qualified_at: Mapped[datetime | None] = mapped_column(When)
    valid: Mapped[bool] = mapped_column(default=False)
    discarded_at: Mapped[datetime | None] = mapped_column(When)
    routed_at: Mapped[datetime | None] = mapped_column(When)
    segment: Mapped[str | None]
    team: Mapped[str | None]
    assigned_at: Mapped[datetime | None] = mapped_column(When)
    assignee: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(When)
    history: Mapped[str | None]
    segment_key: Mapped[str | None]
    channel_key: Mapped[str | None]
    campaign_key: Mapped[str | None]
    steps: Mapped[dict[str, list[str]] | None] = mapped_column(JSONB(none_as_null=True))


class Kpi(Base):
    """Counters per key of each dimension."""

    __tablename__ = "kpi"
    by: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    leads: Mapped[int] = mapped_column(BigInteger)
    qualified: Mapped[int] = mapped_column(BigInteger)
    valid: Mapped[int] = mapped_column(BigInteger)
    routed: Mapped[int] = mapped_column(BigInteger)
    assigned: Mapped[int] = mapped_column(BigInteger)
    won: Mapped[int] = mapped_column(BigInteger)
    lost: Mapped[int] = mapped_column(BigInteger)


def connect(url: str) -> tuple[AsyncEngine, async_sessionmaker]:  # type: ignore[type-arg]
    """An engine and its sessions, as in the documentation."""
    engine = create_async_engine(url, pool_size=5)
    return engine, async_sessionmaker(engine, expire_on_commit=False)
