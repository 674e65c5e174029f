"""What the toy keeps."""

from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

from chassis.row_policies import free

METADATA = MetaData()

NOTE = Table(
    "note",
    METADATA,
    Column("n", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("what", Text, nullable=False),
    info={"door": "select, insert, update", "rows": free("notes are for everybody")},
)
SPENT = Table("spent", METADATA, Column("spend_id", Text, primary_key=True))
