"""The tables as the code expects them; a test compares them with what the migrations make."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import GROWING

METADATA = MetaData()  # `info` says what the doors may do to a table; without that word, nothing
WHEN = DateTime(timezone=True)

LEAD = Table(
    "lead",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("person_id", Uuid),
    Column("personal", LargeBinary, comment="contact, message and answers, sealed under the person's key"),
    Column("about", JSONB, comment="what may be known without knowing the person"),
    Column("state", Text, nullable=False),
    Column("occurred_at", WHEN),
    Column("captured_at", WHEN),
    Column("qualified_at", WHEN),
    Column("grade", Text),
    Column("disposition", Text),
    Column("scorecard", BigInteger),
    Column("discarded_at", WHEN),
    Column("discard_reason", Text),
    Column("opened_at", WHEN),
    Column("segment", Text),
    Column("team", Text),
    Column("pipeline", Text),
    Column("assigned_at", WHEN),
    Column("person", Text),
    Column("waits", Text),
    Column("content", Text, comment="a digest of what was submitted, keyed with the person's key"),
    Column("differing", Integer, nullable=False, server_default="0"),
    Column("outcomes", JSONB, nullable=False, server_default="[]"),
    Column("history", JSONB, nullable=False, server_default="[]", comment="append only"),
    postgresql_with=GROWING | {"fillfactor": "45"},
    info={"door": "select"},
)

PERSON = Table(
    "person",
    METADATA,
    Column("person_id", Uuid, primary_key=True, comment="a keyed hash of the e-mail address or phone number"),
    Column("wrapped_key", LargeBinary, comment="null once the person was forgotten"),
    Column("known_since", WHEN, nullable=False),
    postgresql_with=GROWING | {"fillfactor": "100"},
)

INTAKE_KEY = Table(
    "intake_key",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("made_at", WHEN, nullable=False),
)

WAITING_OUTCOME = Table(
    "waiting_outcome",
    METADATA,
    Column("lead_id", Uuid, nullable=False),
    Column("event_id", Text, primary_key=True),
    Column("outcome", JSONB, nullable=False),
    Column("reported_at", WHEN, nullable=False),
    Index("waiting_outcome_lead", "lead_id"),
)

CAMPAIGN = Table(
    "campaign",
    METADATA,
    Column("campaign", Text, primary_key=True),
    Column("planned", Boolean, nullable=False, server_default="true"),
)
