"""Links in what is said, and in the signature below it."""

import pytest

from leads.domain.signature import links_in

ASKED = "Bitte um ein Angebot für zwei Drehmaschinen."
BELOW = "Jule Marx, Einkauf\nhttps://marx.example\nhttps://linkedin.example/in/jm\nhttps://www.facebook.example/marx"


@pytest.mark.parametrize(
    "message",
    [
        f"{ASKED}\n--\n{BELOW}",
        f"{ASKED}\n-- \n{BELOW}",
        f"{ASKED}\n____\n{BELOW}",
        f"{ASKED}\r\n\r\nMit freundlichen Grüßen\r\n{BELOW}",
        f"{ASKED}\n\nMfG\n{BELOW}",
        f"{ASKED}\nViele Grüße, Jule\n{BELOW}",
        f"Please quote two lathes.\nBest regards,\n{BELOW}",
        f"Merci de me rappeler.\nCordialement,\n{BELOW}",
        f"برای دو دستگاه تراش قیمت می\u200cخواهم.\nبا احترام\n{BELOW}",
        f"我们需要两台车床，请报价。\n此致\n{BELOW}",
        f"कृपया दो खराद मशीनों का मूल्य बताएं।\nसादर\n{BELOW}",
        f"{ASKED}\n\nhttps://marx.example\nLinkedIn: https://linkedin.example/in/jm\nTel +49 30 901820\nj@marx.example www.marx.example",
    ],
)
def test_links_of_a_signature_are_no_links_of_the_message(message: str) -> None:
    assert links_in(message) == 0


@pytest.mark.parametrize(
    ("message", "links"),
    [
        ("", 0),
        (ASKED, 0),
        ("See https://a.example and www.b.example and https://www.c.example", 3),
        (f"See https://a.example for the drawing.\n--\n{BELOW}", 1),
        ("https://a.example\nhttps://b.example\nhttps://c.example", 3),
        ("buy\n--\nhttps://a.example\nhttps://b.example", 2),
        (f"{ASKED}\n--\n" + "https://a.example\n" * 9, 9),
        ("Thanks for the offer, the drawings are at https://a.example and https://b.example today", 2),
        ("We looked at it.\nThanks to https://a.example we know https://b.example very well by now.", 2),
    ],
)
def test_links_that_are_said_count(message: str, links: int) -> None:
    assert links_in(message) == links


def test_the_last_lines_of_a_text_that_was_cut_are_no_signature() -> None:
    assert links_in(f"{ASKED}\nhttps://a.example\nhttps://b.example", whole=False) == 2
