"""Credits are kept for good, in parts of a lead, and every turn of a rotation has a number.

Credits of before were counted in weights of those present at the time: they can't be told in parts of a lead, so each rotation
begins anew, once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Turns are counted from here on; decisions of before have no number."""
    op.add_column("rotation", sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("update rotation set credits = '{}'")
    op.add_column("decision", sa.Column("turn", sa.BigInteger))


def downgrade() -> None:
    """As it was."""
    op.drop_column("decision", "turn")
    op.execute("update rotation set credits = '{}'")
    op.drop_column("rotation", "turn")
