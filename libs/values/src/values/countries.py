"""Countries: the codes there are, and which one is meant by what people write."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

from values.text import bare, key

# ISO 3166-1 alpha-2, and XK, which is Kosovo's in customs, mail and banking until ISO gives it another.
_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
    CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
    GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
    KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
    MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
    SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
    UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())

LONGEST = 80  # characters; no name of a country is longer
_OTHER_CODES = {"UK": "GB", "EL": "GR"}  # the European Union's own
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_PARTS = re.compile(r"[()\[\]/|:;,]|\s[-\u2013]\s")
_ACCENTS = re.compile("[\u0300-\u036f]")
_AROUND = re.compile(r"[.,;:()\[\]/'\"]+")


def country(text: str) -> str | None:
    """The ISO code of the country that is written there, None where it is none or could be two.

    Known are codes of two and three letters in any case, UK and EL, names in the languages that are served and the large
    ones beside them, and what people say in English (USA, Holland, South Korea).
    """
    code = text.upper()
    if code in COUNTRIES:
        return code
    if len(text) > LONGEST:
        return None
    code = bare(unicodedata.normalize("NFKC", code)).replace(".", "")
    code = _OTHER_CODES.get(code, code)
    if code in COUNTRIES:
        return code
    name = name_key(text)
    return names().get(name) or _plain_names().get(_plain(name)) or _same_twice(_FLAG.sub(_letters, text))


def _same_twice(text: str) -> str | None:
    """A country that is written in two ways at once: Germany (DE), 🇩🇪 Deutschland."""
    parts = [part for part in _PARTS.split(text) if part.strip()]
    found = {country(part) for part in parts} if len(parts) > 1 or parts != [text] else {None}
    return found.pop() if len(found) == 1 else None


def _letters(flag: re.Match[str]) -> str:
    return "".join(chr(ord(sign) - 0x1F1E6 + ord("A")) for sign in flag.group()) + "|"


def name_key(text: str) -> str:
    """The form in which names of countries are compared: without points, brackets and article."""
    plain = key(text.replace(".", "")).replace("&", " and ").replace("-", " ")
    plain = key(_AROUND.sub(" ", plain))
    return plain.removeprefix("the ")


def _plain(name: str) -> str:
    """A name without its accents, which many keyboards and programs do not have: Espana, Osterreich, Aland."""
    return _ACCENTS.sub("", unicodedata.normalize("NFD", name))


@cache
def _plain_names() -> dict[str, str]:
    """The names without accents that are still those of one country."""
    found: dict[str, set[str]] = {}
    for name, code in names().items():
        found.setdefault(_plain(name), set()).add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}


@cache
def names() -> dict[str, str]:
    """Every known name and code of three letters in its compared form; read when the first is asked for."""
    lines = files("values").joinpath("country_names.txt").read_text("utf-8").splitlines()
    return {
        name: code
        for line in lines
        if not line.startswith("#")
        for code, *known in (line.split("|"),)
        for name in known
    }
