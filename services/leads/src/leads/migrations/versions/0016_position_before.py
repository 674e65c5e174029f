"""Leads become findable in turns that may end within a delivery; statistics of records and of timelines cost less."""

from alembic import op

revision = "0016"
down_revision = "0015"

SQL = (
    "alter table search_position add column lead_id uuid",
    "comment on column search_position.lead_id is 'of those of that moment, up to this one; null: all of them'",
    # Nothing is chosen by it, and whoever reads it reads one lead's.
    "alter table timeline alter column detail set statistics 0",
    # A record is found by its id or by when it came: a sample of three thousand says how wide it is.
    "alter table lead alter column lead_id set statistics 10, alter column person_id set statistics 10,"
    " alter column party_id set statistics 10, alter column personal set statistics 10, alter column about set statistics 10,"
    " alter column occurred_at set statistics 10, alter column captured_at set statistics 10, alter column content set statistics 10",
)


def upgrade() -> None:
    """Adds the column and spares the statistics."""
    for statement in SQL:
        op.execute(statement)
