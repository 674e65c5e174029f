"""Who stood in for somebody in a team is known to everybody who sees the team's leads."""

from alembic import op

revision = "0010"
down_revision = "0009"

SQL = (
    """
    create function stands_in(its_team text, absent text, moment timestamptz) returns text
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
        select g.person from public.access_grant g
        where g.kind = 'substitute' and g.team = its_team and g.on_behalf_of = absent and g.begins_at <= moment and g.ends_at > moment
            and exists (
                select from public.access_grant mine
                where mine.person = public.access_me() and mine.team = its_team and mine.begins_at <= now() and mine.ends_at > now()
            )
        order by g.begins_at, g.person limit 1
    $$
    """,
    "comment on function stands_in is 'who stood in for a holder at a moment; a door reads no grants but those of who acts'",
    "revoke all on function stands_in(text, text, timestamptz) from public",
    """
    do $$ begin
        execute format('grant execute on function stands_in(text, text, timestamptz) to %I', current_user || '_door');
        execute format('grant create on schema public to %I', current_user || '_keys');
        execute format('alter function stands_in(text, text, timestamptz) owner to %I', current_user || '_keys');
        execute format('revoke create on schema public from %I', current_user || '_keys');
    end $$
    """,
)


def upgrade() -> None:
    """Makes the function."""
    for statement in SQL:
        op.execute(statement)
