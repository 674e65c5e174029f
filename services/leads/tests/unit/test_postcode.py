"""Postcodes become areas."""

import pytest

from leads.domain.postcode import postcode_area


@pytest.mark.parametrize(
    ("postcode", "area"),
    [
        ("10115", "101"),
        ("sw1a 1aa", "SW1A"),
        ("M1 1AE", "M11"),
        ("01310-100", "01310"),
        ("110 001", "1100"),
        ("۱۹۱۱۸۴۳۳۴۴", "1911843"),
        ("１０００８０", "1000"),
        ("११०००१", "1100"),
        ("999", "999"),
        ("AD1", "AD1"),
        ("", None),
        (" - ", None),
        (None, None),
    ],
)
def test_a_postcode_loses_its_last_part_and_keeps_its_area(postcode: str | None, area: str | None) -> None:
    assert postcode_area(postcode) == area
