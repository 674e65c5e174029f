"""What customers are owed an answer to has its tables, and the clocks of those who answer."""

from alembic import op

revision = "0007"
down_revision = "0006"

SQL = (
    "alter table lead_place add column starts_at timestamptz",
    "comment on column lead_place.starts_at is 'when the customer began to wait; null for a lead that came with a list'",
    "alter table unit add column calendar text",
    "comment on column unit.calendar is 'its own; a unit without one has that of the unit above'",
    """
    create table calendar (
        calendar text not null,
        version bigint not null,
        zone text not null,
        hours jsonb not null,
        primary key (calendar, version)
    )
    """,
    "comment on table calendar is 'when people work, as territory says; every version, for what is due by it'",
    "comment on column calendar.hours is 'of the days of the week, and of days that are other'",
    """
    create table request (
        lead_id uuid not null,
        n int not null,
        kind text not null,
        state text not null,
        responder text,
        asked_at timestamptz not null,
        starts_at timestamptz not null,
        times timestamptz[] not null,
        step int not null,
        next_at timestamptz,
        due_at timestamptz,
        promise int not null,
        policy int not null,
        calendar text,
        calendar_version bigint,
        answered_at timestamptz,
        activity_id uuid,
        met boolean,
        document text,
        key uuid,
        primary key (lead_id, n)
    ) with (
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1,
        fillfactor = 80
    )
    """,
    "comment on table request is 'what a customer is owed an answer to, and by when'",
    "comment on column request.n is '0 is the first response to the lead'",
    "comment on column request.responder is 'who is to answer where that is not the lead''s person'",
    "comment on column request.times is 'due soon, due, and each step of the policy'",
    "comment on column request.step is 'how many of the times are over and done with'",
    "comment on column request.next_at is 'when the clock looks at it again'",
    "comment on column request.due_at is 'null as long as no team has the lead'",
    "comment on column request.promise is 'its place in the policy'",
    "comment on column request.document is 'what was sent, where the kind asks for it: a reference without personal data'",
    "comment on column request.key is 'made of the key under which somebody asked for it'",
    "create index request_next on request (next_at) where next_at is not null",
    """
    create table request_evidence (
        lead_id uuid not null,
        n int not null,
        activity_id uuid not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        evidence text not null,
        standing text not null,
        by text,
        on_behalf_of text,
        result text,
        primary key (lead_id, n, activity_id)
    )
    """,
    "comment on table request_evidence is 'what may be the answer to a request'",
    "comment on column request_evidence.standing is 'counts, waits for a supervisor, refused or voided'",
)


def upgrade() -> None:
    """Adds the columns, the tables and the index of what is due next."""
    for statement in SQL:
        op.execute(statement)
