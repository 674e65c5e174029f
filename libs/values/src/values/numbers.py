"""Numbers as people and spreadsheets write them.

The rule, in this order:

1. Digits are of any script. Blanks, apostrophes and the Arabic thousands sign only group; the Arabic decimal sign is a point.
2. Where both a point and a comma stand, the last of them is the decimal sign: ``1.234,56`` and ``1,234.56``.
3. One sign that stands more than once groups: ``1.234.567``, ``12,34,567``.
4. One sign that stands once groups if it is followed by exactly three digits and preceded by one to three of which the first
   is not 0: ``12.000`` is twelve thousand. Else it is the decimal sign: ``1.5``, ``0.125``, ``1234.567``.
5. A plus or words for "at least" are left out (``500+``, ``> 500``, ``500 or more``), so is a per cent sign: ``70%`` is 70. A word for a
   thousand, a million and so on multiplies. Brackets around a number, or a minus before or behind it, make it negative.
6. Everything else is no number: a range, an upper limit, a unit, several numbers.
"""

import re
from decimal import Decimal

from values.text import bare, digits, key

LONGEST = 60  # characters; a text beyond it is no number

_GROUPING = re.compile(r"(?<=\d)[\s'\u2019\u066c_](?=\d)")
_SIGNS = str.maketrans(
    {"\u066b": ".", "\u060c": ",", "\uff0c": ",", "\uff0e": ".", "\u2212": "-", "\u066a": "%", "\uff05": "%"}
)
_AT_LEAST = re.compile(
    r"^(?:>=?|≥|\+|min\.?|ab|about|at least|ca\.?|circa|env\.?|etwa|mehr als|mindestens|more than|más de|over|plus de|über|~|≈|至少|超过|超過|بیش از|حدود)\s*(?=[\d.,])"
)
_OR_MORE = re.compile(
    r"(?<=\d)[\s-]*(?:plus|(?:and|or) (?:more|above|over|up)|(?:und|oder|u\.) mehr|(?:et|ou) plus|(?:y|o) más|(?:e|o) più|(?:e|ou) mais"
    r"|of meer|i więcej|и более|以上|及以上|或以上|或更多|(?:و|یا) بیشتر|به بالا|(?:या|और) (?:अधिक|ज़्यादा)|से अधिक)$"
)
_NUMBER = re.compile(r"(-?)((?:\d|[.,](?=\d))+)(e\+\d{1,2})?\s*([^\d\s+%.,-][^\d+%,-]*)?([+%]|\s%)?(-?)")
_BY_WORD = {
    **dict.fromkeys(("k", "tsd", "tsd.", "thousand", "千", "هزار", "हज़ार", "हजार"), 3),
    **dict.fromkeys(("万", "萬"), 4),
    **dict.fromkeys(("lakh", "lakhs", "लाख"), 5),
    **dict.fromkeys(("mio", "mio.", "mn", "million", "millions", "millionen", "میلیون"), 6),
    **dict.fromkeys(("crore", "crores", "करोड़"), 7),
    **dict.fromkeys(("亿", "億"), 8),
    **dict.fromkeys(("bn", "mrd", "mrd.", "milliard", "milliards", "milliarden", "میلیارد"), 9),
}
_TIMES = {key(word): power for word, power in _BY_WORD.items()}


def number(text: str) -> Decimal | None:
    """The number that is written there, or None where it is none or could be two different ones."""
    return read(text, decimals=None)


def read(text: str, decimals: int | None) -> Decimal | None:
    """The same for an amount of a currency with so many decimals: with three of them ``1.234`` is a fraction, not 1234."""
    if len(text) > LONGEST:
        return None
    plain = digits(bare(text)).translate(_SIGNS).lower()
    negative = plain.startswith("(") and plain.endswith(")")
    plain = _GROUPING.sub("", plain[1:-1].strip() if negative else _OR_MORE.sub("", _AT_LEAST.sub("", plain)))
    found = _NUMBER.fullmatch(plain)
    if not found:
        return None
    before, written, exponent, word, _, behind = found.groups()
    value = _plain(written, decimals)
    power = _TIMES.get(key(word)) if word else 0
    if value is None or power is None or bool(before) + bool(behind) + negative > 1:
        return None
    value = value.scaleb(power + (int(exponent[2:]) if exponent else 0))
    value = value.quantize(Decimal(1)) if value == value.to_integral_value() and power else value
    return -value if before or behind or negative else value


def _plain(written: str, decimals: int | None) -> Decimal | None:
    """Digits with points and commas."""
    last = max(written.rfind("."), written.rfind(","))
    if last < 0:
        return Decimal(written)
    sign, whole, part = written[last], written[:last], written[last + 1 :]
    other = "," if sign == "." else "."
    if other in whole:  # both stand: the last is the decimal sign, the other groups
        return _grouped(whole, other, part) if sign not in whole else None
    if sign in whole:
        return _grouped(written, sign, "")
    groups = len(part) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole) and not (decimals == 3 and sign == ".")
    return Decimal(whole + part) if groups else Decimal(f"{whole or 0}.{part}")


def _grouped(whole: str, by: str, part: str) -> Decimal | None:
    """Groups of three digits, or of two before the last as in India, or of four as in China."""
    first, *middle, end = whole.split(by)
    sizes = {len(group) for group in middle}
    fits = sizes <= {4} if len(end) == 4 else len(end) == 3 and (sizes <= {3} or sizes <= {2})
    if not fits or not 1 <= len(first) <= len(end):
        return None
    return Decimal("".join((first, *middle, end)) + (f".{part}" if part else ""))
