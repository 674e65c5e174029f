"""A lead that no team has is unplaced, also where it was decided before there was a word for it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """So a row policy that compares teams has something to compare."""
    op.execute("update decision set team = '(unplaced)' where team is null")
