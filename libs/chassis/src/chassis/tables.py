"""The chassis' own tables as its code expects them, the same in every service's database; a test compares them with what the
revisions make. Nothing that runs imports this module."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import free, own

# `info` says what the doors may do to a table (grants.py) and which of its rows exist for whom (row_policies.py); without these
# words, nothing.
METADATA = MetaData()

# How a table that grows with the leads is kept, in every service: vacuuming and analysing took up to 90 us of processor a lead
# under load, as much as all statements of a service. Every statement finds its rows by key whatever the statistics say, so such
# a table is vacuumed when it has grown by half and analysed when it has doubled, not at every tenth. Beside it a table says how
# full a page is made on insert: where a row is soon updated, a page that keeps half of itself free takes the new row, and no
# index is touched.
GROWING = {
    "autovacuum_vacuum_scale_factor": "0.5",
    "autovacuum_analyze_scale_factor": "1",
    "autovacuum_vacuum_insert_scale_factor": "1",
}

# What is visible of a shard is always a prefix of it without a gap. Filled and emptied all the time: swept when it has grown
# and not by its share, and never analysed.
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("causation", Text),
    Column("actor", Text),
    Column("key", LargeBinary, nullable=False, info={"watched": True}),  # as it will be on the topic
    Column("payload", LargeBinary, nullable=False, info={"watched": True}),
    CheckConstraint("octet_length(payload) < 900000", name="outbox_payload_check"),
    postgresql_with={
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_threshold": "50000",
        "autovacuum_vacuum_insert_threshold": "-1",
        "autovacuum_analyze_scale_factor": "0",
        "autovacuum_analyze_threshold": "2000000000",
    },
    info={"door": "insert", "rows": free("what is said has no reader at a door: it is put in and never seen")},
)

# The number of an event is given under the lock of its shard's row, which is held until commit.
OUTBOX_SHARD = Table(
    "outbox_shard",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("next_seq", BigInteger, nullable=False, server_default=text("1")),
    Column("partitions", Integer),  # how many the topic has; nothing: as many as it was made with
    postgresql_with={"fillfactor": "50"},
    info={"door": "select, update", "rows": free("the next number of a shard says nothing of anybody")},
)

# The name of this history: a restored database must begin a new one. Beside it, how long a held delivery may go on with its
# failing events parked.
EPOCH = Table(
    "epoch",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    Column("name", Text, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("let_through_until", DateTime(timezone=True)),
    Column("let_through_reason", Text),
    CheckConstraint("only_one", name="epoch_only_one_check"),
)

# How far each history was heard, with the newest event's name and moment, so that another event under a number that was heard
# is told from one that comes again.
WATERMARK = Table(
    "watermark",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_at", DateTime(timezone=True)),
    Column("last_id", Text),
    postgresql_with={"fillfactor": "50"},
)

# What was lost for good and is done without: by whose word a watermark went past it, and why.
ACCEPTED_LOSS = Table(
    "accepted_loss",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("accepted_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("first_seq <= last_seq", name="accepted_loss_last_seq_check"),
    comment="append only: which events a person has decided to do without",
    info={"worker": "select, insert"},
)

# Events that could not be handled, until somebody replays or discards them.
PARKED = Table(
    "parked",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("type", Text),
    Column("key", LargeBinary),
    Column("headers", JSONB, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("cause", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("traceparent", Text),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("replayed_at", DateTime(timezone=True)),
    Column("discarded_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True), Computed("coalesce(replayed_at, discarded_at)", persisted=True)),
    Index("parked_ended", "ended_at", "parked_at"),
)

# The revisions that a build must know to work on this schema.
OLDEST_BUILD = Table("oldest_build", METADATA, Column("revision", Text, primary_key=True))

# Who may see what, as territory said it last (access_reader.py). A version never falls, so what is old changes nothing; the row
# of somebody who has left stays, for its version.
ACCESS_PERSON = Table(
    "access_person",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("person ~ '^[a-z0-9][a-z0-9._:-]{0,79}$'", name="access_person_person_check"),
    info={"door": "select", "rows": own("person")},
)

# Of which teams rows exist for whom, from when until when: the row policies ask this table, and nothing else decides.
ACCESS_GRANT = Table(
    "access_grant",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("team", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("on_behalf_of", Text, primary_key=True, server_default=text("''")),
    Column("begins_at", DateTime(timezone=True), primary_key=True),
    Column("ends_at", DateTime(timezone=True), nullable=False, server_default=text("'infinity'")),
    Column("records", Text, nullable=False),
    Column("opens", Boolean, nullable=False),
    Column("reference", Uuid),
    CheckConstraint("records in ('none', 'own', 'all')", name="access_grant_records_check"),
    Index("access_grant_held", "person", "team", "ends_at", postgresql_include=["begins_at"]),
    info={"door": "select", "rows": own("person"), "keys": "select"},
)
