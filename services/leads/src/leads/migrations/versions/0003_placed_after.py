"""A lead that no team has is the catch-all desk's, and says so: an index by team, which policies and lists ask for, has it too."""

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = (
    # In a new database the worker's rights come only after the revisions.
    "do $$ begin execute format('grant select, update on lead_place to %I', current_user || '_worker'); end $$",
    "select set_config('role', current_user || '_worker', true)",
    "update lead_place set team = '(unplaced)' where team is null",
    "reset role",
    # No build at work writes it empty any more, and one look through the table is short.
    "-- squawk-ignore adding-not-nullable-field\nalter table lead_place alter column team set not null",
    # A build that does not know it writes no team.
    "insert into oldest_build (revision) values ('0003') on conflict do nothing",
)


def upgrade() -> None:
    """Names the desk where no team was named."""
    for statement in SQL:
        op.execute(statement)
