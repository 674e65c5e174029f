"""A team's board asks for all that its people have: their books are in the order of teams, and within a team of people. The round in which
all leads are looked at again goes slowly, beside the looks at new ones."""

from alembic import op

revision = "0012"
down_revision = "0010"

SQL = (
    # A second for a million leads: capture waits for that, and loses nothing.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_held on lead_place (team, assignee) where place = 'person'",
    # Whoever asks for somebody's book names the teams, the former build too.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index lead_place_worked",
    "alter table conservation add column round_lead uuid not null default '00000000-0000-0000-0000-000000000000'",
    "comment on column conservation.round_lead is 'to which the round has come in which all are looked at again'",
    "comment on column conservation.swept_at is 'new leads captured up to then were looked at'",
)


def upgrade() -> None:
    """Makes the one index, takes the other away, and adds the column."""
    for statement in SQL:
        op.execute(statement)
