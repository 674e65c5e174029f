"""Drafts of the market have a table, and each market says by whom and of which draft it was put in force."""

from alembic import op

revision = "0005"
down_revision = "0004"

SQL = (
    """
    create table market_draft (
        draft integer not null primary key,
        document jsonb not null,
        author text not null,
        at timestamptz not null,
        edit integer not null,
        made_from integer not null,
        history jsonb not null,
        version integer,
        is_dropped boolean not null,
        tried jsonb
    )
    """,
    "create index market_draft_to_try on market_draft (draft) where tried ->> 'state' = 'waiting'",
    # What a former build puts in force is put by nobody who is known here, as what was put before.
    "alter table market add column by text, add column draft integer",
)


def upgrade() -> None:
    """Makes a table, and adds two columns."""
    for statement in SQL:
        op.execute(statement)
