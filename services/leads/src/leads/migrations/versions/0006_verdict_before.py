"""A lead's life after its first decision: who judged it, who gave it back, and when somebody is due where nobody has it."""

from alembic import op

revision = "0006"
down_revision = "0004"

SQL = (
    "alter table person add column party_id uuid",
    "comment on column person.party_id is 'by which others know the person: drawn at random, it tells nothing'",
    "alter table lead add column party_id uuid",
    "comment on column lead.party_id is 'who asks, by the id that others know'",
    "alter table lead_place add column next_at timestamptz, add column later jsonb",
    "comment on column lead_place.next_at is 'when the clock looks at it again; null while somebody has it'",
    "comment on column lead_place.later is 'what came after the first verdict and the first decision; most have none of it'",
    # No row has one yet: it is empty, and made by one look through the table.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_next on lead_place (next_at) where next_at is not null",
)


def upgrade() -> None:
    """Adds the columns."""
    for statement in SQL:
        op.execute(statement)
