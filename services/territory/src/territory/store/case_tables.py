"""The tables of how leads stand: they are part of ``tables.METADATA``."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import team
from chassis.tables import GROWING
from territory.store.organisation_tables import METADATA as METADATA
from territory.store.organisation_tables import STRUCTURE

# How each lead stands: the person who has it, or the code for what it waits for, since when. ``waits_turn`` says that it waits for
# somebody of its team who can take it.
LEAD_CASE = Table(
    "lead_case",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("verdict", Integer, nullable=False),
    Column("team", Text),
    Column("person", Text),
    Column("code", Text),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("not_to", ARRAY(Text), nullable=False),
    Column("excluded", ARRAY(Text), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended", Text),
    Column("party_id", Uuid),
    Column("rule", Text),
    Column("looked", Integer, nullable=False),
    Column("waits_turn", Boolean, nullable=False),
    Index(
        "lead_case_queue",
        "team",
        "waits_turn",
        "since",
        "lead_id",
        postgresql_where=text("person is null and ended_at is null"),
    ),
    Index("lead_case_book", "person", postgresql_where=text("person is not null and ended_at is null")),
    Index("lead_case_party", "party_id", postgresql_where=text("party_id is not null")),
    Index(
        "lead_case_unasked",
        "looked",
        "since",
        "lead_id",
        postgresql_where=text(
            "person is null and ended_at is null and (waits_turn or rule is null or rule = 'fallback')"
        ),
    ),
    postgresql_with=GROWING,
    info={"door": "select, insert, update", "rows": team()},
)

# Which team has a customer, and who in it.
CUSTOMER = Table(
    "customer",
    METADATA,
    Column("party_id", Uuid, primary_key=True),
    Column("line", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("person", Text),
    Column("since_at", DateTime(timezone=True), nullable=False),
    Column("cause", Text, nullable=False),
    postgresql_with=GROWING,
    info={"door": "select, insert, update", "rows": team()},
)

# Leads given on a day of their own zone to those who take only so many; who decides about one of them holds the row.
LOAD = Table(
    "load",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("today", Integer, nullable=False),
    info={"door": "select, insert, update", "rows": STRUCTURE},
)

# Turns that were booked back, each under a turn of its own of the same rotation.
ROTATION_BACK = Table(
    "rotation_back",
    METADATA,
    Column("team", Text, primary_key=True),
    Column("turn", BigInteger, primary_key=True),
    Column("of_turn", BigInteger, nullable=False),
    Column("lead_id", Uuid, nullable=False),
    Column("booked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    info={"door": "select", "rows": STRUCTURE},
)

# How many leads that a rule of a version sent were given back because they were not its team's to have.
RULE_RETURN = Table(
    "rule_return",
    METADATA,
    Column("ruleset", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("leads", Integer, nullable=False),
    info={"door": "select", "rows": STRUCTURE},
)

# An order that leads of a team go to another team or person: asked by one, approved by whoever leads there, carried out by a job.
TRANSFER = Table(
    "transfer",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("from_team", Text, nullable=False),
    Column("person", Text),
    Column("leads", ARRAY(Uuid), nullable=False),
    Column("to_team", Text, nullable=False),
    Column("to_person", Text),
    Column("successors", JSONB, nullable=False),
    Column("with_customer", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("lapses_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("undo_of", Uuid),
    Column("items", Integer),
    CheckConstraint("kind in ('list', 'book', 'undo')", name="transfer_kind_check"),
    Index("transfer_open", "asked_at", postgresql_where=text("state in ('asked', 'rehearsed', 'approved', 'running')")),
    info={"door": "select, insert, update", "rows": STRUCTURE},
)

# The leads of a transfer in their order: whose each was, by which decision it went, and what became of it.
TRANSFER_ITEM = Table(
    "transfer_item",
    METADATA,
    Column("transfer_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("from_team", Text, nullable=False),
    Column("from_person", Text),
    Column("to_person", Text),
    Column("number", Integer, nullable=False),
    Column("made", Integer),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Index("transfer_item_waiting", "transfer_id", "place", postgresql_where=text("state = 'waiting'")),
    info={"door": "select", "rows": team("from_team")},
)
