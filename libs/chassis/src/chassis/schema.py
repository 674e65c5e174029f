"""The chassis' own tables, the same in every service's database."""

import importlib.util
from pathlib import Path
from typing import Any

TABLES = frozenset({"outbox", "outbox_shard", "epoch", "watermark", "parked", "alembic_version"})

# What is visible in outbox is always a prefix of its shard without a gap: the number is given under the lock of the
# shard's row, which is held until commit. `epoch` names this history: a restored database must begin a new one.
DDL = (
    """
    create table outbox (
        topic text not null,
        shard int not null,
        seq bigint not null,
        id uuid not null,
        type text not null,
        at timestamptz not null,
        traceparent text not null,
        causation text,
        key bytea not null,
        payload bytea not null check (octet_length(payload) < 900000),
        primary key (topic, shard, seq)
    )
    """,
    """
    create table outbox_shard (
        topic text not null,
        shard int not null,
        next_seq bigint not null default 1,
        primary key (topic, shard)
    ) with (fillfactor = 50)
    """,
    """
    create table epoch (
        only_one boolean primary key default true check (only_one),
        name text not null,
        begun_at timestamptz not null default now()
    )
    """,
    "insert into epoch (name) values (replace(gen_random_uuid()::text, '-', ''))",
    """
    create table watermark (
        topic text not null,
        source text not null,
        shard int not null,
        last_seq bigint not null,
        last_at timestamptz,
        primary key (topic, source, shard)
    ) with (fillfactor = 50)
    """,
    """
    create table parked (
        id uuid primary key,
        topic text not null,
        shard int not null,
        position bigint not null,
        type text,
        key bytea,
        headers jsonb not null,
        payload bytea not null,
        cause text not null,
        detail text not null,
        traceparent text,
        parked_at timestamptz not null default now(),
        replayed_at timestamptz,
        unique (topic, shard, position, parked_at)
    )
    """,
)


def head(service: str) -> str:
    """The newest revision that this build knows: the number that the newest migration's file begins with."""
    spec = importlib.util.find_spec(service)
    assert spec is not None
    assert spec.origin is not None
    versions = Path(spec.origin).parent / "migrations" / "versions"
    return max(file.stem.partition("_")[0] for file in versions.glob("[0-9]*_*.py"))


def create(op: Any) -> None:
    """Called first by every service's first migration."""
    for statement in DDL:
        op.execute(statement)


def drop(op: Any) -> None:
    """The way back, for a service's first migration."""
    for table in ("parked", "watermark", "epoch", "outbox_shard", "outbox"):
        op.execute(f"drop table if exists {table}")
