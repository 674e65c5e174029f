"""Leads become findable in turns that may end within a delivery; of what a timeline tells no statistics are made."""

from alembic import op

revision = "0016"
down_revision = "0015"

SQL = (
    "alter table search_position add column lead_id uuid",
    "comment on column search_position.lead_id is 'of those of that moment, up to this one; null: all of them'",
    # Nothing is chosen by it, and whoever reads it reads one lead's.
    "alter table timeline alter column detail set statistics 0",
)


def upgrade() -> None:
    """Adds the column and spares the statistics."""
    for statement in SQL:
        op.execute(statement)
