"""Phone numbers of all scripts."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.api.phone import normalise_phone


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+49 30 901820", None, "+4930901820"),
        ("030/90 18 20", "DE", "+4930901820"),
        ("+49 (0)30 901820", None, "+4930901820"),
        ("+49030901820", None, "+4930901820"),
        ("0033 1 42 68 53 00", "DE", "+33142685300"),
        ("01 42 68 53 00", "FR", "+33142685300"),
        ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR", "+989123456789"),
        ("٠٩١٢٣٤٥٦٧٨٩", "IR", "+989123456789"),
        ("۰۰۹۸۹۱۲۳۴۵۶۷۸۹", "IR", "+989123456789"),
        ("०९८७६५ ४३२१०", "IN", "+919876543210"),
        ("+९१ ९८७६५ ४३२१०", None, "+919876543210"),
        ("＋８６　１３８　００１３　８０００", None, "+8613800138000"),
        ("１３８００１３８０００", "CN", "+8613800138000"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("06 698 12345", "IT", "+390669812345"),
    ],
)
def test_a_number_in_any_script_with_or_without_trunk_prefix_is_the_same_number(
    text: str, country: str | None, number: str
) -> None:
    assert normalise_phone(text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("110", "DE"),
        ("253 0000", "US"),
        ("030 901820", None),
        ("030 901820", "AQ"),
        ("+999 123456789", None),
        ("12345678901234567890", "DE"),
        ("9" * 500, "DE"),
        ("call me", "DE"),
        ("+", None),
        ("", "DE"),
    ],
)
def test_a_number_that_cannot_exist_is_none(text: str, country: str | None) -> None:
    assert normalise_phone(text, country) is None


@given(st.text(), st.sampled_from(["DE", "IR", "IN", "CN", "US", None]))
def test_whatever_is_written_is_a_number_in_e164_or_none(text: str, country: str | None) -> None:
    number = normalise_phone(text, country)
    assert number is None or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit() and len(number) <= 18)


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_a_number_once_normalised_stays_as_it_is(country: str) -> None:
    example = phonenumbers.example_number(country)
    number = normalise_phone(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL), country)
    assert number is None or normalise_phone(number, None) == number
