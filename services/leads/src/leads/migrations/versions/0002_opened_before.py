"""Looks at personal data: each is written down by the one function that hands out the keys."""

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = (
    """
    create table opened (
        opening uuid not null,
        lead_id uuid not null,
        at timestamptz not null,
        team text not null,
        person text not null,
        on_behalf_of text not null,
        purpose text not null,
        grant_kind text not null,
        reference uuid,
        trace text,
        primary key (lead_id, opening)
    )
    """,
    "comment on table opened is 'append only: who looked at whom a lead is about; nothing of what was seen'",
    "comment on column opened.opening is 'one for all leads that were opened at once'",
    "comment on column opened.team is 'whose the lead was then'",
    "comment on column opened.person is 'who looked'",
    "create index opened_by on opened (person, at)",
    # Of the rights by which somebody may open a lead his own comes first, but for him for whom he says that he acts. What break-glass
    # opens is opened for that purpose alone, and by nothing else. A key is given for a row that was written, and for no other.
    """
    create function open_key(which uuid[], why text) returns table (
        lead_id uuid, opening uuid, at timestamptz, team text, on_behalf_of text, grant_kind text, reference uuid, wrapped_key bytea
    ) language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
        with allowed as materialized (
            select p.lead_id, p.team, g.on_behalf_of, g.kind, g.reference, k.wrapped_key
            from (select lead_id, coalesce(team, '(unplaced)') as team from public.lead_place) p
            join public.lead l on l.lead_id = p.lead_id
            join public.person k on k.person_id = l.person_id
            cross join lateral (
                select g.on_behalf_of, g.kind, g.reference from public.access_grant g
                where g.person = public.access_me() and g.team = p.team and g.opens and g.begins_at <= now() and g.ends_at > now()
                    and (g.kind = 'break_glass') = (why = 'break_glass')
                order by g.on_behalf_of <> coalesce(current_setting('tributary.on_behalf_of', true), ''), g.on_behalf_of, g.begins_at
                limit 1
            ) g
            where p.lead_id = any (which)
        ), look as materialized (
            select uuidv7() as opening
        ), written as (
            insert into public.opened (opening, lead_id, at, team, person, on_behalf_of, purpose, grant_kind, reference, trace)
            select look.opening, a.lead_id, now(), a.team, public.access_me(), a.on_behalf_of, why, a.kind, a.reference,
                nullif(current_setting('tributary.trace', true), '')
            from allowed a cross join look where a.wrapped_key is not null
            returning opened.lead_id
        )
        select a.lead_id, look.opening, now(), a.team, a.on_behalf_of, a.kind, a.reference,
            case when w.lead_id is not null then a.wrapped_key end
        from allowed a cross join look left join written w on w.lead_id = a.lead_id
    $$
    """,
    "comment on function open_key is 'checks the grant, writes the look down, and only then hands out the key'",
    "revoke all on function open_key(uuid[], text) from public",
    # It is not the schema's owner's, who would see every row by it: its owner has no more than it needs.
    """
    do $$ begin
        execute format('grant execute on function open_key(uuid[], text) to %I', current_user || '_door');
        execute format('grant create on schema public to %I', current_user || '_keys');
        execute format('alter function open_key(uuid[], text) owner to %I', current_user || '_keys');
        execute format('revoke create on schema public from %I', current_user || '_keys');
    end $$
    """,
)


def upgrade() -> None:
    """Makes the table and the function."""
    for statement in SQL:
        op.execute(statement)
