"""Every database, each in one snapshot of its own: tables, outbox, watermarks and what is parked, all of the same moment."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from typing import Any

import asyncpg
from pydantic_core import from_json

from chassis.parking import SUSPECT
from metrics.domain import league
from metrics.domain.facts import CampaignFact, LeadFact, LineFact
from metrics.domain.kpi import by_number
from tributary.child_process import StackError
from tributary.running import RunningService
from tributary.verify.activities import read_activities
from tributary.verify.boxes import Boxes, read_boxes
from tributary.verify.events import EventRecord, body_of, spend_name
from tributary.verify.looking import look_at_tables
from tributary.verify.losses import Loss
from tributary.verify.openings import read_openings
from tributary.verify.opportunities import read_opportunities
from tributary.verify.organisation import read_organisation
from tributary.verify.private import Private
from tributary.verify.requests import read_requests
from tributary.verify.snapshot import (
    Account,
    CampaignTables,
    Case,
    ClosedPeriod,
    Counted,
    Decision,
    Entry,
    Known,
    KpiRow,
    LeadsTables,
    Line,
    MarketFile,
    MetricsTables,
    Plan,
    Posting,
    Spend,
    TerritoryTables,
)

OUTCOMES = Known._fields.index("outcomes")
Tables = LeadsTables | TerritoryTables | CampaignTables | MetricsTables

_NUMBERS = "select topic, shard, next_seq from outbox_shard"
_OUTBOX = "select topic, shard, seq, id::text as id, type, key, payload, at from outbox order by topic, shard, seq"
# A row that has no time yet was only made ready: nothing was handled under it.
_MARKS = "select topic, source, shard, last_seq from watermark where source <> 'kafka' or last_at is not null"
_PARKED = """
select topic, shard, position, coalesce(headers->>'ce_id', '') as id, cause = any($1) as suspect,
    replayed_at is not null as replayed, discarded_at is not null as discarded
from parked where replayed_at is null or cause = any($1)
"""
_ACCEPTED = """
select topic, source, shard, first_seq, last_seq, reason, accepted_by, accepted_at from accepted_loss
order by accepted_at, topic, shard, first_seq
"""
_LEADS = """
select lead_id::text, coalesce(p.state, 'nowhere'), l.captured_at, p.qualified_at, p.discarded_at, p.opened_at, p.assigned_at,
    p.segment, nullif(p.team, '(unplaced)'), p.pipeline, p.assignee, p.waits, case when p.outcomes <> '[]' then p.outcomes::text end,
    l.occurred_at, p.grade, p.disposition, p.scorecard, p.discard_reason, coalesce(l.about::text, ''),
    coalesce(p.differing, 0), coalesce(p.entries, 0), p.captured_at, p.place, coalesce((p.later ->> 'revisited')::boolean, false)
from lead_place p full join lead l using (lead_id)
"""
_TIMELINES = "select lead_id::text, n, at, what, detail::text from timeline order by lead_id, n"
_TRANSFERS = "select transfer_id::text, lead_id::text, sha256 from transfer_item"
_FORMS = "select form, version, state, content->>'consents' from form"
_DECISIONS = """
select lead_id::text, disposition, ruleset, segment, team, pipeline, assignee, reason, rule,
    attributes::text, refused::text, turn, number, cause, roster::text, code, would_rule
from decision order by lead_id, number
"""
_CASES = """
select lead_id::text, number, team, person, code, ended_at is null, waits_turn, party_id::text from lead_case
"""
_ASLEEP = "select r.team from rotation r, organisation o where r.wakes_at is null and r.looked >= o.version"
_MARKETS = "select version, document::text, sha256 from market"
_PLANS = (
    "select campaign, version, name, channel, segment, starts_at, ends_at, currency, team from campaign where known"
)
_LINES = """
select campaign, line, currency, planned, budget, committed, incurred, available, unmatched, postings, item, owner
from budget_line
"""
_POSTINGS = """
select p.campaign, p.line, p.currency, p.posting, p.kind, p.amount, p.sender, p.spend_id,
    coalesce(array_agg(e.account order by e.account) filter (where e.account is not null), '{}') as accounts,
    coalesce(array_agg(e.amount order by e.account) filter (where e.account is not null), '{}') as amounts
from ledger_posting p left join ledger_entry e on e.posting_id = p.id
group by p.id order by p.campaign, p.line, p.currency, p.posting
"""
_FACTS = {fact: ", ".join(field.name for field in fields(fact)) for fact in (LeadFact, CampaignFact, LineFact)}
# What a finished transaction changed before the last publication's floor has been told in that or an earlier turn.
_KPIS = """
select by, key, version, measures::text,
    changed_xid < (select coalesce(max(floor), 0) from publication) as said
from kpi where period = 'all'
"""


_ENTRIES = "select lead_id, day, team, step, person, valid, outcome, amount, currency from league_entry"
_PERIODS = "select grain, starts_on, ends_on from league_period"
_LEAGUE = "select grain, starts_on, team, counts::text, money::text from league"
_PARTS = "select team, by, key, version, measures::text, true as said from kpi_part where period = 'all'"


async def snapshots(
    services: Mapping[str, RunningService], private: Private, report: Callable[[str], None] = lambda service: None
) -> tuple[dict[str, Account], dict[str, Tables]]:
    """All four, each in a transaction that sees one moment and changes nothing; ``private`` looks at all their texts."""

    async def one(service: str) -> tuple[Account, Tables]:
        connection = await connect(service, services[service].watched or services[service].database)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                account = await _account(connection, service, private)
                tables = await READ[service](connection)
                await look_at_tables(connection, service, private)
            report(service)
            return account, tables
        except asyncpg.PostgresError as failure:
            raise StackError(f"The database of {service} can't be read: {failure}.") from failure
        finally:
            await connection.close()

    names = list(services)
    found = await asyncio.gather(*(one(name) for name in names))
    return (
        {name: account for name, (account, _) in zip(names, found, strict=True)},
        {name: tables for name, (_, tables) in zip(names, found, strict=True)},
    )


async def connect(service: str, database: str) -> Any:
    """A connection as the role that this address names."""
    try:
        return await asyncpg.connect(database, timeout=10, server_settings={"application_name": "tributary verify"})
    except (OSError, asyncpg.PostgresError, TimeoutError) as failure:
        raise StackError(
            f"The database of {service} does not answer: {failure or type(failure).__name__}."
        ) from failure


async def numbers(connection: Any) -> dict[tuple[str, int], int]:
    """The next number of every shard."""
    return {(row[0], row[1]): row[2] for row in await connection.fetch(_NUMBERS)}


async def marks(connection: Any) -> dict[tuple[str, str, int], int]:
    """How far every stream was heard."""
    return {(row[0], row[1], row[2]): row[3] for row in await connection.fetch(_MARKS)}


async def source_of(connection: Any, service: str) -> str:
    """The name of the service's present history."""
    return f"{service}/{await connection.fetchval('select name from epoch')}"


async def contacts(services: Mapping[str, RunningService], master: bytes | None, private: Private) -> Boxes:
    """Opens the sealed contacts of all leads, so that ``private`` knows what to look for. Who has the master key here sees keys
    and boxes as the service does; nobody else does."""
    leads = services["leads"]
    connection = await connect("leads", leads.database if master else leads.watched or leads.database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await read_boxes(connection, master, private.know)
    except asyncpg.PostgresError as failure:
        raise StackError(f"The database of leads can't be read: {failure}.") from failure
    finally:
        await connection.close()


async def _account(connection: Any, service: str, private: Private) -> Account:
    account = Account(await source_of(connection, service), await numbers(connection))
    account.watermarks = await marks(connection)
    for row in await connection.fetch(_OUTBOX):
        events = EventRecord(
            row["shard"],
            -1,
            row["type"],
            row["key"].decode(),
            row["id"],
            account.source,
            row["shard"],
            row["seq"],
            body_of(row["type"], row["payload"]),
            row["at"].isoformat(),
        )
        account.outbox.setdefault(row["topic"], []).append(events)
        private.record(f"outbox of {service}", row["key"], row["payload"], ())
    for topic, shard, position, identity, suspect, replayed, discarded in await connection.fetch(_PARKED, SUSPECT):
        if replayed:
            account.vouched.add((topic, identity))
            continue
        account.parked_at.add((topic, shard, position))
        if not suspect:
            account.parked_ids.add((topic, identity))
        if discarded:
            account.discarded.add((topic, shard, position))
    account.accepted = [Loss._make(row) for row in await connection.fetch(_ACCEPTED)]
    return account


async def _leads(connection: Any) -> LeadsTables:
    tables = LeadsTables()
    timelines: dict[str, list[Entry]] = {}
    for lead_id, *entry in await connection.fetch(_TIMELINES):
        timelines.setdefault(lead_id, []).append(Entry._make(entry))
    for row in await connection.fetch(_LEADS):
        lead_id, *known = row
        outcomes = known[OUTCOMES]
        known[OUTCOMES] = _outcomes(outcomes) if outcomes else ()
        tables.leads[lead_id] = Known._make([*known, tuple(timelines.pop(lead_id, ()))])
    tables.astray = sorted(timelines)
    rows = await connection.fetch("select event_id, lead_id::text from waiting_outcome")
    tables.waiting = {row[0]: row[1] for row in rows}
    tables.openings = await read_openings(connection)
    tables.activities = await read_activities(connection)
    tables.requests = await read_requests(connection)
    tables.opportunities = await read_opportunities(connection)
    tables.forms = {
        (form, version): (state, frozenset((one["id"], one["version"]) for one in json.loads(consents or "[]")))
        for form, version, state, consents in await connection.fetch(_FORMS)
    }
    tables.transfers = {(row[0], row[1]): row[2] for row in await connection.fetch(_TRANSFERS)}
    return tables


def _outcomes(text: str) -> tuple[tuple[str, tuple[int, str] | None, str | None], ...]:
    return tuple(
        (o["result"], (o["amount"]["minor"], o["amount"]["currency"]) if o.get("amount") else None, o.get("reason"))
        for o in json.loads(text)
    )


async def _territory(connection: Any) -> TerritoryTables:
    decisions: dict[str, Decision] = {}
    earlier = []
    for lead_id, *row in await connection.fetch(_DECISIONS):
        if lead_id in decisions:
            earlier.append((lead_id, decisions[lead_id]))
        decisions[lead_id] = Decision(*row)
    rotations = await connection.fetch("select team, credits::text, turn from rotation")
    markets = {row[0]: MarketFile(row[1], row[2]) for row in await connection.fetch(_MARKETS)}
    active = await connection.fetchval("select version from active_market")
    credits = {row[0]: json.loads(row[1]) for row in rotations}
    turns = {row[0]: row[2] for row in rotations}
    rosters = {row[0]: row[1] for row in await connection.fetch("select id::text, members::text from roster")}
    organisation = await read_organisation(connection)
    backs: dict[str, dict[int, int]] = {}
    for team, turn, of_turn in await connection.fetch("select team, turn, of_turn from rotation_back"):
        backs.setdefault(team, {})[turn] = of_turn
    return TerritoryTables(
        decisions,
        earlier,
        credits,
        turns,
        markets,
        active or 0,
        rosters,
        organisation,
        backs,
        {row[0]: Case(*row[1:]) for row in await connection.fetch(_CASES)},
        {row[0] for row in await connection.fetch(_ASLEEP)},
        {row[0] for row in await connection.fetch("select party_id::text from customer")},
    )


async def _campaigns(connection: Any) -> CampaignTables:
    tables = CampaignTables({row[0]: Plan(*row[1:]) for row in await connection.fetch(_PLANS)})
    tables.lines = {tuple(row[:3]): Line(*row[3:]) for row in await connection.fetch(_LINES)}
    for *place, posting, kind, amount, sender, spend_id, accounts, amounts in await connection.fetch(_POSTINGS):
        entries = tuple(zip(accounts, amounts, strict=True))
        made = Posting(posting, kind, amount, spend_name(sender, spend_id) if spend_id else None, entries)
        tables.postings.setdefault((place[0], place[1], place[2]), []).append(made)
    spends = await connection.fetch("select sender, spend_id, campaign, amount, currency, kind from spend")
    tables.spends = {spend_name(row[0], row[1]): Spend(*row[2:]) for row in spends}
    return tables


async def _metrics(connection: Any) -> MetricsTables:
    leads = await connection.fetch(f"select {_FACTS[LeadFact]} from lead_fact")
    campaigns = await connection.fetch(f"select {_FACTS[CampaignFact]} from campaign_fact")
    lines = await connection.fetch(f"select {_FACTS[LineFact]} from line_fact")
    return MetricsTables(
        {str(row["lead_id"]): _lead_fact(row) for row in leads},
        {row["campaign"]: CampaignFact(**row) for row in campaigns},
        {(row["campaign"], row["line"], row["currency"]): LineFact(**row) for row in lines},
        {(row["team"], row["by"], row["key"]): _kpi_row(row) for row in await connection.fetch(_PARTS)},
        {(row["by"], row["key"]): _kpi_row(row) for row in await connection.fetch(_KPIS)},
        {row[0]: row[1] for row in await connection.fetch("select topic, at from as_of")},
        [Counted(str(row[0]), row[1], league.Entry(*row[2:])) for row in await connection.fetch(_ENTRIES)],
        await _periods(connection),
    )


async def _periods(connection: Any) -> list[ClosedPeriod]:
    found = [ClosedPeriod(row[0], row[1], row[2], {}) for row in await connection.fetch(_PERIODS)]
    by_start = {(period.grain, period.starts_on): period.rows for period in found}
    for grain, starts_on, team, *shown in await connection.fetch(_LEAGUE):
        counts, money = (None if text is None else from_json(text) for text in shown)
        by_start[grain, starts_on][team] = (counts, money)
    return found


def _kpi_row(row: Any) -> KpiRow:
    return KpiRow(row["version"], dict(by_number(from_json(row["measures"]))), row["said"])


def _lead_fact(row: Any) -> LeadFact:
    documents = {name: from_json(row[name]) if row[name] else None for name in ("steps", "requests")}
    return LeadFact(**{**row, "lead_id": str(row["lead_id"]), **documents})


READ: Mapping[str, Callable[[Any], Awaitable[Tables]]] = {
    "leads": _leads,
    "territory": _territory,
    "campaigns": _campaigns,
    "metrics": _metrics,
}
