"""The tables as the code expects them; a test compares them with what the migrations make."""

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    CheckConstraint,
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

from chassis.row_policies import scope, team, through

METADATA = MetaData()  # `info`: what the doors may do to a table, and which rows exist for whom; without it, nothing

# A campaign is its team's. Nobody's yet is one that only spend has named: whoever may plan takes it. A machine that may plan puts
# plans of any team on record and is shown none of them: no scope opens a door that reads.
_CAMPAIGN = team(shared=True, besides=f"not {{row}}.known or {scope('campaigns:plan')}")

# A campaign that only spend has named is here with known = false, without a plan. ``campaign`` is its name as it was written
# first, ``key`` the one form in which names are compared.
CAMPAIGN = Table(
    "campaign",
    METADATA,
    Column("campaign", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("known", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("team", Text, nullable=False, server_default=text("'(unplaced)'")),
    Column("name", Text),
    Column("channel", Text),
    Column("segment", Text),
    Column("starts_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    Column("currency", CHAR(3)),
    Column("planned_at", DateTime(timezone=True)),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("version >= 0", name="campaign_version_check"),
    CheckConstraint("known = (currency is not null and name is not null)", name="campaign_check"),
    info={"door": "select, insert, update", "rows": _CAMPAIGN},
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
    *(
        CheckConstraint(f"{column} >= 0", name=f"budget_line_{column}_check")
        for column in ("budget", "committed", "incurred", "unmatched", "postings")
    ),
    postgresql_with={"fillfactor": "70"},
    info={"door": "select, insert, update", "rows": through(CAMPAIGN, "campaign")},
)

# ``sender`` is the normal form of ``source``, and so is ``campaign`` of the name that was reported. ``note_box`` is sealed.
SPEND = Table(
    "spend",
    METADATA,
    Column("sender", Text, primary_key=True),
    Column("spend_id", Text, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("line", Text),
    Column("amount", BigInteger, nullable=False),
    Column("currency", CHAR(3), nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("note_box", Text, info={"watched": False}),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("conflicting", Boolean, nullable=False, server_default=text("false")),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount >= 0", name="spend_amount_check"),
    info={"door": "select", "rows": through(CAMPAIGN, "campaign", "key")},
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
    Column("sender", Text),
    Column("spend_id", Text),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["campaign", "line", "currency"], ["budget_line.campaign", "budget_line.line", "budget_line.currency"]
    ),
    UniqueConstraint("campaign", "line", "currency", "posting"),
    ForeignKeyConstraint(["sender", "spend_id"], ["spend.sender", "spend.spend_id"]),
    UniqueConstraint("sender", "spend_id"),
    CheckConstraint("(sender is null) = (spend_id is null)", name="ledger_posting_of_a_sender"),
    CheckConstraint("posting > 0", name="ledger_posting_posting_check"),
    CheckConstraint("amount <> 0", name="ledger_posting_amount_check"),
    Index("ledger_posting_newest", "campaign", "id"),
    info={"door": "select, insert", "rows": through(CAMPAIGN, "campaign")},
)

# Above zero a debit, below zero a credit: the entries of a posting sum to zero.
LEDGER_ENTRY = Table(
    "ledger_entry",
    METADATA,
    Column("posting_id", BigInteger, ForeignKey("ledger_posting.id"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("account in ('funding', 'available', 'committed', 'incurred')", name="ledger_entry_account_check"),
    CheckConstraint("amount <> 0", name="ledger_entry_amount_check"),
    info={
        "door": "select, insert",
        "rows": through(LEDGER_POSTING, "posting_id", "id", together="one statement makes a posting and its entries"),
    },
)
