"""E-mail addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.contact import email, email_key, emails


@pytest.mark.parametrize(
    "text",
    ["hähnchen@käse.example", "османов@письмо.рф", "用户@例子.广告", "علی@مثال.ایران", "jule+x@firm.example", "o'brien@firm.example",
     "a@firm.berlin", "A@FIRM.EXAMPLE", "ana@xn--bcher-kva.example", "x_y.z@sub.firm.example"],
)  # fmt: skip
def test_an_address_in_any_script_is_kept_as_it_is_written(text: str) -> None:
    assert email(text) == email(f" {text}\u200b") == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *[(f"ann{c}@firm.example", "ann@firm.example") for c in "\u200b\u200c\u200d\ufeff\u00ad\u2060\u3164\u202e"],
        ("ann@fi\u00adrm.example", "ann@firm.example"),
        ("ａｎｎ＠ｆｉｒｍ．example", "ann@firm.example"),
        ("ann@例子。广告", "ann@例子.广告"),
        ("mailto:ann@firm.example", "ann@firm.example"),
        ("ann@bu\u0308cher.example", "ann@bücher.example"),
    ],
)
def test_what_nobody_sees_is_no_part_of_an_address(text: str, kept: str) -> None:
    assert email(text) == kept


@pytest.mark.parametrize(
    "text",
    ["", "n/a", "a@b", "a b@firm.example", "Jule <a@firm.example>", "a@firm..example", "a@-firm.example", "a@[127.0.0.1]", "a@firm.123",
     "ann@firm.example\ufffd", "ann\0@firm.example", "ann@fi\x07rm.example", "ann\x9f@firm.example", "a@xn--\u00fc.example",
     "a@xn--99999999.example", "a@firm.example, b@firm.example", "a" * 65 + "@firm.example", f"a@{'ü' * 62}.example", "@firm.example",
     f"a@{'.'.join(['x' * 60] * 5)}.example"],
)  # fmt: skip
def test_what_is_no_address_or_hides_something_is_none(text: str) -> None:
    assert email(text) is None


@pytest.mark.parametrize(
    "text",
    ["ana@bücher.example", "ANA@BÜCHER.EXAMPLE", "ana@xn--bcher-kva.example", "Ana@XN--BCHER-KVA.example", "ana@bu\u0308cher.example",
     " ana@bücher.example\u200b", "ａｎａ＠bücher．example"],
)  # fmt: skip
def test_one_box_is_one_key(text: str) -> None:
    assert email_key(text) == "ana@bücher.example"


def test_boxes_that_may_be_two_have_two_keys() -> None:
    assert (
        len(
            set(
                map(email_key, ("jule@f.example", "jule+x@f.example", "j.ule@f.example", "jule@faß.de", "jule@fass.de"))
            )
        )
        == 5
    )


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_read_reads_the_same_again(local: str, domain: str) -> None:
    kept = email(f"{local}@{domain}.example")
    assert kept is None or (email(kept) == kept and email_key(kept) == email_key(email_key(kept)))


def test_several_addresses_of_a_field_are_parted_and_a_name_beside_one_is_none() -> None:
    for text in (
        "a@b.example, c@d.example",
        "a@b.example;c@d.example",
        "a@b.example\nc@d.example",
        "a@b.example  c@d.example",
    ):
        assert emails(text) == ("a@b.example", "c@d.example")
    assert emails("a b@c.example") == emails("Jule <a@b.example>") == emails("a@b.example, none") == emails("") == ()
