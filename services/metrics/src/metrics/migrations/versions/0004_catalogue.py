"""A KPI row has a period and holds its measures by name; a lead's fact keeps the time of every step."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = (
    "alter table lead_fact rename column placed_at to routed_at",
    "alter table lead_fact rename column person to assignee",
    "alter table lead_fact add column closed_at timestamptz, add column steps jsonb",
    "drop table kpi_money",
    "drop table kpi",
    """
    create table kpi (
        by text not null,
        period text not null,
        key text not null,
        version bigint not null,
        measures json not null,
        changed_xid bigint not null default pg_current_xact_id()::text::bigint,
        primary key (by, period, key)
    ) with (fillfactor = 50)
    """,
    "create index kpi_changed_xid on kpi (changed_xid)",
)
DOWN = (
    "drop table kpi",
    """
    create table kpi (
        by text not null,
        key text not null,
        leads bigint not null,
        qualified bigint not null,
        valid bigint not null,
        routed bigint not null,
        assigned bigint not null,
        won bigint not null,
        lost bigint not null,
        version bigint not null,
        changed_xid bigint not null default pg_current_xact_id()::text::bigint,
        primary key (by, key)
    ) with (fillfactor = 50)
    """,
    "create index kpi_changed_xid on kpi (changed_xid)",
    """
    create table kpi_money (
        by text not null,
        key text not null,
        measure text not null constraint kpi_money_measure check (measure in ('won_amount', 'spend')),
        currency char(3) not null,
        minor numeric not null,
        primary key (by, key, measure, currency)
    ) with (fillfactor = 50)
    """,
    "alter table lead_fact drop column closed_at, drop column steps",
    "alter table lead_fact rename column assignee to person",
    "alter table lead_fact rename column routed_at to placed_at",
)


def upgrade() -> None:
    """The rows of KPIs are made anew by ``recompute --rebuild``."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """As it was, without the rows of KPIs."""
    for statement in DOWN:
        op.execute(statement)
