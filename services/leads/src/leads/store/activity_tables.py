"""The tables of what was done about leads."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, Uuid

from chassis.row_policies import Rows, team, through
from chassis.tables import GROWING
from leads.store.tables import LEAD_PLACE, METADATA, WHEN


def of_the_team(who: str) -> Rows:
    """Seen with the lead; written by anybody who records in its team, in his own name, which the column ``who`` holds."""
    seen, place = through(LEAD_PLACE, "lead_id"), LEAD_PLACE.name
    there = team(shared=True).records.format(team=f"{place}.team", row=place)
    its = f"exists (select from {place} where {place}.lead_id = {{row}}.lead_id and ({there}) offset 0)"
    return Rows(seen.sees, f"{{row}}.{who} = (select access_me()) and {its}", seen.word)


ACTIVITY = Table(
    "activity",
    METADATA,
    Column("activity_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("reached", Boolean),
    Column("evidence", Text, nullable=False),
    Column("occurred_at", WHEN, nullable=False),
    Column("recorded_at", WHEN, nullable=False),
    Column("author", Text),
    Column("on_behalf_of", Text),
    Column("team", Text, comment="whose the lead was then"),
    Column("seconds", Integer),
    Column("result", Text),
    Column(
        "content",
        Text,
        nullable=False,
        comment="a digest of what was sent, keyed with the person's key where it holds text",
    ),
    Column("box", LargeBinary, comment="what was said or written, sealed under the person's key"),
    Index("activity_of_lead", "lead_id", "occurred_at"),
    comment="append only: what was done about a lead",
    postgresql_with=GROWING,
    info={"door": "select, insert", "rows": of_the_team("author")},
)

ACTIVITY_VOID = Table(
    "activity_void",
    METADATA,
    Column("activity_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", WHEN, nullable=False),
    comment="append only: which activities count no more, and why",
    info={"door": "select, insert", "rows": of_the_team("by")},
)
