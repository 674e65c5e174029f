"""Cells as spreadsheets and programs spoil them, and what they held before."""

import re
from collections.abc import Iterable
from decimal import Decimal

from tributary.imports.vocabulary import plain, says, words
from values.contact import email
from values.text import digits, visible

_FORMULA = re.compile(r'="(.*)"', re.S)
_ROUNDED = re.compile(r"(\d(?:[.,]\d+)?)[eE]\+?(\d+)")
_PREFIX = re.compile(r"(?:p|tel|phone|mobile|cell|whatsapp)\s*:\s*", re.I)
_NOTHING = ("-", "--", "—", "–", ".", "?", "#n/a", "#ref!", "#name?", "#value!", "\\n", "(null)", "(none)", "<null>")
_LETTERS = re.compile(r"[^\W\d_]")
_EXTENSION = re.compile(r"(?:ext|extension|x|poste|durchwahl|int|доб|داخلی|转|#)\.?", re.I)
_SEVERAL = re.compile(r"\s*(?:;|:::|\r?\n)\s*")
_BEHIND = re.compile(r"[\d:(（].*", re.S)


def opened(cell: str) -> str:
    """The cell without the formula or the apostrophe by which a spreadsheet is made to keep leading zeros."""
    found = _FORMULA.fullmatch(cell.strip())
    plain = found[1].replace('""', '"') if found else cell
    return plain[1:] if len(plain) > 1 and plain[0] == "'" and (plain[1].isdigit() or plain[1] in "+=-@") else plain


def holds_nothing(cell: str) -> bool:
    """Whether a cell says in words or signs that nothing is there."""
    return cell.lower() in _NOTHING or says("nothing", cell)


def is_total(cells: Iterable[str]) -> bool:
    """Whether a row is a total of the others: the first cell that is filled says so."""
    first = next((cell for cell in cells if cell.strip()), "")
    return len(first) < 80 and plain(_BEHIND.sub("", first)) in words("total")


def phone_of(cell: str) -> tuple[str, str]:
    """A phone number without what programs add to it, or a reason why it is none any more."""
    text = _PREFIX.sub("", visible(opened(cell)), count=1)
    if rounded := _ROUNDED.fullmatch(digits(text)):
        number = Decimal(rounded[1].replace(",", ".")).scaleb(int(rounded[2])) if int(rounded[2]) < 20 else Decimal(0)
        if len(re.sub(r"\D", "", rounded[1])) <= int(rounded[2]):
            return "", "was rounded by a spreadsheet: its last digits are lost"
        return str(int(number)), ""
    return re.sub(r"(?<=\d{6})\.0$", "", text), ""


def is_phone(text: str) -> bool:
    """Whether a text looks like a phone number: seven digits or more, and no word but one for an extension."""
    plain = digits(text)
    return sum(sign.isdigit() for sign in plain) >= 7 and not _LETTERS.search(_EXTENSION.sub("", plain))


def is_address(text: str) -> bool:
    """Whether a text is an e-mail address."""
    return ("@" in text or "＠" in text) and email(text) is not None


def several(cell: str) -> list[str]:
    """The addresses or numbers of one cell, where all of them are such; else the cell."""
    parts = [part for part in _SEVERAL.split(cell) if part]
    if "@" in cell and "," in cell and not parts[1:]:
        parts = [part.strip() for part in cell.split(",") if part.strip()]
    return parts if len(parts) > 1 and all(is_address(part) or is_phone(part) for part in parts) else [cell]


def was_rounded(cell: str) -> bool:
    """Whether a spreadsheet made a rounded number of an id."""
    found = _ROUNDED.fullmatch(cell.strip())
    return bool(found) and len(re.sub(r"\D", "", found[1])) <= int(found[2]) if found else False
