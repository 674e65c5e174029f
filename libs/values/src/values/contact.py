"""E-mail addresses: which are readable, and when two of them are one box."""

import re
import unicodedata

from values.text import bare, hides

# No repetition inside another that could match the same text twice, so it is quick on every input. A domain may be in any
# script (IDN); quoted local parts and address literals are refused.
_LABEL = r"(?!-)[^\s@.\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{1,63}(?<!-)"
_EMAIL = re.compile(rf"(?!\.)[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]{{1,64}}@(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}")
_LONGEST = 254  # what a mail server takes
_WIDE = str.maketrans({"\uff20": "@", "\u3002": ".", "\uff0e": ".", "\uff61": "."})  # as input methods write them
_ENCODED = "xn--"
_BETWEEN = re.compile(r"[\s,;|]+(?:/\s+)?")


def email(text: str) -> str | None:
    """The address as it is kept: visible characters only, written as it came. None when no such address can exist."""
    plain = text.strip() if text.isascii() else _composed(text)
    if plain[:7].lower() == "mailto:":
        plain = plain[7:]
    if len(plain) > _LONGEST or not _EMAIL.fullmatch(plain):
        return None
    if plain.isascii() and _ENCODED not in plain.lower():
        return plain
    return plain if not hides(plain) and all(map(_fits, plain.rpartition("@")[2].split("."))) else None


def emails(text: str) -> tuple[str, ...]:
    """The addresses of a field that holds several and nothing else; none where one of them is none."""
    read = [email(part) for part in _BETWEEN.split(text) if part]
    return tuple(dict.fromkeys(one for one in read if one)) if None not in read else ()


def email_key(text: str) -> str:
    """The one form by which an address is compared: lower case, composed, its domain in its own script, never encoded.

    Capitals make no difference before the @ either: hardly a server tells such boxes apart, and people don't. What stands
    behind a plus stays, it may be another box.
    """
    plain = text.strip() if text.isascii() else _composed(text)
    local, at, domain = plain.lower().rpartition("@")
    if plain.isascii() and _ENCODED not in domain:
        return f"{local}{at}{domain}"
    readable = ".".join(_decoded(label) or label for label in domain.split("."))
    return unicodedata.normalize("NFKC", f"{local}{at}{readable}".lower())


def _composed(text: str) -> str:
    return bare(unicodedata.normalize("NFKC", bare(text).translate(_WIDE)))


def _fits(label: str) -> bool:
    """Whether a part of a domain can be registered: at most 63 letters once encoded, and what is encoded can be decoded."""
    if label.lower().startswith(_ENCODED):
        return _decoded(label) is not None
    return label.isascii() or len(_ENCODED) + len(label.lower().encode("punycode")) <= 63


def _decoded(label: str) -> str | None:
    """The label in its own script; as it is when it is not encoded, None when it is encoded wrongly."""
    if not label.lower().startswith(_ENCODED):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return None
