"""Markets by version, the rotation of each team, and a decision for each lead.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first schema."""
    schema.create(op)
    op.create_table(
        "market",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("sha256", sa.CHAR(64), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "active_market",
        sa.Column("only_one", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("only_one", name="active_market_only_one"),
    )
    op.execute("insert into active_market (version) values (0)")
    op.create_table(
        "rotation",
        sa.Column("team", sa.Text, primary_key=True),
        sa.Column("credits", JSONB, nullable=False),
    )
    op.create_table(
        "decision",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("ruleset", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text),
        sa.Column("segment", sa.Text),
        sa.Column("team", sa.Text),
        sa.Column("pipeline", sa.Text),
        sa.Column("person", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("inputs", JSONB, nullable=False),
        sa.Column("refused", JSONB, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("decision", "rotation", "active_market", "market"):
        op.drop_table(table)
    schema.drop(op)
