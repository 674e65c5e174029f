"""The tables of what is done to many leads: who asked for it, and what became of each lead."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.row_policies import own, through
from leads.store.tables import METADATA, WHEN

JOB = Table(
    "job",
    METADATA,
    Column("job_id", Uuid, primary_key=True),
    Column(
        "person",
        Text,
        nullable=False,
        comment="who asked for it; it is done in his name, with the rights that he has then",
    ),
    Column("said", JSONB, nullable=False, comment="what is done"),
    Column(
        "digest",
        Text,
        nullable=False,
        comment="of what was asked for, to tell it from another request under the same key",
    ),
    Column("state", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("position", Integer, nullable=False, comment="so many rows are done"),
    Column("counts", JSONB, nullable=False, comment="how many rows ended with which status"),
    Column("asked_at", WHEN, nullable=False),
    Column("done_at", WHEN),
    Index("job_open", "asked_at", postgresql_where=text("state in ('waiting', 'running')")),
    Index("job_over", "done_at", postgresql_where=text("done_at is not null")),
    comment="what is done to many leads",
    info={"door": "select, insert, update", "rows": own("person")},
)

JOB_ROW = Table(
    "job_row",
    METADATA,
    Column("job_id", Uuid),
    Column("n", Integer),
    Column("lead_id", Uuid, nullable=False),
    Column("seen", Integer, comment="the last entry of its timeline that who asked had read"),
    Column("answer", JSONB, comment="what became of it; null as long as it was not its turn"),
    PrimaryKeyConstraint("job_id", "n"),
    comment="the leads that it is done to",
    info={"door": "select, insert, update", "rows": through(JOB, "job_id")},
)
