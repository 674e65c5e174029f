"""Leads, persons with their keys, intake keys, outcomes that wait, known campaigns."""

from alembic import op

revision = "0001"
down_revision = None

SQL = (
    """
    create table lead (
        lead_id uuid primary key,
        person_id uuid,
        personal bytea,
        about jsonb,
        state text not null,
        occurred_at timestamptz,
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
        person text,
        waits text,
        content text,
        differing int not null default 0,
        outcomes jsonb not null default '[]',
        history jsonb not null default '[]'
    ) with (
        fillfactor = 45,
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "comment on column lead.personal is 'contact, message and answers, sealed under the person''s key'",
    "comment on column lead.about is 'what may be known without knowing the person'",
    "comment on column lead.content is 'a digest of what was submitted, keyed with the person''s key'",
    "comment on column lead.history is 'append only'",
    """
    create table person (
        person_id uuid primary key,
        wrapped_key bytea,
        known_since timestamptz not null
    ) with (
        fillfactor = 100,
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "comment on column person.person_id is 'a keyed hash of the e-mail address or phone number'",
    "comment on column person.wrapped_key is 'null once the person was forgotten'",
    """
    create table intake_key (
        name text primary key,
        wrapped_key bytea not null,
        made_at timestamptz not null
    )
    """,
    """
    create table waiting_outcome (
        lead_id uuid not null,
        event_id text primary key,
        outcome jsonb not null,
        reported_at timestamptz not null
    )
    """,
    "create index waiting_outcome_lead on waiting_outcome (lead_id)",
    """
    create table campaign (
        campaign text primary key,
        planned boolean not null default true
    )
    """,
)


def upgrade() -> None:
    """Makes the tables."""
    for statement in SQL:
        op.execute(statement)
