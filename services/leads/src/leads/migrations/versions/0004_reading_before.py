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
)


def upgrade() -> None:
    """Adds the columns and the indexes."""
    for statement in SQL:
        op.execute(statement)
