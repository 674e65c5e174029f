"""A sale has a stage, an amount and documents; pipelines have their stages."""

from alembic import op

revision = "0009"
down_revision = "0008"

SQL = (
    "alter table lead_place add column stage text",
    "alter table lead_place add column stage_since timestamptz",
    "alter table lead_place add column likelihood int",
    "alter table lead_place add column expected_close date",
    "alter table lead_place add column documents_missing boolean",
    "comment on column lead_place.stage is 'of its pipeline; null as long as it never moved: then it is in the first one'",
    "comment on column lead_place.stage_since is 'when it entered the stage, where it moved'",
    "comment on column lead_place.likelihood is 'that it is won, in percent, as somebody said'",
    "comment on column lead_place.expected_close is 'when it is expected to be won'",
    "comment on column lead_place.documents_missing is 'it was won without documents that its pipeline asks for'",
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_undocumented on lead_place (team, lead_id) where documents_missing",
    "alter table request add column box bytea",
    "comment on column request.box is 'what was asked for in words, sealed under the person''s key'",
    """
    create table pipeline (
        pipeline text not null,
        name text not null,
        version bigint not null,
        stages jsonb not null,
        primary key (pipeline)
    )
    """,
    "comment on table pipeline is 'the stages of each sales line, as territory says'",
    "comment on column pipeline.stages is 'in their order, with what each asks for'",
    """
    create table document (
        document_id uuid not null,
        lead_id uuid not null,
        kind text not null,
        media_type text not null,
        size bigint not null,
        sha256 text not null,
        name bytea,
        author text not null,
        on_behalf_of text,
        team text not null,
        at timestamptz not null,
        primary key (document_id)
    )
    """,
    "comment on table document is 'append only: which documents leads have; what is in them rests sealed in the store of files'",
    "comment on column document.sha256 is 'of what was sent, before it was sealed'",
    "comment on column document.name is 'what it is called, sealed under the person''s key'",
    "comment on column document.team is 'whose the lead was then'",
    "create index document_of_lead on document (lead_id, at)",
)


def upgrade() -> None:
    """Adds the columns, the tables and their indexes."""
    for statement in SQL:
        op.execute(statement)
