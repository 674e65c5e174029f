"""What the league shows of a team, and that what it hides can't be worked out of what it shows."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.domain.league import Entry, Hidden, Limits, Row, counts, deals, is_group, is_money, table, total

LIMITS = Limits()
TEAMS, DAYS = ("berlin", "oslo", "roma", "wien"), range(7)


def captured(team: str, n: int, persons: int = 3) -> list[Entry]:
    return [Entry(team, "captured", f"p{i % persons}") for i in range(n)]


def won(team: str, *amounts: int, currency: str = "EUR") -> list[Entry]:
    return [Entry(team, "closed", f"p{i}", False, "won", minor, currency) for i, minor in enumerate(amounts)]


def shown(rows: Sequence[Row]) -> dict[str, Any]:
    return {row.team: row.counts and row.counts["leads"] for row in rows}


def test_a_team_is_shown_from_five_leads_of_three_people_on() -> None:
    teams = {"a": captured("a", 5), "b": captured("b", 4), "c": captured("c", 9, persons=2), "d": captured("d", 8)}
    assert shown(table(teams, LIMITS)) == {"a": 5, "b": None, "c": None, "d": 8}


def test_a_team_that_is_hidden_alone_has_the_next_smallest_for_company() -> None:
    teams = {"a": captured("a", 6), "b": captured("b", 2), "c": captured("c", 9)}
    rows = table(teams, LIMITS)
    assert shown(rows) == {"a": None, "b": None, "c": 9}
    assert total(rows)["leads"] == 9


def test_money_is_shown_from_five_deals_on_of_which_none_is_most_of_it() -> None:
    base = {team: captured(team, 9) for team in "abcde"}
    sold = {
        "a": won("a", *[10] * 5),
        "b": won("b", *[10] * 4),
        "c": won("c", 10, 10, 10, 10, 41),
        "d": won("d", 10, 10, 10, 10, 40),
        "e": won("e", *[10] * 5) + won("e", 10, currency="USD"),
    }
    rows = table({team: base[team] + sold[team] for team in base}, LIMITS)
    money = {row.team: row.money for row in rows}
    assert money == {"a": {"EUR": 50}, "b": None, "c": None, "d": {"EUR": 80}, "e": None}
    assert all(row.counts for row in rows)


def test_who_sold_nothing_has_no_money_to_hide() -> None:
    assert [row.money for row in table({"a": captured("a", 9), "b": captured("b", 9)}, LIMITS)] == [{}, {}]


days = st.lists(
    st.tuples(
        st.sampled_from(TEAMS),
        st.sampled_from(DAYS),
        st.integers(1, 9),  # leads
        st.integers(1, 4),  # people
        st.lists(st.integers(1, 100), max_size=7),  # deals
    ),
    max_size=28,
)
Cell = tuple[str, int]


def released(said: Any, limits: Limits = LIMITS) -> tuple[dict[Cell, list[Entry]], dict[int, list[Row]], list[Row]]:
    """All entries by team and day, the tables of the days, and that of the week, as they are closed one after the other."""
    cells: dict[Cell, list[Entry]] = {}
    for team, day, leads, persons, amounts in said:
        cells.setdefault((team, day), []).extend([*captured(team, leads, persons), *won(team, *amounts)])
    of_days = {day: table({t: e for (t, d), e in cells.items() if d == day}, limits) for day in DAYS}
    hidden, whole = {}, {}
    for team in TEAMS:
        rows = {day: row for day, of in of_days.items() for row in of if row.team == team}
        mine = {day: cells[team, day] for day in rows}
        whole[team] = [entry for of in mine.values() for entry in of]
        hidden[team] = Hidden(
            [of for day, of in mine.items() if rows[day].counts is None],
            [of for day, of in mine.items() if rows[day].money is None and deals(of)],
        )
    return cells, of_days, table(whole, limits, hidden)


def known(equations: Sequence[dict[Cell, int]], wanted: dict[Cell, int]) -> bool:
    """Whether a combination of these sums gives the wanted one (elimination over the rationals)."""
    unknowns = sorted({cell for equation in (*equations, wanted) for cell in equation})
    basis: dict[int, list[Fraction]] = {}

    def reduced(equation: dict[Cell, int]) -> list[Fraction]:
        row = [Fraction(equation.get(cell, 0)) for cell in unknowns]
        for at, other in sorted(basis.items()):
            if row[at]:
                factor = row[at] / other[at]
                row = [a - factor * b for a, b in zip(row, other, strict=True)]
        return row

    for equation in equations:
        row = reduced(equation)
        at = next((n for n, value in enumerate(row) if value), None)
        if at is not None:
            basis[at] = row
    return not any(reduced(wanted))


def sums(cells: dict[Cell, Any], of_days: dict[int, list[Row]], week: list[Row], part: str) -> list[dict[Cell, int]]:
    """Everything that is released, as sums of cells: single days, whole weeks, and the totals of each table."""
    found = []
    for day, rows in of_days.items():
        one = [(row.team, day) for row in rows if getattr(row, part) is not None]
        found += [{cell: 1} for cell in one] + [dict.fromkeys(one, 1)]
    weeks = [{cell: 1 for cell in cells if cell[0] == row.team} for row in week if getattr(row, part) is not None]
    return [*found, *weeks, {cell: 1 for of in weeks for cell in of}]


@settings(max_examples=300, deadline=None)
@given(days)
def test_no_hidden_cell_comes_out_of_all_that_is_ever_released(said: Any) -> None:
    cells, of_days, week = released(said)
    for part in ("counts", "money"):
        open_sums = sums(cells, of_days, week, part)
        # Of who sold nothing it is known that it is nothing.
        wanted = {cell for cell, of in cells.items() if part == "counts" or deals(of)}
        open_sums = [{cell: n for cell, n in one.items() if cell in wanted} for one in open_sums]
        for day, rows in of_days.items():
            for row in rows:
                if getattr(row, part) is None and (row.team, day) in wanted:
                    assert not known(open_sums, {(row.team, day): 1})
        for row in week:
            whole = {cell: 1 for cell in wanted if cell[0] == row.team}
            # A week that is the sum of days which are all shown hides nothing.
            if getattr(row, part) is None and any({cell: 1} not in open_sums for cell in whole):
                assert not known(open_sums, whole)


@settings(max_examples=300, deadline=None)
@given(days)
def test_what_a_week_holds_beyond_its_shown_days_is_enough_to_be_shown(said: Any) -> None:
    cells, of_days, week = released(said)
    for row in week:
        for part, rule in (("counts", is_group), ("money", is_money)):
            if getattr(row, part) is None:
                continue
            days_hidden = [
                cells[row.team, day]
                for day, of in of_days.items()
                for one in of
                if one.team == row.team and getattr(one, part) is None
            ]
            beyond = [entry for of in days_hidden for entry in of if part == "counts" or deals([entry])]
            assert not beyond or rule(beyond, LIMITS)


@settings(deadline=None)
@given(days)
def test_what_is_shown_is_what_was_counted(said: Any) -> None:
    cells, of_days, _ = released(said)
    for day, rows in of_days.items():
        for row in rows:
            assert row.counts in (None, counts(cells[row.team, day]))
        assert total(rows)["leads"] == sum(row.counts["leads"] for row in rows if row.counts)


@settings(deadline=None)
@given(days)
def test_nobody_is_hidden_alone_where_another_is_shown(said: Any) -> None:
    _, of_days, week = released(said)
    for rows in (*of_days.values(), week):
        hidden = [row for row in rows if row.counts is None]
        assert len(hidden) != 1 or len(rows) == 1
