"""Who asks, and what they wrote: the part of a lead that only this service can read. And which answers belong to it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from leads.domain import words
from values.text import digits, key

Scalar = str | int | float | bool
Kind = Literal["harmless", "telling", "private", "postal", "unknown"]

LONG, LONG_HARMLESS = 64, 200  # characters; more is prose, whatever the answer is called


class Personal(NamedTuple):
    """Personal data in the clear; it lives in memory only."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    company: str | None = None
    address: str | None = None
    message: str | None = None
    answers: Mapping[str, Scalar] | None = None


_NUMBERS = re.compile(r"[+(]?\d(?:[\s()/.\-]{0,2}\d){6,}")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?|\d+[.,]\d+")


def is_private(name: str, value: Scalar) -> bool:
    """Whether an answer goes to the sealed part of its lead.

    In the clear stays only what is known to be harmless: a truth value; a word, a code or a number under a name that is not
    that of a person's name, contact, address, birthday, identity or free text (``words`` has them, in the languages served).
    What looks like an e-mail address or a telephone number, more than one word and what is long is private under any unknown
    name. Names known to be harmless (``size``, ``utm_source``, ``form_id``) may hold long numbers and a few words.
    """
    kind = kind_of(name)
    if isinstance(value, bool) or kind == "telling":
        return kind == "telling"
    if isinstance(value, str):
        if kind != "private" and value.isalpha() and len(value) <= LONG:
            return False
        if kind != "harmless" and key(value) in words.YES_OR_NO:
            return False
        return _tells(value, kind)
    return value not in (0, 1) if kind == "private" else kind != "harmless" and 10**8 <= abs(value) < 10**15


@lru_cache(maxsize=2048)
def kind_of(name: str) -> Kind:
    """What a field of this name usually holds. A name may be somebody's address itself, or a whole question."""
    if len(name) > LONG or reaches(name):
        return "telling"
    parts = words.parts(name)
    joined = "".join(parts)
    if not parts or parts[0] == "utm" or parts[-1] in words.MEASURES or joined in words.HARMLESS:
        return "harmless" if parts else "unknown"
    if not words.PRIVATE.isdisjoint(parts) or any(stem in joined for stem in words.PRIVATE_STEMS):
        return "private"
    if not words.NAME.isdisjoint(parts) or any(stem in joined for stem in words.NAME_STEMS):
        return "private" if words.THINGS.isdisjoint(parts) else "unknown"  # the name of a thing is no person's
    if not words.POSTAL.isdisjoint(parts) or any(stem in joined for stem in words.POSTAL_STEMS):
        return "postal"
    return "harmless" if parts[-1] in words.IDS or parts[-1] in words.HARMLESS else "unknown"


def reaches(text: str) -> bool:
    """Whether somebody could be reached by what stands in this text: an e-mail address or a telephone number."""
    return "@" in text or "＠" in text or "%40" in text or (len(text) > 6 and _has_number(text))


def _tells(value: str, kind: Kind) -> bool:
    if kind == "private":
        return True
    if kind == "postal":
        return not (value.isdigit() and len(value) <= 6)
    if "@" in value or "＠" in value or "%40" in value:
        return True
    if kind == "harmless":
        return len(value) > LONG_HARMLESS or (_has_number(value) and not value.isdigit())
    return len(value) > LONG or _is_prose(value) or _has_number(value)


def _has_number(text: str) -> bool:
    """Seven to fifteen digits as telephone numbers are written. A date, a grouped number and a longer id are none."""
    plain = text if text.isascii() else digits(text)
    for found in _NUMBERS.finditer(plain):
        written = found.group()
        count = sum(map(str.isdigit, written))
        if count > 15 or _DATE.match(written) or _GROUPED.fullmatch(written):
            continue
        if count >= 9 or not written.isdigit():  # eight digits in a row are a day or a quantity as often as a number
            return True
    return False


def _is_prose(text: str) -> bool:
    """More than one word of letters: a person's name is two words, however it is written."""
    return sum(any(map(str.isalpha, word)) for word in text.split()) > 1
