"""The table of leads that went to others by an order."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text, Uuid

from leads.store.tables import METADATA, WHEN

TRANSFER_ITEM = Table(
    "transfer_item",
    METADATA,
    Column("transfer_id", Uuid),
    Column("lead_id", Uuid),
    Column("from_team", Text),
    Column("from_person", Text),
    Column("to_team", Text, nullable=False),
    Column("to_person", Text),
    Column("sha256", Text, nullable=False, comment="of all that is recorded of the lead: the same before and after"),
    Column("applied_at", WHEN, nullable=False),
    Column("undone_at", WHEN),
    PrimaryKeyConstraint("transfer_id", "lead_id"),
    comment="which leads went to others, by which order",
)
