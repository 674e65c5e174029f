"""An index of customers by person by which nobody asks is gone: each new customer paid for it."""

from alembic import op

revision = "0009"
down_revision = "0007"

SQL = (
    # Nothing asks by it: whoever waits for the lock waits a moment.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index customer_book",
    "insert into oldest_build (revision) values ('0003') on conflict do nothing",
)


def upgrade() -> None:
    """Takes it away."""
    for statement in SQL:
        op.execute(statement)
