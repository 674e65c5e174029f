"""Amounts and currencies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.money import CURRENCIES, Money, amount, currency, minor
from values.numbers import number


def test_the_currencies_are_those_that_a_price_can_be_in_and_those_that_old_records_carry() -> None:
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    assert {"EUR", "USD", "INR", "IRR", "CNY", "XCG", "ZWG", "CLF"} <= CURRENCIES.keys()
    assert {"BGN", "HRK", "ANG", "LTL"} <= CURRENCIES.keys(), "withdrawn since 2010"
    assert CURRENCIES.keys().isdisjoint({"DEM", "FRF", "XAU", "XTS", "XXX", "XDR", "CNH", "EURO"})


def test_minor_units_follow_the_currency() -> None:
    assert [CURRENCIES[c] for c in ("EUR", "JPY", "KRW", "XOF", "KWD", "TND", "CLF", "IRR")] == [2, 0, 0, 0, 3, 3, 4, 2]


@pytest.mark.parametrize(
    ("text", "currency", "money"),
    [
        *[
            ("1.234,56", "EUR", (123456, "EUR")),
            ("1,234.56", "usd", (123456, "USD")),
            ("110.70", "EUR", (11070, "EUR")),
        ],
        *[("EUR 110.70", None, (11070, "EUR")), ("€ 110,70", None, (11070, "EUR")), ("110,70€", None, (11070, "EUR"))],
        *[("1 234,56 €", "EUR", (123456, "EUR")), ("1.234", "EUR", (123400, "EUR")), ("5,- EUR", None, (500, "EUR"))],
        *[
            ("۱۲۳٫۵", "IRR", (12350, "IRR")),
            ("100 تومان", None, (100000, "IRR")),
            ("1000 ریال", "IRR", (100000, "IRR")),
        ],
        *[("JPY 1,234", None, (1234, "JPY")), ("¥1234", "JPY", (1234, "JPY")), ("1234.00", "JPY", (1234, "JPY"))],
        *[("KWD 1.234", None, (1234, "KWD")), ("1,234", "KWD", (1234000, "KWD")), ("2.5", "KWD", (2500, "KWD"))],
        *[("$5", "USD", (500, "USD")), ("US$ 5", None, (500, "USD")), ("R$ 1.234,50", None, (123450, "BRL"))],
        *[("Rs. 5,00,000", "INR", (50000000, "INR")), ("Rs.5", "INR", (500, "INR")), ("₹5", None, (500, "INR"))],
        *[
            ("2 Mio EUR", None, (200000000, "EUR")),
            ("3万元", None, (3000000, "CNY")),
            ("5k€", None, (500000, "EUR")),
            ("-5 EUR", None, (-500, "EUR")),
        ],
        *[
            ("HRK 5", None, (500, "HRK")),
            ("1,5 Mio. €", None, (150000000, "EUR")),
            ("USD $5", None, (500, "USD")),
            ("$5 USD", None, (500, "USD")),
            ("(5.00)", "EUR", (-500, "EUR")),
            ("CHF 1'234.50", None, (123450, "CHF")),
            ("1.234,50", "€", (123450, "EUR")),
            ("5 CAD", "$", (500, "CAD")),
        ],
    ],
)
def test_an_amount_is_read_as_it_was_meant(text: str, currency: str | None, money: tuple[int, str]) -> None:
    assert amount(text, currency) == Money(*money)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("5", None), ("$5", None), ("¥5", None), ("5 kr", None), ("€5", "USD"), ("EUR 5", "USD"), ("1.005", "JPX"), ("", "EUR"),
     ("EUR", None), ("10.555,123 x", "EUR"), ("1.2345", "EUR"), ("1.5", "JPY"), ("10-20", "EUR"), ("10 oder 20", "EUR"),
     ("10 EUR 20", None), ("9" * 20, "EUR"), ("five", "EUR")],
)  # fmt: skip
def test_what_can_only_be_guessed_is_none(text: str, currency: str | None) -> None:
    assert amount(text, currency) is None


def test_a_currency_is_told_by_its_code_in_any_case_or_by_a_sign_of_its_own() -> None:
    assert [currency(text) for text in ("eur", " EUR ", "€", "ＥＵＲ", "₹", "zł")] == [
        "EUR",
        "EUR",
        "EUR",
        "EUR",
        "INR",
        "PLN",
    ]
    assert [currency(text) for text in ("$", "kr", "", "XTS", "money")] == [None] * 5


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_written_with_its_decimals_is_the_same_amount(units: int, currency: str) -> None:
    decimals = CURRENCIES[currency]
    whole, part = divmod(abs(units), 10**decimals)
    text = f"{'-' if units < 0 else ''}{whole}" + (f".{part:0{decimals}}" if decimals else "")
    assert amount(text, currency) == Money(units, currency)


def test_a_value_becomes_minor_units_exactly_or_not_at_all() -> None:
    value = number("1.005")
    assert value is not None
    assert minor(value, "KWD") == 1005000
    assert minor(value / 1000, "EUR") is None
