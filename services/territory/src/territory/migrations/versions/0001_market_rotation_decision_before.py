"""Markets by version, the rotation of each team, and a decision for each lead."""

from alembic import op

revision = "0001"
down_revision = None

SQL = (
    """
    create table market (
        version int primary key,
        document jsonb not null,
        sha256 char(64) not null,
        activated_at timestamptz not null
    )
    """,
    """
    create table active_market (
        only_one boolean primary key default true constraint active_market_only_one check (only_one),
        version int not null
    )
    """,
    "insert into active_market (version) values (0)",
    """
    create table rotation (
        team text primary key,
        turn bigint not null default 0,
        credits jsonb not null
    )
    """,
    """
    create table decision (
        lead_id uuid primary key,
        disposition text not null,
        ruleset int not null,
        rule text,
        segment text,
        team text,
        pipeline text,
        person text,
        turn bigint,
        reason text,
        inputs jsonb not null,
        refused jsonb not null,
        decided_at timestamptz not null
    ) with (
        fillfactor = 100,
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
)


def upgrade() -> None:
    """Makes the tables; no market is in force yet."""
    for statement in SQL:
        op.execute(statement)
