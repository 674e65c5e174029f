"""Every number is kept apart by team; campaigns have an owning team; closed days and weeks of teams stand in a league."""

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = (
    "alter table campaign_fact add column owning_team text",
    """
    create table kpi_part (
        by text not null,
        period text not null,
        key text not null,
        team text not null,
        version bigint not null,
        measures json not null,
        primary key (by, period, key, team)
    ) with (fillfactor = 50)
    """,
    """
    create table merged (
        only_one boolean primary key default true constraint merged_only_one check (only_one),
        version bigint not null
    ) with (fillfactor = 50)
    """,
    # Whoever makes tables sees no row of those that belong to teams: for this transaction the owner reads all, and the policies
    # that are written at its end shut the table to him again.
    "alter table lead_fact no force row level security",
    # What was counted until now, made of the facts: what each lead and line adds to which number of which team.
    """
    with lead as (
        select coalesce(nullif(team, ''), '(unplaced)') as team, qualified_at, valid or outcome is not distinct from 'won' as valid,
            segment, assignee, outcome, amount, currency,
            case when discarded_at is not null then '(discarded)' else '(unrouted)' end as nowhere,
            coalesce(nullif(segment_key, ''), nullif(segment, '')) as by_segment,
            coalesce(nullif(channel_key, ''), nullif(channel, ''), '(none)') as by_channel,
            nullif(team, '') as by_team,
            coalesce(nullif(campaign_key, ''), nullif(campaign, ''), '(none)') as by_campaign
        from lead_fact where captured_at is not null
    ), placed as (
        select lead.*, place.by, place.key from lead, lateral (values
            ('segment', coalesce(by_segment, nowhere)), ('channel', by_channel), ('team', coalesce(by_team, nowhere)),
            ('campaign', by_campaign)
        ) as place(by, key)
    ), counted as (
        select team, by, key, n.name, n.value from (
            select team, by, key, count(*) as leads, count(qualified_at) as qualified, count(*) filter (where valid) as valid,
                count(segment) as routed, count(assignee) as assigned, count(*) filter (where outcome = 'won') as won,
                count(*) filter (where outcome = 'lost') as lost
            from placed group by team, by, key
        ) c, lateral (values ('leads', leads), ('qualified', qualified), ('valid', valid), ('routed', routed),
            ('assigned', assigned), ('won', won), ('lost', lost)) as n(name, value)
        where n.value <> 0
    ), spent as (
        select '(unplaced)' as team, place.by, place.key, l.currency, l.incurred
        from line_fact l left join campaign_fact c using (campaign), lateral (values
            ('campaign', coalesce(nullif(c.campaign_key, ''), nullif(l.campaign, ''), '(none)')),
            ('channel', coalesce(nullif(c.channel_key, ''), nullif(c.channel, ''), '(none)')),
            ('segment', coalesce(nullif(c.segment_key, ''), nullif(c.segment, ''), '(none)'))
        ) as place(by, key)
    ), money as (
        select team, by, key, name, json_object_agg(currency, value) as value from (
            select team, by, key, 'won_amount' as name, currency, sum(amount) as value from placed
            where outcome = 'won' and amount <> 0 and currency is not null group by team, by, key, currency
            union all
            select team, by, key, 'spend', currency, sum(incurred) from spent group by team, by, key, currency
        ) m where value <> 0 group by team, by, key, name
    )
    insert into kpi_part (by, period, key, team, version, measures)
    select by, 'all', key, team, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint, json_object_agg(name, value)
    from (
        select team, by, key, name, to_json(value) as value from counted
        union all
        select team, by, key, name, value from money
    ) every_number
    group by by, key, team
    """,
    """
    insert into merged (version)
    select greatest(max(version), floor(extract(epoch from clock_timestamp()) * 1000000)::bigint)
    from kpi_part having count(*) > 0
    """,
    """
    create table league_entry (
        lead_id uuid not null,
        step text not null,
        day date not null,
        team text not null,
        person text,
        valid boolean not null,
        outcome text,
        amount bigint,
        currency char(3),
        primary key (lead_id, step)
    ) with (
        autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_scale_factor = 1,
        autovacuum_vacuum_insert_scale_factor = 1
    )
    """,
    "create index league_entry_day on league_entry (day)",
    """
    create table league_period (
        grain text not null,
        starts_on date not null,
        ends_on date not null,
        closed_at timestamptz not null,
        primary key (grain, starts_on)
    )
    """,
    """
    create table league (
        grain text not null,
        starts_on date not null,
        team text not null,
        counts json,
        money json,
        primary key (grain, starts_on, team)
    )
    """,
)


def upgrade() -> None:
    """Makes the tables, and the numbers by team out of the facts."""
    for statement in SQL:
        op.execute(statement)
