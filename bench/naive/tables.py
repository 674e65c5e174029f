"""The naive services' tables, and the outbox they share in shape."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Integer, LargeBinary, String
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of a database."""


class Outbox(Base):
    """An event to be published."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String)
    key: Mapped[str] = mapped_column(String)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Inbox(Base):
    """An event that was handled."""

    __tablename__ = "inbox"
    event: Mapped[str] = mapped_column(String, primary_key=True)


class LeadRow(Base):
    """A lead on record."""

    __tablename__ = "lead"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    data: Mapped[dict[str, object]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String)
    team: Mapped[str | None] = mapped_column(String)
    person: Mapped[str | None] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


class Decision(Base):
    """Which rule decided."""

    __tablename__ = "decision"
    lead_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String)
    team: Mapped[str] = mapped_column(String)
    person: Mapped[str] = mapped_column(String)


class Turn(Base):
    """Whose turn it is in a team."""

    __tablename__ = "turn"
    team: Mapped[str] = mapped_column(String, primary_key=True)
    given: Mapped[int] = mapped_column(Integer, default=0)


class Kpi(Base):
    """A counter per segment and channel."""

    __tablename__ = "kpi"
    key: Mapped[str] = mapped_column(String, primary_key=True)
    assigned: Mapped[int] = mapped_column(BigInteger, default=0)


def connect(url: str) -> tuple[AsyncEngine, async_sessionmaker]:  # type: ignore[type-arg]
    """An engine and its sessions, as in the documentation."""
    engine = create_async_engine(url, pool_size=5)
    return engine, async_sessionmaker(engine, expire_on_commit=False)
