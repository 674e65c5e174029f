"""Who has decided that events are done without that were lost, and why."""

from alembic import op

revision = "chassis_0005"
down_revision = "chassis_0004"

SQL = (
    """
    create table accepted_loss (
        topic text not null,
        source text not null,
        shard integer not null,
        first_seq bigint not null,
        last_seq bigint not null,
        reason text not null,
        accepted_by text not null,
        accepted_at timestamptz not null default now(),
        primary key (topic, source, shard, first_seq),
        constraint accepted_loss_last_seq_check check (first_seq <= last_seq)
    )
    """,
    "comment on table accepted_loss is 'append only: which events a person has decided to do without'",
)


def upgrade() -> None:
    for statement in SQL:
        op.execute(statement)
