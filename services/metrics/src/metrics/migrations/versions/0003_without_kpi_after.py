"""Numbers without a team and tickets in a table are read by nobody any more."""

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = (
    "drop table kpi",
    "drop table stream_ticket",
    "insert into oldest_build (revision) values ('0002') on conflict do nothing",
)


def upgrade() -> None:
    """Drops them; builds that know no 0002 are left behind."""
    for statement in SQL:
        op.execute(statement)
