"""A lead's life after its first decision: who judged it, who gave it back, and when somebody is due where nobody has it."""

from alembic import op

revision = "0006"
down_revision = "0005"

SQL = (
    "alter table person add column party_id uuid",
    "comment on column person.party_id is 'by which others know the person: drawn at random, it tells nothing'",
    "alter table lead add column party_id uuid",
    "comment on column lead.party_id is 'who asks, by the id that others know'",
    "alter table lead_place add column next_at timestamptz, add column later jsonb",
    "comment on column lead_place.next_at is 'when the clock looks at it again; null while somebody has it'",
    "comment on column lead_place.later is 'what came after the first verdict and the first decision; most have none of it'",
    # No row has one yet: it is empty, and made by one look through the table.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_next on lead_place (next_at) where next_at is not null",
    # Leads that stood in such a place before are in it until the job that fills places has given them a time.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_undue on lead_place (lead_id)"
    " where due_at is null and place in ('queue', 'qualification', 'nurture', 'unroutable')",
    "create table astray (lead_id uuid primary key, since timestamptz not null)",
    "comment on table astray is 'leads on record that are in no place: there is none, or something is wrong'",
    """
    create table conservation (
        one boolean primary key default true,
        swept_at timestamptz not null,
        swept_lead uuid not null,
        as_of timestamptz,
        captured bigint not null default 0,
        places jsonb not null default '{}'
    )
    """,
    "comment on table conservation is 'how many leads there are in the whole company and where, and how far they were looked at'",
    "comment on column conservation.swept_at is 'leads captured up to then were looked at in this round'",
    "comment on column conservation.as_of is 'when they were counted'",
    """
    create table transfer_item (
        transfer_id uuid not null,
        lead_id uuid not null,
        from_team text,
        from_person text,
        to_team text not null,
        to_person text,
        sha256 text not null,
        applied_at timestamptz not null,
        undone_at timestamptz,
        primary key (transfer_id, lead_id)
    )
    """,
    "comment on table transfer_item is 'which leads went to others, by which order'",
    "comment on column transfer_item.sha256 is 'of all that is recorded of the lead: the same before and after'",
    "create table claim (lead_id uuid primary key, person text not null, until timestamptz not null)",
    "comment on table claim is 'who looks at a lead just now to judge it, so that no two do'",
    """
    create table refusal (
        refusal_id uuid primary key,
        at timestamptz not null,
        person text not null,
        door text not null,
        lead_id uuid not null,
        lacks text not null,
        told timestamptz
    )
    """,
    "comment on table refusal is 'append only: who tried to do what he may not'",
    "comment on column refusal.lead_id is 'as it was asked for, whether it is there or not'",
    "comment on column refusal.lacks is 'the right that was missing, or that the lead is not there for who asked'",
    "comment on column refusal.told is 'when that was told, if it was'",
    "create index refusal_by on refusal (person, lead_id, at)",
)


def upgrade() -> None:
    """Adds the columns."""
    for statement in SQL:
        op.execute(statement)
