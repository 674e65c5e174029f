"""Words by which leads are found are hashed in another way and need one index less: all leads become findable anew."""

from alembic import op

revision = "0019"
down_revision = "0016"

SQL = (
    # Nothing asks by it: whoever waits for the lock waits a moment.
    "-- squawk-ignore require-concurrent-index-deletion\ndrop index search_word_of_lead",
    # The job that writes them begins at the first lead again; until it has come by, a lead is found by no word.
    "delete from search_word",
    "delete from search_position",
    # A build that does not know it hashes as before.
    "insert into oldest_build (revision) values ('0011') on conflict do nothing",
)


def upgrade() -> None:
    """Takes the index away, and what the former build has hashed."""
    for statement in SQL:
        op.execute(statement)
