"""Who sees what, against an oracle that asks at one moment at a time and knows no interval."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from territory.domain.access import Known, grants_of, roles_of
from territory.domain.organisation import (
    KINDS,
    RANKS,
    UNPLACED,
    Absence,
    BreakGlass,
    Membership,
    Person,
    RoleGrant,
    Structure,
    Substitution,
    Unit,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("company", "hq", "south", "munich", "augsburg", "north", "ads")
PARENTS = {
    "hq": "company",
    "south": "company",
    "munich": "south",
    "augsburg": "munich",
    "north": "company",
    "ads": "company",
}
OF_KIND = {"company": "sales", "hq": "management", "ads": "marketing"}


def day(n: float) -> datetime:
    return START + timedelta(days=n)


def structure(record_for: str) -> Structure:
    units = [
        Unit(name, OF_KIND.get(name, "sales"), PARENTS.get(name), name, START, settings={"record_for": record_for})
        for name in NAMES
    ]
    return Structure.of(1, units, KINDS, RANKS)


days = st.integers(0, 12)
ends = st.one_of(st.none(), st.integers(0, 14))
units = st.sampled_from((*NAMES, "unknown"))


def _end(begin: int, end: int | None) -> datetime | None:
    return None if end is None else day(max(begin, end))


@st.composite
def memberships(draw: st.DrawFn, person: str) -> list[Membership]:
    found = []
    for n in range(draw(st.integers(0, 4))):
        begin, end = draw(days), draw(ends)
        rank = draw(st.sampled_from(("expert", "supervisor", "director", "gone")))
        found.append(Membership(UUID(int=n), person, draw(units), rank, day(begin), _end(begin, end)))
    return found


@st.composite
def absences(draw: st.DrawFn, person: str) -> list[Absence]:
    spans = draw(st.lists(st.tuples(days, ends), max_size=3))
    return [Absence(UUID(int=n), person, day(a), _end(a, b)) for n, (a, b) in enumerate(spans)]


@st.composite
def worlds(draw: st.DrawFn) -> Known:
    person = Person(
        "me",
        draw(st.sampled_from(("person", "person", "person", "machine"))),
        draw(st.sampled_from((False, False, False, True))),
        draw(st.one_of(st.none(), days.map(day))),
    )
    stands_in = []
    for n in range(draw(st.integers(0, 3))):
        begin, end = draw(days), draw(ends)
        other = draw(st.sampled_from(("ann", "ben")))
        stands_in.append(
            Substitution(UUID(int=n), other, "me", draw(units), day(begin), _end(begin, end), draw(st.booleans()))
        )
    glass = [
        BreakGlass(UUID(int=90 + n), draw(units), "me", day(a), day(a) + timedelta(hours=4))
        for n, a in enumerate(draw(st.lists(days, max_size=2)))
    ]
    roles = [
        RoleGrant(UUID(int=n), "me", "auditor", None, day(a), _end(a, b))
        for n, (a, b) in enumerate(draw(st.lists(st.tuples(days, ends), max_size=2)))
    ]
    others = ("ann", "ben")
    return Known(
        person,
        draw(memberships("me")),
        roles,
        draw(absences("me")),
        stands_in,
        glass,
        {other: draw(memberships(other)) for other in others},
        {other: draw(absences(other)) for other in others},
    )


def runs(one: Membership | Absence | Substitution | RoleGrant | BreakGlass, at: datetime) -> bool:
    return one.from_at <= at and (one.until_at is None or at < one.until_at)


def is_above(upper: str, lower: str) -> bool:
    at: str | None = lower
    while at is not None:
        if at == upper:
            return True
        at = PARENTS.get(at)
    return False


def oracle(known: Known, record_for: str, at: datetime) -> set[tuple[str, str, str, bool, str]]:
    """What exists at one moment: team, why, what is recorded, what is opened, on whose behalf."""
    me = known.person
    if me.suspended or (me.left_at is not None and me.left_at <= at):
        return set()
    found = set()
    for one in known.memberships:
        if not runs(one, at) or one.unit not in NAMES:
            continue
        if one.unit == "hq":
            teams = {*NAMES, UNPLACED}
        elif one.rank in ("supervisor", "director"):
            teams = {name for name in NAMES if is_above(one.unit, name)}
        else:
            teams = {one.unit}
        if me.kind == "machine":
            found |= {(team, "machine", "none", False, "") for team in teams}
        elif one.unit == "hq":
            found |= {(team, "management", "none", True, "") for team in teams}
        elif one.rank in ("supervisor", "director"):
            found |= {(team, "supervisor", "all", True, "") for team in teams}
        else:
            found.add((one.unit, "member", "all" if record_for == "team" else "own", True, ""))
    if me.kind == "machine":
        return found
    away = any(runs(absence, at) for absence in known.absences)
    for other in known.substitutions:
        absent = other.absent
        both = belongs(known.memberships, other.unit, at) and belongs(known.memberships_of[absent], other.unit, at)
        lasts = not other.ends_with_absence or any(runs(absence, at) for absence in known.absences_of[absent])
        if runs(other, at) and both and lasts and not away:
            found.add((other.unit, "substitute", "own", True, absent))
    return found | {(look.unit, "break_glass", "none", True, "") for look in known.glass if runs(look, at)}


def belongs(theirs: Sequence[Membership], unit: str, at: datetime) -> bool:
    return any(one.unit == unit and runs(one, at) for one in theirs)


@settings(max_examples=300)
@given(
    known=worlds(),
    record_for=st.sampled_from(("substitute", "team")),
    hours=st.lists(st.integers(0, 24 * 15), min_size=5, max_size=5),
)
def test_grants_at_any_moment_are_what_an_oracle_says(known: Known, record_for: str, hours: list[int]) -> None:
    grants = grants_of(known, structure(record_for))
    for hour in hours:
        at = START + timedelta(hours=hour)
        now = [g for g in grants if g.interval.covers(at)]
        said = {(g.team, g.kind, g.records, g.opens, g.on_behalf_of) for g in now}
        assert said == oracle(known, record_for, at)
        assert len({(g.team, g.kind, g.on_behalf_of, g.reference) for g in now}) == len(now)


@settings(max_examples=300)
@given(known=worlds(), hours=st.lists(st.integers(0, 24 * 15), min_size=12, max_size=12))
def test_a_substitute_of_the_same_unit_stands_in_as_an_oracle_says(known: Known, hours: list[int]) -> None:
    def here(rows: Sequence[Any]) -> list[Any]:
        return [replace(row, unit="munich") for row in rows]

    known = replace(
        known,
        person=Person("me"),
        memberships=here(known.memberships),
        substitutions=here(known.substitutions),
        memberships_of={name: here(rows) for name, rows in known.memberships_of.items()},
    )
    grants = grants_of(known, structure("substitute"))
    for hour in hours:
        at = START + timedelta(hours=hour)
        said = {(g.team, g.kind, g.records, g.opens, g.on_behalf_of) for g in grants if g.interval.covers(at)}
        assert said == oracle(known, "substitute", at)


@given(known=worlds())
def test_a_role_makes_no_row_exist_and_ends_with_the_person(known: Known) -> None:
    assert grants_of(known, structure("team")) == grants_of(replace(known, roles=()), structure("team"))
    for role in roles_of(known):
        assert not known.person.suspended
        assert known.person.left_at is None or role.interval.ends <= known.person.left_at
