"""Texts: what of them is seen, what hides in them, and when two of them are the same."""

import re
import unicodedata

# Format characters and the others that Unicode calls default-ignorable: nothing is drawn for any of them. The format characters
# of Arabic, Syriac, Kaithi and Egyptian that a reader sees are left out, and so are the two joiners.
_UNSEEN_RANGES = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F)),
    *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
_UNSEEN: dict[int, None] = dict.fromkeys(c for first, last in _UNSEEN_RANGES for c in range(first, last + 1))
_JOINERS: dict[int, None] = dict.fromkeys((0x200C, 0x200D))

# A joiner says how the letters beside it are drawn, and in these scripts it is part of the spelling.
_JOINED = "\u0600-\u065f\u066e-\u06ef\u06fa-\u08ff\u0900-\u0963\u0970-\u0dff\u1000-\u109f\u1780-\u17ff\ufb50-\ufdff\ufe70-\ufefc"
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(
    rf"(?<![{_JOINED}])\u200c|\u200c(?![{_JOINED}])|(?<![{_JOINED}{_EMOJI}])\u200d|\u200d(?![{_JOINED}{_EMOJI}])"
)
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]")

_DIGIT = re.compile(r"(?![0-9])\d")
_ARABIC = "\u0620-\u065f\u066e-\u06d3\u06d5\u06fa-\u06fc\u0750-\u077f"
_WITHIN_ARABIC = re.compile(rf"(?<=[{_ARABIC}]) (?=[{_ARABIC}])")
# Letters that a keyboard of another language writes with another code, dashes, and apostrophes.
_SAME = str.maketrans(
    {
        **dict.fromkeys("يىێ", "ی"),
        **dict.fromkeys("كڪ", "ک"),
        **dict.fromkeys("ةۀہھە", "ه"),
        **dict.fromkeys("أإٱ", "ا"),
        **dict.fromkeys("ıİ", "i"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc\u02b9\u0060\u00b4", "'"),
        **dict.fromkeys(
            (*range(0x064B, 0x0653), 0x0654, 0x0670, 0x0640, 0x0307)
        ),  # vowel signs, stretching, i with a dot
    }
)


def visible(text: str) -> str:
    """The text without the characters that nobody sees and that mean nothing, composed (NFC), its ends stripped.

    Zero-width spaces, byte order marks, soft hyphens, marks of direction, word joiners, variation selectors and fillers go.
    The two joiners stay where they are spelling: between letters of Arabic and Indic scripts, and within an emoji.
    """
    if text.isascii():
        return text.strip()
    return _STRAY_JOINER.sub("", unicodedata.normalize("NFC", text.translate(_UNSEEN))).strip()


def bare(text: str) -> str:
    """The visible text without joiners too: for codes, numbers and addresses, where none is ever spelling."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_UNSEEN).translate(_JOINERS)).strip()


def hides(text: str) -> bool:
    """Whether the text holds what can only deceive or is broken already: U+FFFD, NUL, control characters, half characters.

    Tabs and line ends are none of these.
    """
    return _BROKEN.search(text) is not None


def key(text: str) -> str:
    """The one form in which texts are compared: what people take for the same word is the same key.

    Case (with the dotted and the dotless i), full and half width, digits of any script, Arabic and Persian yeh and kaf, vowel
    signs, dashes and apostrophes, unseen characters and runs of blanks make no difference. Between Arabic letters neither a
    blank nor a half-space does: the same name is written with one, with the other and with none. Accents do make a
    difference: Münster is not Munster.
    """
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    plain = unicodedata.normalize("NFKC", bare(unicodedata.normalize("NFKC", text).casefold()))
    return _WITHIN_ARABIC.sub("", " ".join(digits(plain.translate(_SAME)).split()))


def digits(text: str) -> str:
    """The text with the decimal digits of every script written as 0 to 9."""
    return text if text.isascii() else _DIGIT.sub(_digit, text)


def _digit(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found.group()))
