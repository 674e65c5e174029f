"""The area a postcode lies in: enough to route by, too coarse to find a door with.

How much of a postcode is an area is each country's own matter:

* The United Kingdom and its islands lose the last three characters (``SE1 7TH`` is ``SE1``), Ireland and Canada keep the first
  three (``D02``, ``K1A``), the Netherlands the four digits (``1012``).
* Where postcodes are digits only, four and five of them lose two (``10115`` is ``101``), six lose two as well (``1100``), more
  lose three. A country before it (``D-10115``, ``CH-8001``), a place behind it and the last four of an American ``60601-1234``
  are no part of it, and a zero that a spreadsheet has lost comes back (``1067`` in Germany is ``01067``).
* What is too long for its country is no postcode and has no area; what is as short as an area is one already.
* Without a country, or in one that is not listed here, the length decides: up to six characters lose two, longer ones three.
"""

import re
import unicodedata
from types import MappingProxyType

_LENGTHS = {
    4: "AL AM AT AU BD BE BG CH CY DK GE GL HU LI LU LV MD MK NL NO NZ PH PY SI TN ZA",
    5: """
        AX BA BL BT CR CU CZ DE DO DZ EE EG ES FI FR GF GP GR GT GU HN HR ID IQ IT JO KE KR KW LA LK LT MA MC ME MF MM MN MP MQ MX MY
        NC NI NP PE PF PK PL PM PR RE RS SA SE SK SM SN TH TR TZ UA US UY VA VI WF XK YT ZM AS
    """,
    6: "BY CN CO EC IN KG NG RO RU SG TJ TM TT UZ",
    7: "CL IL JP PT",
    8: "BR",
    10: "IR",
}
_LENGTH = MappingProxyType({country: n for n, countries in _LENGTHS.items() for country in countries.split()})
_KEPT = MappingProxyType({"NL": 4, "BR": 5, "IS": 3, "TW": 3})  # where the rule by length is not the country's own
# Where postcodes may begin with a zero, and how many a spreadsheet can have lost.
_ONE_ZERO = "AS AU AX BR CN CO DE DK EC ES FR GT JP KR LK LT MX MY NO NZ PE PH PL RO SK TR UA US ZA"
_TWO_ZEROS = "FI IT PR SM VA VI"
_ZEROS = MappingProxyType(dict.fromkeys(_ONE_ZERO.split(), 1) | dict.fromkeys(_TWO_ZEROS.split(), 2))
_LONGER = frozenset(("AS", "GU", "MP", "PR", "SA", "US", "VI"))  # four digits more may follow, which name a door

_BRITISH = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?|[A-Z]{4})(?:\s*\d[A-Z]{2}|\s\d[A-Z]?)?")
_CANADIAN = re.compile(r"([A-Z]\d[A-Z])\s*(?:\d[A-Z]\d)?")
_IRISH = re.compile(r"([A-Z]\d[\dW])\s*(?:[A-Z\d]{4})?")
_ARGENTINE = re.compile(r"[A-Z]?(\d{4})(?:[A-Z]{3})?")
_LETTERED = MappingProxyType(
    dict.fromkeys(("GB", "GG", "IM", "JE", "GI", "FK", "SH"), _BRITISH)
    | {"CA": _CANADIAN, "IE": _IRISH, "AR": _ARGENTINE}
)
_DISTRICTS = frozenset(country for country, form in _LETTERED.items() if form is _BRITISH)
# How an area may begin, and what areas look like, where they are not digits only.
_BEGINNINGS = MappingProxyType(
    dict.fromkeys(_DISTRICTS, (re.compile(r"[A-Z]{1,2}(\d[A-Z\d]?)?|[A-Z]{4}"), "are like N1, SE17 and SW1A"))
    | {
        "CA": (re.compile(r"[A-Z](\d[A-Z]?)?"), "are like K1A"),
        "IE": (re.compile(r"[A-Z](\d[\dW]?)?"), "are like D02"),
        "AR": (re.compile(r"\d{1,2}"), "have 2 digits"),
    }
)
_OF_A_COUNTRY = re.compile(r"[A-Z]{1,3}[\s-]+(?=\d)|[A-Z]{2}(?=\d{4})")
_DIGITS = re.compile(r"\d+(?:[\s-]?\d+)*")


def postcode_area(postcode: str | None, country: str | None = None) -> str | None:
    """The area of the postcode in Latin capitals and digits; None when it is no postcode of the country."""
    if not postcode:
        return None
    plain = " ".join("".join(map(_latin, unicodedata.normalize("NFKC", postcode))).upper().split())
    if country and country in _LETTERED:
        return _lettered(plain, country)
    if country and country in _LENGTH:
        return _numbered(_OF_A_COUNTRY.sub("", plain, count=1), country)
    for form in (_BRITISH, _CANADIAN):  # no other country writes its postcodes like these two
        found = None if country else form.fullmatch(plain)
        if found and found[0] != found[1]:
            return found[1]
    return _cut(re.sub(r"[\s-]", "", plain if country else _OF_A_COUNTRY.sub("", plain, count=1)), country)


def plain_area(text: str) -> str:
    """An area as areas are written here: Latin capitals and digits, nothing else."""
    return "".join(map(_latin, unicodedata.normalize("NFKC", text))).upper()


def has_districts(country: str) -> bool:
    """Whether areas of the country are letters and the number of a district, as in the United Kingdom: ``SW1`` is not ``SW11``."""
    return country in _DISTRICTS


def begins_areas(text: str, country: str) -> bool:
    """Whether an area of the country can begin with this."""
    if country in _BEGINNINGS:
        return _BEGINNINGS[country][0].fullmatch(text) is not None
    if country in _LENGTH:
        return re.fullmatch(r"[0-9]+", text) is not None and len(text) <= _area_length(country)
    return text.isalnum()


def is_whole_area(text: str, country: str) -> bool:
    """Whether it is an area of the country, and no longer or shorter than areas there are."""
    if country in _LENGTH and len(text) != _area_length(country):
        return False
    return postcode_area(text, country) == text


def areas_look(country: str) -> str:
    """What areas of the country look like, in words that follow "areas"."""
    if country in _BEGINNINGS:
        return _BEGINNINGS[country][1]
    return f"have {_area_length(country)} digits" if country in _LENGTH else "have letters and digits only"


def _area_length(country: str) -> int:
    length = _LENGTH[country]
    return _KEPT.get(country) or (length - 3 if length > 6 else length - 2)


def _lettered(plain: str, country: str) -> str | None:
    """Countries with letters in their postcodes have a form of their own."""
    found = _LETTERED[country].fullmatch(plain.replace("-", " "))
    if found is None:
        return None
    return found[1][:2] if country == "AR" else found[1]


def _numbered(plain: str, country: str) -> str | None:
    """The digits at the beginning, as many as the country's postcodes have."""
    found = _DIGITS.match(plain)
    digits = re.sub(r"[\s-]", "", found.group()) if found else ""
    length = _LENGTH[country]
    if country in _LONGER and len(digits) in (length + 4, length + 3):
        digits = digits.zfill(length + 4)[:length]
    if not digits or len(digits) > length:
        return None
    if length - len(digits) <= _ZEROS.get(country, 0):
        digits = digits.zfill(length)
    return digits[: _area_length(country)]


def _cut(plain: str, country: str | None) -> str | None:
    """By length alone."""
    if country and country in _KEPT:
        return plain[: _KEPT[country]] or None
    if len(plain) > 6:
        return plain[:-3]
    return plain[:-2] if len(plain) >= 4 else plain or None


def _latin(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if character.isalnum() or character.isspace():
        return character
    return "-" if unicodedata.category(character) == "Pd" or character == "\u2212" else ""
