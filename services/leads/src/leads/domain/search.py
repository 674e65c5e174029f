"""By which words a lead is found: those of a name or company in any script, an e-mail address, a phone number.

What is compared is folded first, so that no keyboard, accent or joiner decides whether somebody is found. Only whole words are:
what would find parts of words would also tell them to whoever reads the tables.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable

from values.contact import email, email_key
from values.text import digits, key

MOST = 24  # words of one lead
SHORTEST_NUMBER = 7
_TAILS = (9, 7)  # how many last digits of a number are enough to find it, as many as are given
_PARTS = re.compile(r"[\s,;:/|()\[\]{}<>&+\"«»“”„@#*!?؟،。、·・]+")
_INNER = re.compile(r"[-'.\u200c\u200d_]+")
_NUMBER = re.compile(r"[+(]?[\d\s()./-]+")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_STROKED = str.maketrans("øłđħŧ", "oldht")
# Titles and legal forms, folded: every third company has one, and whoever searches leaves them out.
_COMMON = frozenset(
    key(word)
    for word in [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "herr",
        "frau",
        "hr",
        "fr",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "sr",
        "sra",
        "shri",
        "smt",
        "gmbh",
        "ag",
        "kg",
        "kgaa",
        "ohg",
        "gbr",
        "ug",
        "mbh",
        "co",
        "und",
        "and",
        "et",
        "cie",
        "sarl",
        "sas",
        "sa",
        "spa",
        "srl",
        "bv",
        "nv",
        "ab",
        "as",
        "oy",
        "oyj",
        "plc",
        "ltd",
        "limited",
        "llc",
        "inc",
        "corp",
        "corporation",
        "company",
        "pvt",
        "private",
        "llp",
        "the",
        "شرکت",
        "آقای",
        "خانم",
        "دکتر",
        "مهندس",
        "سهامی",
        "خاص",
        "عام",
        "有限公司",
        "股份有限公司",
        "有限责任公司",
        "公司",
        "先生",
        "女士",
        "小姐",
        "श्री",
        "श्रीमती",
        "डॉ",
        "लिमिटेड",
    ]
)
_SUFFIXES = ("股份有限公司", "有限责任公司", "有限公司", "公司")


def fold(word: str) -> str:
    """One word in the form in which it is compared: besides what makes no difference anywhere (``values.text.key``), accents of
    Latin, Greek and Cyrillic letters go, and what joins the parts of a word."""
    plain = _INNER.sub("", key(word))
    if plain.isascii():
        return plain
    kept: list[str] = []
    for sign in unicodedata.normalize("NFD", plain.translate(_STROKED)):
        if unicodedata.category(sign) == "Mn" and kept and (ord(kept[-1]) < 0x530):
            continue
        kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept))


def words(text: str | None) -> list[str]:
    """The words of what somebody looks for; titles and legal forms are left out where there is more."""
    parts = [fold(part) for part in _PARTS.split(text or "")]
    return _telling([part for part in parts if part])


def found_by(texts: Iterable[str | None], mail: str | None, phone: str | None) -> set[str]:
    """All by which a lead is found: the words of these texts, parts of words that a joiner parts, words of Arabic script also
    as one, since a name is written with a blank and without; its address and its number."""
    found: dict[str, None] = {}
    for text in texts:
        whole = words(text)
        found |= dict.fromkeys(f"word:{word}" for word in whole)
        for part in _PARTS.split(text or "") if _INNER.search(text or "") else ():
            pieces = [fold(piece) for piece in _INNER.split(part)]
            if len(pieces) > 1:
                found |= dict.fromkeys(f"word:{piece}" for piece in _telling([p for p in pieces if len(p) > 1]))
        for left, right in () if (text or "").isascii() else itertools.pairwise(whole):
            if _ARABIC.match(left) and _ARABIC.match(right):
                found[f"word:{left}{right}"] = None
    kept = set(list(found)[:MOST])
    if mail:
        kept.add(f"email:{email_key(mail)}")
    number = re.sub(r"\D", "", (phone or "").partition(";")[0])
    if number:
        kept |= {f"phone:{number}", *(f"tail:{number[-tail:]}" for tail in _TAILS if len(number) >= tail)}
    return kept


def looked_for(q: str) -> list[str]:
    """All of these must be a lead's: an address, or a number as far as it is given, or words. Nothing for what holds no word."""
    if address := email(q):
        return [f"email:{email_key(address)}"]
    plain = digits(q.strip())
    if _NUMBER.fullmatch(plain):
        number = re.sub(r"\D", "", plain)
        if plain.startswith("+") or number.startswith("00"):
            return [f"phone:{number.lstrip('0')}"]
        national = number.lstrip("0")
        for tail in _TAILS:
            if len(national) >= tail:
                return [f"tail:{national[-tail:]}"]
    return [f"word:{word}" for word in dict.fromkeys(words(q))]


def _telling(parts: list[str]) -> list[str]:
    found = []
    for part in parts:
        if not part.isascii():
            part = part.removesuffix(next((one for one in _SUFFIXES if part.endswith(one) and part != one), ""))
        found.append(part)
    return [part for part in found if part not in _COMMON] or found
