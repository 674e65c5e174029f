"""Leads become findable in turns that may end within a delivery."""

from alembic import op

revision = "0016"
down_revision = "0015"

SQL = (
    "alter table search_position add column lead_id uuid",
    "comment on column search_position.lead_id is 'of those of that moment, up to this one; null: all of them'",
)


def upgrade() -> None:
    """Adds the column."""
    for statement in SQL:
        op.execute(statement)
