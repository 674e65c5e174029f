"""The tables of the company's deciding rules, and of how far one is applied to leads of before."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import free
from leads.store.tables import METADATA, WHEN

RULE = Table(
    "rule",
    METADATA,
    Column("kind", Text),
    Column("version", Integer),
    Column("state", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", WHEN, nullable=False),
    Column("edit", Integer, nullable=False, comment="how often it was changed"),
    Column("history", JSONB, nullable=False, comment="what was done to it, by whom and when"),
    Column("tried", JSONB, comment="the last look at what it would have decided, asked for or done"),
    PrimaryKeyConstraint("kind", "version"),
    Index("rule_active", "kind", unique=True, postgresql_where=text("state = 'active'")),
    comment="the rules that leads are judged and answered by, by version",
    info={
        "door": "select, insert, update",
        "rows": free("a rule is the company's and holds no lead; a permission opens its doors"),
    },
)

RULE_APPLIED = Table(
    "rule_applied",
    METADATA,
    Column("kind", Text),
    Column("version", Integer),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("asked_at", WHEN, nullable=False),
    Column("position", Uuid, comment="the last lead that was looked at; null before the first"),
    Column("leads", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("done_at", WHEN),
    PrimaryKeyConstraint("kind", "version"),
    Index("rule_applied_waiting", "asked_at", postgresql_where=text("state = 'waiting'")),
    comment="versions in force that judge anew who waits for a qualifier, and how far that is",
    info={
        "door": "select, insert, update",
        "rows": free("how far a rule of the company is applied holds no lead but an id; a permission opens its doors"),
    },
)
