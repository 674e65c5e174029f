"""By which words a lead is found, and what is looked for: in five scripts, and however it is written."""

import pytest

from leads.domain.search import found_by, looked_for

NAMES = (
    ("Jule Marx", "MARX  jule"),
    ("Jürgen Müller", "muller jurgen"),
    ("Søren Łukasz", "soren lukasz"),
    ("سارا احمدي", "احمدی"),
    ("سارا احمدی", "احمدي"),
    ("علی‌رضا کریمی", "علیرضا"),
    ("علی رضا کریمی", "علی‌رضا"),
    ("علي رضا", "علی رضا"),
    ("علی‌رضا", "رضا"),
    ("王小明", "王小明"),
    ("प्रिया शर्मा", "शर्मा"),
    ("Jean-Luc O’Brien", "jean obrien"),
    ("Jean-Luc", "jean-luc"),
    ("Πέτρος Ιωάννου", "πετρος"),
    ("Фёдор", "федор"),
    ("ＡＢＣ株式会社", "abc株式会社"),
)
NOT_FOUND = (("Jule Marx", "Mar"), ("Jule Marx", "Jule Meier"), ("प्रिया", "प्रय"), ("سارا", "سار"), ("王小明", "王小"))


@pytest.mark.parametrize(("name", "q"), NAMES)
def test_a_name_is_found_however_it_is_written(name: str, q: str) -> None:
    assert set(looked_for(q)) <= found_by([name], None, None)
    assert looked_for(q)


@pytest.mark.parametrize(("name", "q"), NOT_FOUND)
def test_parts_of_words_and_other_words_find_nothing(name: str, q: str) -> None:
    assert not set(looked_for(q)) <= found_by([name], None, None)


@pytest.mark.parametrize(
    ("company", "q"),
    [
        ("Marx Maschinen GmbH & Co. KG", "marx"),
        ("上海机械有限公司", "上海机械"),
        ("شرکت فولاد", "فولاد"),
        ("GmbH", "gmbh"),
        ("3M", "3m"),
    ],
)
def test_legal_forms_are_left_out_where_there_is_more(company: str, q: str) -> None:
    found = found_by([company], None, None)
    assert set(looked_for(q)) <= found
    if company != "GmbH":
        assert "word:gmbh" not in found


@pytest.mark.parametrize(
    "q", ["030 1234567", "+49 30 1234567", "0049301234567", "(030) 123-45 67", "۰۳۰۱۲۳۴۵۶۷", "1234567"]
)
def test_a_number_is_found_in_every_spelling(q: str) -> None:
    assert set(looked_for(q)) <= found_by([], None, "+49301234567;ext=12")


@pytest.mark.parametrize("q", ["030 1234568", "+48 30 1234567", "12345"])
def test_another_number_is_not(q: str) -> None:
    assert not set(looked_for(q)) <= found_by([], None, "+49301234567")


def test_an_address_is_found_whole_and_in_any_case() -> None:
    assert set(looked_for(" Jule@Marx.Example ")) <= found_by([], "jule@marx.example", None)
    assert not set(looked_for("jul@marx.example")) <= found_by([], "jule@marx.example", None)


@pytest.mark.parametrize("q", ["", "  ", "---", "?!"])
def test_nothing_is_looked_for_by_what_holds_no_word(q: str) -> None:
    assert looked_for(q) == []


def test_what_a_lead_is_found_by_ends() -> None:
    assert len(found_by([" ".join(f"w{n}" for n in range(500))], "a@b.example", "+49301234567")) <= 28
