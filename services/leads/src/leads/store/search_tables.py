"""The tables by which leads are found. They hold no word: keyed hashes, which tell that two leads share one and no more."""

from sqlalchemy import BigInteger, Boolean, Column, PrimaryKeyConstraint, Table, Uuid, text

from chassis.row_policies import through
from chassis.tables import GROWING
from leads.store.tables import LEAD_PLACE, METADATA, WHEN

SEARCH_WORD = Table(
    "search_word",
    METADATA,
    Column("key", BigInteger, nullable=False, comment="a keyed hash of a word, an e-mail address or a phone number"),
    Column("lead_id", Uuid, nullable=False),
    PrimaryKeyConstraint("key", "lead_id"),
    postgresql_with=GROWING,
    info={"door": "select", "rows": through(LEAD_PLACE, "lead_id")},
)

SEARCH_POSITION = Table(
    "search_position",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("captured_at", WHEN, nullable=False, comment="leads captured up to then can be found"),
    Column("lead_id", Uuid, comment="of those of that moment, up to this one; null: all of them"),
)
