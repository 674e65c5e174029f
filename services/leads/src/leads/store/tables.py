"""The tables as the code expects them; a test compares them with what the migrations make."""

from dataclasses import replace

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import free, own, scope, team, through
from chassis.tables import GROWING

AUDITOR = "auditor"
METADATA = MetaData()  # `info`: what the doors may do to a table, and which rows exist for whom; without it, nothing
WHEN = DateTime(timezone=True)

# What nobody has is the team's: whoever records anything in it takes it up, judges it or gives it back.
_OF_ITS_PERSON, _OF_THE_TEAM = team(records="assignee"), team(shared=True)
_WORKED = replace(
    _OF_ITS_PERSON, records=f"{_OF_ITS_PERSON.records} or {{row}}.assignee is null and {_OF_THE_TEAM.records}"
)
# What the functions of the keys' role read: whose a lead is, and what is counted.
_COUNTED = "lead_id, team, state, place, source, captured_at, value_minor, currency"
LEAD_PLACE = Table(
    "lead_place",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("captured_at", WHEN, comment="null as long as the lead was only heard of"),
    Column("qualified_at", WHEN),
    Column("grade", Text),
    Column("disposition", Text),
    Column("scorecard", BigInteger),
    Column("discarded_at", WHEN),
    Column("discard_reason", Text),
    Column("opened_at", WHEN),
    Column("segment", Text),
    Column("team", Text, nullable=False),
    Column("pipeline", Text),
    Column("assigned_at", WHEN),
    Column("assignee", Text),
    Column("waits", Text),
    Column("differing", Integer, nullable=False),
    Column("outcomes", JSONB, nullable=False),
    Column("entries", Integer, nullable=False, comment="the number of the last entry of its timeline"),
    Column("place", Text, comment="where it stands: with a person, in a queue and so on; null until it was filled in"),
    Column(
        "source", Text, comment="this and the five after it are of what the lead is about, and are filled at capture"
    ),
    Column("channel", Text),
    Column("campaign", Text),
    Column("product", Text),
    Column("country", Text),
    Column("value_minor", BigInteger, comment="what the customer expects to spend, in minor units"),
    Column("currency", Text),
    Column("due_at", WHEN, comment="when somebody has to have done something next"),
    Column("next_at", WHEN, comment="when the clock looks at it again; null while somebody has it"),
    Column("later", JSONB, comment="what came after the first verdict and the first decision; most have none of it"),
    Column("starts_at", WHEN, comment="when the customer began to wait; null for a lead that came with a list"),
    Column("stage", Text, comment="of its pipeline; null as long as it never moved: then it is in the first one"),
    Column("stage_since", WHEN, comment="when it entered the stage, where it moved"),
    Column("likelihood", Integer, comment="that it is won, in percent, as somebody said"),
    Column("expected_close", Date, comment="when it is expected to be won"),
    Column("documents_missing", Boolean, comment="it was won without documents that its pipeline asks for"),
    Column(
        "answers",
        Text,
        comment="of a lead that is merged: who answers what is still owed in it, for whom the other lead is worked",
    ),
    Index("lead_place_listed", "team", "captured_at", "lead_id"),
    Index("lead_place_due", "team", "due_at", "lead_id", postgresql_where=text("due_at is not null")),
    Index("lead_place_held", "team", "assignee", postgresql_where=text("place = 'person'")),
    Index(
        "lead_place_waiting",
        *("team", "place", "due_at", "captured_at"),
        postgresql_where=text("place in ('queue', 'qualification', 'unroutable')"),
    ),
    Index("lead_place_next", "next_at", postgresql_where=text("next_at is not null")),
    Index(
        "lead_place_undue",
        "lead_id",
        postgresql_where=text("due_at is null and place in ('queue', 'qualification', 'nurture', 'unroutable')"),
    ),
    Index("lead_place_undocumented", "team", "lead_id", postgresql_where=text("documents_missing")),
    Index("lead_place_answers", "answers", postgresql_where=text("answers is not null")),
    Index("lead_place_unfilled", "lead_id", postgresql_where=text("place is null")),
    comment="where each lead is now",
    postgresql_with=GROWING | {"fillfactor": "35"},
    info={"door": "select, update", "rows": _WORKED, "keys": f"select ({_COUNTED})"},
)

LEAD = Table(
    "lead",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column(
        "personal",
        LargeBinary,
        nullable=False,
        comment="contact, message and answers, sealed under the person's key",
    ),
    Column("about", JSONB, nullable=False, comment="what may be known without knowing the person"),
    Column("occurred_at", WHEN, nullable=False),
    Column("captured_at", WHEN, nullable=False),
    Column("content", Text, nullable=False, comment="a digest of what was submitted, keyed with the person's key"),
    Column("party_id", Uuid, comment="who asks, by the id that others know"),
    Index("lead_captured", "captured_at"),
    comment="written once, at capture",
    postgresql_with=GROWING,
    info={"door": "select", "rows": through(LEAD_PLACE, "lead_id"), "keys": "select (lead_id, person_id)"},
)

TIMELINE = Table(
    "timeline",
    METADATA,
    Column("lead_id", Uuid, primary_key=True),
    Column("at", WHEN, nullable=False),
    Column("n", Integer, primary_key=True),
    Column("what", Text, nullable=False),
    Column("by", Text, comment="who did it, where somebody did"),
    Column("detail", JSONB, nullable=False),
    comment="append only",
    postgresql_with=GROWING,
    info={"door": "select, insert", "rows": through(LEAD_PLACE, "lead_id")},
)

# An auditor sees who looked and no lead. Whoever sees the lead sees who looked; his own looks he sees wherever he belongs now: they are counted against his limit.
_BY_LEAD = through(LEAD_PLACE, "lead_id")
OPENED = Table(
    "opened",
    METADATA,
    Column("opening", Uuid, comment="one for all leads that were opened at once"),
    Column("lead_id", Uuid),
    Column("at", WHEN, nullable=False),
    Column("team", Text, nullable=False, comment="whose the lead was then"),
    Column("person", Text, nullable=False, comment="who looked"),
    Column("on_behalf_of", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("grant_kind", Text, nullable=False),
    Column("reference", Uuid),
    Column("trace", Text),
    PrimaryKeyConstraint("lead_id", "opening"),
    Index("opened_by", "person", "at"),
    comment="append only: who looked at whom a lead is about; nothing of what was seen",
    info={
        "door": "select",
        "rows": replace(_BY_LEAD, sees=f"{own('person').sees} or {scope(AUDITOR)} or {_BY_LEAD.sees}"),
        "keys": "select (lead_id), insert",
        "worker": "select",
    },
)

PERSON = Table(
    "person",
    METADATA,
    Column("person_id", Uuid, primary_key=True, comment="a keyed hash of the e-mail address or phone number"),
    Column("wrapped_key", LargeBinary, comment="null once the person was forgotten"),
    Column("known_since", WHEN, nullable=False),
    Column("party_id", Uuid, comment="by which others know the person: drawn at random, it tells nothing"),
    postgresql_with=GROWING | {"fillfactor": "100"},
    info={"keys": "select (person_id, wrapped_key)"},
)

INTAKE_KEY = Table(
    "intake_key",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("made_at", WHEN, nullable=False),
)

FORM = Table(
    "form",
    METADATA,
    Column("form", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("paused", Boolean, nullable=False, comment="an active one that takes nothing for now"),
    Column("content", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", WHEN, nullable=False),
    Column("edit", Integer, nullable=False, comment="the number of the form's change that made it so"),
    Column("history", JSONB, nullable=False, comment="what was done to it, by whom and when"),
    Index("form_active", "form", unique=True, postgresql_where=text("state = 'active'")),
    comment="lead forms by version",
    info={
        "door": "select, insert, update",
        "rows": free("what a form asks is shown to every stranger; a permission opens its doors"),
    },
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

UNIT = Table(
    "unit",
    METADATA,
    Column("unit", Text, primary_key=True),
    Column("parent", Text),
    Column("kind", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("calendar", Text, comment="its own; a unit without one has that of the unit above"),
    comment="how the company is made up, as territory says",
    info={"door": "select", "rows": free("the structure of the company holds no lead")},
)

# The other modules of tables hang theirs onto METADATA; whoever asks for all of them asks here.
import leads.store.activity_tables  # noqa: E402
import leads.store.bulk_tables  # noqa: E402
import leads.store.conservation_tables  # noqa: E402
import leads.store.hand_tables  # noqa: E402
import leads.store.party_tables  # noqa: E402
import leads.store.request_tables  # noqa: E402
import leads.store.rules_tables  # noqa: E402
import leads.store.search_tables  # noqa: E402
import leads.store.stage_tables  # noqa: E402
import leads.store.transfer_tables  # noqa: E402, F401
