"""The tables as the code expects them; Alembic compares them with the migrations."""

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()

# A campaign that only spend has named is here with known = false, without a plan.
CAMPAIGN = Table(
    "campaign",
    METADATA,
    Column("campaign", Text, primary_key=True),
    Column("known", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text),
    Column("channel", Text),
    Column("segment", Text),
    Column("starts_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    Column("currency", CHAR(3)),
    Column("planned_at", DateTime(timezone=True)),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
)

BUDGET_LINE = Table(
    "budget_line",
    METADATA,
    Column("campaign", Text, ForeignKey("campaign.campaign"), primary_key=True),
    Column("line", Text, primary_key=True),
    Column("currency", CHAR(3), primary_key=True),
    Column("item", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("planned", Boolean, nullable=False),
    Column("budget", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("incurred", BigInteger, nullable=False),
    Column("available", BigInteger, Computed("budget - committed - incurred", persisted=True), nullable=False),
    Column("unmatched", BigInteger, nullable=False),
    Column("postings", Integer, nullable=False),
)

SPEND = Table(
    "spend",
    METADATA,
    Column("spend_id", Text, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("line", Text),
    Column("amount", BigInteger, nullable=False),
    Column("currency", CHAR(3), nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("note", Text),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("conflicting", Boolean, nullable=False, server_default=text("false")),
    Column("counted_at", DateTime(timezone=True), nullable=False),
)

LEDGER_POSTING = Table(
    "ledger_posting",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("currency", CHAR(3), nullable=False),
    Column("posting", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("spend_id", Text, ForeignKey("spend.spend_id")),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["campaign", "line", "currency"], ["budget_line.campaign", "budget_line.line", "budget_line.currency"]
    ),
    UniqueConstraint("campaign", "line", "currency", "posting"),
    UniqueConstraint("spend_id"),
    Index("ledger_posting_newest", "campaign", "id"),
)

# Above zero a debit, below zero a credit: the entries of a posting sum to zero.
LEDGER_ENTRY = Table(
    "ledger_entry",
    METADATA,
    Column("posting_id", BigInteger, ForeignKey("ledger_posting.id"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
