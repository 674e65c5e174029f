"""A lead's fact knows when an order moved it, and what its customer is owed."""

from alembic import op

revision = "0005"
down_revision = "0004"

SQL = ("alter table lead_fact add column moved_at timestamptz, add column requests jsonb",)


def upgrade() -> None:
    """Adds the columns; both are null for most leads."""
    for statement in SQL:
        op.execute(statement)
