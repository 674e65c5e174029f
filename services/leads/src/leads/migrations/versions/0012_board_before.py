"""A team's board asks for all that its people have: their books are in the order of teams, and within a team of people. Rounds in which all
leads are looked at again are not begun one after the other."""

from alembic import op

revision = "0012"
down_revision = "0011"

SQL = (
    # A second for a million leads: capture waits for that, and loses nothing.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_held on lead_place (team, assignee) where place = 'person'",
    # Whoever asks for somebody's book names the teams, the former build too.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index lead_place_worked",
    "alter table conservation add column round_at timestamptz",
    "comment on column conservation.round_at is 'when the round began in which all are looked at again'",
)


def upgrade() -> None:
    """Makes the one index, takes the other away, and adds the column."""
    for statement in SQL:
        op.execute(statement)
