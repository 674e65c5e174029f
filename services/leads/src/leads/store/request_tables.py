"""The tables of what customers are owed an answer to, of what may be the answer, and of when people work."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.row_policies import Rows, free, team, through
from chassis.tables import GROWING
from leads.store.tables import LEAD_PLACE, METADATA, WHEN


def _of_the_team() -> Rows:
    """Seen with the lead; written by anybody who records in its team: whoever of the team answers has answered."""
    place = LEAD_PLACE.name
    there = team(shared=True).records.format(team=f"{place}.team", row=place)
    its = f"exists (select from {place} where {place}.lead_id = {{row}}.lead_id and ({there}) offset 0)"
    return Rows(through(LEAD_PLACE, "lead_id").sees, its, "through")


REQUEST = Table(
    "request",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("n", Integer, primary_key=True, comment="0 is the first response to the lead"),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("responder", Text, comment="who is to answer where that is not the lead's person"),
    Column("asked_at", WHEN, nullable=False),
    Column("starts_at", WHEN, nullable=False),
    Column("times", ARRAY(WHEN), nullable=False, comment="due soon, due, and each step of the policy"),
    Column("step", Integer, nullable=False, comment="how many of the times are over and done with"),
    Column("next_at", WHEN, comment="when the clock looks at it again"),
    Column("due_at", WHEN, comment="null as long as no team has the lead"),
    Column("promise", Integer, nullable=False, comment="its place in the policy"),
    Column("policy", Integer, nullable=False),
    Column("calendar", Text),
    Column("calendar_version", BigInteger),
    Column("answered_at", WHEN),
    Column("activity_id", Uuid),
    Column("met", Boolean),
    Column("document", Text, comment="what was sent, where the kind asks for it: a reference without personal data"),
    Column("key", Uuid, comment="made of the key under which somebody asked for it"),
    Column("box", LargeBinary, comment="what was asked for in words, sealed under the person's key"),
    Index("request_next", "next_at", postgresql_where=text("next_at is not null")),
    Index("request_named", "responder", postgresql_where=text("responder is not null and state = 'open'")),
    comment="what a customer is owed an answer to, and by when",
    postgresql_with=GROWING | {"fillfactor": "80"},
    info={"door": "select, insert, update", "rows": _of_the_team()},
)

REQUEST_EVIDENCE = Table(
    "request_evidence",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("activity_id", Uuid, primary_key=True),
    Column("occurred_at", WHEN, nullable=False),
    Column("recorded_at", WHEN, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("standing", Text, nullable=False, comment="counts, waits for a supervisor, refused or voided"),
    Column("by", Text),
    Column("on_behalf_of", Text),
    Column("result", Text),
    comment="what may be the answer to a request",
    info={"door": "select, insert, update", "rows": _of_the_team()},
)

CALENDAR = Table(
    "calendar",
    METADATA,
    Column("calendar", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("zone", Text, nullable=False),
    Column("hours", JSONB, nullable=False, comment="of the days of the week, and of days that are other"),
    comment="when people work, as territory says; every version, for what is due by it",
    info={"door": "select", "rows": free("when people work holds no lead")},
)
