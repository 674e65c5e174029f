"""Money: which currencies there are, how small their smallest part is, and amounts as people write them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from values.numbers import LONGEST, read
from values.text import bare, key

# ISO 4217 list one: everything that a price can be in, units of account among it (CLF, COU, MXV, UYI, UYW, BOV, CHE, CHW,
# USN). Metals, units of bonds, drawing rights and the codes for tests and for nothing are left out.
_IN_USE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
# Withdrawn in 2010 or later: records of the years before still carry them, so they are taken for good.
_WITHDRAWN = "ANG BGN BYR CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL"
_DECIMALS = {
    code: decimals
    for decimals, codes in (
        (0, "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}

CURRENCIES: Mapping[str, int] = MappingProxyType(
    {code: _DECIMALS.get(code, 2) for code in sorted(f"{_IN_USE} {_WITHDRAWN}".split())}
)
"""Every code that is taken, with the number of decimals of its minor unit."""

MOST = 10**15  # minor units; what an event can carry

# A sign or word that stands for one currency only, and those that stand for several.
_DOLLARS = """
    ARS AUD BBD BMD BND BSD BZD CAD CLP COP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD USD UYU XCD
"""
_SIGNS: dict[str, frozenset[str]] = {
    key(sign): frozenset(codes.split())
    for codes, signs in (
        ("EUR", ("€", "euro", "euros")),
        ("GBP", ("£", "₤")),
        ("USD", ("us$", "usd$", "u$s")),
        ("AUD", ("a$", "au$")),
        ("CAD", ("c$", "ca$", "can$")),
        ("NZD", ("nz$",)),
        ("HKD", ("hk$",)),
        ("SGD", ("s$",)),
        ("TWD", ("nt$",)),
        ("MXN", ("mx$",)),
        ("BRL", ("r$",)),
        ("INR", ("₹",)),
        ("KRW", ("₩",)),
        ("TRY", ("₺", "tl")),
        ("RUB", ("₽", "руб", "руб.")),
        ("UAH", ("₴",)),
        ("ILS", ("₪",)),
        ("VND", ("₫",)),
        ("THB", ("฿",)),
        ("PHP", ("₱",)),
        ("NGN", ("₦",)),
        ("KZT", ("₸",)),
        ("GEL", ("₾",)),
        ("CNY", ("rmb", "cn¥", "人民币", "元")),
        ("JPY", ("jp¥", "円")),
        ("PLN", ("zł",)),
        ("CZK", ("kč",)),
        ("CHF", ("sfr", "sfr.", "fr.")),
        ("HUF", ("ft",)),
        ("BGN", ("лв", "лв.")),
        (_DOLLARS, ("$",)),
        ("CNY JPY", ("¥",)),
        ("DKK ISK NOK SEK", ("kr", "kr.")),
        ("INR LKR MUR NPR PKR SCR", ("rs", "rs.")),
        ("IRR OMR QAR SAR YER", ("﷼", "ریال")),
        ("MDL RON", ("lei", "лей")),
    )
    for sign in signs
}
_TOMAN = frozenset(
    map(key, ("تومان", "تومن", "toman", "tomans", "IRT"))
)  # ten rials, and what prices in Iran are said in

_AMOUNT = re.compile(
    r"(\D*?)([(+\u2212-]?\s*(?:(?<!\w)[.,])?\d(?:.*\d)?(?:\)|-(?=\s|$))?)(?:[.,][-\u2013\u2014]+)?(\D*)", re.S
)
_WORD_OF_A_NUMBER = re.compile(r"\s*(?:([万萬亿億kK])(?=\W|[元円])|([^\d\s]+)\s+)(\S+)\s*")


class Money(NamedTuple):
    """Integer minor units (cents, paise) of one currency; never a float."""

    minor: int
    currency: str


def amount(text: str, currency: str | None = None) -> Money | None:
    """The amount that is written there: ``1.234,56`` (in ``currency``), ``EUR 110.70``, ``€ 110,70``, ``۱۲۳٫۵``.

    None where no amount can be read without guessing: without a currency, with one that contradicts ``currency``, with a
    sign that several currencies have (``$``) and none told, with more decimals than the currency has, beyond what is kept.
    """
    found = _AMOUNT.fullmatch(bare(text)) if len(text) <= LONGEST else None
    if found is None:
        return None
    before, written, behind = found.groups()
    multiplier = ""
    if times := _WORD_OF_A_NUMBER.fullmatch(behind):  # "2 Mio EUR"
        word = times[1] or times[2]
        if not _codes(key(word)):
            multiplier, behind = f" {word}", times[3]
    names = [key(word) for word in (*before.split(), *behind.split())]
    toman = any(n in _TOMAN for n in names)
    codes = [frozenset({"IRR"}) if n in _TOMAN else _codes(n) for n in names]
    if currency:
        codes.append(_codes(key(currency)))
    left = frozenset.intersection(*codes) if codes else frozenset()
    if len(left) != 1:
        return None
    (code,) = left
    value = read(written + multiplier, CURRENCIES[code])
    whole = None if value is None else minor(value * 10 if toman else value, code)
    return None if whole is None else Money(whole, code)


def currency(text: str) -> str | None:
    """The code of the currency that a code, in any case, or a sign of one currency only stands for."""
    codes = _codes(key(text)) if len(text) <= LONGEST else ()
    return next(iter(codes)) if len(codes) == 1 else None


def minor(value: Decimal, currency: str) -> int | None:
    """So many minor units of the currency; None where it has no such small part, or beyond what is kept."""
    scaled = value.scaleb(CURRENCIES[currency])
    return int(scaled) if scaled == scaled.to_integral_value() and abs(scaled) <= MOST else None


def _codes(name: str) -> frozenset[str]:
    """The currencies that this word or sign may stand for."""
    return _SIGNS.get(name) or _code(name)


def _code(name: str) -> frozenset[str]:
    return frozenset((name.upper(),)).intersection(CURRENCIES)
