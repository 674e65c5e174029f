"""The tables of who looks at a lead just now to judge it, and of who tried to do what he may not."""

from sqlalchemy import Column, Index, Table, Text, Uuid

from chassis.row_policies import Rows, own, team, through
from leads.store.tables import LEAD_PLACE, METADATA, WHEN


def _of_the_team() -> Rows:
    """Seen with the lead; written by anybody who records in its team."""
    place = LEAD_PLACE.name
    there = team(shared=True).records.format(team=f"{place}.team", row=place)
    its = f"exists (select from {place} where {place}.lead_id = {{row}}.lead_id and ({there}) offset 0)"
    return Rows(through(LEAD_PLACE, "lead_id").sees, its, "through")


CLAIM = Table(
    "claim",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("person", Text, nullable=False),
    Column("until", WHEN, nullable=False),
    comment="who looks at a lead just now to judge it, so that no two do",
    info={"door": "select, insert, update, delete", "rows": _of_the_team()},
)

REFUSAL = Table(
    "refusal",
    METADATA,
    Column("refusal_id", Uuid, primary_key=True),
    Column("at", WHEN, nullable=False),
    Column("person", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("lead_id", Uuid, nullable=False, comment="as it was asked for, whether it is there or not"),
    Column(
        "lacks", Text, nullable=False, comment="the right that was missing, or that the lead is not there for who asked"
    ),
    Column("told", WHEN, comment="when that was told, if it was"),
    Index("refusal_by", "person", "lead_id", "at"),
    comment="append only: who tried to do what he may not",
    info={"door": "select, insert", "rows": own("person")},
)
