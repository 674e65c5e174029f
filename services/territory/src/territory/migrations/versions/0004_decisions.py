"""A decision can be followed by another: decisions are numbered, and know all attributes of the lead, their cause and whom they
exclude. Those of before are the first of their leads, and know of the attributes what rules asked for.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Builds of before can't work on it: they know neither the key nor the names."""
    op.execute("""
        alter table decision
            add column number int not null default 1,
            add column cause text not null default 'new',
            add column excluded_teams text[] not null default '{}',
            add column excluded_people text[] not null default '{}',
            drop constraint decision_pkey,
            add primary key (lead_id, number)
    """)
    op.execute("""
        alter table decision
            alter column number drop default,
            alter column cause drop default,
            alter column excluded_teams drop default,
            alter column excluded_people drop default
    """)
    op.execute("alter table decision rename column person to assignee")
    op.execute("alter table decision rename column inputs to attributes")


def downgrade() -> None:
    """Of each lead's decisions the newest is left."""
    op.execute(
        "delete from decision d using decision later where later.lead_id = d.lead_id and later.number > d.number"
    )
    op.execute("alter table decision rename column assignee to person")
    op.execute("alter table decision rename column attributes to inputs")
    op.execute("""
        alter table decision
            drop constraint decision_pkey,
            drop column number,
            drop column cause,
            drop column excluded_teams,
            drop column excluded_people,
            add primary key (lead_id)
    """)
