"""Postcodes become areas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.countries import COUNTRIES
from values.postcodes import areas_look, begins_areas, plain_area, postcode_area


@pytest.mark.parametrize(
    ("country", "area", "written"),
    [
        ("GB", "SE1", ["SE1 7TH", "se1 7th", "SE17TH", "SE1-7TH", "SE1", "SE1 7"]),
        ("GB", "SE17", ["SE17 2AA", "SE172AA", "SE17"]),
        ("GB", "N1", ["N1 9GU", "N19GU"]),
        ("GB", "SW1A", ["SW1A 1AA", "ＳＷ１Ａ　１ＡＡ", "SW1A\u200b1AA"]),
        ("GB", "EC1V", ["EC1V 9BX"]),
        ("JE", "JE2", ["JE2 3AB"]),
        ("CA", "K1A", ["K1A 0B1", "k1a0b1", "K1A-0B1", "K1A"]),
        ("IE", "D02", ["D02 X285", "D02X285", "D02"]),
        ("IE", "D6W", ["D6W X285"]),
        ("US", "606", ["60601", "60601-1234", "606011234", "606"]),
        ("US", "070", ["07030", "7030", "7030-1234"]),
        ("DE", "101", ["10115", "D-10115", "DE-10115", "D 10115", "10115 Berlin", "١٠١١٥", "101"]),
        ("DE", "010", ["01067", "1067", "D-01067"]),
        ("FR", "750", ["75001", "F-75001", "75001 CEDEX 03"]),
        ("FR", "010", ["01000", "1000"]),
        ("IT", "001", ["00118", "118", "I-00118"]),
        ("AT", "10", ["1010", "A-1010"]),
        ("CH", "80", ["8001", "CH-8001"]),
        ("NO", "01", ["0150", "150"]),
        ("AU", "08", ["0800", "800"]),
        ("NL", "1012", ["1012 AB", "1012AB", "1012", "NL-1012 AB", "१०१२ AB"]),
        ("BR", "01310", ["01310-100", "01310100", "1310100", "01310"]),
        ("PT", "1000", ["1000-205", "1000205", "1000"]),
        ("JP", "1000", ["100-0001", "１００－０００１", "1000001"]),
        ("JP", "0600", ["060-0000", "600000"]),
        ("IN", "1100", ["110001", "110 001", "११०००१"]),
        ("CN", "2000", ["200000"]),
        ("CN", "0100", ["010000", "10000"]),
        ("PL", "009", ["00-950", "00950"]),
        ("SE", "123", ["123 45", "SE-123 45", "S-12345"]),
        ("CZ", "110", ["110 00", "11000"]),
        ("LV", "10", ["LV-1010", "LV1010"]),
        ("IR", "1911843", ["۱۹۱۱۸۴۳۳۴۴", "19118-43344"]),
        ("AR", "14", ["C1425ABC", "1425"]),
        ("TW", "104", ["104", "10491", "104911"]),
        (None, "101", ["10115", "D-10115"]),
        (None, "SW1A", ["sw1a 1aa"]),
        (None, "K1A", ["K1A 0B1"]),
        (None, "01310", ["01310-100"]),
        (None, "1911843", ["۱۹۱۱۸۴۳۳۴۴"]),
        (None, "1000", ["１０００８０"]),
        (None, "999", ["999"]),
        ("AD", "AD5", ["AD500"]),
    ],
)  # fmt: skip
def test_every_spelling_of_a_postcode_is_in_its_countrys_area(
    country: str | None, area: str, written: list[str]
) -> None:
    assert [postcode_area(text, country) for text in written] == [area] * len(written)


@pytest.mark.parametrize(
    ("text", "country"),
    [(None, "DE"), ("", "DE"), (" - ", "DE"), (None, None), (" - ", None), ("101155", "DE"), ("10115", "GB"), ("SW1A 1AA", "DE"),
     ("none", "FR"), ("60601-12", "US"), ("1", "CA")],
)  # fmt: skip
def test_what_is_no_postcode_of_the_country_has_no_area(text: str | None, country: str | None) -> None:
    assert postcode_area(text, country) is None


@given(st.text(max_size=40), st.sampled_from([*sorted(COUNTRIES), None]))
def test_an_area_is_short_of_what_was_written_and_stays_what_it_is(text: str, country: str | None) -> None:
    area = postcode_area(text, country)
    assert area is None or (area == area.upper() and "\0" not in area and area)


@given(st.integers(0, 99_999), st.sampled_from(["DE", "FR", "ES", "US", "MX", "TR", "UA"]))
def test_a_zero_that_was_lost_comes_back(number: int, country: str) -> None:
    full = f"{number:05}"
    if number >= 1000:
        assert postcode_area(str(number), country) == postcode_area(full, country) == full[:3]


@pytest.mark.parametrize(
    ("country", "some", "none"),
    [
        ("DE", "1 10 101 0", "1011 10115 D D10 ١"),
        ("NO", "0 01", "010 01067"),
        ("NL", "1 1012", "10123 1012A"),
        ("GB", "N NE N1 SW1 SW1A SW11 EC1V FIQQ", "1 10 NEW SW1AA SW111 NE12A N-1"),
        ("CA", "K K1 K1A", "KA K1A0 1"),
        ("IE", "D D0 D02 D6W", "DD D022 1"),
        ("AR", "1 14", "C C1425 142"),
        ("US", "6 606", "6060 IL"),
        ("KY", "K KY1", "K-1"),
    ],
)
def test_what_an_area_of_a_country_can_begin_with(country: str, some: str, none: str) -> None:
    assert [text for text in some.split() if not begins_areas(text, country)] == []
    assert [text for text in none.split() if begins_areas(text, country)] == []
    assert areas_look(country)


@given(st.text("0123456789ABDEGNSW -", min_size=1, max_size=9), st.sampled_from(sorted(COUNTRIES)))
def test_whatever_area_a_postcode_has_can_be_asked_for_by_every_beginning(text: str, country: str) -> None:
    area = postcode_area(text, country)
    assert area is None or begins_areas(area, country)
    assert area is None or plain_area(area) == area
