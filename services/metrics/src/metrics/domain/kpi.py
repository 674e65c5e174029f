"""One KPI row: what was counted for one key of one dimension in one period, and the ratios made of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

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


@dataclass(frozen=True, slots=True)
class Kpi:
    """The current value, whole. ``version`` only grows: of two states of a row the higher version is the newer one."""

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


def _divided(part: Value, whole: int) -> float | Amounts | None:
    if not whole:
        return None
    return {currency: minor // whole for currency, minor in part.items()} if isinstance(part, Mapping) else part / whole
