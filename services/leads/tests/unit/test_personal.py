"""Which answers are sealed with the person, and which may be known."""

import pytest

from leads.domain.personal import Scalar, is_private

PRIVATE = [
    *(
        "First Name",
        "Vorname",
        "Nachname",
        "E-Mail-Adresse",
        "ایمیل",
        "电话",
        "Mobile",
        "Email 2",
        "نام",
        "नाम",
        "姓名",
        "फ़ोन नंबर",
    ),
    *(
        "your-name",
        "contactName",
        "fullname",
        "Anschrift",
        "Straße",
        "adresse",
        "telefon_privat",
        "Prénom",
        "نام و نام خانوادگی",
    ),
    *(
        "birthday",
        "Geburtsdatum",
        "تاریخ تولد",
        "passport no",
        "comment",
        "Bemerkung",
        "notes",
        "留言",
        "پیام",
        "IP",
        "company",
    ),
]
HARMLESS: list[tuple[str, Scalar]] = [
    ("size", 20),
    ("size", 250_000_000),
    ("form_id", "1234567890"),
    ("form_id", 12345678901234567),
    ("utm_campaign", "Spring Sale 2026"),
    ("utm_content", "20261128123456"),
    ("gclid", "EAIaIQobChMI8Z6x"),
    ("sku", "1.10"),
    ("zip", "01067"),
    ("timeframe", "this quarter"),
    ("city", "New York"),
    ("product_name", "lathe"),
    ("company_size", "51-200"),
    ("q7", "V 3"),
    ("q7", "20 m"),
    ("q7", "51-200"),
    ("q7", "now_or_never"),
    ("q7", "2026-05-04"),
    ("q7", "1.234.567,00"),
    ("q7", "20261128"),
    ("email_consent", True),
    ("zzz", "now"),
]
TELLING: list[tuple[str, Scalar]] = [
    ("q7", "anna@firm.example"),
    ("size", "anna@firm.example"),
    ("utm_source", "ana＠firm.example"),
    ("page", "https://firm.example/?mail=anna%40firm.example"),
    ("q7", "+49 171 2345678"),
    ("size", "+491712345678"),
    ("q7", "030/901820-12"),
    ("q7", "۰۹۱۲ ۳۴۵ ۶۷۸۹"),
    ("q7", "09123456789"),
    ("q7", 491712345678),
    ("q7", "Anna Schmidt"),
    ("q7", "anna schmidt"),
    ("q7", "schmidt anna 7"),
    ("q7", "van der Berg"),
    ("q7", "this quarter"),
    ("q7", "سارا احمدی"),
    ("q7", "प्रिया शर्मा"),
    ("q7", "I would like to know more"),
    ("q7", "x" * 65),
    ("utm_content", "x" * 201),
    ("postcode", "SE1 7TH"),
    ("phone", 4930901820),
    ("anna@firm.example", True),
    ("Where did you hear of us, and what would you like to know about our machines?", 1),
]


@pytest.mark.parametrize("name", PRIVATE)
def test_a_field_called_like_a_persons_is_private(name: str) -> None:
    assert is_private(name, "Xanthippe")


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_what_is_known_to_be_harmless_stays_in_the_clear(name: str, value: Scalar) -> None:
    assert not is_private(name, value)


@pytest.mark.parametrize(("name", "value"), TELLING)
def test_what_looks_like_a_person_is_private_whatever_it_is_called(name: str, value: Scalar) -> None:
    assert is_private(name, value)
