"""Metrics: what it knows is what was said, its numbers are what it knows, and what it tells are its numbers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from metrics.domain.catalogue import ALL_TEAMS, DIMENSIONS, step_of, steps
from metrics.domain.contributions import Contributions, KpiDelta, contribution, spending
from metrics.domain.facts import CampaignFact, LeadFact, LineFact, Outcome, is_valid
from metrics.domain.names import OTHER
from metrics.domain.requests import ANSWER, BREACHED, CANCELLED, NO_ANSWER, RECEIVED
from tributary.verify.events import (
    Assigned,
    Captured,
    Closed,
    Discarded,
    EventRecord,
    KpiTold,
    Planned,
    Posted,
    Qualified,
    Routed,
    Transferred,
    Unassigned,
    Unroutable,
)
from tributary.verify.invariants.league import league
from tributary.verify.invariants.violation import Invariant, Kind, Violation
from tributary.verify.requests import Step, Turned
from tributary.verify.snapshot import MetricsTables, Place, Snapshot
from tributary.verify.steps import Applied
from values.text import key as normal

AHEAD = timedelta(minutes=5)


def _assigned(fact: LeadFact, event: Assigned) -> None:
    fact.routed(event.at, event.segment, event.team)
    fact.assigned(event.at, event.person)


def _unassigned(fact: LeadFact, event: Unassigned) -> None:
    fact.routed(event.at, event.segment, event.team)
    fact.assigned(event.at, None)


LEARN: Mapping[type, Callable[[LeadFact, Any], None]] = {
    Captured: lambda fact, event: fact.captured(event.at, event.channel, event.campaign),
    Qualified: lambda fact, event: fact.qualified(event.at, is_valid(event.genuine, event.disposition)),
    Discarded: lambda fact, event: fact.discarded(event.at),
    Routed: lambda fact, event: fact.routed(event.at, event.segment, event.team),
    Unroutable: lambda fact, event: fact.routed(event.at, None, None),
    Assigned: _assigned,
    Unassigned: _unassigned,
    Transferred: lambda fact, event: fact.moved(event.at, event.team, event.person),
    Applied: lambda fact, event: fact.stepped("transferred", event.at),
}
TOPICS = ("leads.lead", "leads.request", "territory.lead", "campaigns.campaign", "campaigns.ledger")
# Of a request: what is told of its answer and its time; that it is due soon, offered or escalated is not counted.
OWED = frozenset(
    f"leads.request.{told}.v1" for told in ("received", "breached", "answered", "corrected", "reopened", "cancelled")
)


COUNTED = frozenset({*LEARN, Closed, Planned, Posted})


def is_counted(event: EventRecord) -> bool:
    """Whether metrics asks for this event, by itself or for a measure of its catalogue."""
    return type(event.body) in COUNTED or event.type in steps() or event.type in OWED


def recount(snapshot: Snapshot) -> MetricsTables:
    """The facts made anew from the topics, up to the watermarks of metrics."""
    if "recount" not in snapshot.process_cache:
        snapshot.process_cache["recount"] = _recount(snapshot)
    found: MetricsTables = snapshot.process_cache["recount"]
    return found


def _recount(snapshot: Snapshot) -> MetricsTables:
    """Times decide among what is said of a lead. Counted numbers do not: one writer says them in order, one history after the
    other, so the last word of a key is the one that stands."""
    made = MetricsTables()
    for topic in TOPICS[:3]:
        for event in snapshot.heard("metrics", topic):
            learn = LEARN.get(type(event.body))
            if not is_counted(event):
                continue
            fact = made.leads.get(event.key)
            if fact is None:
                fact = made.leads[event.key] = LeadFact(event.key)  # type: ignore[arg-type]
            if learn is not None:
                learn(fact, event.body)
            elif (special := SPECIAL.get(event.type)) is not None:
                special(fact, event)
            else:
                fact.stepped(step_of(event.type), event.body.at)
    for event in snapshot.heard("metrics", "campaigns.campaign"):
        if isinstance(body := event.body, Planned):
            made.campaigns[event.key] = CampaignFact(
                event.key, body.version, body.channel, body.segment, event.source, owning_team=body.team
            )
    for event in snapshot.heard("metrics", "campaigns.ledger"):
        if isinstance(body := event.body, Posted):
            place: Place = (body.campaign, body.line, body.currency)
            made.lines[place] = LineFact(*place, body.posting, body.incurred, event.source)
            made.campaigns.setdefault(body.campaign, CampaignFact(body.campaign))
    _as_counted(made.leads, snapshot.metrics.leads)
    _as_counted(made.campaigns, snapshot.metrics.campaigns)
    _as_counted(made.lines, snapshot.metrics.lines)
    return made


def _close(fact: LeadFact, event: EventRecord) -> None:
    body: Closed = event.body
    amount, currency = body.amount or (None, None)
    # The word of another history, as it were: it is the last one, so it stands.
    outcome: Outcome = "won" if body.result == "won" else "lost"
    fact.closed(body.at, body.revision, outcome, amount, currency, f"{event.source} {event.seq}")
    fact.history = event.source


def _reopen(fact: LeadFact, event: EventRecord) -> None:
    fact.reopened(event.body.at, event.body.revision, f"{event.source} {event.seq}")
    fact.history = event.source


def _owe(fact: LeadFact, event: EventRecord) -> None:
    """What was said of a request, the newest word by when it was said."""
    body, said = event.body, datetime.fromisoformat(event.at)
    n = body.request[1]
    if isinstance(body, Step):
        fact.told(n, BREACHED, said, body.due_at, True)
    elif isinstance(body, Turned) and body.state == "answered":
        fact.told(n, ANSWER, said, body.answered_at, *body.waited)
        if BREACHED in body.withdraws:
            fact.told(n, BREACHED, said, body.due_at, False)
    elif body.at is None:
        fact.told(n, ANSWER, said, *NO_ANSWER)
    else:
        fact.told(n, CANCELLED if body.state == "cancelled" else RECEIVED, body.at)


SPECIAL: Mapping[str, Callable[[LeadFact, EventRecord], None]] = {
    "leads.lead.closed.v1": _close,
    "leads.lead.reopened.v1": _reopen,
    "leads.lead.restored.v1": lambda fact, event: fact.restored(event.body.at),
    **dict.fromkeys(OWED, _owe),
}


def _as_counted(made: Mapping[Any, Any], held: Mapping[Any, Any]) -> None:
    """Which name something counts under depends on who came first, and what was handled by hand is of no history: both are
    taken as they are held, and looked at by themselves."""
    for key in made.keys() & held.keys():
        for field in ("segment_key", "channel_key", "campaign_key"):
            if hasattr(made[key], field):
                setattr(made[key], field, getattr(held[key], field))
        if held[key].history is None:
            made[key].history = None


def facts(snapshot: Snapshot) -> Iterator[Violation]:
    """Facts against a recount from the topics, column by column."""
    if not all(snapshot.logs[topic].complete for topic in TOPICS):
        return
    made = recount(snapshot)
    yield from _apart("lead", made.leads, snapshot.metrics.leads)
    yield from _apart("campaign", made.campaigns, snapshot.metrics.campaigns)
    yield from _apart("budget line", made.lines, snapshot.metrics.lines)
    yield from _names(snapshot)
    yield from _left_behind(snapshot)


def _names(snapshot: Snapshot) -> Iterator[Violation]:
    """A fact counts under its own name in the spelling of its row, or under the one for all names that nobody declared."""
    rows: dict[tuple[str, str], str] = {}
    for what, facts in (("lead", snapshot.metrics.leads), ("campaign", snapshot.metrics.campaigns)):
        for key, fact in facts.items():
            for by in ("segment", "channel", "campaign"):
                written, name = getattr(fact, by), getattr(fact, f"{by}_key") or getattr(fact, by)
                if not written or name == OTHER:
                    continue
                if normal(name) != normal(written):
                    yield Violation("wrong", f"{what} {_name(key)} is of {by} {written} and counts under {name}")
                elif rows.setdefault((by, normal(name)), name) != name:
                    yield Violation("doubled", f"{by} {written} counts under {name} and {rows[by, normal(name)]}")


def _left_behind(snapshot: Snapshot) -> Iterator[Violation]:
    """What metrics knows of a line from a history that ended must be what the ledger, as it came back, says of it too."""
    topic = "campaigns.ledger"
    spoken = {
        (event.body.campaign, event.body.line, event.body.currency)
        for event in snapshot.emitted(topic)
        if isinstance(event.body, Posted) and snapshot.is_current(topic, event)
    }
    for place, fact in snapshot.metrics.lines.items():
        line = snapshot.campaigns.lines.get(place)
        incurred = line.incurred if line else 0
        if place not in spoken and fact.incurred != incurred:
            yield Violation(
                "wrong",
                f"budget line {_name(place)}: incurred is {fact.incurred} since a restore, the ledger says {incurred}",
            )


def _apart(what: str, right: Mapping[Any, Any], held: Mapping[Any, Any]) -> Iterator[Violation]:
    for key in right.keys() - held.keys():
        yield Violation("lost", f"{what} {_name(key)} was heard by metrics, and there is no fact")
    for key in held.keys() - right.keys():
        yield Violation("invented", f"{what} {_name(key)} is a fact, and metrics has heard nothing of it")
    for key, fact in right.items():
        if key in held and held[key] != fact:
            for field in fields(fact):
                expected, found = getattr(fact, field.name), getattr(held[key], field.name)
                if expected != found:
                    yield Violation("wrong", f"{what} {_name(key)}: {field.name} is {found}, the topics say {expected}")


def _name(key: Any) -> str:
    return key if isinstance(key, str) else "/".join(key)


def numbers_of(tables: MetricsTables) -> Contributions:
    """Every number, made of facts by the metrics service's own pure function."""
    total = KpiDelta()
    for fact in tables.leads.values():
        total.move(None, contribution(fact))
    for (campaign, _, currency), line in tables.lines.items():
        plan = tables.campaigns.get(campaign) or CampaignFact(campaign)
        total.spend(spending(plan), currency, line.incurred)
    return total.as_mapping()


def held(tables: MetricsTables) -> dict[tuple[str, ...], int]:
    """Every number of every team as the KPI tables hold it, without zeros."""
    return _parts(tables).as_mapping()


def _parts(tables: MetricsTables) -> KpiDelta:
    delta = KpiDelta()
    delta.rows = {key: dict(row.numbers) for key, row in tables.kpis.items()}  # type: ignore[misc]
    return delta


def kpis(snapshot: Snapshot) -> Iterator[Violation]:
    """The live numbers against both recomputations, and every dimension against every other."""
    live, of_facts = held(snapshot.metrics), numbers_of(snapshot.metrics)
    yield from _numbers("the facts make", live, of_facts)
    whole = KpiDelta()
    whole.rows = {(ALL_TEAMS, *key): dict(row.numbers) for key, row in snapshot.metrics.totals.items()}  # type: ignore[misc]
    yield from _numbers("the teams make", whole.as_mapping(), _parts(snapshot.metrics).over_teams().as_mapping())
    yield from league(snapshot)
    made = recount(snapshot)
    if all(snapshot.logs[topic].complete for topic in TOPICS):
        yield from _numbers("the topics make", live, numbers_of(made))
    captured = sum(fact.captured_at is not None for fact in snapshot.metrics.leads.values())
    for by in (dimension.name for dimension in DIMENSIONS):
        leads = sum(n for key, n in live.items() if key[1] == by and key[3] == "leads")
        if leads != captured:
            yield Violation("wrong", f"KPIs by {by} count {leads} leads, and {captured} are captured")


def _numbers(who: str, live: Contributions, right: Contributions) -> Iterator[Violation]:
    for key in sorted({*live, *right}):
        if live.get(key, 0) != right.get(key, 0):
            kind: Kind = "lost" if live.get(key, 0) < right.get(key, 0) else "invented"
            team, by, name, *measure = key
            yield Violation(
                kind, f"KPI {by}={name} of {team}: {' '.join(measure)} is {live.get(key, 0)}, {who} {right.get(key, 0)}"
            )


def emitted(snapshot: Snapshot) -> Iterator[Violation]:
    """The newest word on metrics.kpi about a row is the row, as soon as it must have been told."""
    newest: dict[tuple[str, str], KpiTold] = {}
    for event in snapshot.emitted("metrics.kpi"):
        if isinstance(body := event.body, KpiTold):
            row = (body.by, body.key)
            if row not in newest or body.version >= newest[row].version:
                newest[row] = body
    for (by, key), kpi in snapshot.metrics.totals.items():
        body = newest.get((by, key))
        version = body.version if body else 0
        if kpi.emitted and version < kpi.version:
            yield Violation(
                "lost", f"KPI {by}={key} has changed (version {kpi.version}) and was told last as {version}"
            )
        if body is not None and version == kpi.version and kpi.numbers != body.numbers:
            yield Violation("wrong", f"KPI {by}={key} is {dict(kpi.numbers)} and was told as {dict(body.numbers)}")


def as_of(snapshot: Snapshot) -> Iterator[Violation]:
    """Per topic, the time of the newest event that is counted; what the topic no longer holds may have been newer."""
    for topic in TOPICS:
        at = [event.at for event in snapshot.heard("metrics", topic) if is_counted(event) and event.at]
        right, held = max(map(datetime.fromisoformat, at), default=None), snapshot.metrics.as_of.get(topic)
        if held == right or (right is None and not snapshot.logs[topic].complete):
            continue
        if held and right and right - AHEAD <= held < right:
            continue  # its writer's clock was ahead of the one that counted it
        kind: Kind = "lost" if held is None else "invented" if right is None else "wrong"
        yield Violation(kind, f"the numbers are as of {held} by {topic}, and the newest event counted is of {right}")


FACTS = Invariant(
    "facts",
    "What metrics knows of leads, campaigns and budget lines is what the topics say up to its watermarks.",
    facts,
)
KPIS = Invariant(
    "kpis",
    "Every KPI, of every team, in every dimension and currency, equals its recomputation from the facts and its recount from the"
    " topics, and those of all teams are their sums. What the league shows is what its days have counted.",
    kpis,
)
KPIS_TOLD = Invariant("kpis_told", "The newest word on metrics.kpi about a row equals the row of all teams.", emitted)
AS_OF = Invariant(
    "as_of",
    "The time that the numbers give as theirs is that of the newest event they hold, topic by topic, or up to five minutes"
    " before it where the clock of who said it was ahead.",
    as_of,
)
