"""The tables of how leads stand: they are part of ``tables.METADATA``."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

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
        "lead_case_unplaced",
        "looked",
        "lead_id",
        postgresql_where=text("person is null and ended_at is null and (rule is null or rule = 'fallback')"),
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
    Index("customer_book", "team", "person"),
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
    info={"door": "select", "rows": team()},
)
