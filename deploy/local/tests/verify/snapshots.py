"""A small stack in which everything holds: its topics said with the real contracts, its tables as the services would leave them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts import STREAM_OF, STREAMS
from contracts.campaigns.campaign import BudgetLine, CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted
from contracts.campaigns.spend import SpendReported
from contracts.event import Event, Money, Sealed
from contracts.leads.activity import ActivityRecorded, ActivityVoided
from contracts.leads.audit import ContactOpened
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import (
    LeadAttributes,
    LeadCaptured,
    LeadClosed,
    LeadDiscarded,
    LeadQualified,
    OpportunityOpened,
    RecordTransferred,
)
from contracts.leads.opportunity import DocumentAttached, OpportunityAmended, StageChanged
from contracts.leads.request import RequestBreached, RequestCorrected, RequestEscalated, RequestReceived
from contracts.metrics.kpi import KpiChanged
from contracts.territory.access import AccessGranted, Grant, RoleHeld
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from contracts.territory.structure import MarketActivated
from leads.domain import lead as life
from leads.domain.lead import Lead, Outcome
from leads.domain.money import Money as Amount
from metrics.domain.kpi import Kpi, Measures, by_number, moved, total
from metrics.use_cases.publication import OTHERS
from territory.domain.access import Known as KnownPerson
from territory.domain.market import fingerprint
from territory.domain.organisation import KINDS, RANKS, Membership, Person, RoleGrant, Structure, Unit
from territory.domain.rotation import Member, Turn, next_turn
from territory.domain.routing import Refused
from tributary.verify.activities import Activity
from tributary.verify.boxes import Boxes
from tributary.verify.events import EventRecord, body_of
from tributary.verify.invariants.kpis import TOPICS, is_counted, numbers_of, recount
from tributary.verify.invariants.written import entry_of
from tributary.verify.openings import Look
from tributary.verify.organisation import OrganisationTables
from tributary.verify.requests import Owed
from tributary.verify.snapshot import (
    SERVICES,
    Account,
    Case,
    Decision,
    Entry,
    Known,
    KpiRow,
    Line,
    Log,
    MarketFile,
    Plan,
    Posting,
    Snapshot,
    Spend,
    subscriptions,
)

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANNA, BEN, CARL, DORA, EVE, FAY, PARKED, ON_THE_WAY, UNKNOWN = (str(UUID(int=n)) for n in range(1, 10))
OPENING, ORDER = str(UUID(int=99)), str(UUID(int=95))
OFFER = str(UUID(int=96))
CALLED, VISITED = str(UUID(int=97)), str(UUID(int=98))
ADS = ("spring", "ads", "EUR")
UNPLANNED = ("stray", "unplanned", "EUR")
WON = ("won", (9000, "EUR"), None)
LOST = ("lost", None, "price")
EUR = "EUR"
MARKET = {
    "segments": [{"id": "s", "name": "S"}],
    "pipelines": [{"id": "p", "name": "P", "stages": ["won"]}],
    "teams": [{"id": "berlin", "name": "B", "pipeline": "p", "members": [{"person": "jo"}, {"person": "mia"}]}],
    "rules": [{"name": "r", "segment": "s", "team": "berlin", "when": {"country": "DE"}}],
}


def empty() -> Snapshot:
    """Topics, databases, and nothing in them."""
    logs = {stream.topic: Log(spans=dict.fromkeys(range(stream.partitions), (0, 0))) for stream in STREAMS}
    return Snapshot(logs, {service: Account(f"{service}/one") for service in SERVICES})


def put(snapshot: Snapshot, event: Event, source: str | None = None) -> EventRecord:
    """The event on its topic, partition 0, with the next number of its writer."""
    stream = STREAM_OF[event.type]
    log = snapshot.logs[stream.topic]
    offset = log.spans[0][1]
    writer = source or snapshot.accounts[stream.publisher].source
    number = 1 + max((s.seq for s in log.records if s.source == writer), default=0)
    event = EventRecord(
        0,
        offset,
        event.type,
        str(getattr(event, stream.key)),
        f"{stream.topic}-{offset}",
        writer if stream.sequenced else "",
        0,
        number if stream.sequenced else offset,
        body_of(event.type, event.model_dump_json(exclude_none=True).encode()),
        AT.isoformat(),
    )
    log.records.append(event)
    log.spans[0] = (0, offset + 1)
    return event


def heard_everything(snapshot: Snapshot) -> None:
    """Every writer has given the numbers on the topics, and every hearer has come to their ends."""
    for topic, log in snapshot.logs.items():
        if log.records and log.records[0].source:
            account = snapshot.accounts[topic.split(".")[0]]
            own = [s.seq for s in log.records if s.source == account.source]
            account.next_seq[topic, 0] = account.later[topic, 0] = 1 + max(own, default=0)
    for service, topic in subscriptions():
        for event in snapshot.logs[topic].records:
            position = (topic, event.source, 0) if event.source else (topic, "kafka", 0)
            snapshot.accounts[service].watermarks[position] = event.seq


def clean() -> Snapshot:
    """Leads with a person, in a queue, discarded, unroutable, with nobody, won; one parked, one on the way; and a ledger."""
    snapshot = empty()
    for lead_id in (ANNA, BEN, CARL, DORA, EVE, FAY):
        _submit(snapshot, lead_id)
    _market(snapshot)
    _organisation(snapshot)
    _anna_to_eve(snapshot)
    _fay_is_lost_and_then_won(snapshot)
    put(snapshot, OutcomeReported(lead_id=UUID(UNKNOWN), result="won", at=AT))
    snapshot.leads.waiting["leads.intake-8"] = UNKNOWN
    snapshot.leads.boxes = Boxes(intake_keys={"intake-ab-1"}, opened=6)
    _ledger(snapshot)
    _opened(snapshot)
    _called(snapshot)
    _owed(snapshot)
    _sold(snapshot)
    _transferred(snapshot)
    _submit(snapshot, PARKED)
    heard_everything(snapshot)
    snapshot.accounts["leads"].parked_at.add(("leads.intake", 0, 9))
    snapshot.accounts["leads"].parked_ids.add(("leads.intake", "leads.intake-9"))
    _submit(snapshot, ON_THE_WAY)
    count(snapshot)
    stand(snapshot)
    return snapshot


def stand(snapshot: Snapshot) -> None:
    """Leads stand in territory as their newest decisions say; EVE's waits for a turn, and berlin is looked at again."""
    for lead_id, made in snapshot.territory.decisions.items():
        code = None if made.assignee else "no_rule" if made.team is None else "absent" if lead_id == EVE else "nurture"
        case = Case(made.number, made.team, made.assignee, code, lead_id != FAY, lead_id == EVE)
        snapshot.territory.cases[lead_id] = case


def _market(snapshot: Snapshot) -> None:
    document = json.dumps(MARKET)
    snapshot.territory.markets[1] = MarketFile(document, fingerprint(MARKET))
    snapshot.territory.active = 1
    put(snapshot, MarketActivated(version=1, rules=1, segments=1, teams=1, activated_at=AT))


def _organisation(snapshot: Snapshot) -> None:
    """jo belongs to berlin, and everybody was told so."""
    unit = Unit("berlin", "sales", None, "Berlin", AT)
    member = Membership(UUID(int=1), "jo", "berlin", "expert", AT)
    known_of = KnownPerson(Person("jo", access=5), (member,), (RoleGrant(UUID(int=2), "jo", "qualifier", None, AT),))
    structure = Structure.of(1, [unit], KINDS, RANKS)
    snapshot.territory.organisation = OrganisationTables(structure, {"jo": known_of}, AT + timedelta(hours=1))
    grant = Grant(team="berlin", kind="member", records="own", opens=True, begins_at=AT)
    over = grant.model_copy(update={"team": "munich", "ends_at": AT + timedelta(minutes=1)})
    role = RoleHeld(role="qualifier", begins_at=AT)
    said = {"person": "jo", "kind": "person", "cause": "joined", "granted_at": AT}
    put(snapshot, AccessGranted(version=4, grants=(), **said))  # type: ignore[arg-type]
    put(snapshot, AccessGranted(version=5, grants=(grant, over), roles=(role,), **said))  # type: ignore[arg-type]


def _submit(snapshot: Snapshot, lead_id: str) -> None:
    person = Sealed(key="intake-ab-2", box="b")
    put(snapshot, LeadSubmitted(lead_id=UUID(lead_id), received_at=AT, occurred_at=AT, source="web", person=person))


def judged(snapshot: Snapshot, lead_id: str, disposition: str, *, genuine: bool = True, later: int = 0) -> None:
    """Captured and qualified."""
    at, key = AT + timedelta(seconds=later), UUID(lead_id)
    by_form = {"form": "spring", "form_version": 2} if lead_id == ANNA else {}
    said = {"source": "web", "channel": "search", "occurred_at": at, "captured_at": at, **by_form}
    put(snapshot, LeadCaptured(lead_id=key, **said))
    about = LeadAttributes(source="web", country="FR" if lead_id == DORA else "DE", attributes={"size": 3})
    verdict = {"genuine": genuine, "disposition": disposition, "grade": "A", "score": 80, "scorecard": 1}
    put(snapshot, LeadQualified.model_validate({"lead_id": key, "about": about, "qualified_at": at, **verdict}))


def routed(snapshot: Snapshot, lead_id: str, person: str | None = None, reason: str | None = None) -> None:
    """Given to a team, and to a person or nobody."""
    key = UUID(lead_id)
    put(
        snapshot,
        LeadRouted(lead_id=key, segment="s", team="berlin", pipeline="p", rule="r", ruleset=1, routed_at=AT),
    )
    if person:
        put(snapshot, LeadAssigned(lead_id=key, segment="s", team="berlin", person=person, ruleset=1, assigned_at=AT))
    elif reason:
        put(snapshot, LeadUnassigned(lead_id=key, segment="s", team="berlin", reason=reason, ruleset=1, decided_at=AT))
    put(snapshot, OpportunityOpened(lead_id=key, team="berlin", pipeline="p", opened_at=AT))


def known(
    state: str,
    *,
    placed: bool = False,
    person: str | None = None,
    waits: str | None = None,
    disposition: str = "near_term",
    country: str = "DE",
) -> Known:
    """A lead's row."""
    place = ("s", "berlin", "p") if placed else (None, None, None)
    discarded, opened, assigned = state == "discarded", placed, person is not None
    times = (AT, AT, AT if discarded else None, AT if opened else None, AT if assigned else None)
    why = "not genuine" if discarded else None
    steps = [
        life.captured(Lead(), AT, "web"),
        life.qualified(Lead(), AT, "A", disposition, 1, 80),
        *([life.discarded(Lead(), AT, why, timedelta(days=180))] if why else []),
        *([life.opened(Lead(), AT, "s", "berlin", "p")] if opened else []),
        *([life.assigned(Lead(), AT, "berlin", person)] if person else []),
        *([life.left_open(Lead(), AT, waits)] if waits else []),
    ]
    about = {"source": "web", "country": country, "attributes": {"size": 3}}
    timeline = kept([entry for _, entry in steps if entry])
    written = (AT, "A", disposition, 1, why, json.dumps(about), 0, len(timeline), AT, None, False, timeline)
    return Known(state, *times, *place, person, waits, (), *written)


def by_form(row: Known, **said: Any) -> Known:
    """The same lead, of whose beginning this is on record as well."""
    first = row.timeline[0]
    detail = json.loads(first.detail) | {"consents": [{"text_id": "news", "text_version": 1, "given": True}]} | said
    return row._replace(timeline=(first._replace(detail=json.dumps(detail)), *row.timeline[1:]))


def kept(entries: Sequence[life.Entry]) -> tuple[Entry, ...]:
    """A timeline as rows."""
    return tuple(
        Entry(
            n,
            entry["at"],
            entry["what"],
            json.dumps({name: value for name, value in entry.items() if name not in ("what", "at")}),
        )
        for n, entry in enumerate(entries, 1)
    )


def attributes_of(country: str) -> str:
    """What was known of a lead from this country."""
    return json.dumps({"source": "web", "country": country, "attributes.size": 3})


def decided(disposition: str, turn: Turn | None = None, number: int | None = None) -> Decision:
    """A lead of rule r's, and the turn of berlin's rotation that it was due."""
    refused: dict[str, object] = {"rules": 0}
    person = reason = None
    if turn:
        refused |= {"people": [[one.candidate, one.why] for one in turn.refused], "more_people": turn.more}
        person, reason = turn.assignee, turn.reason
    place = ("s", "berlin", "p")
    return Decision(disposition, 1, *place, person, reason, "r", attributes_of("DE"), json.dumps(refused), number)


def decided_again(snapshot: Snapshot, lead_id: str) -> None:
    """A lead in berlin's queue is decided about once more, as before, and told so."""
    territory = snapshot.territory
    territory.earlier.append((lead_id, territory.decisions[lead_id]))
    territory.decisions[lead_id] = territory.decisions[lead_id]._replace(number=2, cause="woken")
    place = {"segment": "s", "team": "berlin", "pipeline": "p", "rule": "r", "ruleset": 1}
    put(snapshot, LeadRouted(lead_id=UUID(lead_id), routed_at=AT, revision=2, cause="woken", **place))
    put(snapshot, OpportunityOpened(lead_id=UUID(lead_id), team="berlin", pipeline="p", opened_at=AT))
    heard_everything(snapshot)
    stand(snapshot)


def take_turn(snapshot: Snapshot) -> tuple[Turn, int]:
    """The next turn of berlin's rotation, taken."""
    territory = snapshot.territory
    turn = next_turn((Member("jo"), Member("mia")), territory.credits.get("berlin", {}))
    territory.credits["berlin"] = dict(turn.credits)
    territory.turns["berlin"] = number = territory.turns.get("berlin", 0) + 1
    return turn, number


def _anna_to_eve(snapshot: Snapshot) -> None:
    leads, decisions = snapshot.leads.leads, snapshot.territory.decisions
    judged(snapshot, ANNA, "near_term")
    routed(snapshot, ANNA, person="jo")
    leads[ANNA] = by_form(known("assigned", placed=True, person="jo"), form="spring", form_version=2)
    snapshot.leads.forms["spring", 2] = ("active", frozenset({("news", 1)}))
    decisions[ANNA] = decided("near_term", *take_turn(snapshot))
    judged(snapshot, BEN, "nurture")
    routed(snapshot, BEN)
    leads[BEN] = known("opened", placed=True, disposition="nurture")
    decisions[BEN] = decided("nurture")
    judged(snapshot, CARL, "not_a_target", genuine=False)
    put(snapshot, LeadDiscarded(lead_id=UUID(CARL), reason="not genuine", discarded_at=AT))
    leads[CARL] = known("discarded", disposition="not_a_target")
    judged(snapshot, DORA, "near_term")
    why = "No rule claims this lead and the market has no fallback."
    put(snapshot, LeadUnroutable(lead_id=UUID(DORA), reason=why, ruleset=1, decided_at=AT))
    leads[DORA] = known("qualified", waits=why, country="FR")
    nobody = (None, None, None, None, why, None)
    decisions[DORA] = Decision("near_term", 1, *nobody, attributes_of("FR"), "{}")
    judged(snapshot, EVE, "near_term")
    why = "Nobody in the team is available."
    routed(snapshot, EVE, reason=why)
    leads[EVE] = known("opened", placed=True, waits=why)
    nobody_there = Turn(None, why, (Refused("jo", "absent"), Refused("mia", "absent")), 0, {})
    decisions[EVE] = decided("near_term", nobody_there)


def _fay_is_lost_and_then_won(snapshot: Snapshot) -> None:
    key, amount = UUID(FAY), Money(minor=9000, currency=EUR)
    judged(snapshot, FAY, "near_term")
    routed(snapshot, FAY, person="mia")
    put(snapshot, OutcomeReported(lead_id=key, result="lost", at=AT, reason="price"))
    put(snapshot, LeadClosed(lead_id=key, result="lost", reason="price", revision=1, closed_at=AT))
    put(snapshot, OutcomeReported(lead_id=key, result="won", at=AT, amount=amount))
    put(snapshot, LeadClosed(lead_id=key, result="won", amount=amount, revision=2, closed_at=AT))
    row = known("won", placed=True, person="mia")
    _, lost = life.closed(Lead(), Outcome("lost", AT, None, "price"))
    _, won = life.closed(Lead(outcomes=(Outcome("lost", AT),)), Outcome("won", AT, Amount(9000, EUR)))
    timeline = kept([*map(entry_of, row.timeline), *(step for step in (lost, won) if step)])
    snapshot.leads.leads[FAY] = row._replace(outcomes=(LOST, WON), timeline=timeline, entries=len(timeline))
    snapshot.territory.decisions[FAY] = decided("near_term", *take_turn(snapshot))


def _opened(snapshot: Snapshot) -> None:
    """jo opened whom ANNA and EVE are about, at once."""
    for lead_id in (ANNA, EVE):
        look = Look("berlin", "jo", "", "call", "member", None, AT)
        snapshot.leads.openings.looks[OPENING, lead_id] = look
        said = {"opening": OPENING, "lead_id": lead_id, "opened_at": look.at, **look._asdict(), "on_behalf_of": None}
        put(snapshot, ContactOpened.model_validate(said))


def _called(snapshot: Snapshot) -> None:
    """jo called ANNA, and visited EVE, which was a mistake."""
    for activity_id, lead_id, kind in ((CALLED, ANNA, "call"), (VISITED, EVE, "visit")):
        done = Activity(lead_id, kind, "outbound", True, "jo", None, "berlin", AT, AT)
        snapshot.leads.activities.done[activity_id] = done
        put(snapshot, ActivityRecorded.model_validate({"activity_id": activity_id, **done._asdict()}))
    snapshot.leads.activities.voided[VISITED] = ("wrong_lead", "jo")
    said = {"activity_id": VISITED, "lead_id": EVE, "code": "wrong_lead", "by": "jo", "voided_at": AT}
    put(snapshot, ActivityVoided.model_validate(said))


def _sold(snapshot: Snapshot) -> None:
    """The sale of EVE went on to an offer, which is likely to be taken, and has the document."""
    sale = {"lead_id": EVE, "team": "berlin", "by": "jo"}
    moved = {
        "pipeline": "p",
        "pipeline_version": 1,
        "from_stage": "qualified",
        "to_stage": "offer",
        "direction": "forward",
    }
    spent = {"working_s": 1, "wall_s": 1, "changed_at": AT}
    put(snapshot, StageChanged.model_validate({**sale, **moved, **spent}))
    put(
        snapshot,
        OpportunityAmended.model_validate({**sale, "likelihood": 50, "changed": ["likelihood"], "amended_at": AT}),
    )
    file = {"kind": "offer", "media_type": "application/pdf", "size": 7, "sha256": "0" * 64}
    told = {"lead_id": EVE, "document_id": OFFER, **file, "by": "jo", "attached_at": AT}
    put(snapshot, DocumentAttached.model_validate(told))
    sales = snapshot.leads.opportunities
    sales.stages[EVE], sales.known[EVE] = "offer", (50, None)
    sales.documents[OFFER] = (EVE, *file.values())  # type: ignore[assignment]
    eve = snapshot.leads.leads[EVE]
    steps = (
        life.entry("stage", AT, **{"from": "qualified", "to": "offer", "direction": "forward"}),
        life.entry("amended", AT, changed=["likelihood"]),
    )
    timeline = kept([*(entry_of(one) for one in eve.timeline), *steps])
    snapshot.leads.leads[EVE] = eve._replace(timeline=timeline, entries=len(timeline))


def _owed(snapshot: Snapshot) -> None:
    """ANNA was owed a first response, which came late and was known later, and EVE a sample, which nobody has sent."""
    for lead_id, n in ((ANNA, 0), (EVE, 1)):
        of = {"request_id": f"{lead_id}/{n}", "lead_id": lead_id, "n": n, "kind": "sample", "due_at": AT}
        step, answer = (
            {**of, "step_at": AT, "fired_at": AT},
            {**of, "answered_at": AT, "recorded_at": AT, "late": False},
        )
        waited = dict.fromkeys(("system_s", "human_s", "system_wall_s", "human_wall_s"), 0)
        if n:
            put(snapshot, RequestReceived.model_validate({**of, "asked_at": AT, "starts_at": AT, "policy": 1}))
        put(snapshot, RequestBreached.model_validate(step))
        put(snapshot, RequestEscalated.model_validate({**step, "step": 1, "does": "notify"}))
        if not n:
            said = {**answer, **waited, "evidence": "machine", "withdraws": ("escalated:1",)}
            put(snapshot, RequestCorrected.model_validate(said))
    snapshot.leads.requests.owed = {(ANNA, 0): Owed("answered", 2, True, AT), (EVE, 1): Owed("open", 3, True, None)}


def _transferred(snapshot: Snapshot) -> None:
    """BEN's lead went by an order to where it was."""
    said = {"transfer_id": ORDER, "to_team": "berlin", "cause": "transfer", "hash": "same", "applied_at": AT}
    put(snapshot, RecordTransferred.model_validate({"lead_id": BEN, **said}))
    snapshot.leads.transfers[ORDER, BEN] = "same"


def _ledger(snapshot: Snapshot) -> None:
    plan = (BudgetLine(line="ads", item="Ads", budget=1000, owner="jo"),)
    put(
        snapshot,
        CampaignPlanned(
            campaign="spring", name="S", channel="search", currency=EUR, lines=plan, version=1, planned_at=AT
        ),
    )
    spent = (("a", "committed", 300, 300), ("b", "released", 400, 300), ("c", "incurred", 500, 500))
    steps = [("budgeted", 1000, None), *((kind, posted, spend_id) for spend_id, kind, _, posted in spent)]
    for spend_id, kind, amount, _ in spent:
        spend(snapshot, spend_id, "spring", kind, amount)
    postings = post(snapshot, ADS, steps)
    snapshot.campaigns.postings[ADS] = postings
    snapshot.campaigns.lines[ADS] = Line(True, 1000, 0, 500, 500, 100, 4, "Ads", "jo")
    snapshot.campaigns.plans["spring"] = Plan(1, "S", "search", None, None, None, EUR)
    spend(snapshot, "d", "stray", "incurred", 70)
    snapshot.campaigns.postings[UNPLANNED] = post(snapshot, UNPLANNED, [("incurred", 70, "d")])
    snapshot.campaigns.lines[UNPLANNED] = Line(False, 0, 0, 70, -70, 0, 1, "i", "o")


def spend(snapshot: Snapshot, spend_id: str, campaign: str, kind: str, amount: int) -> None:
    """Reported and counted."""
    money = Money(minor=amount, currency=EUR)
    reported = {"spend_id": spend_id, "campaign": campaign, "amount": money, "kind": kind, "occurred_at": AT}
    put(snapshot, SpendReported.model_validate(reported))
    snapshot.campaigns.spends[spend_id] = Spend(campaign, amount, EUR, kind)


def post(snapshot: Snapshot, place: tuple[str, str, str], steps: list[tuple[str, int, str | None]]) -> list[Posting]:
    """Postings with their entries, each told with the line as it stands after it."""
    accounts = {
        "budgeted": ("available", "funding"),
        "committed": ("committed", "available"),
        "released": ("available", "committed"),
        "incurred": ("incurred", "available"),
    }
    budget = committed = incurred = 0
    made = []
    for n, (kind, amount, spend_id) in enumerate(steps, 1):
        budget += amount if kind == "budgeted" else 0
        committed += {"committed": amount, "released": -amount}.get(kind, 0)
        incurred += amount if kind == "incurred" else 0
        debit, credit = accounts[kind]
        made.append(Posting(n, kind, amount, spend_id, ((debit, amount), (credit, -amount))))
        standing = {"budget": budget, "committed": committed, "incurred": incurred}
        standing["available"] = budget - committed - incurred
        about = {"campaign": place[0], "line": place[1], "currency": place[2], "item": "i", "owner": "o"}
        step = {"posting": n, "kind": kind, "amount": amount, "spend_id": spend_id, "posted_at": AT}
        put(snapshot, LedgerPosted.model_validate({**about, **step, **standing}))
    return made


def forget(snapshot: Snapshot) -> None:
    """Nothing that was made of the world before it was changed is used again."""
    snapshot.process_cache.clear()
    for log in snapshot.logs.values():
        log.__dict__.pop("first", None)


def count(snapshot: Snapshot) -> None:
    """Facts and KPI rows as metrics would have them now, and told."""
    forget(snapshot)
    made = recount(snapshot)
    snapshot.metrics.leads, snapshot.metrics.campaigns, snapshot.metrics.lines = made.leads, made.campaigns, made.lines
    snapshot.metrics.as_of = {
        topic: AT for topic in TOPICS if any(is_counted(event) for event in snapshot.heard("metrics", topic))
    }
    numbers = numbers_of(made)
    parts: dict[tuple[str, str], list[Measures]] = {}
    for team, by, key in sorted({number[:3] for number in numbers}):
        its = {n[3:]: how_much for n, how_much in numbers.items() if n[:3] == (team, by, key)}
        changes = {n[0] if len(n) == 1 else n: how_much for n, how_much in its.items()}
        snapshot.metrics.kpis[team, by, key] = KpiRow(7, changes, True)
        parts.setdefault((by, key), []).append(moved({}, changes))
    for (by, key), measures in parts.items():
        snapshot.metrics.totals[by, key] = KpiRow(7, dict(by_number(total(measures))), True)
        row = {"id": f"{by}:{key}", "by": by, "key": key, "version": 7, "as_of": AT}
        numbered = Kpi(by, key, "all", 7, total(measures)).numbers()
        put(
            snapshot,
            KpiChanged.model_validate({**row, **numbered, "others": {n: numbered[n] for n in OTHERS if numbered[n]}}),
        )
    account, log = snapshot.accounts["metrics"], snapshot.logs["metrics.kpi"]
    account.next_seq["metrics.kpi", 0] = account.later["metrics.kpi", 0] = 1 + len(log.records)
    forget(snapshot)
