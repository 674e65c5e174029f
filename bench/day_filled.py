"""A million leads of two hundred teams, nine of ten closed: sealed, findable, with their timelines and what was done about those that are
open. What has to be sealed is copied into a table of its own first; from there each table is filled by one statement."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from bench.alone import Alone
from chassis import Transaction
from chassis.sealing import new_key, seal_bytes
from leads.domain.personal import Personal
from leads.domain.search import found_by
from leads.store import search
from leads.store.keys import Ring
from leads.use_cases.personal import pack

TEAMS, PEOPLE, OPEN_OF, APART_S = 200, 10, 10, 2
STAGES = ("qualified", "visit", "sample", "offer", "contract")
# A lead's number says all of it: its team goes round first, then its person, then whether it is open. An open one is somebody's, but for
# one of ten in the team's queue; two of five never moved, the others are spread over the stages that follow.
_TABLE = "create unlogged table filling (n int, lead_id uuid, wrapped_key bytea, personal bytea, at timestamptz, words bigint[])"
_STATEMENTS = (
    "insert into person (person_id, wrapped_key, known_since) select lead_id, wrapped_key, at from filling order by n",
    """
    insert into lead (lead_id, person_id, personal, about, occurred_at, captured_at, content)
    select lead_id, lead_id, personal, '{"source": "web", "country": "DE", "product": "lathe"}', at, at, 'x' from filling order by n
    """,
    """
    insert into lead_place (lead_id, state, place, team, assignee, waits, due_at, captured_at, qualified_at, opened_at, assigned_at, segment,
        pipeline, stage, stage_since, value_minor, currency, grade, disposition, source, country, product, differing, outcomes, entries)
    select lead_id, case place when 'person' then 'assigned' when 'queue' then 'opened' else place end, place, 't' || n % TEAMS,
        case place when 'queue' then null else format('t%s.p%s', n % TEAMS, n / TEAMS % PEOPLE) end,
        case place when 'queue' then 'nobody is free' end, case place when 'queue' then now() + interval '1 day' end, at, at, at,
        case place when 'queue' then null else at end, 'segment-' || n % 10, (array['contract', 'stock'])[1 + n % 2],
        case when moved > 0 then (STAGES::text[])[1 + moved] end, case when moved > 0 then at + interval '1 day' end,
        case when k % 2 = 0 then k % 100000 * 1000 end, case when k % 2 = 0 then (array['EUR', 'INR', 'CNY'])[1 + k / 2 % 3] end,
        (array['A', 'B', 'C', 'D'])[1 + n % 4], 'near_term', 'web', 'DE', 'lathe', 0, '[]', 4
    from (
        select *, greatest(k / 7 % 7 - 2, 0) as moved, case
            when turn % OPEN_OF > 0 then case when k % 3 = 0 then 'won' else 'lost' end
            when k % 10 = 9 then 'queue' else 'person' end as place
        from (select *, n / (TEAMS * PEOPLE) as turn, hashint4(n) & 2147483647 as k from filling) f
    ) f order by n
    """,
    """
    insert into timeline (lead_id, n, at, what, detail)
    select lead_id, k, at + k * interval '1 s', (array['captured', 'qualified', 'opened', 'assigned'])[k], '{"team": "t", "assignee": "p"}'
    from filling, generate_series(1, 4) k order by lead_id, k
    """,
    """
    insert into request (lead_id, n, kind, state, asked_at, starts_at, times, step, next_at, due_at, promise, policy)
    select lead_id, 0, 'first_response', 'open', at, at, array[due, due, due, due, due], 0, due, due, 0, 1
    from (select *, now() + interval '1 day' + n * interval '50 ms' as due from filling) f
    where n / (TEAMS * PEOPLE) % OPEN_OF = 0 order by lead_id
    """,
    """
    insert into activity (activity_id, lead_id, kind, direction, evidence, occurred_at, recorded_at, author, content)
    select gen_random_uuid(), lead_id, 'call', 'outbound', 'person', at + k * interval '1 min', at + k * interval '1 min', 'p', 'x'
    from filling, generate_series(1, case when n % 20000 = 0 then 20 else 2 end) k
    where n / (TEAMS * PEOPLE) % OPEN_OF = 0 order by lead_id, k
    """,
    "insert into search_word (key, lead_id) select unnest(words) as key, lead_id from filling order by 1, 2",
    "insert into search_position (captured_at) select max(at) from filling",
    """
    insert into pipeline (pipeline, name, version, stages)
    select name, name, 1, (select jsonb_agg(jsonb_build_object('name', stage, 'kind', 'open', 'documents', '[]'::jsonb, 'fields', '[]'::jsonb,
        'target_days', 30)) from unnest(STAGES::text[]) stage)
    from unnest(array['contract', 'stock']) name
    """,
    "drop table filling",
)
FILLED = ("person", "lead", "lead_place", "timeline", "request", "activity", "search_word")


async def fill(alone: Alone, wanted: int) -> UUID:
    """So many leads. Returns an open one of the first team with twenty activities."""
    ids = [uuid4() for _ in range(wanted)]
    await alone.sql(_TABLE)
    async with alone.service.database.transaction() as tx:
        wrapping = Ring.of(tx).persons
    await alone.superuser.copy_records_to_table("filling", records=_sealed(ids, wrapping, tx), timeout=1200)
    named = {"TEAMS": TEAMS, "PEOPLE": PEOPLE, "OPEN_OF": OPEN_OF, "STAGES": f"'{{{','.join(STAGES)}}}'"}
    for statement in _STATEMENTS:
        for name, value in named.items():
            statement = statement.replace(name, str(value))
        await alone.sql(statement)
    await alone.settles(FILLED)
    turns = TEAMS * PEOPLE * OPEN_OF
    return ids[(wanted - 1) // turns * turns]


def _sealed(ids: list[UUID], wrapping: bytes, tx: Transaction) -> Iterator[tuple[object, ...]]:
    """What each lead is about, sealed under a key of its own, and by which words it is found."""
    began = datetime.now(UTC) - timedelta(seconds=APART_S * len(ids))
    for n, lead_id in enumerate(ids):
        key, bound = new_key(), lead_id.bytes
        who = Personal(name=f"Customer N{n}", company=f"Firm {n % 5000} GmbH", email=f"c{n}@x.example")
        words = search.keys_of(tx, found_by((who.name, who.company), who.email, None))
        at = began + timedelta(seconds=APART_S * n)
        yield n, lead_id, seal_bytes(wrapping, key, bound), seal_bytes(key, pack(who), bound), at, words
