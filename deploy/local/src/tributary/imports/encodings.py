"""Which encoding a file is written in: told, or recognised by its content, never half.

A byte order mark decides; then zero bytes (UTF-16); then whether the bytes are UTF-8. What remains is a legacy encoding, and
there general detectors fail on the few words that a short list has (two of them were tried: both took Jürgen Müller and 山田
for something else). A list gives better evidence: the names of its columns, and words that are whole in one script. Each
candidate is scored by it; if two that read the text differently are as good, it is asked.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tributary.child_process import StackError
from tributary.imports import vocabulary
from tributary.imports.asked import Unsure
from values.countries import country

SAMPLE = 256 * 2**10
EVIDENCE = 32 * 2**10
CLOSE = 0.06
ENOUGH = 0.5
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# The letters beyond ASCII of the languages that are written in each, so that a reading may be judged as a whole.
_LATIN = {
    "cp1252": (
        "äöüß", "éèêëàâçîïôûùüÿœæ", "áéíóúüñ", "àèéìòùó", "áâãàçéêíóôõúü", "éëïöüáèó", "åäöé", "åæøé",
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "äöüß"),
    "iso8859-2": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž"),
    "cp1254": ("çğıiöşüâîûİ",),
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),
}  # fmt: skip
_FREQUENT = {
    "CYRILLIC": frozenset("оеаинтсрвлкмдпуяыьй"),
    "GREEK": frozenset("αοιεητσνυρκπμλςάόίέή"),
    "ARABIC": frozenset("ایينومرهتبدسکكعلةشف"),
    "HEBREW": frozenset("יוהלארתבשמנםדק"),
}
_SCRIPTS = {"cp1251": "CYRILLIC", "koi8-r": "CYRILLIC", "cp1253": "GREEK", "cp1256": "ARABIC", "cp1255": "HEBREW"}
_WRITTEN_IN = {
    **dict.fromkeys(("de", "fr", "es", "it", "pt", "nl"), ("cp1252",)),
    "pl": ("cp1250", "iso8859-2"),
    "tr": ("cp1254",),
    "ru": ("cp1251", "koi8-r"),
    **dict.fromkeys(("fa", "ar"), ("cp1256",)),
    "zh": ("gb18030", "big5"),
    "ja": ("cp932", "euc_jp"),
}
_WIDE = ("gb18030", "big5", "cp932", "euc_jp", "cp949")
CANDIDATES = (*_LATIN, *_SCRIPTS, *_WIDE)
_WORD = re.compile(r"[^\s,;:|/\\\t\"'()<>@.!?+&=*\[\]{}#%_-]+")
_SIGNS = frozenset("€‚„…‰‹›‘’“”•–—™«»°§©®·²³±´¿¡\xa0")
# What no language of that encoding writes: it is the letter of another one at the same place.
_EAST = re.compile(r"ń[aeiouyąęó]|ăo|[b-df-hj-np-tv-z]č[b-df-hj-np-tv-z]+e|yý", re.I)
_IMPOSSIBLE = {
    "cp1252": re.compile(r"õ(?!e)|ñ[b-df-hj-np-tv-z]|yý|[þðÞÐ]", re.I),
    "cp1250": _EAST,
    "iso8859-2": _EAST,
}


def encoding_of(path: Path, named: str = "") -> str:
    """The name of the encoding, as Python knows it; ``Unsure`` when it cannot be known."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if named:
        return _named(named, head)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _sixteen(path, head)
    good, bad = _utf8_lines(path)
    if not bad or bad <= good:
        return "utf-8"
    if good > bad / 10:
        raise Unsure(
            f"{path} mixes encodings: {good:,} of its lines are UTF-8 and {bad:,} are not. Save it anew in one encoding."
        )
    return _legacy(path)


def _named(named: str, head: bytes) -> str:
    try:
        name = codecs.lookup(named).name
        "a".encode(name)
    except (LookupError, UnicodeError):
        raise StackError(f"There is no encoding called {named}.") from None
    if name == "utf-8" and head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "cp1252" if name == "iso8859-1" else "gb18030" if name in ("gb2312", "gbk") else name


def _sixteen(path: Path, head: bytes) -> str:
    """UTF-16 without a mark: the order of bytes in which separators and line ends are such and no zero is left."""
    even = head[: len(head) // 2 * 2]
    fits = []
    for name in ("utf-16-le", "utf-16-be"):
        text = even.decode(name, "replace")
        if "\0" not in text and text.count("\ufffd") <= 1 and re.search(r"[\r\n,;\t|a-z]", text):
            fits.append(name)
    if len(fits) == 1:
        return fits[0]
    if not head.replace(b"\0", b"").strip() or head.count(b"\0") * 20 > len(head):
        raise Unsure(f"{path} is no text: choose a CSV file.")
    return "utf-8"  # a stray zero in a text: its row is refused


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield from line.split(b"\r") if len(line) > 2 and b"\r" in line[:-2] else (line,)


def _utf8_lines(path: Path) -> tuple[int, int]:
    """How many lines beyond ASCII are UTF-8, and how many are not."""
    good = bad = 0
    for line in _lines(path):
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return good, bad


def _legacy(path: Path) -> str:
    evidence, size, header = [], 0, b""
    for line in _lines(path):
        header = header or line.strip()
        if not line.isascii() and size < EVIDENCE:
            evidence.append(line)
            size += len(line)
    readings = {}
    for name in CANDIDATES:
        try:
            for line in _lines(path):
                line.decode(name)
            text = b"\n".join(evidence).decode(name)
            spoken = vocabulary.languages(re.split(r"[,;\t|]", header.decode(name)))
        except UnicodeDecodeError:
            continue
        report = 0.15 * any(name in _WRITTEN_IN.get(language, ()) for language in spoken)
        readings[name] = (score(name, text) + report, text)
    ranked = sorted(readings.items(), key=lambda item: -item[1][0])
    best = [(name, text) for name, (points, text) in ranked if points >= max(ENOUGH, ranked[0][1][0] - CLOSE)]
    if len({text for _, text in best}) == 1:
        return best[0][0]
    named = [name for name, _ in best] or [name for name, _ in ranked[:4]]
    shown = [[f"ENCODING={name}", *_first_words(readings[name][1])] for name in named]
    raise Unsure(f"{path} is not UTF-8, and it may be read in several encodings. Say which one reads right:", shown)


def score(name: str, text: str) -> float:
    """How much a reading looks like a list that people wrote: 0 to 1, and above it by each name that is known."""
    found = [word for word in _WORD.findall(text) if not word.isascii()]
    if not found:
        return 0.0
    if any(unicodedata.category(sign) == "Cc" and sign not in "\r\n\t" for sign in text):
        return 0.0
    if name in _LATIN:
        points = _latin(name, found)
    elif name in _SCRIPTS:
        points = _alphabet(_SCRIPTS[name], found)
    else:
        points = _han(name, found)
    return points + min(1.0, 0.5 * _known(text))


def _known(text: str) -> int:
    """How many cells beyond ASCII are the name of a column or of a country."""
    cells = {cell.strip(" \"'") for cell in re.split(r"[,;\t|\r\n]", text) if not cell.isascii()}
    return sum(
        len(cell) <= 60 and (vocabulary.meaning("leads", cell) is not None or country(cell) is not None)
        for cell in cells
        if len(cell) > 1
    )


def _latin(name: str, found: list[str]) -> float:
    beyond = [[sign for sign in word if not sign.isascii()] for word in found]
    letters = [sign.casefold() if sign != "İ" else sign for signs in beyond for sign in signs if sign.isalpha()]
    if not letters:
        return 0.8 if all(sign in _SIGNS for signs in beyond for sign in signs) else 0.0
    covered = max(sum(sign in alphabet for sign in letters) for alphabet in _LATIN[name]) / len(letters)
    words = list(zip(found, beyond, strict=True))
    impossible = _IMPOSSIBLE.get(name)
    shaped = sum(
        len(signs) * 2 <= len(word) + 1
        and all(sign.isalpha() or sign in "’–" for sign in signs)
        and not (word[1:] != word[1:].lower() and word != word.upper() and "’" not in word)
        and not (impossible and impossible.search(word))
        for word, signs in words
    ) / len(words)
    return covered * shaped


def _alphabet(script: str, found: list[str]) -> float:
    whole = letters = frequent = 0
    for word in found:
        signs = [sign for sign in word if sign.isalpha()]
        pure = bool(signs) and all(unicodedata.name(sign, "").startswith(script) for sign in signs)
        cased = word[1:] == word[1:].lower() or word == word.upper()
        whole += pure and cased and all(sign.isalnum() or sign in "\u200c№" for sign in word)
        letters += len(signs)
        frequent += sum(sign.lower() in _FREQUENT[script] for sign in signs)
    natural = 0.6 * whole / len(found) + 0.4 * (frequent / letters if letters else 0)
    return natural if letters > 3 else 0.8 * natural


def _han(name: str, found: list[str]) -> float:
    """How common the characters are: each national standard has the usual ones in its first part. Latin letters never touch them."""
    points = sum(_whole(name, word) for word in found) / len(found)
    signs = "".join(found)
    if name == "euc_jp" and not any("\u3040" <= sign <= "\u30ff" for sign in signs):
        return points - 0.2  # Chinese in GBK looks like this
    if name == "cp949" and points == 1.0 and len(signs) > 5:
        return points + 0.1  # Chinese in GBK looks like this for a word or two only
    return points


def _whole(name: str, word: str) -> float:
    if any(sign.isalpha() and sign.isascii() for sign in word):
        return 0.0
    if name == "cp932" and len(word) > 2 and word[0] not in "ﾞﾟ" and all("\uff61" <= sign <= "\uff9f" for sign in word):
        return 0.97 if len(word) > 4 or "ﾞ" in word or "ﾟ" in word else 0.9  # two Chinese characters look like this
    signs = [sign for sign in word if not sign.isascii()]
    return sum(_common(name, sign) for sign in signs) / len(signs)


_USUAL = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x88, 0x97),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
    "cp949": ("euc_kr", 0xB0, 0xC8),
}


def _common(name: str, sign: str) -> float:
    if "\u3040" <= sign <= "\u30ff":
        return 1.0 if name in ("cp932", "euc_jp") else 0.2
    if sign in "，。、（）：；・「」『』〒々　－" or "\uff01" <= sign <= "\uff5e":
        return 0.5
    if not ("\u4e00" <= sign <= "\u9fff" and name != "cp949") and not (
        "\uac00" <= sign <= "\ud7a3" and name == "cp949"
    ):
        return 0.0
    standard, first, last = _USUAL[name]
    try:
        lead = sign.encode(standard)[0]
    except UnicodeEncodeError:
        return 0.0
    return 1.0 if first <= lead <= last else 0.2


def _first_words(text: str) -> list[str]:
    return [cell for cell in re.split(r"[,;\t|\r\n]+", text) if not cell.isascii()][:4]
