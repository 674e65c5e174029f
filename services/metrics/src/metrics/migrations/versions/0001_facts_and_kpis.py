"""Facts of leads, campaigns and budget lines, and the numbers made of them."""

from alembic import op

from chassis import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
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
        currency char(3)
    ) with (fillfactor = 70)
    """,
    """
    create table campaign_fact (
        campaign text primary key,
        version bigint not null,
        channel text,
        segment text
    )
    """,
    """
    create table line_fact (
        campaign text not null,
        line text not null,
        currency char(3) not null,
        posting bigint not null,
        incurred bigint not null,
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
        minor bigint not null,
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
)


def upgrade() -> None:
    """The chassis' tables, then our own."""
    schema.create(op)
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("publication", "as_of", "kpi_money", "kpi", "line_fact", "campaign_fact", "lead_fact"):
        op.execute("drop table " + table)
    schema.drop(op)
