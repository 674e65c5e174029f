"""A topic may be given partitions: who writes says how many it knows, and the row of the shard says how many there are."""

from alembic import op

revision = "chassis_0004"
down_revision = "chassis_0003"


def upgrade() -> None:
    # Nothing: as many as there ever were.
    op.execute("alter table outbox_shard add column partitions integer")
