"""The tables as the code expects them; a test compares them with what the migrations make."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.types import CHAR

from chassis.row_policies import free, team
from chassis.tables import GROWING

METADATA = (
    MetaData()
)  # `info` says what the doors may do to a table and which rows exist for whom; without these words, nothing

# What is known of each lead. The table is the hottest of all, and updates in place stay in place: beside the key it has one index, of
# what changes once in a lead's life, without which the leads behind a number are a walk through all of them.
LEAD_FACT = Table(
    "lead_fact",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("captured_at", DateTime(timezone=True)),
    Column("channel", Text),
    Column("campaign", Text),
    Column("qualified_at", DateTime(timezone=True)),
    Column("valid", Boolean, nullable=False),
    Column("discarded_at", DateTime(timezone=True)),
    Column("routed_at", DateTime(timezone=True)),
    Column("segment", Text),
    Column("team", Text),
    Column("assigned_at", DateTime(timezone=True)),
    Column("assignee", Text),
    Column("revision", Integer, nullable=False),
    Column("outcome", Text),
    Column("amount", BigInteger),
    Column("currency", CHAR(3)),
    Column("closed_at", DateTime(timezone=True)),
    Column("history", Text),
    Column("segment_key", Text),
    Column("channel_key", Text),
    Column("campaign_key", Text),
    Column("steps", JSONB),  # the times of steps that have no column: earlier ones, and those of other steps
    Column("moved_at", DateTime(timezone=True)),
    Column("requests", JSONB),  # what its customer is owed, by number; null where nothing was told of that
    CheckConstraint("outcome in ('won', 'lost')", name="lead_fact_outcome"),
    Index("lead_fact_of_team", "team", "lead_id"),
    # Of ranges of pages, not of rows: it costs a new lead nothing to speak of, and keeps no update from staying in place.
    Index("lead_fact_came", "captured_at", postgresql_using="brin"),
    postgresql_with=GROWING | {"fillfactor": "45"},
    info={"door": "select", "rows": team()},
)

CAMPAIGN_FACT = Table(
    "campaign_fact",
    METADATA,
    Column("campaign", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("channel", Text),
    Column("segment", Text),
    Column("history", Text),
    Column("segment_key", Text),
    Column("channel_key", Text),
    Column("campaign_key", Text),
    Column("owning_team", Text),
)

LINE_FACT = Table(
    "line_fact",
    METADATA,
    Column("campaign", Text, primary_key=True),
    Column("line", Text, primary_key=True),
    Column("currency", CHAR(3), primary_key=True),
    Column("posting", BigInteger, nullable=False),
    Column("incurred", BigInteger, nullable=False),
    Column("history", Text),
    postgresql_with={"fillfactor": "70"},
)

# Every number of the company: the sums over all teams, as they are told on metrics.kpi. No door reaches them.
# ``changed_xid`` is the transaction that changed the row last. A poller that remembers the oldest transaction still running
# and reads from there on never misses a commit; what it reads twice is the same absolute value.
# ``measures`` holds what is not zero, by the names of the catalogue: a new number is no new column. It is written whole by
# whoever has the turn, and kept as text: a jsonb would be taken apart and put together a thousand times a delivery.
KPI = Table(
    "kpi",
    METADATA,
    Column("by", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("measures", JSON, nullable=False),
    Column("changed_xid", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")),
    Index("kpi_changed_xid", "changed_xid"),
    postgresql_with={"fillfactor": "50"},
)

# What each team adds to a number; what somebody sees of a key is the sum over his teams. A part changes with its company's row,
# by which it is found, so no index but the key has to be kept and updates stay in place. The team stands last in the key, so that
# the parts of a row lie side by side: whole rows are read more often than whole teams.
KPI_PART = Table(
    "kpi_part",
    METADATA,
    Column("by", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("team", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("measures", JSON, nullable=False),
    postgresql_with={"fillfactor": "50"},
    info={"door": "select", "rows": team()},
)

# The version that the last merge gave: each is above all earlier ones, so that the highest version of some teams' rows grows
# whenever one of them changes.
MERGED = Table(
    "merged",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("only_one", name="merged_only_one"),
    postgresql_with={"fillfactor": "50"},
    info={"door": "select", "rows": free("when anything was counted last says nothing of anybody")},
)

# The time of the newest event heard of each topic.
AS_OF = Table(
    "as_of",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    postgresql_with={"fillfactor": "50"},
    info={"door": "select", "rows": free("how far a topic was heard says nothing of anybody")},
)

# Up to which transaction the changes of KPI rows have been said on metrics.kpi.
PUBLICATION = Table(
    "publication",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    Column("turn", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
    CheckConstraint("only_one", name="publication_only_one"),
    postgresql_with={"fillfactor": "50"},
)

# The names that have a KPI row of their own: ``key`` is the one form in which names are compared, ``name`` as it was written
# first. What nobody ``declared`` came by itself, and only so many of those are let in.
KNOWN_NAME = Table(
    "known_name",
    METADATA,
    Column("by", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("declared", Boolean, nullable=False),
    info={
        "door": "select",
        "rows": free("how names are spelled; no door shows one of which nothing of the teams is counted"),
    },
)

# What a closed day has counted of each lead, once and for ever: the step, for which team, in whose hands. Nobody at a door
# reads it; the league is made of it.
LEAGUE_ENTRY = Table(
    "league_entry",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("team", Text, nullable=False),
    Column("person", Text),
    Column("valid", Boolean, nullable=False),
    Column("outcome", Text),
    Column("amount", BigInteger),
    Column("currency", CHAR(3)),
    Index("league_entry_day", "day"),
    postgresql_with=GROWING,
)

# Days and weeks that were closed. Their rows are never written again.
LEAGUE_PERIOD = Table(
    "league_period",
    METADATA,
    Column("grain", Text, primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("ends_on", Date, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
    info={"door": "select", "rows": free("which periods are closed is for every member to know")},
)

# What a closed period shows of each team: where too few leads or people stand behind them, the numbers are not here at all.
LEAGUE = Table(
    "league",
    METADATA,
    Column("grain", Text, primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("team", Text, primary_key=True),
    Column("counts", JSON),
    Column("money", JSON),
    info={"door": "select", "rows": free("closed periods for every member: what is too small a group is not in it")},
)
