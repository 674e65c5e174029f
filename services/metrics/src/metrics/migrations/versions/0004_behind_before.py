"""The leads behind a number are found by their team, and by no walk through all of them."""

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = (
    # A second for a million leads: numbers wait for that, and nothing is lost.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_fact_behind on lead_fact (coalesce(team, '(unplaced)'), lead_id)",
)


def upgrade() -> None:
    """Makes the index."""
    for statement in SQL:
        op.execute(statement)
