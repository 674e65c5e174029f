"""Phone numbers of all scripts."""

import random
import re
from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.api.phone import (
    _PLAIN,
    _at_once,
    _digits_only,
    _every_script,
    _possible,
    is_withheld,
    normalise_phone,
    other_phones,
)


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


SAME = {
    ("+4930901820", "DE"): [
        *[f"030{c}90{c}1820" for c in "\u200b\u200c\u200d\u200e\u2060\u2066\u2069\u00ad\ufeff\ufe0f\u061c\u202d\u00a0"],
        *(
            "tel:030-901820",
            "p:+4930901820",
            "Tel. 030 901820",
            "T: 030/901820",
            "030 901820 (Büro)",
            "'+4930901820",
            "=+4930901820",
        ),
        *(
            "004930901820",
            "+0049 30 901820",
            "+49 (030) 901820",
            "(0)30 901820",
            "30901820",
            "sip:+4930901820@pbx.example",
        ),
        *(
            "030/90 18 20",
            "030 / 901820",
            "+49.30.901820",
            "４９３０９０１８２０",
            "+4930901820.0",
            "030901820 / 0171 2345678",
            *(f"030{c}901820" for c in "\t·_\u3000"),
        ),
    ],
    ("+31765123456", None): ["0031765123456", "0031 (0)76 512 34 56", "+31 (0)76-5123456", "+0031765123456"],
    ("+31765123456", "US"): ["0031765123456", "011 31 76 5123456"],
    ("+525512345678", None): ["+521 55 1234 5678", "+52 1 55 1234 5678", "+52 55 1234 5678", "005215512345678"],
    ("+525512345678", "MX"): ["5215512345678", "044 55 1234 5678", "01 55 1234 5678", "55 1234 5678"],
    ("+48221234567", None): ["+48 (0)22 1234567"],
    ("+390612345678", None): ["+39 (0)6 12345678", "+39 06 12345678"],
    ("+5493516315733", "AR"): ["0351 15 631 5733"],
    ("+919876543210", "IN"): ["9876543210, 9876543211", "9876543210;9876543211", "919876543210.0", "n/a / 9876543210"],
    ("+18003569377", "US"): ["1-800-FLOWERS"],
    ("+13125550101;ext=136", "US"): ["(312) 555-0101;136", "(312) 555-0101,136", "(312) 555-0101 x136"],
    ("+4930901820;ext=136", "DE"): [
        *(
            "030 901820 ext. 136",
            "030 901820 x136",
            "030901820x 136",
            "030 901820 Durchwahl 136",
            "030 901820 (ext 136)",
            "030 901820,,136",
        ),
        *(
            "+4930901820;ext=136",
            "tel:+4930901820;ext=136",
            "030 901820 #136",
            "030 901820 Nst. 136",
            "030 901820 int. 136",
        ),
    ],
    ("+33142685300;ext=12", "FR"): ["01 42 68 53 00 poste 12", "01.42.68.53.00 - poste 12", "01 42 68 53 00 p. 12"],
    ("+861062345678;ext=123", "CN"): [
        "010-62345678转123",
        "010-62345678 分机 123",
        "010-62345678 轉１２３",
        "010-62345678-123",
    ],
    ("+982188887777;ext=12", "IR"): ["۰۲۱ ۸۸۸۸ ۷۷۷۷ داخلی ۱۲", "021-88887777 داخلي 12", "تلفن: ۰۲۱۸۸۸۸۷۷۷۷ داخلی: ۱۲"],
    ("+74951234567;ext=12", "RU"): ["8 (495) 123-45-67 доб. 12"],
    ("+390612345678;ext=12", "IT"): ["06 12345678 int. 12", "06 12345678 interno 12"],
}


@pytest.mark.parametrize(("number", "country", "text"), [(n, c, t) for (n, c), texts in SAME.items() for t in texts])
def test_what_people_and_programs_put_around_a_number_is_no_part_of_it(
    number: str, country: str | None, text: str
) -> None:
    assert normalise_phone(text, country) == number


@pytest.mark.parametrize(
    "text",
    ["N/A", "-", "0", "0000000000", "9.19877E+11", "Not provided", "call 0301234567 please", "anonymous", "+266696687", "0x123", "12 x136",
     "030 901820 ext.", "ext. 136", "abc / def", "030 90\ufffd820", "+49 30 901820\0", "+86282452253"],
)  # fmt: skip
def test_a_word_is_no_number(text: str) -> None:
    assert normalise_phone(text, "DE") is None


def test_the_further_numbers_of_a_field_are_not_lost() -> None:
    assert other_phones("030 1234567 / 0171 2345678 x5", "DE") == ("+491712345678;ext=5",)
    assert other_phones("030 12345/030 12346", "DE") == ("+493012346",)
    assert other_phones("030/90 18 20", "DE") == other_phones("+4930901820", "DE") == other_phones("none", "DE") == ()


@pytest.mark.parametrize(
    "text",
    ["anonymous", "ANONYMOUS", " Withheld ", "<anonymous>", "unbekannt", "Numéro masqué", "ناشناس", "未知", "非通知", "अज्ञात",
     "+266696687", "sip:anonymous@anonymous.invalid", "No Caller ID", "Anonymous <anonymous@anonymous.invalid>", "Private Caller",
     '"Anonymous" <sip:anonymous@anonymous.invalid>', "caller id: private", "unbekannter Anrufer", "No Caller-ID", "+86282452253",
     "номер скрыт", "号码保密", "Número privado"],
)  # fmt: skip
def test_a_caller_who_shows_no_number_gave_none(text: str) -> None:
    assert is_withheld(text)
    assert normalise_phone(text, "DE") is None
    assert not is_withheld("030 901820")


@given(st.text(), st.sampled_from(["DE", "IR", "IN", "CN", "US", None]))
def test_whatever_is_written_is_a_number_in_e164_or_none(text: str, country: str | None) -> None:
    number = normalise_phone(text, country)
    dialled, _, extension = (number or "").partition(";ext=")
    assert number is None or (re.fullmatch(r"\+[0-9]{3,17}", dialled) and re.fullmatch("[0-9]{0,7}", extension))


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_a_number_once_normalised_stays_as_it_is(country: str) -> None:
    example = phonenumbers.example_number(country)
    number = normalise_phone(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL), country)
    assert number is None or normalise_phone(number, None) == number


@given(st.text(st.sampled_from("0123456789 +-()/.;exta\u0663\u06f5\uff17\u00a0"), max_size=30), st.booleans())
def test_the_digits_of_a_text_are_those_that_the_library_finds(text: str, keep: bool) -> None:
    assert _digits_only(text, keep) == _every_script(text, keep)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_what_is_read_at_once_is_what_the_library_reads(region: str) -> None:
    """Examples of the library of every country and kind, each written in many ways and with digits before it, left out and changed."""
    dice, at_once = random.Random(region), 0
    for kind in phonenumbers.supported_types_for_region(region):
        example = phonenumbers.example_number_for_type(region, kind)
        for text in _ways(example, region, dice) if example else ():
            if _PLAIN.fullmatch(text) and (read := _at_once(text, region)):
                at_once += 1
                known = _possible(text, region)
                assert known is not None, text
                assert phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.E164) == read, text
    assert at_once


def _ways(example: phonenumbers.PhoneNumber, region: str, dice: random.Random) -> Iterator[str]:
    its, code = phonenumbers.national_significant_number(example), str(example.country_code)
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or "0"
    longer = (f"{trunk}{its}", f"0{its}", f"1{its}", f"8{its}", f"{its}7", f"{code}{its}", f"00{code}{its}")
    for number in (its, *longer, its[1:], its[:-1]):
        for one in (number, *(_changed(number, dice) for _ in range(4))):
            yield from (one, f"+{one}", f"+{code}{one}", f"+{code} {one[:3]}-{one[3:]}", f"({one[:4]}) {one[4:]}")


def _changed(number: str, dice: random.Random) -> str:
    at = dice.randrange(len(number))
    return number[:at] + dice.choice("0123456789") + number[at + 1 :]
