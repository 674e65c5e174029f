"""Of what decisions rest on no statistics are made: nothing is chosen by it, and whoever reads it reads one lead's."""

from alembic import op

revision = "0007"
down_revision = "0006"

SQL = (
    "alter table decision alter column attributes set statistics 0, alter column refused set statistics 0,"
    " alter column excluded_teams set statistics 0, alter column excluded_people set statistics 0",
    "alter table lead_case alter column not_to set statistics 0, alter column excluded set statistics 0",
)


def upgrade() -> None:
    """Spares them."""
    for statement in SQL:
        op.execute(statement)
