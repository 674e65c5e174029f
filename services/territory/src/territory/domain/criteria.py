"""What a rule may ask of one attribute of a lead: to be one of some values, to begin with something, to lie in a range."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

Scalar = str | int | float | bool
Number = int | float
Lead = Mapping[str, Scalar]
"""A lead's attributes by name, as far as they are known: ``country``, ``expected_amount.minor``, ``attributes.size``."""

ATTRIBUTES = frozenset(
    {
        "source",
        "country",
        "region",
        "postcode_area",
        "product",
        "industry",
        "language",
        "channel",
        "campaign",
        "expected_amount.minor",
        "expected_amount.currency",
    }
)
OWN = "attributes."
"""Attributes that a company adds itself are asked for as ``attributes.<name>``."""

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute is one of these values, compared as text."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """The attribute begins with one of these, compared as text."""

    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The attribute is a number from ``low`` to ``high``, both included; None leaves that end open."""

    low: Number | None
    high: Number | None


Criterion = OneOf | Prefix | Range


def text(value: Scalar) -> str:
    """A value as rules compare it: case, blanks around it and ways of composing accents do not matter; 10.0 reads as 10."""
    if isinstance(value, str):
        return (value if value.isascii() else unicodedata.normalize("NFC", value)).strip().casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(value: Scalar) -> Number | None:
    """A value as ranges compare it. A web form sends numbers as text, so text that reads as a number is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            return None
        return float(value) if "." in value else int(value)
    return value if value == value else None  # a NaN lies in no range
