"""That a scorecard is applied to leads that wait for a qualifier, and how far that is."""

from alembic import op

revision = "0013"
down_revision = "0012"

SQL = (
    """
    create table rule_applied (
        kind text, version integer, state text not null, by text not null, asked_at timestamptz not null, position uuid,
        leads integer not null, changed integer not null, unreadable integer not null, done_at timestamptz,
        primary key (kind, version)
    )
    """,
    "comment on table rule_applied is 'versions in force that judge anew who waits for a qualifier, and how far that is'",
    "comment on column rule_applied.position is 'the last lead that was looked at; null before the first'",
    "create index rule_applied_waiting on rule_applied (asked_at) where state = 'waiting'",
)


def upgrade() -> None:
    """Makes the table."""
    for statement in SQL:
        op.execute(statement)
