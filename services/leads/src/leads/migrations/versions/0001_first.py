"""Leads, persons with their keys, intake keys, outcomes that wait, known campaigns."""

from alembic import op

from chassis import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    schema.create(op)
    op.execute(
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
            outcomes jsonb not null default '[]',
            history jsonb not null default '[]'
        ) with (fillfactor = 70)
        """
    )
    op.execute("create table person (person_id uuid primary key, wrapped_key bytea, known_since timestamptz not null)")
    op.execute(
        "create table intake_key (name text primary key, wrapped_key bytea not null, made_at timestamptz not null)"
    )
    op.execute(
        """
        create table waiting_outcome (
            lead_id uuid not null,
            event_id text primary key,
            outcome jsonb not null,
            reported_at timestamptz not null
        )
        """
    )
    op.execute("create index waiting_outcome_lead on waiting_outcome (lead_id)")
    op.execute("create table campaign (campaign text primary key, planned boolean not null default true)")
    op.execute("comment on column lead.personal is 'contact and message, sealed under the person''s key'")
    op.execute("comment on column lead.about is 'what may be known without knowing the person'")
    op.execute("comment on column lead.history is 'append only'")
    op.execute("comment on column person.person_id is 'a keyed hash of the e-mail address or phone number'")
    op.execute("comment on column person.wrapped_key is 'null once the person was forgotten'")


def downgrade() -> None:
    for table in ("campaign", "waiting_outcome", "intake_key", "person", "lead"):
        op.drop_table(table)
    schema.drop(op)
