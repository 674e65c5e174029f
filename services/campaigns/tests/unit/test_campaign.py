"""What a plan does to the lines."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from campaigns.domain.campaign import CurrencyFixed, Plan, PlannedLine, faults, rebudget
from campaigns.domain.ledger import Book, Line

SEARCH = PlannedLine("search", "Search ads", 1_000, "ana")
PRINT = PlannedLine("print", "Print", 500, "bo")
PLAN = Plan("Spring", "search", "solar-de", None, None, "EUR", (SEARCH, PRINT))
NEW = Book("spring", known=False)


def carried_out(book: Book, plan: Plan) -> Book:
    lines, _ = rebudget(book, plan)
    return Book(book.campaign, True, plan.currency, {**book.lines, **{line.place: line for line in lines}})


def test_the_first_plan_posts_every_budget_as_the_lines_first_posting() -> None:
    lines, postings = rebudget(NEW, PLAN)
    assert [(p.kind, p.line.line, p.amount, p.line.postings) for p in postings] == [
        ("budgeted", "print", 500, 1),
        ("budgeted", "search", 1_000, 1),
    ]
    assert all(line.planned for line in lines)


def test_a_changed_budget_posts_the_difference_only() -> None:
    plan = replace(PLAN, lines=(replace(SEARCH, budget=400), PRINT))
    lines, [posting] = rebudget(carried_out(NEW, PLAN), plan)
    assert (posting.amount, posting.line.budget, posting.line.postings) == (-600, 400, 2)
    assert [line.line for line in lines] == ["search"]


def test_a_new_owner_changes_the_line_and_posts_nothing() -> None:
    lines, postings = rebudget(carried_out(NEW, PLAN), replace(PLAN, lines=(replace(SEARCH, owner="cy"), PRINT)))
    assert ([line.owner for line in lines], postings) == (["cy"], [])


def test_a_line_that_left_the_plan_gives_its_budget_back_and_keeps_its_spend() -> None:
    book = carried_out(NEW, PLAN)
    spent = replace(book.lines["print", "EUR"], incurred=80)
    book = replace(book, lines={**book.lines, spent.place: spent})
    [line], [posting] = rebudget(book, replace(PLAN, lines=(SEARCH,)))
    assert (line.planned, line.budget, line.incurred, line.available) == (False, 0, 80, -80)
    assert posting.amount == -500


def test_the_currency_can_not_change_once_something_is_posted() -> None:
    with pytest.raises(CurrencyFixed):
        rebudget(carried_out(NEW, PLAN), replace(PLAN, currency="USD"))


def test_the_currency_of_a_plan_without_any_posting_can_change() -> None:
    empty = replace(PLAN, lines=(replace(SEARCH, budget=0),))
    lines, postings = rebudget(carried_out(NEW, empty), replace(empty, currency="USD"))
    assert {(line.currency, line.planned) for line in lines} == {("EUR", False), ("USD", True)}
    assert postings == []


def test_an_unknown_campaign_that_is_planned_at_last_may_have_any_currency() -> None:
    spent = Line("spring", "unplanned", "USD", incurred=80, postings=1)
    lines, postings = rebudget(Book("spring", False, None, {spent.place: spent}), PLAN)
    assert spent not in lines
    assert [p.line.currency for p in postings] == ["EUR", "EUR"]


def test_the_namesake_in_another_currency_gets_the_new_owner_and_no_budget() -> None:
    book = carried_out(NEW, PLAN)
    dollars = Line("spring", "search", "USD", "Search ads", "ana", incurred=80, postings=1)
    book = replace(book, lines={**book.lines, dollars.place: dollars})
    [_, other], [posting] = rebudget(book, replace(PLAN, lines=(replace(SEARCH, budget=1, owner="cy"), PRINT)))
    assert (other.place, other.owner, other.budget, other.planned) == (("search", "USD"), "cy", 0, False)
    assert posting.line.currency == "EUR"


def test_the_order_of_the_lines_does_not_make_another_plan() -> None:
    assert replace(PLAN, lines=(PRINT, SEARCH)) == PLAN


def test_a_plan_names_what_is_wrong_with_it() -> None:
    wrong = replace(
        PLAN,
        currency="EUX",
        starts_at=datetime(2026, 2, 1, tzinfo=UTC),
        ends_at=datetime(2026, 1, 1, tzinfo=UTC),
        lines=(SEARCH, SEARCH),
    )
    assert [fault.field for fault in faults(wrong)] == ["currency", "ends_at", "lines"]
    assert faults(PLAN) == []
