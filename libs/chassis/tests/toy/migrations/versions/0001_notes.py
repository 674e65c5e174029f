"""Notes of what was heard.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from chassis import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first schema."""
    schema.create(op)
    op.create_table(
        "note",
        sa.Column("n", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
    )
    op.create_table("spent", sa.Column("spend_id", sa.Text, primary_key=True))


def downgrade() -> None:
    """Back to an empty database."""
    op.drop_table("spent")
    op.drop_table("note")
    schema.drop(op)
