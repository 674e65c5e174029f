"""A team's board asks for all that its people have: their books are in the order of teams, and within a team of people."""

from alembic import op

revision = "0012"
down_revision = "0011"

SQL = (
    # A second for a million leads: capture waits for that, and loses nothing.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_held on lead_place (team, assignee) where place = 'person'",
    # Whoever asks for somebody's book names the teams, the former build too.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index lead_place_worked",
)


def upgrade() -> None:
    """Makes the one index and takes the other away."""
    for statement in SQL:
        op.execute(statement)
