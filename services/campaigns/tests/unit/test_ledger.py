"""The ledger's rules, one line and one book at a time."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.domain.ledger import NOBODY, UNPLANNED, Book, Line, fold, post
from campaigns.domain.spend import Spend, SpendRefused
from values.money import MOST

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEARCH = Line("spring", "search", "EUR", "Search ads", "ana", planned=True, budget=1_000)
PRINT = Line("spring", "print", "EUR", "Print", "bo", planned=True, budget=500)


def spend(amount: int, kind: str = "incurred", line: str | None = "search", currency: str = "EUR", n: int = 1) -> Spend:
    return Spend(f"s{n}", "spring", line, amount, currency, kind, "test", None, NOON)


def book(*lines: Line, known: bool = True) -> Book:
    return Book("spring", known, "EUR" if known else None, {line.place: line for line in lines})


def test_what_is_committed_is_no_longer_available() -> None:
    line, posting = post(SEARCH, spend(300, "committed"))
    assert (line.committed, line.incurred, line.available, line.postings) == (300, 0, 700, 1)
    assert posting is not None
    assert [(e.account, e.amount) for e in posting.entries] == [("committed", 300), ("available", -300)]


def test_what_is_incurred_does_not_end_a_commitment() -> None:
    line, _ = post(replace(SEARCH, committed=300), spend(300, "incurred"))
    assert (line.committed, line.incurred, line.available) == (300, 300, 400)


@pytest.mark.parametrize(("kind", "column"), [("released", "committed"), ("reversed", "incurred")])
def test_more_than_there_is_can_not_come_back_and_the_rest_is_kept_as_unmatched(kind: str, column: str) -> None:
    line, posting = post(replace(SEARCH, **{column: 200}), spend(500, kind))
    assert (getattr(line, column), line.unmatched, line.available) == (0, 300, 1_000)
    assert posting is not None
    assert posting.amount == 200


def test_what_comes_back_where_nothing_was_is_unmatched_and_posts_nothing() -> None:
    line, posting = post(SEARCH, spend(500, "released"))
    assert posting is None
    assert line == replace(SEARCH, unmatched=500)


def test_the_last_cent_is_not_overspent_and_the_next_one_is() -> None:
    line, exact = post(SEARCH, spend(1_000))
    line, over = post(line, spend(1, n=2))
    _, back = post(line, spend(1, "reversed", n=3))
    assert [p.overspent for p in (exact, over, back) if p] == [False, True, False]


def test_a_line_below_zero_that_sinks_further_is_overspent_again_and_one_that_recovers_is_not() -> None:
    below = replace(SEARCH, incurred=1_500)
    assert [post(below, spend(1, kind))[1].overspent for kind in ("incurred", "committed", "reversed")] == [
        True,
        True,
        False,
    ]


def test_figures_that_no_event_could_carry_are_refused() -> None:
    with pytest.raises(SpendRefused):
        post(replace(SEARCH, incurred=MOST), spend(1))


@pytest.mark.parametrize(
    ("known", "lines", "named", "expected"),
    [
        (True, (SEARCH, PRINT), "print", "print"),
        (True, (SEARCH, PRINT), "tv", UNPLANNED),
        (True, (SEARCH, PRINT), None, UNPLANNED),
        (True, (SEARCH,), None, "search"),
        (True, (SEARCH,), "tv", "search"),
        (True, (SEARCH, replace(PRINT, planned=False)), None, "search"),
        (True, (SEARCH, replace(PRINT, planned=False)), "print", "print"),
        (True, (), None, UNPLANNED),
        (False, (), "search", UNPLANNED),
    ],
)
def test_a_spend_goes_to_the_line_it_names_or_to_the_only_one_or_to_unplanned(
    known: bool, lines: tuple[Line, ...], named: str | None, expected: str
) -> None:
    assert book(*lines, known=known).line_for(spend(1, line=named)).line == expected


def test_an_unknown_campaign_has_no_budget_so_its_first_spend_is_overspent() -> None:
    [line], [posting], _ = fold({"spring": book(known=False)}, [spend(5)])
    assert (line.line, line.owner, line.budget, line.available, posting.overspent) == (UNPLANNED, NOBODY, 0, -5, True)


def test_another_currency_stands_beside_the_line_with_its_owner_and_without_budget() -> None:
    [line], [posting], _ = fold({"spring": book(SEARCH, PRINT)}, [spend(5, currency="USD")])
    assert (line.place, line.owner, line.budget, posting.overspent) == (("search", "USD"), "ana", 0, True)


def test_the_second_spend_of_a_batch_sees_what_the_first_one_left() -> None:
    [line], postings, _ = fold({"spring": book(SEARCH)}, [spend(600, n=1), spend(600, n=2)])
    assert [p.overspent for p in postings] == [False, True]
    assert [p.line.postings for p in postings] == [1, 2]
    assert line == postings[-1].line


kinds = st.sampled_from(["committed", "incurred", "released", "reversed"])
places = st.sampled_from([("search", "EUR"), ("print", "EUR"), (None, "EUR"), ("search", "USD"), ("tv", "JPY")])
spends = st.lists(st.tuples(st.integers(1, 10**6), kinds, places), max_size=40).map(
    lambda rows: [spend(a, k, line, cur, n) for n, (a, k, (line, cur)) in enumerate(rows)]
)


@given(spends, st.booleans())
def test_debits_equal_credits_and_every_account_says_what_the_line_says(batch: list[Spend], known: bool) -> None:
    start = book(SEARCH, PRINT, known=known)
    lines, postings, _ = fold({"spring": start}, batch)
    balances: Counter[tuple[str, str, str]] = Counter()
    for posting in postings:
        assert sum(entry.amount for entry in posting.entries) == 0
        for entry in posting.entries:
            balances[(*posting.line.place, entry.account)] += entry.amount
    for line in lines:
        before = start.lines.get(line.place, line)
        opening = before.available if line.place in start.lines else 0
        assert balances[(*line.place, "committed")] == line.committed >= 0
        assert balances[(*line.place, "incurred")] == line.incurred >= 0
        assert opening + balances[(*line.place, "available")] == line.available


@given(spends)
def test_nothing_is_lost_between_what_was_reported_and_what_was_posted(batch: list[Spend]) -> None:
    lines, postings, _ = fold({"spring": book(SEARCH, PRINT)}, batch)
    assert sum(s.amount for s in batch) == sum(p.amount for p in postings) + sum(line.unmatched for line in lines)


@given(spends, st.randoms())
def test_the_order_of_what_is_committed_and_incurred_never_matters(batch: list[Spend], random: object) -> None:
    outward = [s for s in batch if s.kind in ("committed", "incurred")]
    shuffled = list(outward)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, _, _ = fold({"spring": book(SEARCH, PRINT)}, outward)
    other, _, _ = fold({"spring": book(SEARCH, PRINT)}, shuffled)
    assert {line.place: line for line in one} == {line.place: line for line in other}


@given(spends)
def test_a_line_counts_its_postings_without_a_gap(batch: list[Spend]) -> None:
    _, postings, _ = fold({"spring": book(SEARCH, PRINT)}, batch)
    for place in {p.line.place for p in postings}:
        numbers = [p.line.postings for p in postings if p.line.place == place]
        assert numbers == list(range(1, len(numbers) + 1))


def test_what_no_line_can_take_is_refused_alone_and_the_line_stays_as_it_was() -> None:
    batch = [
        spend(MOST, n=1),
        spend(1, n=2),
        spend(MOST, "released", n=3),
        spend(1, "released", n=4),
        spend(7, n=5, line="print"),
    ]
    lines, postings, refused = fold({"spring": book(SEARCH, PRINT)}, batch)
    assert [one.spend_id for one, _ in refused] == ["s2", "s4"]
    assert [p.spend.spend_id for p in postings if p.spend] == ["s1", "s5"]
    assert {line.line: line.incurred for line in lines} == {"search": MOST, "print": 7}


@pytest.mark.parametrize("written", ["SEARCH", " search ", "\uff53earch"])
def test_a_line_is_found_in_every_spelling_and_keeps_its_own(written: str) -> None:
    [line], _, _ = fold({"spring": book(SEARCH, PRINT)}, [spend(5, line=written)])
    assert line.line == "search"
