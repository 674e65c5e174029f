"""What lists ask for stands in columns of a lead's place, and lists have their indexes."""

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = (
    """
    alter table lead_place
        add column place text,
        add column source text,
        add column channel text,
        add column campaign text,
        add column product text,
        add column country text,
        add column value_minor bigint,
        add column currency text,
        add column due_at timestamptz
    """,
    "comment on column lead_place.place is 'where it stands: with a person, in a queue and so on; null until it was filled in'",
    "comment on column lead_place.source is 'this and the five after it are of what the lead is about, and are filled at capture'",
    "comment on column lead_place.value_minor is 'what the customer expects to spend, in minor units'",
    "comment on column lead_place.due_at is 'when somebody has to have done something next'",
    # Each of these takes a second for a million leads: capture waits for that, and loses nothing.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_listed on lead_place (team, captured_at, lead_id)",
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_due on lead_place (team, due_at, lead_id) where due_at is not null",
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_worked on lead_place (assignee, team) where place = 'person'",
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_waiting on lead_place (team, place, due_at, captured_at)"
    " where place in ('queue', 'qualification', 'unroutable')",
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_unfilled on lead_place (lead_id) where place is null",
    "create table unit (unit text primary key, parent text, kind text not null, version bigint not null)",
    "comment on table unit is 'how the company is made up, as territory says'",
    """
    create table activity (
        activity_id uuid primary key,
        lead_id uuid not null,
        kind text not null,
        direction text not null,
        reached boolean,
        evidence text not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        author text,
        on_behalf_of text,
        team text,
        seconds int,
        result text,
        content text not null,
        box bytea
    ) with (
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "comment on table activity is 'append only: what was done about a lead'",
    "comment on column activity.team is 'whose the lead was then'",
    "comment on column activity.content is"
    " 'a digest of what was sent, keyed with the person''s key where it holds text'",
    "comment on column activity.box is 'what was said or written, sealed under the person''s key'",
    "create index activity_of_lead on activity (lead_id, occurred_at)",
    """
    create table activity_void (
        activity_id uuid primary key,
        lead_id uuid not null,
        code text not null,
        by text not null,
        at timestamptz not null
    )
    """,
    "comment on table activity_void is 'append only: which activities count no more, and why'",
    # In the order in which leads come, so that its entries go to the one last page; search follows it.
    "-- squawk-ignore require-concurrent-index-creation\ncreate index lead_captured on lead (captured_at)",
    """
    create table search_word (
        key bigint not null,
        lead_id uuid not null,
        primary key (key, lead_id)
    ) with (
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "comment on column search_word.key is 'a keyed hash of a word, an e-mail address or a phone number'",
    "create index search_word_of_lead on search_word (lead_id)",
    """
    create table search_position (
        one boolean primary key default true,
        captured_at timestamptz not null
    )
    """,
    "comment on column search_position.captured_at is 'leads captured up to then can be found'",
)


def upgrade() -> None:
    """Adds the columns and the indexes."""
    for statement in SQL:
        op.execute(statement)
