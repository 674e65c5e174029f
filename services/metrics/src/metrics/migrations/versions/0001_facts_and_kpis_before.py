"""Facts of leads, campaigns and budget lines, the numbers made of them, and tickets to the stream."""

from alembic import op

revision = "0001"
down_revision = None

SQL = (
    """
    create table lead_fact (
        lead_id uuid primary key,
        captured_at timestamptz,
        channel text,
        campaign text,
        qualified_at timestamptz,
        valid boolean not null,
        discarded_at timestamptz,
        placed_at timestamptz,
        segment text,
        team text,
        assigned_at timestamptz,
        person text,
        revision int not null,
        outcome text constraint lead_fact_outcome check (outcome in ('won', 'lost')),
        amount bigint,
        currency char(3),
        history text,
        segment_key text,
        channel_key text,
        campaign_key text
    ) with (
        fillfactor = 45,
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    """
    create table campaign_fact (
        campaign text primary key,
        version bigint not null,
        channel text,
        segment text,
        history text,
        segment_key text,
        channel_key text,
        campaign_key text
    )
    """,
    """
    create table line_fact (
        campaign text not null,
        line text not null,
        currency char(3) not null,
        posting bigint not null,
        incurred bigint not null,
        history text,
        primary key (campaign, line, currency)
    ) with (fillfactor = 70)
    """,
    """
    create table kpi (
        by text not null,
        key text not null,
        leads bigint not null,
        qualified bigint not null,
        valid bigint not null,
        routed bigint not null,
        assigned bigint not null,
        won bigint not null,
        lost bigint not null,
        version bigint not null,
        changed_xid bigint not null default pg_current_xact_id()::text::bigint,
        primary key (by, key)
    ) with (fillfactor = 50)
    """,
    "create index kpi_changed_xid on kpi (changed_xid)",
    """
    create table kpi_money (
        by text not null,
        key text not null,
        measure text not null constraint kpi_money_measure check (measure in ('won_amount', 'spend')),
        currency char(3) not null,
        minor numeric not null,
        primary key (by, key, measure, currency)
    ) with (fillfactor = 50)
    """,
    """
    create table as_of (
        topic text primary key,
        at timestamptz not null
    ) with (fillfactor = 50)
    """,
    """
    create table publication (
        only_one boolean primary key default true constraint publication_only_one check (only_one),
        turn bigint not null,
        floor bigint not null
    ) with (fillfactor = 50)
    """,
    """
    create table known_name (
        by text not null,
        key text not null,
        name text not null,
        declared boolean not null,
        primary key (by, key)
    )
    """,
    """
    create table stream_ticket (
        digest bytea primary key,
        expires_at timestamptz not null
    )
    """,
)


def upgrade() -> None:
    """Makes the tables."""
    for statement in SQL:
        op.execute(statement)
