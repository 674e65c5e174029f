"""What can go wrong, planted one by one into a clean world: the invariant that must name it, and by which words."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from metrics.domain import league
from metrics.domain.contributions import Number
from territory.domain.organisation import Person
from tributary.verify.activities import Recorded, Voided
from tributary.verify.events import Assigned, Captured, Closed, EventRecord, KpiTold, Qualified, Unreadable
from tributary.verify.openings import Looked
from tributary.verify.requests import Step, Turned
from tributary.verify.snapshot import ClosedPeriod, Counted, Snapshot
from tributary.verify.steps import Applied

from .snapshots import (
    ADS,
    ANNA,
    AT,
    BEN,
    CALLED,
    CARL,
    DORA,
    EVE,
    FAY,
    OFFER,
    OPENING,
    ORDER,
    PARKED,
    UNKNOWN,
    VISITED,
    decided,
    known,
)

Plant = Callable[[Snapshot], None]


class Planted(NamedTuple):
    """One planted violation."""

    invariant: str
    kind: str
    words: str
    plant: Plant


def _records(snapshot: Snapshot, topic: str) -> list[EventRecord]:
    return snapshot.logs[topic].records


def _find(snapshot: Snapshot, topic: str, key: str, body: type) -> int:
    """The place of a lead's event of this kind."""
    return next(n for n, s in enumerate(_records(snapshot, topic)) if s.key == key and type(s.body) is body)


def _silence(snapshot: Snapshot, topic: str, key: str, body: type) -> None:
    """The event says nothing any more; its number stays."""
    n = _find(snapshot, topic, key, body)
    _records(snapshot, topic)[n] = _records(snapshot, topic)[n]._replace(body=None)


def _again(snapshot: Snapshot, topic: str, key: str, body: type) -> None:
    """The writer says it a second time, under a new number."""
    event = _records(snapshot, topic)[_find(snapshot, topic, key, body)]
    account = snapshot.accounts[topic.split(".")[0]]
    number = account.next_seq[topic, 0]
    offset = len(_records(snapshot, topic))
    _records(snapshot, topic).append(event._replace(seq=number, offset=offset, id=f"again-{number}"))
    snapshot.logs[topic].spans[0] = (0, offset + 1)
    account.next_seq[topic, 0] = account.later[topic, 0] = number + 1
    for other in snapshot.accounts.values():
        if (topic, event.source, 0) in other.watermarks:
            other.watermarks[topic, event.source, 0] = number


def _swap(snapshot: Snapshot, topic: str, one: int, two: int) -> None:
    """Two events change what they say; the numbers stay where they are."""
    log = _records(snapshot, topic)
    a, b = log[one], log[two]
    log[one] = a._replace(type=b.type, key=b.key, body=b.body)
    log[two] = b._replace(type=a.type, key=a.key, body=a.body)


def change_lead(snapshot: Snapshot, lead_id: str, **changed: object) -> None:
    snapshot.leads.leads[lead_id] = snapshot.leads.leads[lead_id]._replace(**changed)  # type: ignore[arg-type]


def _decided_again_in_silence(snapshot: Snapshot) -> None:
    """BEN's lead, which nobody is due to take, is decided again and nobody is told."""
    territory = snapshot.territory
    territory.earlier.append((BEN, territory.decisions[BEN]))
    change_decision(snapshot, BEN, number=2, cause="woken")


def change_decision(snapshot: Snapshot, lead_id: str, **changed: object) -> None:
    snapshot.territory.decisions[lead_id] = snapshot.territory.decisions[lead_id]._replace(**changed)  # type: ignore[arg-type]


def change_case(snapshot: Snapshot, lead_id: str, **changed: object) -> None:
    snapshot.territory.cases[lead_id] = snapshot.territory.cases[lead_id]._replace(**changed)  # type: ignore[arg-type]


def change_line(snapshot: Snapshot, **changed: object) -> None:
    snapshot.campaigns.lines[ADS] = snapshot.campaigns.lines[ADS]._replace(**changed)  # type: ignore[arg-type]


def _posting(snapshot: Snapshot, n: int, **changed: object) -> None:
    postings = snapshot.campaigns.postings[ADS]
    postings[n] = postings[n]._replace(**changed)  # type: ignore[arg-type]


def _number(snapshot: Snapshot, topic: str, n: int, **changed: object) -> None:
    _records(snapshot, topic)[n] = _records(snapshot, topic)[n]._replace(**changed)  # type: ignore[arg-type]


def _listed_at(snapshot: Snapshot, place: str) -> None:
    leads = snapshot.leads.leads
    leads[ANNA] = leads[ANNA]._replace(place=place)


def _form(snapshot: Snapshot, state: str, *consents: tuple[str, int]) -> None:
    snapshot.leads.forms["spring", 2] = (state, frozenset(consents))


def _called(snapshot: Snapshot, **other: Any) -> None:
    done = snapshot.leads.activities.done
    done[CALLED] = done[CALLED]._replace(**other)


def _documented(snapshot: Snapshot, lead_id: str, kind: str) -> None:
    documents = snapshot.leads.opportunities.documents
    documents[OFFER] = (lead_id, kind, *documents[OFFER][2:])


def _unsaid(snapshot: Snapshot, what: str) -> None:
    records = _records(snapshot, "leads.opportunity")
    records[:] = [one._replace(body=None) if getattr(one.body, what) is not None else one for one in records]


def _looked(snapshot: Snapshot, **changed: str) -> None:
    looks = snapshot.leads.openings.looks
    looks[OPENING, EVE] = looks[OPENING, EVE]._replace(**changed)  # type: ignore[arg-type]


def _unroutable_without_reason(snapshot: Snapshot) -> None:
    change_decision(snapshot, DORA, reason=None)


def _journal(snapshot: Snapshot) -> None:
    snapshot.accepted = frozenset((ANNA, "019f0000-0000-7000-8000-000000000000"))


def _wrong_fact(snapshot: Snapshot) -> None:
    fact = snapshot.metrics.leads[ANNA] = copy.copy(snapshot.metrics.leads[ANNA])
    fact.team = "lyon"


def _wrong_money(snapshot: Snapshot) -> None:
    _moved(snapshot, ("(unplaced)", "campaign", "spring"), ("spend", "EUR"))


def _wrong_count(snapshot: Snapshot) -> None:
    _moved(snapshot, ("berlin", "channel", "search"), "leads")


def _moved(snapshot: Snapshot, key: tuple[str, str, str], number: Number) -> None:
    row = snapshot.metrics.kpis[key]
    snapshot.metrics.kpis[key] = row._replace(numbers={**row.numbers, number: row.numbers[number] + 1})


def _recounted_differently(snapshot: Snapshot) -> None:
    """The event says something else than what metrics has made of it: facts and numbers agree, the topic does not."""
    n = _find(snapshot, "leads.lead", BEN, Qualified)
    body = _records(snapshot, "leads.lead")[n].body
    _number(snapshot, "leads.lead", n, body=body._replace(genuine=False))


def change_fact(snapshot: Snapshot, lead_id: str, **changed: object) -> None:
    snapshot.metrics.leads[lead_id] = replace(snapshot.metrics.leads[lead_id], **changed)  # type: ignore[arg-type]


def _forget_breaches(snapshot: Snapshot) -> None:
    key = ("berlin", "team", "berlin")
    row = snapshot.metrics.kpis[key]
    snapshot.metrics.kpis[key] = row._replace(numbers={n: m for n, m in row.numbers.items() if n != "breaches"})


def _told_kpi(snapshot: Snapshot) -> None:
    n = next(n for n, s in enumerate(_records(snapshot, "metrics.kpi")) if s.key == "team:berlin")
    body: KpiTold = _records(snapshot, "metrics.kpi")[n].body
    _number(snapshot, "metrics.kpi", n, body=body._replace(numbers={**body.numbers, ("won_amount", "EUR"): 9001}))


def _untold_kpi(snapshot: Snapshot) -> None:
    row = snapshot.metrics.totals["team", "berlin"]
    snapshot.metrics.totals["team", "berlin"] = row._replace(version=row.version + 1)


def _closed_day(snapshot: Snapshot, counted: str = ANNA, leads: int = 1, team: str = "berlin", day: int = 4) -> None:
    """A day of the league that has counted one lead, and what it shows of it."""
    numbers = {"leads": leads, "valid": 0, "won": 0, "lost": 0}
    on = date(2026, 5, 4)
    snapshot.metrics.periods.append(ClosedPeriod("day", on, on, {team: (numbers, None)}))
    snapshot.metrics.entries.append(Counted(counted, date(2026, 5, day), league.Entry("berlin", "captured", "jo")))


def _another_sum(snapshot: Snapshot) -> None:
    row = snapshot.metrics.totals["channel", "search"]
    snapshot.metrics.totals["channel", "search"] = row._replace(numbers={**row.numbers, "leads": 99})


def _kept_for_another_team(snapshot: Snapshot) -> None:
    """The sums over all teams stay what they were: only who may see the number is wrong."""
    rows = snapshot.metrics.kpis
    rows["lyon", "channel", "search"] = rows.pop(("berlin", "channel", "search"))


def _restored_ledger(snapshot: Snapshot) -> None:
    """The ledger came back from a backup and says a lower posting, which metrics took for an old one."""
    topic, account = "campaigns.ledger", snapshot.accounts["campaigns"]
    event = next(s for s in reversed(_records(snapshot, topic)) if s.body.campaign == "spring")
    fresh = event._replace(source="campaigns/two", seq=1, offset=len(_records(snapshot, topic)), id="restored")
    _records(snapshot, topic).append(fresh._replace(body=event.body._replace(posting=3, incurred=7)))
    account.source = "campaigns/two"
    account.next_seq[topic, 0] = account.later[topic, 0] = 2
    snapshot.accounts["metrics"].watermarks[topic, "campaigns/two", 0] = 1


def _line_of_a_lost_history(snapshot: Snapshot) -> None:
    """The ledger came back without a line that it had told of."""
    snapshot.accounts["campaigns"].source = "campaigns/two"
    del snapshot.campaigns.lines[ADS]


def _counted_elsewhere(snapshot: Snapshot) -> None:
    snapshot.metrics.leads[ANNA].channel_key = "radio"


def _two_rows(snapshot: Snapshot) -> None:
    snapshot.metrics.leads[ANNA].channel_key = "Search"


def _unreadable(snapshot: Snapshot) -> None:
    _number(snapshot, "campaigns.spend", 0, body=Unreadable("ValueError"))


def _foreign(snapshot: Snapshot) -> None:
    snapshot.logs["leads.intake"].foreign.append((0, 3))


def _outbox_hole(snapshot: Snapshot) -> None:
    account = snapshot.accounts["leads"]
    following = account.next_seq["leads.lead", 0]
    row = _records(snapshot, "leads.lead")[0]._replace(offset=-1, key=UNKNOWN, body=None)
    account.outbox["leads.lead"] = [row._replace(seq=following, id="o1"), row._replace(seq=following + 2, id="o2")]
    account.next_seq["leads.lead", 0] = account.later["leads.lead", 0] = following + 3


def _duplicate_number(snapshot: Snapshot) -> None:
    """The old history goes on after a restore: its next number is given to another event."""
    log = snapshot.logs["territory.lead"]
    last = log.records[-1]
    log.records.append(last._replace(offset=last.offset + 1, id="another", key=EVE))


def _stranger(snapshot: Snapshot) -> None:
    log = snapshot.logs["territory.lead"]
    last = log.records[-1]
    log.records.append(last._replace(offset=last.offset + 1, id="s", source="leads/one", seq=1, body=None))


def _forgotten_parking(snapshot: Snapshot) -> None:
    snapshot.accounts["leads"].parked_at.clear()


def _nobody_spoke(snapshot: Snapshot) -> None:
    snapshot.territory.decisions[CARL] = decided("not_a_target")


def _one_credit_more(snapshot: Snapshot) -> None:
    snapshot.territory.credits["berlin"]["jo"] += 1


def _spend(snapshot: Snapshot, amount: int) -> None:
    snapshot.campaigns.spends["c"] = snapshot.campaigns.spends["c"]._replace(amount=amount)


def _twice_posted(snapshot: Snapshot) -> None:
    _posting(snapshot, 2, kind="incurred", spend_id="c")


def _two_partitions(snapshot: Snapshot) -> None:
    n = _find(snapshot, "leads.lead", ANNA, Qualified)
    _number(snapshot, "leads.lead", n, partition=1, shard=1, seq=1)
    snapshot.accounts["leads"].later["leads.lead", 1] = 2


def _late(snapshot: Snapshot) -> None:
    _swap(
        snapshot,
        "leads.lead",
        _find(snapshot, "leads.lead", ANNA, Captured),
        _find(snapshot, "leads.lead", ANNA, Qualified),
    )


def _revision(snapshot: Snapshot) -> None:
    n = [n for n, s in enumerate(_records(snapshot, "leads.lead")) if isinstance(s.body, Closed)]
    _swap(snapshot, "leads.lead", *n)


def change_jo(snapshot: Snapshot, **changed: object) -> None:
    people = snapshot.territory.organisation.people
    people["jo"] = replace(people["jo"], **changed)  # type: ignore[arg-type]


def _belongs_twice(snapshot: Snapshot) -> None:
    [one] = snapshot.territory.organisation.people["jo"].memberships
    change_jo(snapshot, memberships=(one, replace(one, id=UUID(int=9))))


PLANTED = (
    Planted("accepted", "lost", f"lead {ANNA} was submitted", lambda w: w.leads.leads.pop(ANNA) and None),
    Planted("accepted", "lost", f"lead {PARKED} was submitted", _forgotten_parking),
    Planted(
        "accepted",
        "invented",
        f"lead {UNKNOWN} is on record",
        lambda w: w.leads.leads.update({UNKNOWN: known("qualified")}),
    ),
    Planted("accepted", "lost", "lead 019f0000-0000-7000-8000-000000000000 was accepted at the door", _journal),
    Planted("leads", "lost", f"lead {BEN} is captured", lambda w: _silence(w, "leads.lead", BEN, Captured)),
    Planted("leads", "lost", f"lead {BEN} is qualified", lambda w: _silence(w, "leads.lead", BEN, Qualified)),
    Planted(
        "leads", "doubled", f"lead {BEN} was told as captured 2 times", lambda w: _again(w, "leads.lead", BEN, Captured)
    ),
    Planted(
        "leads",
        "doubled",
        f"lead {BEN} was told as qualified 2 times",
        lambda w: _again(w, "leads.lead", BEN, Qualified),
    ),
    Planted(
        "leads",
        "wrong",
        f"lead {CARL} was told as discarded",
        lambda w: change_lead(w, CARL, discarded_at=None, state="qualified"),
    ),
    Planted("leads", "wrong", f"lead {BEN} stands with lyon/p", lambda w: change_lead(w, BEN, team="lyon")),
    Planted("leads", "wrong", f"lead {BEN} is in state won", lambda w: change_lead(w, BEN, state="won")),
    Planted("leads", "invented", f"lead {ANNA} was told as captured", lambda w: w.leads.leads.pop(ANNA) and None),
    Planted("outcomes", "lost", "outcome leads.intake-8", lambda w: w.leads.waiting.clear()),
    Planted(
        "outcomes",
        "lost",
        f"of lead {FAY} was heard and is not",
        lambda w: change_lead(w, FAY, outcomes=(("lost", None, "price"),)),
    ),
    Planted("outcomes", "lost", f"still waits for lead {FAY}", lambda w: w.leads.waiting.update({"x": FAY})),
    Planted(
        "outcomes", "lost", "revision 1, and that was never told", lambda w: _silence(w, "leads.lead", FAY, Closed)
    ),
    Planted(
        "outcomes", "invented", f"lead {FAY} was told as closed, revision 1", lambda w: change_lead(w, FAY, outcomes=())
    ),
    Planted(
        "outcomes", "invented", f"lead {ANNA} is lost", lambda w: change_lead(w, ANNA, outcomes=(("lost", None, None),))
    ),
    Planted(
        "outcomes",
        "wrong",
        f"lead {FAY}, revision 2",
        lambda w: change_lead(w, FAY, outcomes=(("lost", None, "price"), ("won", (1, "EUR"), None))),
    ),
    Planted("decisions", "lost", f"lead {ANNA} was heard", lambda w: w.territory.decisions.pop(ANNA) and None),
    Planted("decisions", "invented", f"lead {CARL} has a decision", _nobody_spoke),
    Planted("decisions", "lost", f"lead {ANNA} stands by decision 2", lambda w: change_decision(w, ANNA, number=2)),
    Planted("access", "invented", "jo was told to see more", lambda w: change_jo(w, memberships=())),
    Planted("access", "invented", "jo was told to do more", lambda w: change_jo(w, roles=())),
    Planted(
        "access",
        "invented",
        "jo was told to see more",
        lambda w: change_jo(w, person=Person("jo", suspended=True, access=5)),
    ),
    Planted("access", "lost", "version 6 says, and version 5", lambda w: change_jo(w, person=Person("jo", access=6))),
    Planted("access", "invented", "jo was told to see something", lambda w: w.territory.organisation.people.clear()),
    Planted("openings", "lost", f"jo opened lead {EVE}", lambda w: _silence(w, "leads.audit", EVE, Looked)),
    Planted(
        "openings", "invented", f"opened lead {EVE}", lambda w: w.leads.openings.looks.pop((OPENING, EVE)) and None
    ),
    Planted("openings", "wrong", "'write', 'member'", lambda w: _looked(w, purpose="write")),
    Planted("openings", "wrong", "opened by ('berlin', 'mia'", lambda w: _looked(w, person="mia")),
    Planted("openings", "wrong", "person: select", lambda w: w.leads.openings.ways.append("person: select")),
    Planted("forms", "lost", "version 2 of form spring", lambda w: w.leads.forms.clear()),
    Planted("forms", "wrong", "form spring, a draft", lambda w: _form(w, "draft", ("news", 1))),
    Planted("forms", "wrong", "('news', 1) by form spring", lambda w: _form(w, "archived", ("news", 2))),
    Planted("conserved", "wrong", "is listed at queue", lambda w: _listed_at(w, "queue")),
    Planted("activities", "lost", f"activity {CALLED}", lambda w: _silence(w, "leads.activity", ANNA, Recorded)),
    Planted("activities", "lost", f"that activity {VISITED}", lambda w: _silence(w, "leads.activity", EVE, Voided)),
    Planted("activities", "invented", f"{CALLED} of lead", lambda w: w.leads.activities.done.pop(CALLED) and None),
    Planted("activities", "wrong", "'call', 'inbound'", lambda w: _called(w, direction="inbound")),
    Planted(
        "activities", "wrong", "('other', 'jo')", lambda w: w.leads.activities.voided.update({VISITED: ("other", "jo")})
    ),
    Planted("activities", "invented", "which is not on record", lambda w: _called(w, lead_id=UNKNOWN)),
    Planted("opportunities", "lost", f"document {OFFER}", lambda w: _unsaid(w, "document")),
    Planted("opportunities", "wrong", "is in stage offer", lambda w: _unsaid(w, "stage")),
    Planted("opportunities", "wrong", "what is known", lambda w: w.leads.opportunities.known.pop(EVE) and None),
    Planted(
        "opportunities", "invented", f"document {OFFER}", lambda w: w.leads.opportunities.documents.pop(OFFER) and None
    ),
    Planted("opportunities", "wrong", f"document {OFFER} is", lambda w: _documented(w, EVE, "contract")),
    Planted("opportunities", "invented", "which is not on record", lambda w: _documented(w, UNKNOWN, "offer")),
    Planted("requests", "lost", f"request 1 of lead {EVE}", lambda w: _silence(w, "leads.request", EVE, Turned)),
    Planted("requests", "wrong", "'breached'", lambda w: _silence(w, "leads.request", EVE, Step)),
    Planted("requests", "wrong", "is answered", lambda w: _silence(w, "leads.request", ANNA, Turned)),
    Planted("requests", "invented", f"request 1 of lead {EVE}", lambda w: w.leads.requests.owed.pop((EVE, 1)) and None),
    Planted("transfers", "lost", f"of lead {BEN} was never told", lambda w: _silence(w, "leads.lead", BEN, Applied)),
    Planted("transfers", "doubled", f"of lead {BEN} was told 2", lambda w: _again(w, "leads.lead", BEN, Applied)),
    Planted("transfers", "invented", f"of lead {BEN} was told", lambda w: w.leads.transfers.clear()),
    Planted("transfers", "wrong", "of another content", lambda w: w.leads.transfers.update({(ORDER, BEN): "other"})),
    Planted("facts", "wrong", f"lead {ANNA}: requests is None", lambda w: change_fact(w, ANNA, requests=None)),
    Planted("facts", "wrong", f"lead {ANNA}: moved_at is", lambda w: change_fact(w, ANNA, moved_at=AT)),
    Planted("facts", "wrong", f"lead {BEN}: steps is None", lambda w: change_fact(w, BEN, steps=None)),
    Planted("kpis", "lost", "breaches is 0, the facts make 2", _forget_breaches),
    Planted("memberships", "doubled", "jo belongs to berlin twice", _belongs_twice),
    Planted("turns", "lost", "the members among whom turn 1", lambda w: change_decision(w, ANNA, roster="gone")),
    Planted("told", "wrong", "told for s/berlin/p/1/new", lambda w: change_decision(w, ANNA, cause="returned")),
    Planted("told", "lost", "and told for nothing", _decided_again_in_silence),
    Planted(
        "told",
        "lost",
        f"lead {ANNA} was decided for berlin/jo",
        lambda w: _silence(w, "territory.lead", ANNA, Assigned),
    ),
    Planted(
        "told",
        "doubled",
        f"lead {ANNA}: its person was told 2 times",
        lambda w: _again(w, "territory.lead", ANNA, Assigned),
    ),
    Planted(
        "told", "invented", f"lead {ANNA}: territory.lead.routed.v1", lambda w: w.territory.decisions.pop(ANNA) and None
    ),
    Planted(
        "told", "wrong", f"lead {ANNA} was decided for berlin/mia", lambda w: change_decision(w, ANNA, assignee="mia")
    ),
    Planted("owners", "wrong", f"lead {DORA} has no team and no reason", _unroutable_without_reason),
    Planted("standing", "wrong", f"lead {ANNA} stands as 1/berlin/mia", lambda w: change_case(w, ANNA, person="mia")),
    Planted("standing", "wrong", f"lead {BEN} waits and nothing says", lambda w: change_case(w, BEN, code=None)),
    Planted("standing", "lost", f"lead {ANNA} has a decision and no", lambda w: w.territory.cases.pop(ANNA) and None),
    Planted("standing", "lost", f"lead {EVE} waits for a turn", lambda w: w.territory.asleep.add("berlin")),
    Planted("owners", "wrong", f"lead {EVE} is due a person", lambda w: change_decision(w, EVE, reason=None)),
    Planted(
        "followed",
        "wrong",
        f"lead {ANNA} is mia's, and leads has heard jo",
        lambda w: change_lead(w, ANNA, assignee="mia"),
    ),
    Planted(
        "followed", "lost", f"lead {ANNA} is nobody's", lambda w: change_lead(w, ANNA, assignee=None, assigned_at=None)
    ),
    Planted("followed", "lost", f"lead {BEN} stands with nothing", lambda w: change_lead(w, BEN, opened_at=None)),
    Planted("followed", "lost", f"lead {ANNA}: leads has heard where", lambda w: w.leads.leads.pop(ANNA) and None),
    Planted("followed", "wrong", f"lead {EVE} waits because None", lambda w: change_lead(w, EVE, waits=None)),
    Planted("conserved", "lost", f"lead {ANNA} was captured", lambda w: w.territory.decisions.pop(ANNA) and None),
    Planted(
        "conserved",
        "wrong",
        f"lead {CARL} is discarded and stands as opened",
        lambda w: change_lead(w, CARL, state="opened"),
    ),
    Planted(
        "conserved",
        "wrong",
        f"lead {BEN} is in a team's queue and stands as won",
        lambda w: change_lead(w, BEN, state="won"),
    ),
    Planted(
        "sequences",
        "lost",
        "territory.lead: territory/one#0 goes from 1 to 3",
        lambda w: _records(w, "territory.lead").pop(1) and None,
    ),
    Planted("sequences", "doubled", "is given to two events", _duplicate_number),
    Planted(
        "sequences",
        "invented",
        "gave no more than",
        lambda w: w.accounts["territory"].later.update({("territory.lead", 0): 3}),
    ),
    Planted("sequences", "invented", "leads/one speaks on a stream of territory", _stranger),
    Planted("sequences", "lost", "with holes", _outbox_hole),
    Planted("sequences", "lost", "was said and is nowhere", lambda w: _records(w, "leads.lead").pop() and None),
    Planted("sequences", "wrong", "lies in partition 1", lambda w: _number(w, "leads.lead", 0, partition=1)),
    Planted(
        "sequences",
        "lost",
        "metrics has heard leads.lead leads/one#0 up to 99",
        lambda w: w.accounts["metrics"].watermarks.update({("leads.lead", "leads/one", 0): 99}),
    ),
    Planted(
        "sequences",
        "lost",
        "leads has heard leads.intake kafka#0 up to 99",
        lambda w: w.accounts["leads"].watermarks.update({("leads.intake", "kafka", 0): 99}),
    ),
    Planted("order", "wrong", f"leads.lead.captured.v1 of lead {ANNA} comes too late", _late),
    Planted("order", "wrong", f"lead {ANNA} is spoken of in two partitions", _two_partitions),
    Planted("order", "wrong", f"lead {FAY} closes with revision 1 after 2", _revision),
    Planted("spends", "lost", "spend c was heard and is not counted", lambda w: w.campaigns.spends.pop("c") and None),
    Planted("spends", "invented", "posting 4 is of spend c, which", lambda w: w.campaigns.spends.pop("c") and None),
    Planted(
        "spends",
        "invented",
        "spend z is counted and nobody",
        lambda w: w.campaigns.spends.update(z=w.campaigns.spends["c"]),
    ),
    Planted("spends", "wrong", "spend c is counted as ('spring', 501", lambda w: _spend(w, 501)),
    Planted("spends", "wrong", "posting 4 is 500 of a spend of 501", lambda w: _spend(w, 501)),
    Planted(
        "spends", "lost", "spend c is counted and was not posted", lambda w: w.campaigns.postings[ADS].pop() and None
    ),
    Planted("spends", "doubled", "spend c was posted 2 times", _twice_posted),
    Planted(
        "double_entry",
        "wrong",
        "posting 4 (incurred 500) has the entries",
        lambda w: _posting(w, 3, entries=(("incurred", 500),)),
    ),
    Planted(
        "double_entry",
        "wrong",
        "EUR: debits and credits differ by 500",
        lambda w: _posting(w, 3, entries=(("incurred", 500),)),
    ),
    Planted("lines", "wrong", "budget, committed, incurred are (1000, 0, 501)", lambda w: change_line(w, incurred=501)),
    Planted("lines", "wrong", "available is 499, its entries sum to 500", lambda w: change_line(w, available=499)),
    Planted("lines", "wrong", "not budget less committed less incurred", lambda w: change_line(w, available=499)),
    Planted("lines", "lost", "5 postings, on record are 4, missing [5]", lambda w: change_line(w, postings=5)),
    Planted("lines", "wrong", "spring in EUR: the spends sum to 1201", lambda w: _spend(w, 501)),
    Planted(
        "lines", "wrong", "planned with 1000 EUR, and on the ledger it is 900", lambda w: change_line(w, budget=900)
    ),
    Planted("postings", "lost", "posting 4 was never told", lambda w: _number(w, "campaigns.ledger", 3, body=None)),
    Planted(
        "postings",
        "doubled",
        "posting 1 was told 2 times",
        lambda w: _again(w, "campaigns.ledger", "spring", type(_records(w, "campaigns.ledger")[0].body)),
    ),
    Planted("postings", "wrong", "posting 3 is ('released', 299", lambda w: _posting(w, 2, amount=299)),
    Planted(
        "postings", "invented", "posting 4 was told and is not on the ledger", lambda w: change_line(w, postings=3)
    ),
    Planted("facts", "wrong", f"lead {ANNA}: team is lyon, the topics say berlin", _wrong_fact),
    Planted("facts", "lost", f"lead {ANNA} was heard by metrics", lambda w: w.metrics.leads.pop(ANNA) and None),
    Planted(
        "facts",
        "invented",
        f"lead {UNKNOWN} is a fact",
        lambda w: w.metrics.leads.update({UNKNOWN: w.metrics.leads[ANNA]}),
    ),
    Planted("facts", "lost", "budget line spring/ads/EUR was heard", lambda w: w.metrics.lines.pop(ADS) and None),
    Planted("facts", "wrong", "budget line spring/ads/EUR: posting is 4, the topics say 3", _restored_ledger),
    Planted("facts", "wrong", "incurred is 500 since a restore, the ledger says 0", _line_of_a_lost_history),
    Planted("facts", "wrong", f"lead {ANNA} is of channel search and counts under radio", _counted_elsewhere),
    Planted("facts", "doubled", "channel search counts under search and Search", _two_rows),
    Planted("kpis", "invented", "KPI channel=search of berlin: leads is", _wrong_count),
    Planted("kpis", "invented", "KPI channel=search of lyon: leads is", _kept_for_another_team),
    Planted("kpis", "lost", "KPI channel=search of berlin: leads is 0", _kept_for_another_team),
    Planted("kpis", "wrong", "the league of the day of 2026-05-04: berlin has", lambda w: _closed_day(w, leads=2)),
    Planted("kpis", "lost", "the row of berlin is lost", lambda w: _closed_day(w, team="lyon")),
    Planted("kpis", "invented", "the league counts that lead", lambda w: _closed_day(w, counted=UNKNOWN)),
    Planted("kpis", "invented", "on 2026-05-05, which is not closed", lambda w: _closed_day(w, day=5)),
    Planted("kpis", "invented", "KPI channel=search of (all): leads is 99, the teams make", _another_sum),
    Planted("kpis", "wrong", "KPIs by channel count 7 leads, and 6 are captured", _wrong_count),
    Planted("kpis", "invented", "KPI campaign=spring of (unplaced): spend EUR is 501", _wrong_money),
    Planted("kpis", "invented", "KPI team=berlin of berlin: valid is 4, the topics make 3", _recounted_differently),
    Planted("kpis_told", "wrong", "KPI team=berlin is", _told_kpi),
    Planted("kpis_told", "lost", "KPI team=berlin has changed (version 8)", _untold_kpi),
    Planted("rotation", "wrong", "team berlin: the credits of its rotation add up to 1", _one_credit_more),
    Planted("rotation", "lost", "team berlin was given leads", lambda w: w.territory.credits.clear()),
    Planted(
        "rotation",
        "invented",
        "jo of team berlin: 0 leads by decisions, 1",
        lambda w: change_decision(w, ANNA, assignee="mia"),
    ),
    Planted("unreadable", "lost", "campaigns has passed campaigns.spend/0@0", _unreadable),
    Planted("unreadable", "lost", "leads has passed leads.intake/0@3 (no event)", _foreign),
    Planted(
        "accounted",
        "lost",
        f"lead {ANNA} was accepted and is nowhere",
        lambda w: w.territory.decisions.pop(ANNA) and None,
    ),
    Planted("accounted", "lost", f"lead {PARKED} was accepted and is nowhere", _forgotten_parking),
    Planted("accounted", "lost", "lead 019f0000-0000-7000-8000-000000000000 was accepted and is nowhere", _journal),
)
