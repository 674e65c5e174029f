"""Rules that can never hold: a file that has one says something else than its author meant, and no lead would ever tell.

Asked only of a file that is about to be put in force. A version that stands in the database is read as it was taken.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from territory.domain.criteria import AMOUNT, AREA, text
from territory.domain.market import Fault
from values.countries import COUNTRIES, country
from values.money import CURRENCIES
from values.postcodes import areas_look, begins_areas, is_whole_area, plain_area
from values.text import hides

CURRENCY = "expected_amount.currency"
SOURCES = ("web", "phone", "campaign", "sales", "import")
NAMED_AT_MOST = 3

_LANGUAGE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,8}")
_WHOLE = re.compile(r"-?[0-9]+")
_LANGUAGE_BEGINS = re.compile(r"[a-z]{1,8}(-[a-z0-9]{0,8}){0,8}")
_ONLY_TEXT = frozenset(("country", "language", "source", CURRENCY))


def impossible(document: Mapping[str, Any]) -> list[Fault]:
    """What a file asks for that never comes, by the path of its field. The file has been read and is otherwise right."""
    found = []
    for place, team in enumerate(document.get("teams") or ()):
        if (code := team.get("country")) is not None and code not in COUNTRIES:
            found.append(Fault(f"teams[{place}].country", _no_country(code)))
    for at, name, asked, when in _criteria(document):
        kind = next(iter(asked)) if isinstance(asked, Mapping) else ""
        if kind in ("min", "max"):
            if name in _ONLY_TEXT or (name == AREA and not _some_area(("0", "1"), when)):
                found.append(Fault(at, "is compared as text, and lies between no numbers"))
            continue
        for path, value in _values(asked, at):
            written = value if isinstance(value, str) else text(value)
            why = _begins_never(name, written, when) if kind == "prefix" else _is_never(name, written)
            if why:
                found.append(Fault(path, why))
    return found


def doubtful(document: Mapping[str, Any]) -> list[Fault]:
    """What a file asks for that no lead is known to say: taken, but worth a look."""
    found = []
    for at, name, asked, when in _criteria(document):
        if isinstance(asked, Mapping) and "one_of" not in asked:
            continue
        for path, value in _values(asked, at):
            written = value if isinstance(value, str) else text(value)
            if name == "source" and text(written) not in SOURCES:
                found.append(Fault(path, f"is no source that leads are known to have: {', '.join(SOURCES)}"))
            elif name == AREA and not _is_area(written, when):
                found.append(Fault(path, _no_area(when)))
    return found


def _criteria(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, Mapping[str, Any]]]:
    """Each criterion with its path, its attribute, and what else its rule asks."""
    for place, rule in enumerate(document.get("rules") or ()):
        for name, asked in rule["when"].items():
            yield f"rules[{place}].when.{name}", name, asked, rule["when"]


def _values(asked: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(asked, Mapping):
        ((kind, asked),) = asked.items()
        at = f"{at}.{kind}"
    if isinstance(asked, list):
        yield from ((f"{at}[{place}]", value) for place, value in enumerate(asked))
    else:
        yield at, asked


def _is_never(name: str, written: str) -> str | None:
    if hides(written):
        return "holds a broken character, which no lead is kept with"
    if name == "country" and written.upper() not in COUNTRIES:
        return _no_country(written)
    if name == CURRENCY and written.upper() not in CURRENCIES:
        return "is not a currency code of three letters"
    if name == "language" and not _LANGUAGE.fullmatch(written.lower()):
        return "is not a language tag like de or pt-BR"
    if name == AMOUNT and not _WHOLE.fullmatch(text(written)):
        return "is not a number of minor units, like 9000000 for 90,000.00"
    return None


def _begins_never(name: str, written: str, when: Mapping[str, Any]) -> str | None:
    begins = written.upper()
    if name == "country" and not any(code.startswith(begins) for code in COUNTRIES):
        return "is not how a country code of two letters begins"
    if name == CURRENCY and not any(code.startswith(begins) for code in CURRENCIES):
        return "is not how a currency code of three letters begins"
    if name == "language" and not _LANGUAGE_BEGINS.fullmatch(written.lower()):
        return "is not how a language tag like de or pt-BR begins"
    if name == "source" and not any(source.startswith(text(written)) for source in SOURCES):
        return f"is not how a source of leads begins: {', '.join(SOURCES)}"
    if name == AREA and not (text(plain_area(written)) == text(written) and _some_area((plain_area(written),), when)):
        return _no_area(when)
    return None


def _some_area(beginnings: tuple[str, ...], when: Mapping[str, Any]) -> bool:
    """Whether an area in one of the rule's countries, or in any where none is named, can begin like this."""
    countries = _countries(when)
    return any(begins_areas(text, code) for text in beginnings for code in countries or ("",))


def _is_area(written: str, when: Mapping[str, Any]) -> bool:
    plain = plain_area(written)
    countries = _countries(when)
    return text(plain) == text(written) and (not countries or any(is_whole_area(plain, code) for code in countries))


def _countries(when: Mapping[str, Any]) -> list[str]:
    asked = when.get("country")
    if asked is None or (isinstance(asked, Mapping) and "one_of" not in asked):
        return []
    return [code for _, value in _values(asked, "") if (code := str(value).upper()) in COUNTRIES]


def _no_country(written: str) -> str:
    code = country(written)
    return "is not a country code of two letters" + (f": {code} is meant" if code else "")


def _no_area(when: Mapping[str, Any]) -> str:
    countries = _countries(when)
    if not countries:
        return "is no part of a postcode's area: areas have letters and digits only"
    look = "; ".join(f"areas of {code} {areas_look(code)}" for code in countries[:NAMED_AT_MOST])
    return f"never comes: {look}" + (" and so on" if len(countries) > NAMED_AT_MOST else "")
