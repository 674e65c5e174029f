"""The leads of some days are found by when they came."""

from alembic import op

revision = "0006"
down_revision = "0005"

SQL = (
    # One read of the table, and a few kilobytes: numbers wait for that, and nothing is lost.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_fact_came on lead_fact using brin (captured_at)",
)


def upgrade() -> None:
    """Makes the index."""
    for statement in SQL:
        op.execute(statement)
