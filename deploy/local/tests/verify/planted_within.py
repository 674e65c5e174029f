"""What a hand can change inside a row so that every count still agrees: each planted into a clean world, and who names it."""

import copy
import json
from collections.abc import Callable
from typing import Any

from leads.domain.personal import Personal
from territory.domain.market import fingerprint
from tributary.verify.events import Activated
from tributary.verify.invariants.written import entry_of
from tributary.verify.snapshot import MarketFile, Snapshot

from .planted import Planted, change_decision, change_lead, change_line
from .snapshots import ADS, ANNA, BEN, CARL, DORA, EVE, FAY, MARKET, ON_THE_WAY, UNKNOWN, UNPLANNED, attributes_of, kept

CANARY = "qxcanary0a1b2c3d"
PERSON = Personal(
    "Anna Lindqvist",
    "+46701740605",
    "anna@lindqvist.example",
    "Lindqvist AB",
    "Storgatan 1",
    "Please call me back soon.",
    {"Birthday of my child": "the fourth of May"},
)


def _about(snapshot: Snapshot, lead_id: str, **changed: Any) -> None:
    about = json.loads(snapshot.leads.leads[lead_id].about)
    change_lead(snapshot, lead_id, about=json.dumps({**about, **changed}))


def _timeline(lead_id: str, change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Snapshot], None]:
    def plant(snapshot: Snapshot) -> None:
        entries = [*map(entry_of, snapshot.leads.leads[lead_id].timeline)]
        change(entries)
        change_lead(snapshot, lead_id, timeline=kept(entries), entries=len(entries))

    return plant


def _box(snapshot: Snapshot, fault: str) -> None:
    snapshot.leads.boxes.faults[ANNA] = fault


def _refused(snapshot: Snapshot, lead_id: str, **changed: Any) -> None:
    refused = json.loads(snapshot.territory.decisions[lead_id].refused)
    change_decision(snapshot, lead_id, refused=json.dumps({**refused, **changed}))


def _overcounted(snapshot: Snapshot) -> None:
    fact = snapshot.metrics.lines[ADS] = copy.copy(snapshot.metrics.lines[ADS])
    fact.incurred += 1


def _permuted(snapshot: Snapshot) -> None:
    """The credits change hands; they still add up to zero."""
    snapshot.territory.credits["berlin"] = {"jo": 1, "mia": -1}


def _market(change: Callable[[dict[str, Any]], object], *, fingerprint_too: bool = False) -> Callable[[Snapshot], None]:
    def plant(snapshot: Snapshot) -> None:
        document = json.loads(json.dumps(MARKET))
        change(document)
        before = snapshot.territory.markets[1]
        sha256 = fingerprint(document) if fingerprint_too else before.sha256
        snapshot.territory.markets[1] = MarketFile(json.dumps(document), sha256)

    return plant


def _plan(snapshot: Snapshot, **changed: object) -> None:
    snapshot.campaigns.plans["spring"] = snapshot.campaigns.plans["spring"]._replace(**changed)  # type: ignore[arg-type]


def _told_later(snapshot: Snapshot) -> None:
    records = snapshot.logs["territory.structure"].records
    [n] = [n for n, event in enumerate(records) if isinstance(event.body, Activated)]
    records.append(records[n]._replace(seq=2, offset=len(records), id="later", body=Activated(2, 1, 1, 1)))
    snapshot.accounts["territory"].next_seq["territory.structure", 0] = 3
    snapshot.accounts["territory"].later["territory.structure", 0] = 3


def _said(topic: str, body: object, key: str = ANNA, **headers: bytes) -> Callable[[Snapshot], None]:
    def plant(snapshot: Snapshot) -> None:
        snapshot.private.know(ANNA, PERSON)
        text = json.dumps(body, ensure_ascii=False).encode()
        snapshot.private.record(topic, key.encode(), text, list(headers.items()))

    return plant


def _kept(where: str, text: str, lead_id: str = "") -> Callable[[Snapshot], None]:
    def plant(snapshot: Snapshot) -> None:
        snapshot.private.know(ANNA, PERSON)
        snapshot.private.text(where, text.encode(), lead_id)

    return plant


WITHIN = (
    Planted(
        "written", "wrong", f"lead {ANNA}: grade is D, and was told as A", lambda w: change_lead(w, ANNA, grade="D")
    ),
    Planted(
        "written",
        "wrong",
        f"lead {ANNA}: disposition is nurture",
        lambda w: change_lead(w, ANNA, disposition="nurture"),
    ),
    Planted("written", "wrong", f"lead {ANNA}: scorecard is 2", lambda w: change_lead(w, ANNA, scorecard=2)),
    Planted("written", "wrong", f"lead {ANNA}: occurred_at is None", lambda w: change_lead(w, ANNA, occurred_at=None)),
    Planted(
        "written",
        "wrong",
        f"lead {ANNA}: about is not as it was told, in attributes.size, country",
        lambda w: _about(w, ANNA, country="AT", attributes={"size": 4}),
    ),
    Planted("written", "wrong", f"lead {ANNA}: about is not", lambda w: change_lead(w, ANNA, about="")),
    Planted(
        "written",
        "wrong",
        f"lead {CARL}: discard_reason is not a target",
        lambda w: change_lead(w, CARL, discard_reason="not a target"),
    ),
    Planted(
        "written", "lost", f"lead {ANNA}: its timeline does not say that it was assigned", _timeline(ANNA, list.pop)
    ),
    Planted("written", "lost", f"lead {ANNA}: its timeline does not say", _timeline(ANNA, list.clear)),
    Planted("written", "lost", "does not say that it was lost", _timeline(FAY, lambda h: h.pop(-2))),
    Planted(
        "written",
        "invented",
        f"lead {ANNA}: its timeline says that it was qualified",
        _timeline(ANNA, lambda h: h[1].update(score=99)),
    ),
    Planted(
        "written",
        "invented",
        f"lead {ANNA}: its timeline says that it was qualified",
        _timeline(ANNA, lambda h: h[1].update(reasons={"knows us": 80})),
    ),
    Planted(
        "written",
        "invented",
        "its timeline says that it was assigned",
        _timeline(ANNA, lambda h: h.append({**h[-1], "assignee": "mia"})),
    ),
    Planted(
        "written", "doubled", "its timeline says twice that it was opened", _timeline(BEN, lambda h: h.append(h[-1]))
    ),
    Planted("written", "wrong", "is not in the order", _timeline(ANNA, lambda h: h.insert(0, h.pop(1)))),
    Planted(
        "written",
        "lost",
        f"lead {ANNA} was submitted again 2 times, its timeline says 0",
        lambda w: change_lead(w, ANNA, differing=2),
    ),
    Planted(
        "written",
        "lost",
        f"lead {ANNA}: its timeline has the numbers [1, 2, 3, 4], its place counts 5",
        lambda w: change_lead(w, ANNA, entries=5),
    ),
    Planted(
        "written",
        "invented",
        f"lead {ANNA}: its timeline has the numbers [1, 2, 3, 4], its place counts 3",
        lambda w: change_lead(w, ANNA, entries=3),
    ),
    Planted("written", "lost", f"lead {ANNA} is on record since", lambda w: change_lead(w, ANNA, in_place_since=None)),
    Planted("written", "lost", f"lead {UNKNOWN} has a timeline, and is", lambda w: w.leads.astray.append(UNKNOWN)),
    Planted("sealed", "lost", f"lead {ANNA}: its contact does not", lambda w: _box(w, "its contact does not open")),
    Planted(
        "sealed",
        "lost",
        f"lead {ON_THE_WAY} is on its way under intake key intake-ab-2",
        lambda w: w.leads.boxes.intake_keys.clear(),
    ),
    Planted(
        "sealed",
        "lost",
        f"lead {ON_THE_WAY} is on its way under intake key",
        lambda w: setattr(w.leads.boxes, "intake_keys", {"intake-ab-3", "intake-cd-1", "other"}),
    ),
    Planted(
        "sealed",
        "lost",
        "intake key intake-ab-1 does not open",
        lambda w: w.leads.boxes.key_faults.update({"intake-ab-1": "does not open under the master key"}),
    ),
    Planted("private", "wrong", "a canary stands in the clear: leads.lead", _said("leads.lead", {"Vorname": CANARY})),
    Planted("private", "wrong", "own name stands in the clear: leads.lead", _said("leads.lead", {"x": PERSON.name})),
    Planted("private", "wrong", "own message", _said("leads.lead", {"reason": f"said: {PERSON.message}"})),
    Planted("private", "wrong", "own answer", _said("leads.lead", {"child": "the fourth of May"})),
    Planted("private", "wrong", "own phone", _said("leads.lead", {"external_id": "46701740605"})),
    Planted("private", "wrong", "own address", _said("territory.lead", {"reason": PERSON.address})),
    Planted(
        "private",
        "wrong",
        "e-mail address of a contact stands in the clear: campaigns.spend",
        _said("campaigns.spend", {"note": "for ANNA@lindqvist.example, paid"}, key="spring"),
    ),
    Planted(
        "private",
        "wrong",
        "leads.intake, headers",
        _said("leads.intake", {}, key="x", ce_id=b"anna@lindqvist.example"),
    ),
    Planted(
        "private", "wrong", "a canary stands in the clear: leads.intake, headers", _said("leads.intake", {}, key=CANARY)
    ),
    Planted("private", "wrong", "a canary stands in the clear: log", _kept("log leads.log", f"failed for {CANARY}")),
    Planted("private", "wrong", "phone number of a contact", _kept("table parked of leads", "tel +46701740605 is bad")),
    Planted(
        "private",
        "wrong",
        "own name stands in the clear: the lead's row",
        _kept("the lead's row", "Anna Lindqvist", ANNA),
    ),
    Planted(
        "private",
        "wrong",
        f"lead {ANNA} has an e-mail address among",
        lambda w: _about(w, ANNA, attributes={"colleague": "bo@firm.example"}),
    ),
    Planted(
        "reasons", "wrong", f"lead {ANNA}: its decision says q/s/berlin/p", lambda w: change_decision(w, ANNA, rule="q")
    ),
    Planted(
        "reasons",
        "wrong",
        f"lead {ANNA}: its decision has other attributes than the lead, in country",
        lambda w: change_decision(w, ANNA, attributes=attributes_of("AT")),
    ),
    Planted("reasons", "wrong", "says that 7 rules were refused, and 0 were", lambda w: _refused(w, ANNA, rules=7)),
    Planted("reasons", "wrong", "names 0 people passed over, and 1 others", lambda w: _refused(w, ANNA, people=[])),
    Planted(
        "reasons",
        "wrong",
        "names 1 people passed over, and 1 others",
        lambda w: _refused(w, ANNA, people=[["eve", "x"]]),
    ),
    Planted(
        "reasons", "wrong", "names people passed over, and no turn", lambda w: _refused(w, BEN, people=[["jo", ""]])
    ),
    Planted("reasons", "wrong", "gives it to eve, who is not in", lambda w: change_decision(w, ANNA, assignee="eve")),
    Planted(
        "reasons",
        "wrong",
        "is of a nurture lead, and it was told as near_term",
        lambda w: change_decision(w, ANNA, disposition="nurture"),
    ),
    Planted("reasons", "wrong", "and no rule claims the lead", lambda w: change_decision(w, DORA, reason="because")),
    Planted(
        "reasons",
        "wrong",
        "was decided by market version 2, which can't be read",
        lambda w: change_decision(w, ANNA, ruleset=2),
    ),
    Planted(
        "reasons",
        "wrong",
        "and no rule claims the lead",
        _market(lambda d: d["rules"].clear(), fingerprint_too=True),
    ),
    Planted(
        "reasons",
        "wrong",
        "other attributes than the lead, in attributes.size",
        lambda w: change_decision(w, ANNA, attributes='{"country": "DE", "source": "web"}'),
    ),
    Planted("turns", "wrong", "the credit of jo is 1, its turns make 0", _permuted),
    Planted(
        "turns",
        "wrong",
        f"lead {ANNA} is mia's by turn 1 of team berlin, which is jo's",
        lambda w: change_decision(w, ANNA, assignee="mia"),
    ),
    Planted(
        "turns",
        "wrong",
        "has other reasons than it gives again",
        lambda w: _refused(w, ANNA, people=[["mia", "ill"]]),
    ),
    Planted("turns", "wrong", "has other reasons", lambda w: change_decision(w, FAY, reason="Favoured.")),
    Planted("turns", "lost", "team berlin has taken 3 turns, and no", lambda w: w.territory.turns.update(berlin=3)),
    Planted("turns", "invented", "team berlin has taken 1 turns", lambda w: w.territory.turns.update(berlin=1)),
    Planted("turns", "doubled", "two decisions have turn 1", lambda w: change_decision(w, FAY, turn=1)),
    Planted("turns", "wrong", f"lead {ANNA} is jo's by turn None", lambda w: change_decision(w, ANNA, turn=None)),
    Planted("agreed", "wrong", "spring/ads/EUR: metrics counts 501, and the ledger has 500", _overcounted),
    Planted("agreed", "wrong", "campaign spring counts for", lambda w: _plan(w, channel="email")),
    Planted(
        "agreed",
        "wrong",
        f"lead {FAY} counts as ('won', (9000, 'EUR')), and is on record as ('lost', None)",
        lambda w: change_lead(w, FAY, outcomes=(("lost", None, "price"),)),
    ),
    Planted("agreed", "wrong", f"lead {BEN} counts for", lambda w: change_decision(w, BEN, team="lyon")),
    Planted("agreed", "wrong", f"lead {BEN} stands with s/berlin", lambda w: change_decision(w, BEN, team="lyon")),
    Planted(
        "agreed",
        "wrong",
        f"lead {EVE} stands with jo, and was decided for nobody",
        lambda w: change_lead(w, EVE, assignee="jo"),
    ),
    Planted("markets", "wrong", "its fingerprint differs", _market(lambda d: d["rules"].clear())),
    Planted(
        "markets",
        "lost",
        "market version 1 has 0 rules, and was told with 1",
        _market(lambda d: d["rules"].clear(), fingerprint_too=True),
    ),
    Planted(
        "markets",
        "lost",
        "market version 2 was told as in force and is not on record",
        _told_later,
    ),
    Planted("markets", "wrong", "market version 0 is in force", lambda w: setattr(w.territory, "active", 0)),
    Planted(
        "markets", "wrong", "market version 1 is in force, and the newest is 0", lambda w: w.territory.markets.clear()
    ),
    Planted("plans", "wrong", "spring/ads EUR is Ads of eve", lambda w: change_line(w, owner="eve")),
    Planted("plans", "wrong", "spring/ads EUR is Mail of jo", lambda w: change_line(w, item="Mail")),
    Planted(
        "plans",
        "wrong",
        "stray/unplanned EUR is i of eve",
        lambda w: w.campaigns.lines.update({UNPLANNED: w.campaigns.lines[UNPLANNED]._replace(owner="eve")}),
    ),
    Planted("plans", "wrong", "campaign spring: team is lyon, and it was told", lambda w: _plan(w, team="lyon")),
    Planted(
        "plans", "wrong", "campaign spring: segment is s, and it was told as None", lambda w: _plan(w, segment="s")
    ),
    Planted("plans", "wrong", "campaign spring: channel is email", lambda w: _plan(w, channel="email")),
    Planted("plans", "lost", "campaign spring was told as planned", lambda w: w.campaigns.plans.clear()),
    Planted(
        "plans",
        "invented",
        "campaign autumn is planned and nobody",
        lambda w: w.campaigns.plans.update(autumn=w.campaigns.plans["spring"]),
    ),
    Planted(
        "as_of",
        "wrong",
        "by leads.lead, and the newest event counted is of",
        lambda w: w.metrics.as_of.update({"leads.lead": w.metrics.as_of["leads.lead"].replace(year=2027)}),
    ),
    Planted(
        "as_of", "lost", "as of None by campaigns.ledger", lambda w: w.metrics.as_of.pop("campaigns.ledger") and None
    ),
)
