"""Names that have a row, the history that a standing is of, sums without a bound, and tickets to the stream."""

import sqlalchemy
from alembic import op

from values.text import key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = "add column history text, add column segment_key text, add column channel_key text, add column campaign_key text"
UP = (
    f"alter table lead_fact {KEYS}",
    f"alter table campaign_fact {KEYS}",
    "alter table line_fact add column history text",
    "alter table kpi_money alter column minor type numeric",
    """
    create table known_name (
        by text not null,
        key text not null,
        name text not null,
        declared boolean not null,
        primary key (by, key)
    )
    """,
    "create table stream_ticket (digest bytea primary key, expires_at timestamptz not null)",
)
# Rows that are there stay: each is known by its name, and of two that differ in spelling alone the greater one by both.
KNOWN = (
    "select by, key from kpi where by in ('segment', 'channel', 'campaign') and key !~ '^[(].*[)]$' order by leads desc"
)
ADD = "insert into known_name values (:by, :key, :name, :by = 'segment') on conflict do nothing"
DOWN = (
    "drop table stream_ticket",
    "drop table known_name",
    "alter table kpi_money alter column minor type bigint",
    "alter table line_fact drop column history",
    *(
        f"alter table {table} drop column history, drop column segment_key, drop column channel_key, drop column campaign_key"
        for table in ("campaign_fact", "lead_fact")
    ),
)


def upgrade() -> None:
    """Names get their normal form here, in Python: the database does not know it."""
    for statement in UP:
        op.execute(statement)
    bind = op.get_bind()
    for by, name in bind.execute(sqlalchemy.text(KNOWN)).all():
        bind.execute(sqlalchemy.text(ADD), {"by": by, "key": key(name), "name": name})


def downgrade() -> None:
    """As it was, where every sum fits."""
    for statement in DOWN:
        op.execute(statement)
