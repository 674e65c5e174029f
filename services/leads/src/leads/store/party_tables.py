"""The table of whom parties have become."""

from sqlalchemy import Column, Table, Text, Uuid

from chassis.row_policies import free
from leads.store.tables import METADATA

PARTY = Table(
    "party",
    METADATA,
    Column("party_id", Uuid, primary_key=True),
    Column("class", Text, nullable=False),
    comment="whom a party has become: potential or customer; it only rises",
    info={
        "door": "select, insert, update",
        "rows": free(
            "a word under an id that was drawn: whoever does not see the party's lead does not know whose it is"
        ),
    },
)
