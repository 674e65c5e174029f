"""What the toy keeps."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, LargeBinary, MetaData, Table, Text

from chassis.row_policies import free, team, through

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
PIECE = Table(
    "piece",
    METADATA,
    Column("piece", Integer, primary_key=True),
    Column("team", Text, nullable=False, server_default="(unplaced)"),
    Column("owner", Text),
    Column("what", Text, nullable=False, server_default=""),
    Column("sealed", LargeBinary),
    info={"door": "select, insert, update, delete", "rows": team(records="owner")},
)
REMARK = Table(
    "remark",
    METADATA,
    Column("n", Integer, primary_key=True),
    Column("piece", Integer, ForeignKey("piece.piece"), nullable=False),
    Column("what", Text, nullable=False),
    info={"door": "select, insert", "rows": through(PIECE, "piece")},
)
DESK = Table(
    "desk",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("team", Text),
    info={"door": "select", "rows": team()},
)
