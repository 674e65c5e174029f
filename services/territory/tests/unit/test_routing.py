"""Routing is the same as looking at every rule, only faster; and it says why."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.domain.criteria import Criterion, Ends, OneOf, Prefix, Range, Scalar, begins, number, text
from territory.domain.routing import FALLBACK, REFUSED_AT_MOST, Fallback, Refused, Routed, Rule, RuleSet, Unroutable
from territory.domain.rule_index import TooLarge

from . import markets

FALL = Fallback("everyone-else", "head-office")

ATTRIBUTES = ("country", "postcode_area", "expected_amount.minor", "attributes.size")
WORDS = (
    "1",
    "10",
    "101",
    "2",
    "20",
    "de",
    "true",
    "0.5",
    "12.000",
    "s",
    "sw",
    "sw1",
    "sw1a",
    "sw11",
    "n",
    "ne1",
    "d0",
    "d02",
)
texts = st.sampled_from(WORDS)
spellings = st.sampled_from(
    (" DE ", "101 ", "1,000", "12000", "۲۰", "20+", "ＳＷ１", "Sw11", "N1", "NE12", "k1a", float("nan"), 1e308)
)
sizes = st.integers(-3, 25) | st.sampled_from((0.5, 10.0, 19.5))
scalars: st.SearchStrategy[Scalar] = texts | sizes | st.booleans() | spellings
points = st.lists(sizes | st.just(12_000), max_size=2, unique=True).map(tuple)
some_texts = st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)
ranges = st.tuples(st.none() | sizes, st.none() | sizes).filter(lambda ends: ends != (None, None))
criteria: st.SearchStrategy[Criterion] = (
    st.builds(OneOf, some_texts, points)
    | st.builds(Prefix, some_texts, st.sampled_from(("anywhere", "letters", "numbers")))
    | ranges.map(lambda ends: Range(*ends))
)
rule_lists = st.lists(
    st.builds(
        Rule,
        name=st.text("abc", min_size=1, max_size=3),
        segment=st.just("s"),
        team=st.just("t"),
        when=st.dictionaries(st.sampled_from(ATTRIBUTES), criteria, min_size=1),
        priority=st.integers(0, 2),
    ),
    max_size=24,
    unique_by=lambda rule: rule.name,
)
lead_values = st.dictionaries(st.sampled_from(ATTRIBUTES), scalars)


@given(rule_lists, st.lists(lead_values, min_size=1, max_size=8))
def test_the_index_gives_the_answer_of_a_linear_scan(rules: list[Rule], leads: list[dict[str, Scalar]]) -> None:
    ruleset = RuleSet(1, rules, FALL)
    for lead in leads:
        claiming = markets.scan(rules, lead)
        decision = ruleset.route(lead)
        assert isinstance(decision, Routed)
        assert decision.rule == (claiming[0] if claiming else FALLBACK)
        assert decision.refused == max(0, len(claiming) - 1)
        assert [one.candidate for one in ruleset.refused(lead)] == claiming[1 : 1 + REFUSED_AT_MOST]
        assert ruleset.refused(ruleset.inputs(lead)) == ruleset.refused(lead)


def test_an_index_that_would_take_more_memory_than_it_may_is_not_made() -> None:
    rules = markets.rules(1_000)
    index = RuleSet(1, rules).compile()
    assert RuleSet(1, rules).compile(index.bytes).bytes == index.bytes
    with pytest.raises(TooLarge) as refused:
        RuleSet(1, rules).compile(index.bytes - 1)
    assert refused.value.attribute in {"postcode_area", "attributes.size", "product", "industry"}


@pytest.mark.parametrize("cuts", [True, False], ids=["many slices", "one slice"])
def test_the_memory_of_an_index_is_what_was_worked_out_for_it(cuts: bool) -> None:
    """The worst files: each rule names values of its own."""
    product = OneOf if cuts else Prefix
    rules = [
        rule(f"r{n}", product=product((f"p{n:04}",)), size=Range(n, n + 1), postcode_area=Prefix((f"{n:04}",)))
        for n in range(2_000)
    ]
    tracemalloc.start()
    try:
        index = RuleSet(1, rules).compile()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert index.bytes / 2 < taken < index.bytes * 1.5


@pytest.mark.parametrize("count", [10, 1_000])
def test_the_index_gives_the_answer_of_a_linear_scan_in_a_market_of_this_size(count: int) -> None:
    rules = markets.rules(count)
    ruleset = RuleSet(1, rules, FALL)
    for lead in markets.leads(100, rules):
        decision = ruleset.route(lead)
        assert isinstance(decision, Routed)
        claiming = markets.scan(rules, lead)
        assert decision.rule == (claiming or [FALLBACK])[0]
        assert [one.candidate for one in ruleset.refused(lead)] == claiming[1 : 1 + REFUSED_AT_MOST]


@given(rule_lists.flatmap(lambda rules: st.tuples(st.just(rules), st.permutations(rules))), lead_values)
def test_the_order_in_which_rules_are_written_never_matters(
    orders: tuple[list[Rule], list[Rule]], lead: dict[str, Scalar]
) -> None:
    one, other = orders
    assert RuleSet(1, one, FALL).route(lead) == RuleSet(1, other, FALL).route(lead)


def rule(name: str, priority: int = 0, **when: Criterion) -> Rule:
    return Rule(name, "segment-of-" + name, "team-of-" + name, when, priority)


DE = OneOf(("de",))


@pytest.mark.parametrize(
    ("narrow", "wide", "why"),
    [
        (
            rule("z", country=DE, postcode_area=Prefix(("1",))),
            rule("a", 9, country=DE),
            "wider: 1 criteria against 2",
        ),
        (
            rule("z", postcode_area=OneOf(("10115",))),
            rule("a", 9, postcode_area=Prefix(("1011",))),
            "wider: exact values in 0 criteria against 1",
        ),
        (
            rule("z", postcode_area=Prefix(("101",))),
            rule("a", 9, postcode_area=Prefix(("10",))),
            "wider: prefixes of 2 characters against 3",
        ),
        (
            rule("z", country=DE),
            rule("a", 9, country=OneOf(("de", "at"))),
            "wider: 2 alternatives against 1",
        ),
        (
            rule("z", 1, country=DE),
            rule("a", 0, country=DE),
            "lower priority: 0 against 1",
        ),
        (
            rule("a", country=DE),
            rule("z", country=DE),
            "as narrow and of the same priority, but later by name",
        ),
    ],
)
def test_the_narrowest_rule_wins_and_the_other_is_told_why(narrow: Rule, wide: Rule, why: str) -> None:
    ruleset = RuleSet(7, [wide, narrow], FALL)
    lead: dict[str, Scalar] = {"country": "DE", "postcode_area": "10115"}
    assert ruleset.route(lead) == Routed(
        segment="segment-of-" + narrow.name,
        team="team-of-" + narrow.name,
        rule=narrow.name,
        ruleset=7,
        refused=1,
    )
    assert ruleset.refused(lead) == (Refused(wide.name, why),)


def test_a_range_open_at_one_end_is_wider_than_a_closed_one() -> None:
    rules = [rule("open", 9, size=Range(10, None)), rule("closed", size=Range(10, 50))]
    decision = RuleSet(1, rules).route({"size": 10})
    assert isinstance(decision, Routed)
    assert decision.rule == "closed"


def test_at_most_ten_candidates_are_named_and_the_rest_is_counted() -> None:
    ruleset = RuleSet(1, [rule(f"r{n:02}", country=DE) for n in range(25)])
    decision = ruleset.route({"country": "DE"})
    assert isinstance(decision, Routed)
    assert (decision.rule, decision.refused) == ("r00", 24)
    assert [one.candidate for one in ruleset.refused({"country": "DE"})] == [f"r{n:02}" for n in range(1, 11)]


def test_a_lead_that_no_rule_claims_goes_to_the_fallback() -> None:
    decision = RuleSet(3, [rule("de", country=DE)], FALL).route({"country": "FR"})
    assert decision == Routed("everyone-else", "head-office", FALLBACK, 3)


def test_a_lead_that_no_rule_claims_is_unroutable_without_a_fallback() -> None:
    decision = RuleSet(3, [rule("de", country=DE)]).route({"country": "FR"})
    assert isinstance(decision, Unroutable)
    assert "no fallback" in decision.reason


def test_a_rule_that_asks_for_an_attribute_never_claims_a_lead_without_it() -> None:
    rules = [rule("any-size", size=Range(0, None)), rule("any-region", region=Prefix(("a",)))]
    assert isinstance(RuleSet(1, rules).route({"country": "DE"}), Unroutable)


def test_only_attributes_that_some_rule_asks_for_are_inputs() -> None:
    ruleset = RuleSet(1, [rule("de", country=DE)], FALL)
    assert ruleset.inputs({"country": "DE", "industry": "mills"}) == {"country": "DE"}


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (" DE ", "de"),
        (10, "10"),
        (10.0, "10"),
        (True, "true"),
        ("Cafe\u0301", "café"),
        ("مصر", "مصر "),
        ("東京", "東京"),
        ("كرج", "کرج"),
        ("تهران", "تهرا\u200cن"),
        ("Ｆａｃｅｂｏｏｋ", "facebook"),
        ("İstanbul", "istanbul"),
        ("spring  sale", "Spring Sale"),
        ("Bad\u00adHomburg", "badhomburg"),
        ("منطقه ۲۲", "منطقه 22"),
    ],
)
def test_values_are_compared_as_people_read_them(one: Scalar, same: Scalar) -> None:
    assert text(one) == text(same)


@pytest.mark.parametrize(
    ("prefix", "ends", "held", "not_held"),
    [
        ("n", "numbers", "n1 n19 n", "ne1 nw10 1n"),
        ("sw", "numbers", "sw1 sw1a sw19", "s1 swe"),
        ("sw1", "numbers", "sw1 sw1a", "sw11 sw19"),
        ("sw1a", "numbers", "sw1a", "sw1 sw1b"),
        ("d0", "letters", "d01 d02", "d11"),
        ("d6", "letters", "d6w d60", "d06"),
        ("k", "letters", "k1a", "ka1"),
        ("k1", "letters", "k1a", "k2a"),
        ("10", "numbers", "10 101 1011", "11"),
        ("s", "anywhere", "s1 sw1 swe", "ne1"),
    ],
)
def test_a_prefix_ends_where_its_kind_of_value_lets_it(prefix: str, ends: Ends, held: str, not_held: str) -> None:
    assert [value for value in held.split() if not begins(value, prefix, ends)] == []
    assert [value for value in not_held.split() if begins(value, prefix, ends)] == []


def test_a_number_that_a_rule_lists_is_met_however_it_is_written() -> None:
    rules = RuleSet(1, [rule("dozens", size=OneOf((), (12_000,)))], FALL)
    routed = {
        size: rules.route({"size": size}) for size in (12_000, 12_000.0, "12.000", "12,000", "۱۲۰۰۰", "12", "12.0")
    }
    taken = [size for size, where in routed.items() if isinstance(where, Routed) and where.rule == "dozens"]
    assert taken == [12_000, "12.000", "12,000", "۱۲۰۰۰"]


@pytest.mark.parametrize(("one", "other"), [("01067", "1067"), (1, True), ("a", "b")])
def test_values_that_only_look_alike_stay_apart(one: Scalar, other: Scalar) -> None:
    assert text(one) != text(other)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("25", 25),
        (" -2.5 ", -2.5),
        ("٢٥", 25),
        (7, 7),
        (True, None),
        ("1e9", None),
        ("many", None),
        ("12.000", 12_000),
        ("1,000", 1_000),
        ("500+", 500),
        ("۱۲۳٫۵", 123.5),
        ("0.1", 0.1),
        ("1'234.50", 1234.5),
        (float("inf"), None),
        (10**400, 10**400),
        ("9" * 400, None),
        (float("nan"), None),
    ],
)
def test_text_that_reads_as_a_number_lies_in_ranges(value: Scalar, expected: int | float | None) -> None:
    assert number(value) == expected
