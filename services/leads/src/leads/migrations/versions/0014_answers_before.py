"""Of a lead that is merged it is known who answers what is still owed in it; whoever is named to answer a request finds it; and whom a
party has become is on record."""

from alembic import op

revision = "0014"
down_revision = "0013"

SQL = (
    "alter table lead_place add column answers text",
    "comment on column lead_place.answers is "
    "'of a lead that is merged: who answers what is still owed in it, for whom the other lead is worked'",
    # Of no row, so far: it is made at once, and captures wait for that moment.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index lead_place_answers on lead_place (answers) where answers is not null",
    # Of the few open requests of which somebody else than the lead's person is named.
    "-- squawk-ignore require-concurrent-index-creation\n"
    "create index request_named on request (responder) where responder is not null and state = 'open'",
    """
    create table party (
        party_id uuid not null,
        class text not null,
        primary key (party_id)
    )
    """,
    "comment on table party is 'whom a party has become: potential or customer; it only rises'",
)


def upgrade() -> None:
    """Adds the column, the indexes and the table."""
    for statement in SQL:
        op.execute(statement)
