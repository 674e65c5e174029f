"""What a rule may ask of one attribute of a lead: to be one of some values, to begin with something, to lie in a range."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from values import numbers
from values.text import key

Scalar = str | int | float | bool
Number = int | float
Lead = Mapping[str, Scalar]
"""A lead's attributes by name, as far as they are known: ``country``, ``expected_amount.minor``, ``attributes.size``."""

AREA = "postcode_area"
AMOUNT = "expected_amount.minor"
ATTRIBUTES = frozenset(
    {
        "source",
        "country",
        "region",
        AREA,
        "product",
        "industry",
        "language",
        "channel",
        "campaign",
        AMOUNT,
        "expected_amount.currency",
    }
)
OWN = "attributes."
"""Attributes that a company adds itself are asked for as ``attributes.<name>``."""

_PLAIN = re.compile(r"[0-9]{1,15}")
_SHORT = 64
_KEYS = 8192

Ends = Literal["anywhere", "letters", "numbers"]
"""Where a prefix may end inside a value that begins with a letter: anywhere; not inside the letters that it begins with, if the
prefix is letters only; or that, and not inside a number either."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute is one of these texts, compared by their keys, or one of these numbers."""

    values: tuple[str, ...]
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefix:
    """The attribute begins with one of these, compared as text."""

    prefixes: tuple[str, ...]
    ends: Ends = "anywhere"


@dataclass(frozen=True, slots=True)
class Range:
    """The attribute is a number from ``low`` to ``high``, both included; None leaves that end open."""

    low: Number | None
    high: Number | None


Criterion = OneOf | Prefix | Range


def text(value: Scalar) -> str:
    """A value as rules compare it: by its key, so that spelling does not matter; 10.0 reads as 10."""
    if isinstance(value, str):
        return _short_key(value) if len(value) <= _SHORT else key(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# A market's leads say the same few words again and again.
_short_key = lru_cache(maxsize=_KEYS)(key)


def number(value: Scalar) -> Number | None:
    """A value as numbers are compared. Text is a number where it reads as one: ``25``, ``12.000``, ``1,000``, ``500+``, ``۲۵``."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value):
            return int(value)
        read = numbers.number(value)
        if read is None:
            return None
        return int(read) if read == read.to_integral_value() else float(read)
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def is_comparable(value: Scalar) -> bool:
    """Whether the value can be compared and put on record: no infinity, and no text with characters that no text has."""
    if isinstance(value, str):
        return "\0" not in value
    return isinstance(value, int) or math.isfinite(value)


def stands(criterion: Criterion, value: Scalar) -> bool:
    """Whether a value of an attribute meets what is asked of it. The index gives the same answers, only faster."""
    match criterion:
        case OneOf(values, listed):
            return text(value) in values or (bool(listed) and number(value) in listed)
        case Prefix(prefixes, ends):
            return any(begins(text(value), prefix, ends) for prefix in prefixes)
        case Range(low, high):
            size = number(value)
            return size is not None and (low is None or low <= size) and (high is None or size <= high)


def begins(value: str, prefix: str, ends: Ends) -> bool:
    """Whether the value begins with the prefix, and the prefix ends where it may: ``n`` is not ``ne1``, ``sw1`` not ``sw11``."""
    if not value.startswith(prefix):
        return False
    if ends == "anywhere" or len(value) == len(prefix) or not value[0].isalpha():
        return True
    last, following = prefix[-1], value[len(prefix)]
    if following.isalpha():
        return not prefix.isalpha()
    return ends == "letters" or not (last.isdigit() and following.isdigit())


def claims(when: Mapping[str, Criterion], lead: Lead) -> bool:
    """Whether the lead meets all that is asked. An attribute that is not known meets nothing."""
    return all(name in lead and stands(criterion, lead[name]) for name, criterion in when.items())
