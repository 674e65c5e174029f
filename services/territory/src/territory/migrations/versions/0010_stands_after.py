"""Each build that is left writes itself how a lead stands: the database no longer does it for a former one."""

from alembic import op

revision = "0010"
down_revision = "0009"

SQL = (
    # Who made the database before there was a trigger has none.
    "drop trigger if exists stands on decision",
    # Nothing but that trigger calls it.
    "-- squawk-ignore ban-drop-function\ndrop function if exists stand_as_decided()",
    "insert into oldest_build (revision) values ('0003') on conflict do nothing",
)


def upgrade() -> None:
    """Takes away what did it for the former build."""
    for statement in SQL:
        op.execute(statement)
