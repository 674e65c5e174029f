"""The leads behind a number are found by their team: an index of an expression is none to whom row policies bind."""

from alembic import op

revision = "0007"
down_revision = "0006"

SQL = (
    # A million rows take a second or two: numbers wait for that, and nothing is lost.
    "-- squawk-ignore require-concurrent-index-creation\ncreate index lead_fact_of_team on lead_fact (team, lead_id)",
    # The former build asks by it and gets no use of it.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index lead_fact_behind",
)


def upgrade() -> None:
    """Makes the one and takes the other away."""
    for statement in SQL:
        op.execute(statement)
