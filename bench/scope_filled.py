"""A million leads of two hundred teams, and who may see them: put straight into the tables, set by set."""

import asyncpg

TEAMS, MEMBERS, ENDED, ENTRIES = 200, 2_000, 20_000, 4
EXPERT, HEAD, MANAGER, NOBODY = "expert", "head", "manager", "nobody"
TEAM_OF_EXPERT, TEAM_OF_ANOTHER = "team-017", "team-023"
OF_HEAD = tuple(f"team-{n:03d}" for n in range(15, 20))

# What is drawn of a number is drawn evenly: each team has as many leads as any other.
_LEADS = (
    """
    create temporary table made as
    select n, md5('lead' || n)::uuid as lead_id, md5('person' || n)::uuid as person_id,
        format('team-%s', lpad((hashint8(n) & 2147483647) % $1 || '', 3, '0')) as team, now() - n * interval '30 s' as at
    from generate_series(1, $2::bigint) n
    """,
    "insert into person (person_id, wrapped_key, known_since) select person_id, decode(repeat('ab', 60), 'hex'), at from made",
    """
    insert into lead (lead_id, person_id, personal, about, occurred_at, captured_at, content)
    select lead_id, person_id, decode(repeat('cd', 300), 'hex'),
        jsonb_build_object('source', 'web', 'country', 'DE', 'postcode', '10115', 'product', 'lathe', 'channel', 'search'),
        at, at, md5(n::text)
    from made
    """,
    """
    insert into lead_place (lead_id, state, place, captured_at, qualified_at, grade, disposition, segment, team, pipeline, assigned_at,
        assignee, waits, differing, outcomes, entries, source, channel, campaign, product, country, value_minor, currency, due_at)
    select lead_id, state[1 + n % 6], place[1 + n % 6], at, at, 'A', 'near-term', 'segment-' || n % 10, team, 'contract',
        case when n % 6 < 5 then at end, case when n % 6 < 5 then format('%s.%s', team, n % 10) end,
        case when n % 6 = 5 then 'nobody is free' end, 0, '[]', $1, 'web', 'search', 'spring', 'lathe', 'DE', 120000, 'EUR',
        case when n % 6 in (0, 5) then at + interval '1 day' end
    from made,
        (select array['assigned', 'assigned', 'won', 'won', 'lost', 'routed'] as state, array['person', 'nurture', 'won', 'won', 'lost', 'queue'] as place) as of
    """,
    """
    insert into timeline (lead_id, n, at, what, detail)
    select lead_id, entry, at, (array['captured', 'qualified', 'routed', 'assigned'])[entry], '{"team": "berlin"}'
    from made, generate_series(1, $1::int) entry order by lead_id, entry
    """,
)
_FACTS = """
insert into lead_fact (lead_id, captured_at, channel, qualified_at, valid, routed_at, segment, team, assigned_at, assignee,
    revision)
select md5('lead' || n)::uuid, now() - n * interval '30 s', 'search', now(), true, now(), 'segment-' || n % 10,
    format('team-%s', lpad((hashint8(n) & 2147483647) % $1 || '', 3, '0')), now(), 'somebody', 0
from generate_series(1, $2::bigint) n
"""
_GRANTS = (
    """
    insert into access_person (person, version)
    select person, 1 from (select format('team-%s.%s', lpad(n % $1 || '', 3, '0'), n / $1) from generate_series(0, $2 - 1) n
        union all select unnest($3::text[])) as all_of(person)
    """,
    """
    insert into access_grant (person, team, kind, begins_at, ends_at, records, opens)
    select format('team-%s.%s', lpad(n % $1 || '', 3, '0'), n / $1), format('team-%s', lpad(n % $1 || '', 3, '0')), 'member',
        now() - interval '1 year', 'infinity', 'own', true
    from generate_series(0, $2 - 1) n
    """,
    # Terms that are over: of the same people, in other teams.
    """
    insert into access_grant (person, team, kind, begins_at, ends_at, records, opens)
    select format('team-%s.%s', lpad(n % $1 || '', 3, '0'), n / $1 % 10), format('team-%s', lpad((n * 7 + 1) % $1 || '', 3, '0')),
        'member', now() - interval '2 years' - n * interval '1 s', now() - interval '1 year', 'own', true
    from generate_series(0, $2 - 1) n
    on conflict do nothing
    """,
)
_OF_SOMEBODY = """
insert into access_grant (person, team, kind, begins_at, records, opens)
select $1, team, $2, now() - interval '1 year', $3, true from unnest($4::text[]) team
"""


async def fill(leads: str, metrics: str, count: int) -> None:
    """``leads`` and ``metrics`` are the two databases, as a superuser's addresses."""
    connection = await asyncpg.connect(leads)
    given: list[list[int]] = [[TEAMS, count], [], [], [ENTRIES], [ENTRIES]]
    for statement, values in zip(_LEADS, given, strict=True):
        await connection.execute(statement, *values, timeout=1200)
    await _grant(connection)
    for table in ("person", "lead", "lead_place", "timeline", "access_grant"):
        await connection.execute("vacuum analyze " + table, timeout=1200)
    await connection.close()
    connection = await asyncpg.connect(metrics)
    await connection.execute(_FACTS, TEAMS, count, timeout=1200)
    await _grant(connection)
    for table in ("lead_fact", "access_grant"):
        await connection.execute("vacuum analyze " + table, timeout=1200)
    await connection.close()


async def _grant(connection: asyncpg.Connection) -> None:
    people, members, ended = _GRANTS
    await connection.execute(people, TEAMS, MEMBERS, [EXPERT, HEAD, MANAGER, NOBODY])
    await connection.execute(members, TEAMS, MEMBERS)
    await connection.execute(ended, TEAMS, ENDED)
    every = [f"team-{n:03d}" for n in range(TEAMS)]
    for person, kind, records, teams in (
        (EXPERT, "member", "own", [TEAM_OF_EXPERT]),
        (HEAD, "supervisor", "all", list(OF_HEAD)),
        (MANAGER, "management", "none", [*every, "(unplaced)"]),
    ):
        await connection.execute(_OF_SOMEBODY, person, kind, records, teams)
