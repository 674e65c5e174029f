"""Countries by code and by name."""

import runpy
from pathlib import Path

import pytest

from values.countries import COUNTRIES, country, names

TOOL = Path(__file__).parents[1] / "tools/country_names.py"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(text, "DE") for text in ("DE", "de", "DEU", " Germany ", "germany", "Deutschland", "Allemagne", "آلمان", "जर्मनी", "德国", "德國")],
        *[(text, "GB") for text in ("UK", "U.K.", "Great Britain", "England", "United Kingdom", "Großbritannien")],
        *[(text, "US") for text in ("USA", "U.S.", "U.S.A.", "United States", "the United States", "Etats-Unis", "États-Unis")],
        *[(text, "IR") for text in ("ایران", "ايران", "Iran", "Iran, Islamic Republic of", "جمهوری‌اسلامی ایران")],
        *[(text, "CN") for text in ("中国", "中國", "China", "PR China", "چین")],
        *[(text, "TR") for text in ("Turkey", "Türkiye", "TÜRKİYE", "Türkei")],
        *[(text, "KR") for text in ("South Korea", "Korea, Republic of", "대한민국", "KOR")],
        *[(text, "FR") for text in ("France (FR)", "FR - France", "🇫🇷", "🇫🇷 France", "Frankreich / France")],
        *[(text, "ES") for text in ("España", "Espana", "ESPANA")],
        *[(text, "AT") for text in ("Österreich", "Osterreich", "Oesterreich", "ＡＴ")],
        *[(text, "AX") for text in ("Åland", "Aland Islands")],
        ("Palestinian Territory, Occupied", "PS"),
        ("EL", "GR"),
        ("XK", "XK"),
        ("Kosovo", "XK"),
        ("Holland", "NL"),
        ("the Netherlands", "NL"),
        ("Czech Republic", "CZ"),
        ("Russia", "RU"),
        ("Vietnam", "VN"),
        ("Côte d’Ivoire", "CI"),
        ("Bosnia & Herzegovina", "BA"),
        ("St. Lucia", "LC"),
        ("\u200bDE\u200e", "DE"),
        ("भारत", "IN"),
    ],
)  # fmt: skip
def test_a_country_is_read_by_its_code_and_its_name_in_the_languages_that_are_served(text: str, code: str) -> None:
    assert country(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "ZZ", "EU", "XX", "12", "Bavaria", "Germany or France", "Germany (FR)", "/", "🇿🇿", "N/A", "-", "x" * 500],
)
def test_what_is_no_country_is_none(text: str) -> None:
    assert country(text) is None


def test_every_country_has_names_and_every_name_is_of_one_country() -> None:
    assert len(COUNTRIES) == 250
    assert set(names().values()) == COUNTRIES
    assert all(country(name) == code for name, code in names().items())


def test_the_file_of_names_is_up_to_date() -> None:
    tool = runpy.run_path(str(TOOL))
    assert tool["FILE"].read_text("utf-8") == tool["written"]()
