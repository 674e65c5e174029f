"""Names are compared in one form, an id belongs to its sender, and a note is sealed.

This one does more than expand: no statement of the code before can name a spend without its sender.
"""

import sqlalchemy
from alembic import op

from values.text import key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE = (
    "alter table campaign add column key text",
    "alter table spend add column sender text, add column note_box text",
    "alter table ledger_posting add column sender text",
    "alter table ledger_posting disable trigger never_rewritten",
)
# What was noted in the clear is not kept: it can't be sealed from here.
AFTER = (
    "update ledger_posting p set sender = s.sender from spend s where s.spend_id = p.spend_id",
    "alter table ledger_posting enable trigger never_rewritten",
    "alter table campaign alter column key set not null, add unique (key)",
    "alter table ledger_posting drop constraint ledger_posting_spend_id_fkey, drop constraint ledger_posting_spend_id_key",
    "alter table spend alter column sender set not null, drop column note, drop constraint spend_pkey",
    "alter table spend add primary key (sender, spend_id), drop constraint spend_amount_check",
    "alter table spend add constraint spend_amount_check check (amount >= 0)",
    "alter table ledger_posting add foreign key (sender, spend_id) references spend, add unique (sender, spend_id)",
    "alter table ledger_posting add constraint ledger_posting_of_a_sender check ((sender is null) = (spend_id is null))",
)
BACK = (
    "alter table ledger_posting drop constraint ledger_posting_of_a_sender",
    "alter table ledger_posting drop constraint ledger_posting_sender_spend_id_fkey",
    "alter table ledger_posting drop constraint ledger_posting_sender_spend_id_key",
    "alter table spend drop constraint spend_pkey, add primary key (spend_id), add column note text",
    "alter table spend drop constraint spend_amount_check, add constraint spend_amount_check check (amount > 0)",
    "alter table spend drop column sender, drop column note_box",
    "alter table ledger_posting drop column sender, add foreign key (spend_id) references spend, add unique (spend_id)",
    "alter table campaign drop column key",
)


def upgrade() -> None:
    """Names get their normal form here, in Python: the database does not know it."""
    for statement in BEFORE:
        op.execute(statement)
    bind = op.get_bind()
    taken: set[str] = set()
    # Of two that differ in spelling alone the planned one keeps the name, and the other can be found as it is written.
    for (name,) in bind.execute(
        sqlalchemy.text("select campaign from campaign order by known desc, first_seen_at")
    ).all():
        normal = key(name) if key(name) not in taken else name
        taken.add(normal)
        bind.execute(
            sqlalchemy.text("update campaign set key = :key where campaign = :name"), {"key": normal, "name": name}
        )
    for (source,) in bind.execute(sqlalchemy.text("select distinct source from spend")).all():
        told = {"sender": key(source), "source": source}
        bind.execute(sqlalchemy.text("update spend set sender = :sender where source = :source"), told)
    for (name,) in bind.execute(sqlalchemy.text("select distinct campaign from spend")).all():
        told = {"key": key(name), "name": name}
        bind.execute(sqlalchemy.text("update spend set campaign = :key where campaign = :name"), told)
    for statement in AFTER:
        op.execute(statement)


def downgrade() -> None:
    """As it was, as long as no two senders have used the same id."""
    for statement in BACK:
        op.execute(statement)
