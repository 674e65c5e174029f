"""A lead's record, its present place and its timeline are three tables."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Nothing is carried over: nothing was released. A place is updated within seconds and is larger then: a page
# keeps two thirds of itself free, so that the new row stands on it and no index is touched.
UP = (
    "drop table lead",
    """
    create table lead (
        lead_id uuid primary key,
        person_id uuid not null,
        personal bytea not null,
        about jsonb not null,
        occurred_at timestamptz not null,
        captured_at timestamptz not null,
        content text not null
    ) with (
        autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    """
    create table lead_place (
        lead_id uuid primary key,
        state text not null,
        captured_at timestamptz,
        qualified_at timestamptz,
        grade text,
        disposition text,
        scorecard bigint,
        discarded_at timestamptz,
        discard_reason text,
        opened_at timestamptz,
        segment text,
        team text,
        pipeline text,
        assigned_at timestamptz,
        assignee text,
        waits text,
        differing integer not null,
        outcomes jsonb not null,
        entries integer not null
    ) with (
        fillfactor = 35,
        autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    """
    create table timeline (
        lead_id uuid not null,
        at timestamptz not null,
        n integer not null,
        what text not null,
        by text,
        detail jsonb not null,
        primary key (lead_id, n)
    ) with (
        autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "comment on table lead is 'written once, at capture'",
    "comment on table lead_place is 'where each lead is now'",
    "comment on table timeline is 'append only'",
    "comment on column lead.personal is 'contact, message and answers, sealed under the person''s key'",
    "comment on column lead.about is 'what may be known without knowing the person'",
    "comment on column lead.content is 'a digest of what was submitted, keyed with the person''s key'",
    "comment on column lead_place.captured_at is 'null as long as the lead was only heard of'",
    "comment on column lead_place.entries is 'the number of the last entry of its timeline'",
    "comment on column timeline.by is 'who did it, where somebody did'",
)
DOWN = (
    "drop table timeline",
    "drop table lead_place",
    "drop table lead",
    """
    create table lead (
        lead_id uuid primary key, person_id uuid, personal bytea, about jsonb, state text not null, occurred_at timestamptz,
        captured_at timestamptz, qualified_at timestamptz, grade text, disposition text, scorecard bigint,
        discarded_at timestamptz, discard_reason text, opened_at timestamptz, segment text, team text, pipeline text,
        assigned_at timestamptz, person text, waits text, content text, differing integer not null default 0,
        outcomes jsonb not null default '[]', history jsonb not null default '[]'
    ) with (
        fillfactor = 45,
        autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
)


def upgrade() -> None:
    """The three tables."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """The one before."""
    for statement in DOWN:
        op.execute(statement)
