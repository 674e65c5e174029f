"""Phone numbers as people write them, in every script, to the one form that can be dialled from everywhere.

What is kept is E.164, with an extension behind it as RFC 3966 writes it: ``+4930901820`` or ``+4930901820;ext=136``. Most numbers
are plain and are read at once. The others are cleaned first: unseen characters, a label (``tel:``, ``Mobil:``), quotes of a
spreadsheet and the trunk prefix in brackets go, an extension is taken off, two numbers in a field are parted.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    phonenumberutil,
)

from values.text import bare, digits, hides, key

LONGEST = 250  # characters

_every_script = phonenumberutil.normalize_digits_only
_NO_DIGIT = re.compile(r"[^0-9]+")


def _digits_only(number: str, keep_non_digits: bool = False) -> str:
    """What the library does sign by sign, and twice a number: in ASCII one pass of a pattern does the same, 8 us sooner."""
    if not number.isascii():
        return str(_every_script(number, keep_non_digits))
    return number if keep_non_digits else _NO_DIGIT.sub("", number)


_extension_off = phonenumberutil._maybe_strip_extension
_NOTHING_BEHIND = re.compile(r"[0-9 ()/.+-]+", re.ASCII)


def _strip_extension(number: str) -> tuple[str, str]:
    """What the library looks for by a pattern of all its words and signs for an extension: among these signs is none."""
    return ("", number) if _NOTHING_BEHIND.fullmatch(number) else _extension_off(number)


phonenumberutil.normalize_digits_only = _digits_only
phonenumberutil._maybe_strip_extension = _strip_extension

# Digits with the usual signs between them: no second number, no trunk prefix in brackets, nothing that a spreadsheet added.
_PLAIN = re.compile(r"\+?(?:\d{1,15}|(?!.*\(0\))(?!.*[\d\s][/][\s]*[+0(])[\d ()/-]{1,30})", re.ASCII)

_WORDS = """
    p t m f h w o c tel tél telephone téléphone telefon telefono telefone teléfono telefoon fon fone phone phonenumber ph mob mobil
    mobile mobiel móvil movil handy natel cell cellphone cellulare cellular celular portable gsm whatsapp wa callto sip sips call
    home private privat privé work office business büro bureau dienstlich geschäftlich direct direkt main zentrale number no nr
    電話 电话 手机 手機 联系电话 座机 تلفن موبایل همراه شماره هاتف फ़ोन फोन मोबाइल दूरभाष тел телефон моб
"""
_LABEL = "|".join(sorted(map(re.escape, _WORDS.split()), key=len, reverse=True))
_BEFORE = re.compile(rf"^(?:(?:{_LABEL})(?![^\W\d_])[\s.:：()/-]*)+", re.I)
_BEHIND = re.compile(rf"[\s(\[,-]*(?<![^\W\d_])(?:{_LABEL})[\s.)\]]*$", re.I)
_JUNK = re.compile(r"^[^\w+(]+|[^\w)#]+$")
_SHOWN_AND_BEHIND = re.compile(r"\s*[<>]\s*")  # "Anonymous" <sip:anonymous@anonymous.invalid>
_MEXICAN = re.compile(r"(?:521|04[45]|01|1)(\d{10})")  # what was dialled before a number until 2019
_AT_A_HOST = re.compile(r"^sips?:|@[\w.:;=\[\]-]+$", re.I)

_EXTENSION_WORDS = """
    extension extensión extensão extn ext. ext xtn. x. x poste post p. durchwahl dw. dw nebenstelle nst. nst apparat app. toestel tst.
    interno interne intern int. int ramal anexo anknytning ankn. wewn. wew. доб. доб добавочный вн. dahili 转 轉 转接 分机 分機 内线 內線 内線
    내선 داخلی داخلي تحويلة एक्सटेंशन एक्स. विस्तार #
"""
_EXTENSION = "|".join(sorted(map(re.escape, _EXTENSION_WORDS.split()), key=len, reverse=True))
_WITH_EXTENSION = re.compile(
    rf"(.*\d[\s)]*)(?:;\s*ext=|[\s,;(\-]*(?<![^\W\d_])(?:{_EXTENSION})[\s.:：=-]*|,{{2,}}\s*)(\d{{1,7}})[\s)]*",
    re.I | re.S,
)
_BETWEEN = re.compile(r"\s*(?:[;|\n\r]+|[,/&]|\b(?:or|oder|ou|o|und|and|et|y|e)\b|یا|و|或|या)\s*(?=[+0(\d])", re.I)
_CHINESE = re.compile(r"(0\d{2,3}-\d{7,8})-(\d{1,6})")  # how offices there write the extension
_SEPARATORS = re.compile(r"[\s·•‧・_]+")
_SPREADSHEET = re.compile(r"(\+?\d{7,15})\.0+")
_VANITY = re.compile(r"[\d\s()+.-]*\d[\s.-]?[A-Z]{3,}(?:-?[A-Z]+)*")
_LETTER = re.compile(r"[^\W\d_]")

# Words that say that a number was not shown, those that may stand beside them, and the same said in whole or by a dial.
_HIDDEN_WORDS = """
    anonymous anonym anonyme anonymer anonimo anónimo anônimo anoniem withheld private restricted blocked hidden
    unknown unavailable unbekannt unbekannte unbekannter unterdrückt unterdrückte privat privater privé privée masqué
    masquée caché cachée inconnu inconnue sconosciuto nascosto privato desconocido oculto privado desconhecido
    onbekend afgeschermd verborgen gizli bilinmeyen неизвестный неизвестно скрытый скрыт ناشناس مخفی مجهول خصوصی 未知 匿名
    अज्ञात निजी गुप्त
"""
_BESIDE_WORDS = """
    caller callerid id call number no name user nummer rufnummer anrufer anruferin anruf numéro appel appelant numero
    número chiamante llamada chamada beller arayan numara номер абонент شماره تماس नंबर
"""
_HIDDEN, _BESIDE = (frozenset(map(key, words.split())) for words in (_HIDDEN_WORDS, _BESIDE_WORDS))
_DIALLED = frozenset(
    ("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253")
)  # ANONYMOUS and so on, on a keypad
_WITHHELD = frozenset(
    map(
        key,
        """anonymous|anonym|anonyme|anonimo|anónimo|anônimo|anoniem|withheld|number withheld|private|private number|no caller id|
        no number|caller id unavailable|unavailable|unknown|unknown caller|unknown number|not available|restricted|blocked|hidden|
        unbekannt|unterdrückt|nummer unterdrückt|rufnummer unterdrückt|privat|privé|numéro privé|masqué|numéro masqué|inconnu|
        numéro inconnu|numero privato|sconosciuto|desconocido|oculto|número oculto|desconhecido|onbekend|afgeschermd|gizli|bilinmeyen|
        неизвестный|скрытый номер|ناشناس|شماره مخفی|مخفی|خصوصی|مجهول|غير معروف|未知|未知号码|未知來電|匿名|私人号码|无主叫号码|隐藏号码|
        非通知|号码保密|out of area|payphone|अज्ञात|निजी नंबर|गुप्त|266696687|anonymous@anonymous.invalid|anonymous@invalid""".replace(
            "\n", ""
        ).split("|"),
    )
)


def normalise_phone(text: str, country: str | None) -> str | None:
    """The number in E.164 with its extension, or None when no such number can exist.

    Digits may be of any script, with or without a trunk prefix. A number without a country code is read as one of
    ``country``; a number that can only be dialled within a town is not enough. Of several numbers in a field the first that
    can be read counts.
    """
    if text in _DIALLED:
        return None
    if _PLAIN.fullmatch(text):
        if at_once := _at_once(text, country):
            return at_once
        if number := _possible(text, country):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return next(_read(text, country), None)


def other_phones(text: str, country: str | None) -> tuple[str, ...]:
    """The further numbers of a field that holds more than one, so that none is lost."""
    return () if _PLAIN.fullmatch(text) else tuple(_read(text, country))[1:]


def is_withheld(text: str) -> bool:
    """Whether it says that the caller's number was not shown: nothing was given then, and nothing is wrong."""
    plain = bare(text)
    return plain in _DIALLED or any(map(_says_hidden, (plain, *_SHOWN_AND_BEHIND.split(plain))))


def _says_hidden(text: str) -> bool:
    plain = key(_AT_A_HOST.sub("", text).strip("<>()[]\"'+ "))
    words = re.split(r"[\s:./-]+", plain)
    if not {plain, " ".join(words)}.isdisjoint(_WITHHELD):
        return True
    return not _HIDDEN.isdisjoint(words) and all(word in _HIDDEN or word in _BESIDE for word in words)


class _Plan(NamedTuple):
    """What the library knows of the numbers of a country: its code, what is dialled before a number that goes abroad and before one
    that stays, and how many digits there are."""

    code: str
    abroad: re.Pattern[str]
    trunk: re.Pattern[str]
    trunk_goes: bool  # it is digits to be left out, and nothing is put in their place
    whole: re.Pattern[str]
    lengths: frozenset[int]


@lru_cache(maxsize=512)
def _plan(country: str) -> _Plan | None:
    here: Any = PhoneMetadata.metadata_for_region(country, None)
    if here is None:
        return None
    code = here.country_code
    # Of countries that share a code the first one's lengths say what is possible.
    first: Any = PhoneMetadata.metadata_for_region_or_calling_code(
        code, phonenumbers.region_code_for_country_code(code)
    )
    trunk = re.compile(here.national_prefix_for_parsing or "(?!)")
    return _Plan(
        str(code),
        re.compile(here.international_prefix or "(?!)"),
        trunk,
        not (trunk.groups or here.national_prefix_transform_rule),
        re.compile(here.general_desc.national_number_pattern),
        frozenset(here.general_desc.possible_length) & frozenset(first.general_desc.possible_length),
    )


_OF_CODE = {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if code < 800}


def _at_once(text: str, country: str | None) -> str | None:
    """The number where it is written as most are, by the library's own rules and a tenth of its time. None where it might have to
    look closer: +49 030 is +49 30, and 0049 30 is too."""
    number = _NO_DIGIT.sub("", text)
    if text[0] == "+":
        region = _OF_CODE.get(number[:1]) or _OF_CODE.get(number[:2]) or _OF_CODE.get(number[:3])
        if region is None or (plan := _plan(region)) is None:
            return None
        number = number[len(plan.code) :]
        if plan.trunk.match(number):
            return None
    else:
        if country is None or (plan := _plan(country)) is None:
            return None
        if plan.abroad.match(number) or number.startswith(plan.code):
            return None
        if found := plan.trunk.match(number):
            if not plan.trunk_goes or plan.whole.fullmatch(number):
                return None
            number = number[found.end() :]
    return f"+{plan.code}{number}" if len(number) in plan.lengths and number[0] != "0" else None


def _read(text: str, country: str | None) -> Iterator[str]:
    """Every number that stands there, each once."""
    if len(text) > LONGEST or hides(text):  # a broken character may have been a digit
        return
    seen = set()
    for part in _parts(digits(bare(text.replace("\n", ";"))).replace("＋", "+")):
        number = _one(part, country)
        if number and number not in seen:
            seen.add(number)
            yield number


def _parts(text: str) -> Iterator[str]:
    """The text parted where another whole number begins; a slash or a comma within one number parts nothing."""
    begin = 0
    for found in _BETWEEN.finditer(text):
        part, rest = text[begin : found.start()], text[found.end() :]
        sizes = _count(part), _count(rest)
        whole = rest[0] in "+0(" or found.group().strip() in (";", "|") or min(sizes) >= 10 or not sizes[0]
        if whole and sizes[0] not in range(1, 7) and sizes[1] >= 7:
            yield part
            begin = found.end()
    yield text[begin:]


def _count(text: str) -> int:
    return sum(map(str.isdigit, text))


def _one(text: str, country: str | None) -> str | None:
    """One number with whatever people and programs put around it."""
    text = _SEPARATORS.sub(" ", _AT_A_HOST.sub("", text.strip("<> \t\"'")))
    extension = None
    if found := _WITH_EXTENSION.fullmatch(text) or (country == "CN" and _CHINESE.fullmatch(text)):
        text, extension = found.groups()
    if found := _SPREADSHEET.fullmatch(text):
        text = found[1]
    plain = _BEHIND.sub("", _BEFORE.sub("", _JUNK.sub("", text)))
    plain = _JUNK.sub("", plain)
    if _LETTER.search(plain):
        number = _vanity(plain, country)
    else:
        number = next(filter(None, (_possible(way, country) for way in _ways(plain, country))), None)
    if number is None:
        return None
    extension, number.extension = extension or number.extension, None  # the library knows more signs for one
    dialled = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{dialled};ext={extension}" if extension else dialled


def _ways(text: str, country: str | None) -> Iterator[str]:
    """How the number may be meant, likeliest first; every way is its own call of the library."""
    trunk = "(0)" in text
    if trunk:  # to be dialled within the country only; in Italy and San Marino it is dialled from everywhere
        text = re.sub(r"\(0\)\s*", "0" if re.match(r"\s*(?:\+|00)\s*(?:39|378)", text) else "", text)
    yield text
    plain = re.sub(r"[^\d+]", "", text)
    international = re.match(r"\+?00(?=[1-9])|\+", plain)
    if international:
        number = plain[international.end() :]
        yield f"+{number}"
        if re.fullmatch(r"521\d{10}", number):  # the 1 that mobile numbers of Mexico had until 2019
            yield f"+52{number[3:]}"
    elif country == "MX" and (mobile := _MEXICAN.fullmatch(plain)):
        yield f"+52{mobile[1]}"


def _vanity(text: str, country: str | None) -> PhoneNumber | None:
    """1-800-FLOWERS: letters of the dial, where numbers are written so."""
    if not _VANITY.fullmatch(text):
        return None
    number = _possible(text, country)
    return number if number and number.country_code == 1 else None


def _possible(text: str, country: str | None) -> PhoneNumber | None:
    """The number if one like that can exist."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if possible and number.national_number else None
