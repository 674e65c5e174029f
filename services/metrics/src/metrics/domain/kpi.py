"""One KPI row: what was counted for one key of one dimension in one period, and the ratios made of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from metrics.domain.catalogue import NUMBERS, Amount, By, Count
from metrics.domain.contributions import Changes, Number

Amounts: TypeAlias = Mapping[str, int]  # minor units by currency
Value: TypeAlias = int | Amounts
Measures: TypeAlias = Mapping[str, Value]  # what a row stores: measures that are not zero, by name


def by_number(measures: Measures) -> Iterator[tuple[Number, int]]:
    """Every number of a row by itself, money by currency."""
    for name, value in measures.items():
        if isinstance(value, Mapping):
            yield from (((name, currency), minor) for currency, minor in value.items())
        else:
            yield name, value


def moved(measures: Measures, changes: Changes) -> Measures:
    """The measures after these changes. What becomes zero is left out."""
    row: dict[str, Any] = dict(measures)
    for number, n in changes.items():
        if isinstance(number, str):
            name, value = number, row.get(number, 0) + n
        else:
            name, currency = number
            amounts = row.get(name, {})
            value = {c: minor for c, minor in {**amounts, currency: amounts.get(currency, 0) + n}.items() if minor}
        if value:
            row[name] = value
        else:
            row.pop(name, None)
    return row


def total(parts: Iterable[Measures]) -> Measures:
    """The measures of several teams' rows of one key, added up. What adds up to zero is left out."""
    row: dict[str, Any] = {}
    for measures in parts:
        for name, value in measures.items():
            held = row.get(name)
            if held is None:
                row[name] = value
            elif isinstance(value, Mapping):
                row[name] = {c: n for c in {**held, **value} if (n := held.get(c, 0) + value.get(c, 0))}
            else:
                row[name] = held + value
    return {name: value for name, value in row.items() if value}


@dataclass(frozen=True, slots=True)
class Kpi:
    """The current value, whole, for whoever may see certain teams. ``version`` only grows: of two states of a row the higher
    version is the newer one."""

    by: By
    key: str
    period: str
    version: int
    measures: Measures

    def numbers(self) -> dict[str, Value | float | None]:
        """Every number of the catalogue by its name, in the catalogue's order. A ratio is None while it is undefined."""
        row: dict[str, Any] = {}
        for number in NUMBERS:
            if isinstance(number, Count):
                row[number.name] = self.measures.get(number.name, 0)
            elif isinstance(number, Amount):
                row[number.name] = self.measures.get(number.name, {})
            else:
                row[number.name] = _divided(row[number.part], row[number.whole])
        return row


class Part(NamedTuple):
    """What one team adds to a KPI row."""

    team: str
    by: By
    key: str
    period: str
    version: int
    measures: Measures


def summed(parts: Iterable[Part]) -> Iterator[Kpi]:
    """The rows that these parts make together; the parts of a row stand side by side. A row has the highest version of its
    parts: each turn of counting has a version above all earlier ones, so whatever part changes, the row's version grows."""
    for (by, key, period), some in groupby(parts, key=lambda part: part[1:4]):
        one = list(some)
        measures = one[0].measures if len(one) == 1 else total(part.measures for part in one)
        yield Kpi(by, key, period, max(part.version for part in one), measures)


def _divided(part: Value, whole: int) -> float | Amounts | None:
    if not whole:
        return None
    return {currency: minor // whole for currency, minor in part.items()} if isinstance(part, Mapping) else part / whole
