"""How the tables that grow are vacuumed, analysed and filled."""

from alembic import op

from chassis import schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Less work behind the statements."""
    schema.care(op, lead=45, person=100)


def downgrade() -> None:
    """As it was."""
    schema.uncare(op, lead=70, person=100)
