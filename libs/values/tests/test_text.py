"""Texts: what is seen, what hides, what is the same."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.text import bare, digits, hides, key, visible


@pytest.mark.parametrize(
    "unseen",
    ["\u200b", "\ufeff", "\u00ad", "\u200e", "\u200f", "\u202a", "\u202c", "\u2066", "\u2069", "\u2060", "\u061c", "\ufe0f",
     "\u3164", "\u200c", "\u200d", "\u034f", "\U000e0041", "\u180e", "\uffa0"],
)  # fmt: skip
def test_an_unseen_character_is_no_part_of_a_word(unseen: str) -> None:
    assert visible(f"{unseen}lat{unseen}he{unseen} ") == bare(f"{unseen}lat{unseen}he{unseen} ") == "lathe"
    assert not hides(f"lat{unseen}he")


def test_a_joiner_that_is_spelling_stays() -> None:
    assert visible("می\u200cخواهم") == "می\u200cخواهم"
    assert visible("क्\u200dष") == "क्\u200dष"
    assert visible("👩\u200d🔧") == "👩\u200d🔧"
    assert visible("۰۹۱۲\u200c۳۴۵") == "۰۹۱۲۳۴۵"
    assert visible("\u200cمی\u200c ") == "می"


def test_every_format_character_is_known_as_unseen_drawn_or_joining() -> None:
    formats = {chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Cf"}
    stay = {c for c in formats if visible(f"x{c}x") != "xx"}
    arabic = {chr(c) for c in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2)}
    other = {chr(c) for c in (0x110BD, 0x110CD, *range(0x13430, 0x13440))}
    assert stay <= arabic | other | set("\ufff9\ufffa\ufffb")
    assert all(map(hides, "\ufff9\ufffa\ufffb"))


@pytest.mark.parametrize("broken", ["\ufffd", "\0", "\x07", "\x1b", "\x7f", "\x85", "\x9f", "\uffff"])
def test_what_can_only_deceive_is_told(broken: str) -> None:
    assert hides(f"a{broken}b")
    assert hides("half a character: \ud800")


def test_line_ends_and_tabs_hide_nothing() -> None:
    assert not hides("two\r\nlines\tand a tab")


@pytest.mark.parametrize(
    "spellings",
    [
        ("Facebook", "facebook", "FACEBOOK ", "Ｆａｃｅｂｏｏｋ", "face\u200bbook"),
        ("İstanbul", "istanbul", "ISTANBUL", "ıstanbul", "I\u0307stanbul"),
        ("كرمان", "کرمان"),
        ("يزد", "یزد"),
        ("خراسان رضوی", "خراسان\u200cرضوي", "خراسانرضوی", "خراسان  رضوی"),
        ("Straße", "STRASSE", "strasse"),
        ("München", "MU\u0308NCHEN"),
        ("Baden-Württemberg", "baden–württemberg", "Baden\u2011Württemberg"),
        ("Côte d’Or", "côte d'or"),
        ("مدل ۱۲", "مدل 12", "مدل ١٢"),
        ("two  words", "two words", "two\u00a0words", "two\twords"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_spellings_of_one_word_are_one_key(spellings: tuple[str, ...]) -> None:
    assert len(set(map(key, spellings))) == 1


def test_words_of_their_own_stay_apart() -> None:
    words = ["Münster", "Munster", "lathe", "lathes", "آب", "اب", "कल", "काल", "a b", "ab"]
    assert len(set(map(key, words))) == len(words)


def test_digits_of_every_script_are_digits() -> None:
    assert digits("۰۱۲ ٣٤٥ ६७ ８９ x") == "012 345 67 89 x"


@given(st.text())
def test_reading_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert bare(bare(text)) == bare(text)
    assert key(key(text)) == key(text)
    assert key(visible(text)) == key(text)
