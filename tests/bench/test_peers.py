"""A benchmark compares only what gives the same answers."""

from collections import Counter
from types import SimpleNamespace

from bench.peers import fold, routing
from bench.peers.events import Right, said

from metrics.domain.contributions import COUNTS, KpiDelta, contribution
from metrics.domain.facts import LeadFact
from metrics.use_cases.leads import learn


def test_the_numbers_expected_are_those_that_the_peers_fold_makes() -> None:
    right, facts = Right(), {}
    for event in said(4000, right):
        body = event.model_dump(mode="json", exclude_none=True)
        for _ in range(2):  # said twice makes no difference
            fold.learn(facts.setdefault(body["lead_id"], {}), body)
    found: dict[tuple[str, str], Counter[str]] = {}
    for fact in facts.values():
        for key, counts in fold.contributions(fact).items():
            found.setdefault(key, Counter()).update(dict(zip(fold.MEASURES, counts, strict=True)))
    assert {key: +row for key, row in found.items()} == {
        key: +row for key, row in right.rows.items() if key[0] in ("segment", "channel")
    }


def test_the_numbers_expected_are_those_that_metrics_makes() -> None:
    right, facts, total = Right(), {}, KpiDelta()
    for event in said(4000, right):
        learn(facts.setdefault(event.lead_id, LeadFact(event.lead_id)), event, SimpleNamespace(source=""))  # type: ignore[arg-type]
    for fact in facts.values():
        total.move(None, contribution(fact))
    found = {key[1:]: row for key, row in total.over_teams().rows.items()}
    assert {key: +Counter({m: n for m, n in row.items() if m in COUNTS}) for key, row in found.items()} == {
        key: +Counter({m: n for m, n in row.items() if m in COUNTS}) for key, row in right.rows.items()
    }


def test_a_scan_and_the_compiled_rules_name_the_same_rule_and_hits_lie_anywhere() -> None:
    plain = routing.plain_rules(300)
    made = routing.compiled(plain)
    ordered = [plain[rule.name] for rule in made.rules]
    leads = routing.leads(ordered, made, 1000)
    answers = [made.route(lead) for lead in leads]
    wanted = [routing.scan(ordered, lead) for lead in leads]
    assert [answer.rule for answer in answers] == wanted  # type: ignore[union-attr]
    places = sorted(i for i, rule in enumerate(ordered) for name in wanted if rule.name == name)
    assert places[len(places) // 4] < 100
    assert places[len(places) * 3 // 4] > 200
    assert 0.05 < wanted.count(routing.FALLBACK) / len(wanted) < 0.15
