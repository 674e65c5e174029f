"""What the toy keeps."""

from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text

METADATA = MetaData()

NOTE = Table(
    "note",
    METADATA,
    Column("n", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("what", Text, nullable=False),
    info={"door": "select, insert"},
)
SPENT = Table("spent", METADATA, Column("spend_id", Text, primary_key=True))
