"""What somebody may see is found in an index: each door's statement asks for it, once for every guarded table that it names."""

from alembic import op

revision = "chassis_0003"
down_revision = "chassis_0002"


def upgrade() -> None:
    # A few thousand rows, which one transaction at a time writes.
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        create index access_grant_running on access_grant (person, ends_at) include (team, begins_at)
        """
    )
