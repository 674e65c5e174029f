"""The tables as the code expects them; a test compares them with what the migrations make."""

from sqlalchemy import (
    ARRAY,
    CHAR,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import team
from chassis.tables import GROWING
from territory.store.case_tables import METADATA  # with the organisation's tables in it, and those of how leads stand
from territory.store.organisation_tables import STRUCTURE as _STRUCTURE

# Every market file that ever took effect, as it was given, and by whom and of which draft that was put in force. Of a row only ``swept``
# changes: the leads that it has placed which waited for rules before it.
MARKET = Table(
    "market",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    Column("sha256", CHAR(64), nullable=False),
    Column("activated_at", DateTime(timezone=True), nullable=False),
    Column("swept", Integer, nullable=False, server_default=text("0")),
    Column("by", Text),
    Column("draft", Integer),
    info={"door": "select, insert", "rows": _STRUCTURE},
)

# Market files that may be put in force one day, or were: what each says, by whom, and what was done to it.
MARKET_DRAFT = Table(
    "market_draft",
    METADATA,
    Column("draft", Integer, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("edit", Integer, nullable=False),
    Column("made_from", Integer, nullable=False),
    Column("history", JSONB, nullable=False),
    Column("version", Integer),
    Column("is_dropped", Boolean, nullable=False),
    Column("tried", JSONB),
    Index("market_draft_to_try", "draft", postgresql_where=text("tried ->> 'state' = 'waiting'")),
    info={"door": "select, insert, update", "rows": _STRUCTURE},
)

# One row: the version in force, 0 before the first. Every batch holds it while it decides, so that an activation waits
# for the batches under way and no batch sees two versions.
ACTIVE_MARKET = Table(
    "active_market",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=true()),
    Column("version", Integer, nullable=False),
    CheckConstraint("only_one", name="active_market_only_one"),
    info={"door": "select, update", "rows": _STRUCTURE},
)

# How many turns each team has taken and what each person is owed, in parts of a lead, made when the team first appears in a
# market. No edit of a market touches it; who is away or has left keeps their credit. ``wakes_at`` is when the leads that wait for a
# turn are looked at again, and ``looked`` how often the organisation had changed when they last were.
ROTATION = Table(
    "rotation",
    METADATA,
    Column("team", Text, primary_key=True),
    Column("turn", BigInteger, nullable=False, server_default=text("0")),
    Column("credits", JSONB, nullable=False),
    Column("wakes_at", DateTime(timezone=True)),
    Column("looked", BigInteger, nullable=False, server_default=text("0")),
    info={"door": "select, insert, update", "rows": _STRUCTURE},
)

# Every decision about a lead, the one with the greatest number stands. ``attributes`` are all that were known of the lead.
# ``refused`` holds how many rules and which members were not taken; which rules follows from the attributes and the version.
# ``roster`` names the members among whom the turn was taken.
DECISION = Table(
    "decision",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("ruleset", Integer, nullable=False),
    Column("rule", Text),
    Column("segment", Text),
    Column("team", Text),
    Column("pipeline", Text),
    Column("assignee", Text),
    Column("turn", BigInteger),
    Column("reason", Text),
    Column("attributes", JSONB, nullable=False),
    Column("refused", JSONB, nullable=False),
    Column("excluded_teams", ARRAY(Text), nullable=False),
    Column("excluded_people", ARRAY(Text), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("roster", Uuid),
    Column("code", Text),
    Column("would_rule", Text),
    Column("by", Text),
    Column("on_behalf_of", Text),
    Column("transfer_id", Uuid),
    postgresql_with=GROWING | {"fillfactor": "100"},
    info={"door": "select, insert", "rows": team()},
)
