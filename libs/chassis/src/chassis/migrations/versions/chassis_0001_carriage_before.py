"""What carries events, the same in every service's database."""

from alembic import op

revision = "chassis_0001"
down_revision = None
branch_labels = ("chassis",)

SQL = (
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
    ) with (
        autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_threshold = 50000,
        autovacuum_vacuum_insert_threshold = -1,
        autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 2000000000
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
    "create table oldest_build (revision text primary key)",
)


def upgrade() -> None:
    """Tables of the outbox, the consumer, parking and the history's name."""
    for statement in SQL:
        op.execute(statement)
