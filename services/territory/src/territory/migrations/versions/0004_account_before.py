"""A turn that is booked back says when, each rule how many leads its team has sent on as not its own, and each market how many
waiting leads it has placed."""

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = (
    # What a former build books has the moment of its transaction, and so has what was booked before.
    "alter table rotation_back add column booked_at timestamptz not null default now()",
    "alter table market add column swept integer not null default 0",
    """
    create table rule_return (
        ruleset integer not null,
        rule text not null,
        leads integer not null,
        primary key (ruleset, rule)
    )
    """,
)


def upgrade() -> None:
    """Adds two columns and a small table."""
    for statement in SQL:
        op.execute(statement)
