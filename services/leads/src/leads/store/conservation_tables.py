"""The tables by which it is seen that no lead is lost."""

from sqlalchemy import BigInteger, Boolean, Column, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import free
from leads.store.tables import METADATA, WHEN

ASTRAY = Table(
    "astray",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("since", WHEN, nullable=False),
    comment="leads on record that are in no place: there is none, or something is wrong",
)

CONSERVATION = Table(
    "conservation",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("swept_at", WHEN, nullable=False, comment="new leads captured up to then were looked at"),
    Column("swept_lead", Uuid, nullable=False),
    Column("as_of", WHEN, comment="when they were counted"),
    Column("captured", BigInteger, nullable=False, server_default=text("0")),
    Column("places", JSONB, nullable=False, server_default="{}"),
    Column(
        "round_lead",
        Uuid,
        nullable=False,
        server_default=text("'00000000-0000-0000-0000-000000000000'"),
        comment="to which the round has come in which all are looked at again",
    ),
    comment="how many leads there are in the whole company and where, and how far they were looked at",
    info={"door": "select", "rows": free("sums over the whole company name no lead and no team")},
)
