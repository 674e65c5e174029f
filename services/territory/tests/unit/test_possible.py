"""A rule that can never hold is told before it is in force, by the path of its field."""

from typing import Any

import pytest

from territory.domain.possible import doubtful, impossible

from .test_market import FILE, changed


def to_events(asked: dict[str, Any]) -> dict[str, str]:
    faults = impossible(changed("rules/0/when", asked))
    return {fault.field.removeprefix("rules[0].when."): fault.reason for fault in faults}


DE, GB = {"country": ["DE"]}, {"country": ["GB"]}
AREAS_DE, AREAS_GB = "never comes: areas of DE have 3 digits", "never comes: areas of GB are like N1, SE17 and SW1A"


@pytest.mark.parametrize(
    ("asked", "field", "reason"),
    [
        ({"country": ["Germany"]}, "country[0]", "is not a country code of two letters: DE is meant"),
        ({"country": "UK"}, "country", "is not a country code of two letters: GB is meant"),
        ({"country": {"one_of": ["DE", "ZZ"]}}, "country.one_of[1]", "is not a country code of two letters"),
        ({"country": ["DEU"]}, "country[0]", "is not a country code of two letters: DE is meant"),
        ({"country": [False]}, "country[0]", "is not a country code of two letters"),
        ({"country": {"prefix": "Ger"}}, "country.prefix", "is not how a country code of two letters begins"),
        ({"country": {"min": 1}}, "country", "is compared as text, and lies between no numbers"),
        (DE | {"postcode_area": {"prefix": ["1011"]}}, "postcode_area.prefix[0]", AREAS_DE),
        (DE | {"postcode_area": {"prefix": ["10", "10115"]}}, "postcode_area.prefix[1]", AREAS_DE),
        (DE | {"postcode_area": {"prefix": "D-1"}}, "postcode_area.prefix", AREAS_DE),
        (GB | {"postcode_area": {"prefix": "10"}}, "postcode_area.prefix", AREAS_GB),
        (GB | {"postcode_area": {"prefix": ["SW1A 1"]}}, "postcode_area.prefix[0]", AREAS_GB),
        (GB | {"postcode_area": {"prefix": 7}}, "postcode_area.prefix", AREAS_GB),
        (GB | {"postcode_area": {"min": 1, "max": 9}}, "postcode_area", "is compared as text, and lies between no numbers"),
        ({"product": ["lathe", "l\ufffdthe"]}, "product[1]", "holds a broken character, which no lead is kept with"),
        ({"country": ["CA"], "postcode_area": {"prefix": "K1A 0"}}, "postcode_area.prefix", "never comes: areas of CA are like K1A"),
        ({"country": ["DE", "FR", "IT", "ES"], "postcode_area": {"prefix": "A"}}, "postcode_area.prefix", "never comes: areas of DE have 3 digits; areas of FR have 3 digits; areas of IT have 3 digits and so on"),
        ({"postcode_area": {"prefix": "SW 1"}}, "postcode_area.prefix", "is no part of a postcode's area: areas have letters and digits only"),
        ({"language": ["German"]}, "language[0]", ""),
        ({"language": ["de_DE"]}, "language[0]", "is not a language tag like de or pt-BR"),
        ({"language": {"prefix": "de_"}}, "language.prefix", "is not how a language tag like de or pt-BR begins"),
        ({"source": {"prefix": "tele"}}, "source.prefix", "is not how a source of leads begins: web, phone, campaign, sales, import"),
        ({"expected_amount.currency": ["Euro"]}, "expected_amount.currency[0]", "is not a currency code of three letters"),
        ({"expected_amount.currency": {"prefix": "€"}}, "expected_amount.currency.prefix", "is not how a currency code of three letters begins"),
        ({"expected_amount.minor": ["90.000 EUR"]}, "expected_amount.minor[0]", "is not a number of minor units, like 9000000 for 90,000.00"),
        ({"expected_amount.minor": [0.5]}, "expected_amount.minor[0]", "is not a number of minor units, like 9000000 for 90,000.00"),
    ],
)  # fmt: skip
def test_what_never_comes_is_named(asked: dict[str, Any], field: str, reason: str) -> None:
    assert to_events(asked) == ({field: reason} if reason else {})


@pytest.mark.parametrize(
    "asked",
    [
        {"country": ["de", "XK", "GB"]},
        {"country": {"prefix": "D"}},
        {"country": ["AT", "DE"], "postcode_area": {"prefix": "101"}},
        GB | {"postcode_area": {"prefix": ["N", "SW1", "SW1A", "ec"]}},
        {"country": ["IE"], "postcode_area": {"prefix": ["D", "D0", "A65"]}},
        {"country": ["KY"], "postcode_area": {"prefix": "KY1"}},
        {"postcode_area": {"prefix": ["N", "1011"]}, "product": "lathe"},
        {"country": ["GB", "DE"], "postcode_area": {"min": 100}},
        {"language": ["pt-BR"]},
        {"language": {"prefix": ["fr", "zh-"]}},
        {"expected_amount.currency": "eur", "expected_amount.minor": [100, "200"]},
        {"attributes.size": ["many"], "region": {"min": 1}, "source": ["trade fair"]},
    ],
)
def test_what_may_come_is_taken(asked: dict[str, Any]) -> None:
    assert to_events(asked) == {}


def test_a_teams_country_is_one() -> None:
    faults = impossible(changed("teams/0/country", "UK"))
    assert [(f.field, f.reason) for f in faults] == [
        ("teams[0].country", "is not a country code of two letters: GB is meant")
    ]


@pytest.mark.parametrize(
    ("asked", "warned"),
    [
        ({"source": ["web", "telephone"]}, ["source[1]"]),
        (DE | {"postcode_area": ["101", "10115", "10"]}, ["postcode_area[1]", "postcode_area[2]"]),
        (GB | {"postcode_area": ["SW1", "N"]}, ["postcode_area[1]"]),
        ({"country": ["NO"], "postcode_area": "01067"}, ["postcode_area"]),
        ({"postcode_area": ["SW1", "101"]}, []),
        ({"attributes.size": {"min": 1}, "product": ["anything"]}, []),
    ],
)
def test_what_no_lead_is_known_to_say_is_taken_and_told(asked: dict[str, Any], warned: list[str]) -> None:
    file = changed("rules/0/when", asked)
    assert impossible(file) == []
    assert [fault.field.removeprefix("rules[0].when.") for fault in doubtful(file)] == warned


def test_a_file_that_is_right_is_told_nothing() -> None:
    assert impossible(FILE) == doubtful(FILE) == []
    assert impossible({"segments": [], "teams": None, "rules": None}) == []
