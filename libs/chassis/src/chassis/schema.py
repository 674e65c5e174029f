"""The chassis' own tables, the same in every service's database."""

import importlib.util
from pathlib import Path
from typing import Any

TABLES = frozenset({"outbox", "outbox_shard", "epoch", "watermark", "parked", "alembic_version", "oldest_build"})

# What is visible in outbox is always a prefix of its shard without a gap: the number is given under the lock of the
# shard's row, which is held until commit. `epoch` names this history: a restored database must begin a new one; beside it stands how long a held
# delivery may go on with its failing events parked. `watermark` knows the newest event's name and moment, so that another
# event under a number that was heard is told from one that comes again.
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
        actor text,
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
        begun_at timestamptz not null default now(),
        let_through_until timestamptz,
        let_through_reason text
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
        last_id text,
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
        discarded_at timestamptz,
        ended_at timestamptz generated always as (coalesce(replayed_at, discarded_at)) stored
    )
    """,
    "create index parked_ended on parked (ended_at, parked_at)",
)


def head(service: str) -> str:
    """The newest revision that this build knows: the number that the newest migration's file begins with."""
    spec = importlib.util.find_spec(service)
    assert spec is not None
    assert spec.origin is not None
    versions = Path(spec.origin).parent / "migrations" / "versions"
    return max(file.stem.partition("_")[0] for file in versions.glob("[0-9]*_*.py"))


_LEAVE = (
    """
    create table if not exists oldest_build (
        only_one boolean primary key default true check (only_one),
        revision text not null
    )
    """,
    """
    insert into oldest_build (revision) values ('REVISION')
    on conflict (only_one) do update set revision = greatest(oldest_build.revision, excluded.revision)
    """,
)


def leaves_behind(op: Any, revision: str) -> None:
    """Called by a revision after which builds that know less than ``revision`` can't work: one that drops, renames or narrows.

    Any other revision only expands, and a build of before it goes on and may be started again (service.py).
    """
    for statement in _LEAVE:
        op.execute(statement.replace("REVISION", f"{int(revision):04d}"))


def unfit(found: str, oldest: str | None, known: str) -> str:
    """Why a build that knows revision ``known`` can't work on a schema at ``found``, or nothing."""
    if found < known:
        return f"the schema is at {found} and this build knows {known}: run the migrations"
    if oldest is not None and known < oldest:
        return f"the schema is at {found} and has left builds before {oldest} behind, this one knows {known}: start a newer one"
    return ""


def create(op: Any) -> None:
    """Called first by every service's first migration."""
    for statement in DDL:
        op.execute(statement)


# Vacuuming and analysing took up to 90 us of processor a lead under load, as much as all statements of a service. Every
# statement finds its rows by key whatever the statistics say, so a table is analysed when it has doubled and not at every
# tenth; the outbox, which is filled and emptied all the time, never is, and is swept when it has grown and not by its share.
TABLE_CARE = "autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1"
OUTBOX_CARE = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_vacuum_insert_threshold = -1, "
    "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000000000"
)


def care(op: Any, **fillfactors: int) -> None:
    """Called by a service's migration for its tables that grow with the leads: how full a page is made on insert, in per
    cent. Where a row is soon updated a page that keeps half of itself free takes the new row, and no index is touched."""
    op.execute(f"alter table outbox set ({OUTBOX_CARE})")
    for table, fillfactor in fillfactors.items():
        op.execute(f"alter table {table} set (fillfactor = {fillfactor}, {TABLE_CARE})")


def uncare(op: Any, **fillfactors: int) -> None:
    """The way back, with the fillfactors of before."""
    names = "autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor, autovacuum_vacuum_insert_scale_factor"
    op.execute(
        "alter table outbox reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, "
        "autovacuum_vacuum_insert_threshold, autovacuum_analyze_scale_factor, autovacuum_analyze_threshold)"
    )
    for table, fillfactor in fillfactors.items():
        op.execute(f"alter table {table} reset ({names})")
        op.execute(f"alter table {table} set (fillfactor = {fillfactor})")


def drop(op: Any) -> None:
    """The way back, for a service's first migration."""
    for table in ("oldest_build", "parked", "watermark", "epoch", "outbox_shard", "outbox"):
        op.execute(f"drop table if exists {table}")
