"""Tickets are sealed: a table of them is read by nobody any more."""

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = (
    "drop table stream_ticket",
    "insert into oldest_build (revision) values ('0002') on conflict do nothing",
)


def upgrade() -> None:
    """Drops it; builds that know no 0002 are left behind."""
    for statement in SQL:
        op.execute(statement)
