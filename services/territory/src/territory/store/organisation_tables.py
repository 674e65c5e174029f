"""The organisation's tables as the code expects them: they are part of ``tables.METADATA``, and hold no word about a lead."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import free

METADATA = (
    MetaData()
)  # `info` says what the doors may do to a table and which rows exist for whom; without these words, nothing
STRUCTURE = free("the sales structure holds no lead: a permission opens its doors")
KEPT: dict[str, Any] = {"door": "select, insert, update", "rows": STRUCTURE}
WRITTEN: dict[str, Any] = {"door": "select, insert", "rows": STRUCTURE}


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True)


def _interval() -> tuple[Column[Any], Column[Any]]:
    return (
        Column("from_at", DateTime(timezone=True), nullable=False),
        Column("until_at", DateTime(timezone=True)),
    )


def _version() -> Column[Any]:
    return Column("version", Integer, nullable=False, server_default=text("1"))


# One row: how often the organisation has changed, how often of that its units, kinds and ranks, and which version of the market
# file has been taken in. Whoever changes the organisation holds it until the commit, so a tree never gets a circle and versions
# of access only rise; batches of leads read it without a lock.
ORGANISATION = Table(
    "organisation",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=true()),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("structure", BigInteger, nullable=False, server_default=text("0")),
    Column("market", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("only_one", name="organisation_only_one"),
    info=KEPT,
)

# Everything that was ever changed, by whom, and by whose confirmation.
ORGANISATION_CHANGE = Table(
    "organisation_change",
    METADATA,
    Column("n", BigInteger, Identity(always=True), primary_key=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("second", Text),
    Column("what", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Index("organisation_change_item", "what", "item", "n"),
    comment="append only",
    info=WRITTEN,
)

# Kinds of units, ranks and kinds of absences: data of the company.
VOCABULARY = Table(
    "vocabulary",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("items", JSONB, nullable=False),
    _version(),
    info=KEPT,
)

# The tree. A unit that is closed stays, with its history.
UNIT = Table(
    "unit",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("parent", Text),
    Column("name", Text, nullable=False),
    Column("zone", Text),
    Column("calendar", Text),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    *_interval(),
    _version(),
    CheckConstraint("parent <> id", name="unit_parent_check"),
    Index("unit_parent", "parent"),
    info=KEPT,
)

# People and reading machines. Nobody is ever deleted and no id is given twice; ``access`` is the version under which was said
# last what somebody may see.
PERSON = Table(
    "person",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("zone", Text),
    Column("calendar", Text),
    Column("languages", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("skills", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("suspended", Boolean, nullable=False, server_default=text("false")),
    Column("left_at", DateTime(timezone=True)),
    Column("access", BigInteger, nullable=False, server_default=text("0")),
    _version(),
    CheckConstraint("kind in ('person', 'machine')", name="person_kind_check"),
    info=KEPT,
)

# Whom an issuer's tokens call by this name.
SUBJECT = Table(
    "subject",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("until_at", DateTime(timezone=True)),
    Index("subject_person", "person"),
    info=KEPT,
)

# Who belongs where, from when until when, and what share of the unit's leads is theirs.
MEMBERSHIP = Table(
    "membership",
    METADATA,
    _id(),
    Column("person", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("rank", Text, nullable=False),
    *_interval(),
    Column("takes_leads", Boolean, nullable=False, server_default=true()),
    Column("weight", Integer, nullable=False, server_default=text("1")),
    Column("open_max", Integer),
    Column("day_max", Integer),
    Column("source", Text, nullable=False),
    _version(),
    CheckConstraint("weight between 0 and 1000", name="membership_weight_check"),
    CheckConstraint("from_at <= until_at", name="membership_interval_check"),
    Index("membership_person", "person"),
    Index("membership_unit", "unit"),
    info=KEPT,
)

# What somebody may do, for a unit and what is below it, or for the company.
ROLE_GRANT = Table(
    "role_grant",
    METADATA,
    _id(),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("unit", Text),
    *_interval(),
    Column("granted_by", Text, nullable=False),
    Column("second", Text),
    _version(),
    Index("role_grant_person", "person"),
    info=KEPT,
)

# When somebody is away. Absences may overlap: who is away is away by any.
ABSENCE = Table(
    "absence",
    METADATA,
    _id(),
    Column("person", Text, nullable=False),
    *_interval(),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    _version(),
    Index("absence_person", "person"),
    info=KEPT,
)

# Who stands in for whom, in one unit.
SUBSTITUTION = Table(
    "substitution",
    METADATA,
    _id(),
    Column("absent", Text, nullable=False),
    Column("substitute", Text, nullable=False),
    Column("unit", Text, nullable=False),
    *_interval(),
    Column("ends_with_absence", Boolean, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("ended_why", Text),
    _version(),
    CheckConstraint("absent <> substitute", name="substitution_person_check"),
    Index("substitution_absent", "absent"),
    Index("substitution_substitute", "substitute"),
    info=KEPT,
)

# Gains of access wait here for a second person.
PROPOSAL = Table(
    "proposal",
    METADATA,
    _id(),
    Column("what", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("unit", Text),
    Column("terms", JSONB, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("lapses_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint("proposed_by <> decided_by or state <> 'confirmed'", name="proposal_second_check"),
    Index("proposal_open", "proposed_at", postgresql_where=text("state = 'open'")),
    info=KEPT,
)

# A look behind the glass: asked by one, granted by another, of one unit, for some hours, read only.
BREAK_GLASS = Table(
    "break_glass",
    METADATA,
    _id(),
    Column("unit", Text, nullable=False),
    Column("asker", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("lapses_at", DateTime(timezone=True), nullable=False),
    Column("granter", Text),
    Column("from_at", DateTime(timezone=True)),
    Column("until_at", DateTime(timezone=True)),
    CheckConstraint("asker <> granter", name="break_glass_second_check"),
    CheckConstraint("hours between 1 and 4", name="break_glass_hours_check"),
    Index("break_glass_asker", "asker"),
    info=KEPT,
)

# Working time: every version that was ever published.
CALENDAR = Table(
    "calendar",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("zone", Text, nullable=False),
    Column("week", JSONB, nullable=False),
    Column("exceptions", JSONB, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    comment="append only",
    info=WRITTEN,
)

# A move of somebody from one unit to another, or out of the company, planned or done.
MOVE = Table(
    "move",
    METADATA,
    _id(),
    Column("person", Text, nullable=False),
    Column("from_unit", Text),
    Column("to_unit", Text),
    Column("rank", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("book", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("ended", JSONB, nullable=False),
    Column("begun", Uuid),
    Column("successors", JSONB, nullable=False, server_default=text("'[]'")),
    Column("handed_at", DateTime(timezone=True)),
    CheckConstraint("book in ('handover', 'take_along', 'queue')", name="move_book_check"),
    Index("move_person", "person"),
    Index("move_to_hand", "at", postgresql_where=text("handed_at is null")),
    info=KEPT,
)

# The members among whom turns of a rotation were taken; its id is made of what it says, so the same members are one row.
ROSTER = Table(
    "roster",
    METADATA,
    _id(),
    Column("members", JSONB, nullable=False),
    comment="append only",
    info=WRITTEN,
)
