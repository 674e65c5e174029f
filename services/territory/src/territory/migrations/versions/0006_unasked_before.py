"""Leads that wait for a turn of their team are asked of a new market's rules too: they are found as those are that no rule claims."""

from alembic import op

revision = "0006"
down_revision = "0005"

SQL = (
    # Of the few that wait. Reading a million others takes a second: decisions wait for that, and none is lost.
    """
    -- squawk-ignore require-concurrent-index-creation
    create index lead_case_unasked on lead_case (looked, since, lead_id)
    where person is null and ended_at is null and (waits_turn or rule is null or rule = 'fallback')
    """,
    # The former build asks for some of those, and finds them there.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index lead_case_unplaced",
)


def upgrade() -> None:
    """Makes the one index and takes the other away."""
    for statement in SQL:
        op.execute(statement)
