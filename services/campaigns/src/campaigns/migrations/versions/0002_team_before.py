"""Whose a campaign is."""

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = ("alter table campaign add column team text not null default '(unplaced)'",)


def upgrade() -> None:
    """Adds the team that owns a campaign; those of before are the catch-all desk's."""
    for statement in SQL:
        op.execute(statement)
