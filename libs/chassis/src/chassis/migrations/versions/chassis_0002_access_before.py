"""Who may see what, as territory says it, and who asks."""

from alembic import op

revision = "chassis_0002"
down_revision = "chassis_0001"

SQL = (
    """
    create table access_person (
        person text primary key constraint access_person_person_check check (person ~ '^[a-z0-9][a-z0-9._:-]{0,79}$'),
        version bigint not null,
        heard_at timestamptz not null default now()
    )
    """,
    """
    create table access_grant (
        person text not null,
        team text not null,
        kind text not null,
        on_behalf_of text not null default '',
        begins_at timestamptz not null,
        ends_at timestamptz not null default 'infinity',
        records text not null constraint access_grant_records_check check (records in ('none', 'own', 'all')),
        opens boolean not null,
        reference uuid,
        primary key (person, team, kind, on_behalf_of, begins_at)
    )
    """,
    """
    create function access_me() returns text language sql stable parallel safe
        return nullif(current_setting('tributary.actor', true), '')
    """,
    "revoke all on function access_me() from public",
)


def upgrade() -> None:
    for statement in SQL:
        op.execute(statement)
