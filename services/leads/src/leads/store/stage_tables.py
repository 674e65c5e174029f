"""The tables of pipelines, and of the documents that sales have."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import free
from leads.store.activity_tables import of_the_team
from leads.store.tables import METADATA, WHEN

PIPELINE = Table(
    "pipeline",
    METADATA,
    Column("pipeline", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("stages", JSONB, nullable=False, comment="in their order, with what each asks for"),
    comment="the stages of each sales line, as territory says",
    info={"door": "select", "rows": free("how sales go on holds no lead")},
)

DOCUMENT = Table(
    "document",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False, comment="of what was sent, before it was sealed"),
    Column("name", LargeBinary, comment="what it is called, sealed under the person's key"),
    Column("author", Text, nullable=False),
    Column("on_behalf_of", Text),
    Column("team", Text, nullable=False, comment="whose the lead was then"),
    Column("at", WHEN, nullable=False),
    Index("document_of_lead", "lead_id", "at"),
    comment="append only: which documents leads have; what is in them rests sealed in the store of files",
    info={"door": "select, insert", "rows": of_the_team("author")},
)
