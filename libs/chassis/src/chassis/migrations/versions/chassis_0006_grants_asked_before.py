"""A row's team is looked up among somebody's grants: of few rows each by itself, of many once for all."""

from alembic import op

revision = "chassis_0006"
down_revision = "chassis_0005"

SQL = (
    # A few thousand rows, which one transaction at a time writes.
    """
    -- squawk-ignore require-concurrent-index-creation
    create index access_grant_held on access_grant (person, team, ends_at) include (begins_at)
    """,
    """
    -- squawk-ignore require-concurrent-index-deletion
    drop index access_grant_running
    """,
    # Most people have one grant and management hundreds. A plan is made for all, and is good for all where it expects many: it then
    # reads somebody's grants whole only where it expects many rows to ask about.
    "alter table access_grant alter column person set (n_distinct = -0.001)",
)


def upgrade() -> None:
    for statement in SQL:
        op.execute(statement)
