"""How each lead stands, whose customer somebody is, and when a queue is looked at again.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = (
    "alter table rotation add column wakes_at timestamptz, add column looked bigint default 0 not null",
    """
    alter table decision add column code text, add column would_rule text, add column by text, add column on_behalf_of text,
        add column transfer_id uuid
    """,
    """
    create table lead_case (
        lead_id uuid not null,
        number integer not null,
        disposition text not null,
        verdict integer not null,
        team text,
        person text,
        code text,
        since timestamptz not null,
        attempt integer not null,
        not_to text[] not null,
        excluded text[] not null,
        ended_at timestamptz,
        ended text,
        party_id uuid,
        rule text,
        looked integer not null,
        waits_turn boolean not null,
        primary key (lead_id)
    )
    with (
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    # Rows are moved as the worker, who sees them; in a new database the worker's rights come only after the revisions.
    """
    do $$ begin
        execute format('grant select on decision to %I', current_user || '_worker');
        execute format('grant insert on lead_case to %I', current_user || '_worker');
    end $$
    """,
    "select set_config('role', current_user || '_worker', true)",
    """
    insert into lead_case (lead_id, number, disposition, verdict, team, person, code, since, attempt, not_to, excluded, rule, looked,
        waits_turn)
    select distinct on (lead_id) lead_id, number, disposition, 1, team, assignee,
        case when assignee is not null then null
            when team is null then case ruleset when 0 then 'no_ruleset' else 'no_rule' end
            when disposition = 'nurture' then 'nurture' when disposition = 'near_term' then 'absent' else 'qualifier' end,
        decided_at, 1, excluded_people, excluded_teams, rule, ruleset,
        assignee is null and team is not null and disposition = 'near_term'
    from decision order by lead_id, number desc
    """,
    "reset role",
    # The former build goes on deciding, and knows nothing of how leads stand: until none of it is left, the database writes that.
    """
    create function stand_as_decided() returns trigger language plpgsql set search_path = public as $$ begin
        insert into lead_case (lead_id, number, disposition, verdict, team, person, code, since, attempt, not_to, excluded, rule,
            looked, waits_turn)
        select lead_id, number, disposition, 1, team, assignee,
            case when assignee is not null then null
                when team is null then case ruleset when 0 then 'no_ruleset' else 'no_rule' end
                when disposition = 'nurture' then 'nurture' when disposition = 'near_term' then 'absent' else 'qualifier' end,
            decided_at, 1, excluded_people, excluded_teams, rule, ruleset,
            assignee is null and team is not null and disposition = 'near_term'
        from made on conflict (lead_id) do nothing;
        return null;
    end $$
    """,
    """
    create trigger stands after insert on decision referencing new table as made
    for each statement execute function stand_as_decided()
    """,
    """
    create index lead_case_queue on lead_case (team, waits_turn, since, lead_id) where person is null and ended_at is null
    """,
    "create index lead_case_book on lead_case (person) where person is not null and ended_at is null",
    "create index lead_case_party on lead_case (party_id) where party_id is not null",
    """
    create index lead_case_unplaced on lead_case (looked, lead_id)
    where person is null and ended_at is null and (rule is null or rule = 'fallback')
    """,
    """
    create table customer (
        party_id uuid not null,
        line text not null,
        team text not null,
        person text,
        since_at timestamptz not null,
        cause text not null,
        primary key (party_id, line)
    )
    with (
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "create index customer_book on customer (team, person)",
    """
    create table load (
        person text not null,
        day date not null,
        today integer not null,
        primary key (person)
    )
    """,
    """
    create table rotation_back (
        team text not null,
        turn bigint not null,
        of_turn bigint not null,
        lead_id uuid not null,
        primary key (team, turn)
    )
    """,
    """
    create table transfer (
        id uuid not null,
        kind text not null,
        cause text not null,
        from_team text not null,
        person text,
        leads uuid[] not null,
        to_team text not null,
        to_person text,
        successors jsonb not null,
        with_customer boolean not null,
        code text not null,
        state text not null,
        asked_by text not null,
        asked_at timestamptz not null,
        lapses_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        undo_of uuid,
        items integer,
        primary key (id),
        constraint transfer_kind_check check (kind in ('list', 'book', 'undo'))
    )
    """,
    "create index transfer_open on transfer (asked_at) where state in ('asked', 'rehearsed', 'approved', 'running')",
    """
    create table transfer_item (
        transfer_id uuid not null,
        lead_id uuid not null,
        place integer not null,
        from_team text not null,
        from_person text,
        to_person text,
        number integer not null,
        made integer,
        state text not null,
        why text,
        primary key (transfer_id, lead_id)
    )
    """,
    "create index transfer_item_waiting on transfer_item (transfer_id, place) where state = 'waiting'",
    "alter table move add column successors jsonb default '[]' not null, add column handed_at timestamptz",
    # What is done by now was done by hand: nobody's leads move unasked.
    "update move set handed_at = now() where at <= now()",
    "-- squawk-ignore require-concurrent-index-creation\ncreate index move_to_hand on move (at) where handed_at is null",
)


def upgrade() -> None:
    """A lead that was decided stands as its newest decision says."""
    for statement in SQL:
        op.execute(statement)
