"""The league of teams: what others may see of a team, of days and weeks that are closed.

Whoever watches another team's number as it moves sees each of its leads and deals, however large the team is; so others see
frozen tables only. A cell is shown where enough leads and enough people stand behind it, and money where no deal makes most
of it. What is hidden must not come out by subtraction either: where one team alone is hidden the next smallest goes with it,
because somebody may know the sum of all; and a week is shown only where what it holds beyond its shown days is nothing, or is
itself enough to be shown and of more days than one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from metrics.domain.kpi import Amounts

Grain = Literal["day", "week"]
COUNTS = ("leads", "valid", "won", "lost")


class Entry(NamedTuple):
    """One lead that was captured, or closed, in a period: in whose hands it was then, and what came of it."""

    team: str
    step: Literal["captured", "closed"]
    person: str | None
    valid: bool = False
    outcome: str | None = None
    amount: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """From which size on a group is shown."""

    leads: int = 5
    persons: int = 3
    won: int = 5
    largest: float = 0.5  # of a sum of money, the most that one deal may be


class Row(NamedTuple):
    """What a period shows of a team; None is withheld."""

    team: str
    counts: Mapping[str, int] | None
    money: Amounts | None


class Hidden(NamedTuple):
    """The entries of each day of a week that is hidden for a team: altogether, and of its money."""

    counts: Sequence[Sequence[Entry]] = ()
    money: Sequence[Sequence[Entry]] = ()


def deals(entries: Iterable[Entry]) -> dict[str, list[int]]:
    """What won leads were won for, by currency."""
    found: dict[str, list[int]] = {}
    for entry in entries:
        if entry.outcome == "won" and entry.amount and entry.currency:
            found.setdefault(entry.currency, []).append(entry.amount)
    return found


def counts(entries: Sequence[Entry]) -> dict[str, int]:
    """How many of each."""
    return {
        "leads": sum(entry.step == "captured" for entry in entries),
        "valid": sum(entry.valid for entry in entries),
        "won": sum(entry.outcome == "won" for entry in entries),
        "lost": sum(entry.outcome == "lost" for entry in entries),
    }


def is_group(entries: Sequence[Entry], limits: Limits) -> bool:
    """Whether enough leads and enough people stand behind these."""
    persons = {entry.person for entry in entries if entry.person}
    return counts(entries)["leads"] >= limits.leads and len(persons) >= limits.persons


def is_money(entries: Sequence[Entry], limits: Limits) -> bool:
    """Whether in each currency there are enough deals, and none of them is most of the sum."""
    return all(
        len(amounts) >= limits.won and max(amounts) <= limits.largest * sum(amounts)
        for amounts in deals(entries).values()
    )


def table(
    entries: Mapping[str, Sequence[Entry]], limits: Limits, hidden: Mapping[str, Hidden] | None = None
) -> list[Row]:
    """What is shown of each team that has entries in the period, by name. ``hidden`` names what is hidden of a week's days."""
    days = hidden or {}

    def shown(rule: Callable[[Sequence[Entry], Limits], bool], team: str, parts: Sequence[Sequence[Entry]]) -> bool:
        beyond = [entry for part in parts for entry in part]
        return rule(entries[team], limits) and (not parts or (len(parts) > 1 and rule(beyond, limits)))

    teams = sorted(team for team, of in entries.items() if of)
    size = {team: (counts(entries[team])["leads"], team) for team in teams}
    open_counts = _with_company(teams, {t for t in teams if shown(is_group, t, days.get(t, Hidden()).counts)}, size)
    sold = [team for team in teams if deals(entries[team])]
    worth = {team: (sum(map(len, deals(entries[team]).values())), team) for team in sold}
    safe = {t for t in sold if t in open_counts and shown(is_money, t, days.get(t, Hidden()).money)}
    open_money = _with_company(sold, safe, worth) | (open_counts - {*sold})
    return [
        Row(
            team,
            counts(entries[team]) if team in open_counts else None,
            {currency: sum(of) for currency, of in deals(entries[team]).items()} if team in open_money else None,
        )
        for team in teams
    ]


def _with_company(teams: Sequence[str], shown: set[str], size: Mapping[str, tuple[int, str]]) -> set[str]:
    """Who alone is hidden is given company: the smallest of those who are shown."""
    if len(teams) - len(shown) == 1 and shown:
        return shown - {min(shown, key=size.__getitem__)}
    return shown


def total(rows: Iterable[Row]) -> dict[str, Any]:
    """The sums over what is shown, and of nothing else."""
    rows = list(rows)
    money: dict[str, int] = {}
    for row in rows:
        for currency, minor in (row.money or {}).items():
            money[currency] = money.get(currency, 0) + minor
    return {name: sum(row.counts[name] for row in rows if row.counts) for name in COUNTS} | {"won_amount": money}
